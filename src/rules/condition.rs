//! Do the words of a rule fit? Pure set logic over hits; the same for the prefiltered and the exhaustive run.

use super::automaton::{Automaton, Hits, PatternId};
use super::rule::{Pattern, Rule};
use crate::text::Span;

/// A rule's words as pattern ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    any: Vec<PatternId>,
    all: Vec<Vec<PatternId>>,
    unless: Vec<PatternId>,
    within_sentence: bool,
}

/// Where the words that made a rule fire stand.
pub(super) type Found = Vec<(PatternId, Span)>;

/// Places shown per word: an explanation, not a concordance.
const SHOWN_PER_WORD: usize = 3;

impl Words {
    pub(super) fn new(rule: &Rule, automaton: &Automaton) -> Self {
        let ids = |list: &[Pattern]| list.iter().filter_map(|pattern| automaton.id(pattern)).collect();
        Self {
            any: ids(&rule.any),
            all: rule.all.iter().map(|group| ids(group)).collect(),
            unless: ids(&rule.unless),
            within_sentence: rule.within_sentence,
        }
    }

    /// The hits that satisfy the condition; `None` when it does not hold. A rule without words always holds.
    pub(super) fn fit(&self, hits: &Hits, sentences: &[Span]) -> Option<Found> {
        if !self.within_sentence {
            return self.fit_in(hits, Span { start: 0, end: u32::MAX });
        }
        sentences.iter().find_map(|&sentence| self.fit_in(hits, sentence))
    }

    fn fit_in(&self, hits: &Hits, range: Span) -> Option<Found> {
        let inside = |id: PatternId| {
            let within = move |span: &Span| span.start >= range.start && span.end <= range.end;
            hits.spans(id).filter(within).take(SHOWN_PER_WORD).map(move |span| (id, span))
        };
        let mut found = Found::new();
        found.extend(self.any.iter().flat_map(|&id| inside(id)));
        if found.is_empty() && !self.any.is_empty() {
            return None;
        }
        for group in &self.all {
            let before = found.len();
            found.extend(group.iter().flat_map(|&id| inside(id)));
            if found.len() == before {
                return None;
            }
        }
        if self.unless.iter().any(|&id| inside(id).next().is_some()) {
            return None;
        }
        Some(found)
    }
}
