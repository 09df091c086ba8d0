//! What a lexicon says about each spelling that it knows beyond jieba: enough to see where two lexicons differ.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::Arc;

/// Spelling → what is said about it, as a number. A cheap clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spellings(Arc<BTreeMap<String, u64>>);

impl Spellings {
    /// Spellings that one of the two does not know, or means otherwise, in order. A text that has none of them is cut and
    /// weighed by both alike.
    pub fn differing<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let ours = self.0.iter().filter(|(word, said)| other.0.get(*word) != Some(*said));
        let theirs = other.0.keys().filter(|word| !self.0.contains_key(*word));
        let mut words: Vec<&str> = ours.map(|(word, _)| word.as_str()).chain(theirs.map(String::as_str)).collect();
        words.sort_unstable();
        words
    }
}

/// Collects what is said while a lexicon is built.
#[derive(Default)]
pub(super) struct Saying(BTreeMap<String, u64>);

impl Saying {
    pub(super) fn say(&mut self, word: &str, what: impl Hash) {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        let said = self.0.entry(word.to_owned()).or_default();
        *said = said.rotate_left(1) ^ hasher.finish();
    }

    pub(super) fn finish(self) -> Spellings {
        Spellings(Arc::new(self.0))
    }
}
