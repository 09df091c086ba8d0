//! Words that are no synonyms and yet are often meant alike: 弄丢 and 挂失, 巴士 and 公交.

use std::sync::Arc;

use daachorse::CharwiseDoubleArrayAhoCorasick;

use super::automaton;
use crate::text::offsets::Span;

/// A word of a group, found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// `≈` and the group's first word: never the text of a word.
    pub name: Arc<str>,
    pub span: Span,
}

/// All groups, looked for at once; the longest word counts where several begin.
#[derive(Default)]
pub(in crate::text) struct RelatedWords {
    words: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    /// By word, the names of its groups.
    names: Vec<Vec<Arc<str>>>,
}

impl RelatedWords {
    pub(super) fn new(groups: &[Vec<String>]) -> Self {
        let mut members: Vec<(&String, Arc<str>)> = Vec::new();
        for group in groups {
            let name: Arc<str> = format!("≈{}", group[0]).into();
            members.extend(group.iter().map(|word| (word, name.clone())));
        }
        members.sort();
        members.dedup();
        let words: Vec<String> = members.chunk_by(|a, b| a.0 == b.0).map(|same| same[0].0.clone()).collect();
        let names = members.chunk_by(|a, b| a.0 == b.0);
        let names = names.map(|same| same.iter().map(|(_, name)| name.clone()).collect()).collect();
        Self { words: automaton(&words), names }
    }

    pub(in crate::text) fn find(&self, text: &str) -> Vec<Related> {
        let Some(words) = &self.words else { return Vec::new() };
        let found = words.leftmost_find_iter(text).flat_map(|found| {
            let span = Span::new(found.start(), found.end());
            self.names[found.value() as usize].iter().map(move |name| Related { name: name.clone(), span })
        });
        found.collect()
    }
}
