//! Knowledge as it answers now: read, and searched exactly as a triage does.

use super::{App, Error, Lane, Missing, check, meant};
use crate::access::Caller;
use crate::calendar::local_date;
use crate::knowledge::Published;
use crate::regulation::CONSULT;
use crate::text::analyse;
use crate::triage::{Answer, Match};

/// A question to the knowledge base.
pub struct Search {
    pub jurisdiction: String,
    pub text: String,
    pub limit: usize,
}

/// What it finds, and whether it would answer a 咨询 by itself.
pub struct Found {
    pub matches: Vec<Match>,
    /// The answer, or why there is none (Chinese).
    pub answer: Result<Answer, String>,
    pub knowledge: String,
}

/// A search is no story.
const LONGEST_SEARCH: usize = 64 * 1024;

impl App {
    /// Entries by id, after `after`.
    pub fn entries(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Published>, Error> {
        let jurisdiction = meant(caller, jurisdiction)?;
        let snapshot = self.live.snapshot();
        check::known(&snapshot, &jurisdiction)?;
        let ours = |it: &&Published| *it.jurisdiction == *jurisdiction && it.entry.id.as_str() > after;
        let mut found: Vec<&Published> = snapshot.knowledge(&jurisdiction).published().filter(ours).collect();
        found.sort_unstable_by(|a, b| a.entry.id.cmp(&b.entry.id));
        Ok(found.into_iter().take(limit).cloned().collect())
    }

    pub fn entry(&self, caller: &Caller, jurisdiction: &str, id: &str) -> Result<Published, Error> {
        let jurisdiction = meant(caller, jurisdiction)?;
        let snapshot = self.live.snapshot();
        check::known(&snapshot, &jurisdiction)?;
        let found = snapshot.knowledge(&jurisdiction).find(&jurisdiction, id).cloned();
        found.ok_or_else(|| Error::missing(Missing::Entry, id, "请核对知识条目编号和辖区"))
    }

    pub async fn search(&self, caller: &Caller, mut search: Search) -> Result<Found, Error> {
        search.jurisdiction = meant(caller, &search.jurisdiction)?;
        let snapshot = self.live.snapshot();
        check::jurisdiction(&snapshot, &search.jurisdiction)?;
        if search.text.len() > LONGEST_SEARCH {
            return Err(Error::TextTooLarge { bytes: search.text.len(), most: LONGEST_SEARCH });
        }
        let today = local_date((self.now)());
        let find = move || {
            let Search { jurisdiction, text, limit } = search;
            let release = snapshot.release(&jurisdiction);
            let knowledge = snapshot.knowledge(&jurisdiction);
            let gazetteer = release.map(|release| release.gazetteer.clone()).unwrap_or_default();
            let analysis = analyse(snapshot.lexicon(&jurisdiction), &gazetteer, &text);
            let mut matches = knowledge.search(&analysis, &jurisdiction, today, limit);
            let terms = release.map_or_else(Default::default, |release| release.review_terms());
            knowledge.mark_overdue(&jurisdiction, &mut matches, terms, today);
            let threshold = release.map_or(1_000, |release| release.answer_threshold());
            let answer = knowledge.answer(&jurisdiction, CONSULT, &matches, threshold, terms, today);
            let answer = answer.map_err(|abstain| abstain.to_string());
            Found { matches, answer, knowledge: knowledge.version().to_owned() }
        };
        self.pool.run(Lane::Desk, find).await
    }
}
