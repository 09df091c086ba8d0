//! One of the two releases, and how it decides an item.

use std::borrow::Cow;
use std::sync::Arc;

use super::item::Item;
use super::mode::Mode;
use crate::calendar::local_date;
use crate::knowledge::Knowledge;
use crate::regulation::CONSULT;
use crate::replay::Skip;
use crate::text::analyse;
use crate::triage::{Answer, Decision, Given, History, MATCHES, MadeWith, Match, Obstacle, Release, decide, gather};

/// A release with what it decides by.
pub struct Side {
    /// Folder, digest or `live`: as the user named it.
    pub name: String,
    pub release: Arc<Release>,
    /// Searched when texts are analysed anew; without it the stored matches hold.
    pub knowledge: Option<Knowledge>,
}

impl Side {
    /// The decision on an item. One that this release made itself is taken as it stands.
    pub fn decide<'a>(&self, item: &'a Item, mode: Mode) -> Cow<'a, Decision> {
        match (&item.stored, mode) {
            (Some(stored), Mode::Facts) if self.made(stored) => Cow::Borrowed(&**stored),
            (Some(stored), Mode::Facts) => Cow::Owned(self.on_facts(stored)),
            _ => Cow::Owned(self.on_text(item)),
        }
    }

    fn made(&self, stored: &Decision) -> bool {
        let by = &stored.made_with;
        by.release == self.release.digest
            && by.suspended.is_empty()
            && by.timed_out.is_empty()
            && Skip::of(stored).is_none()
    }

    fn on_facts(&self, stored: &Decision) -> Decision {
        let answer = self.answer(Some(stored), &stored.matches);
        let given = Given {
            facts: Arc::new(stored.facts.clone()),
            matches: stored.matches.clone(),
            answer,
            now: stored.decided_at,
            made_with: self.made_with(),
            earlier: stored.earlier.clone(),
            precedents: stored.precedents.clone(),
            trace: stored.trace.clone(),
        };
        decide(&self.release, given)
    }

    fn on_text(&self, item: &Item) -> Decision {
        let release = &*self.release;
        let stored = item.stored.as_deref();
        let analysis = analyse(&release.lexicon, &release.gazetteer, &item.request.whole_text());
        let (today, terms) = (local_date(item.now), release.review_terms());
        let matches = match &self.knowledge {
            Some(knowledge) => {
                let mut matches = knowledge.search(&analysis, &release.jurisdiction, today, MATCHES);
                knowledge.mark_overdue(&release.jurisdiction, &mut matches, terms, today);
                matches
            }
            None => stored.map(|stored| stored.matches.clone()).unwrap_or_default(),
        };
        let answer = match &self.knowledge {
            Some(knowledge) => {
                let threshold = release.answer_threshold();
                knowledge.answer(&release.jurisdiction, CONSULT, &matches, threshold, terms, today).ok()
            }
            None => self.answer(stored, &matches),
        };
        let history = item.history();
        // What the model said then: another release changes nothing about it.
        let learned = stored.map(|stored| stored.facts.learned.clone()).unwrap_or_default();
        let facts = Arc::new(gather(release, &analysis, &item.request, &history, matches.first(), learned, item.now));
        let made_with = self.made_with();
        let History { earlier, precedents, trace, .. } = history;
        decide(release, Given { facts, matches, answer, now: item.now, made_with, earlier, precedents, trace })
    }

    /// What would be told to a 咨询, from what is stored: the best match, where it is sure enough for this release.
    fn answer(&self, stored: Option<&Decision>, matches: &[Match]) -> Option<Answer> {
        let best =
            matches.first().filter(|best| best.confidence >= self.release.answer_threshold() && !best.overdue)?;
        let stored = stored?;
        if let Some(answer) = stored.answer.as_ref().filter(|answer| answer.entry == best.entry) {
            return Some(answer.clone());
        }
        // It was sure enough then and did not answer: the entry was gone.
        let gone = |it: &Obstacle| matches!(it, Obstacle::NoAnswer { needed, .. } if best.confidence >= *needed);
        (!stored.obstacles.iter().any(gone)).then(|| Answer {
            entry: best.entry.clone(),
            text: String::new(),
            basis: String::new(),
            source: String::new(),
            owner: best.owner.clone(),
            as_of: String::new(),
            related: Vec::new(),
        })
    }

    fn made_with(&self) -> MadeWith {
        MadeWith { release: self.release.digest.clone(), ..MadeWith::default() }
    }

    /// Whether both name the same unit, under whatever name.
    pub(super) fn same_unit(&self, one: &str, other: &str) -> bool {
        let named = |name| self.release.units.find(name).map(|unit| unit.name.as_str());
        one == other || named(one).is_some_and(|name| Some(name) == named(other))
    }
}
