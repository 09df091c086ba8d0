//! 关键字回复: a text that is a keyword of an entry, and nothing else, is answered by it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::member::{Published, bare};
use super::probe::Told;
use super::state::Knowledge;
use crate::text::normalise_word;
use crate::triage::{Match, Thousandths};

/// A keyword is what it is.
const CERTAIN: Thousandths = 1000;

/// Jurisdiction and keyword → ids of the entries that have it.
#[derive(Clone, Default)]
pub(super) struct Keywords(BTreeMap<(Arc<str>, String), BTreeSet<String>>);

impl Keywords {
    pub(super) fn add(&mut self, published: &Published) {
        for key in keys(published) {
            self.0.entry(key).or_default().insert(published.entry.id.clone());
        }
    }

    pub(super) fn remove(&mut self, published: &Published) {
        for key in keys(published) {
            if let Some(ids) = self.0.get_mut(&key) {
                ids.remove(&published.entry.id);
            }
        }
    }

    fn of(&self, jurisdiction: &str, bare: &str) -> impl Iterator<Item = &str> {
        let ids = self.0.get(&(Arc::from(jurisdiction), bare.to_owned()));
        ids.into_iter().flatten().map(String::as_str)
    }
}

fn keys(published: &Published) -> impl Iterator<Item = (Arc<str>, String)> {
    let key = |word: &String| (published.jurisdiction.clone(), keyword(word));
    published.entry.keywords.iter().map(key)
}

/// A word as it is compared: letters and characters, normalised.
pub(super) fn keyword(word: &str) -> String {
    bare(&normalise_word(word))
}

impl Knowledge {
    /// The entry in force that has the whole text as a keyword stands first, and is certain; of several the first by id.
    pub(super) fn put_keyword_first(
        &self,
        matches: &mut Vec<Match>,
        words: &[&Told<'_>],
        jurisdiction: &str,
        today: NaiveDate,
        bare: &str,
    ) {
        if self.0.keywords.0.is_empty() || bare.is_empty() {
            return;
        }
        let in_force = |published: &&Published| published.entry.day_in_force(today) == Some(today);
        let ids = self.0.keywords.of(jurisdiction, bare);
        let Some(published) = ids.filter_map(|id| self.find(jurisdiction, id)).find(in_force) else { return };
        let entry = &published.entry;
        matches.retain(|it| it.entry != entry.id);
        let written = entry.keywords.iter().find(|word| keyword(word) == bare);
        let first = Match {
            entry: entry.id.clone(),
            question: entry.question.clone(),
            owner: entry.owner.clone(),
            category: entry.category.clone(),
            pre_notice: entry.pre_notice,
            overdue: false,
            confidence: CERTAIN,
            matched_question: written.cloned().unwrap_or_default(),
            matched: words.iter().map(|told| told.piece.text.to_owned()).collect(),
            missing: Vec::new(),
        };
        matches.insert(0, first);
    }
}
