//! All words of a jurisdiction in one automaton: one pass over the text, whatever the number of rules.

use std::collections::HashMap;

use daachorse::CharwiseDoubleArrayAhoCorasick;

use super::rule::Pattern;
use crate::text::Span;

pub(super) type PatternId = u32;

/// Finds every pattern at every place, overlaps included.
#[derive(Default)]
pub(super) struct Automaton {
    /// Absent while there are no patterns.
    inner: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    /// Distinct text → the patterns with that text (plain, `word:`).
    of_text: Vec<Vec<(PatternId, bool)>>,
    patterns: Vec<Pattern>,
    ids: HashMap<Pattern, PatternId>,
}

impl Automaton {
    /// Fails only beyond what the automaton can address (2^31 states).
    pub(super) fn new<'a>(
        patterns: impl Iterator<Item = &'a Pattern>,
    ) -> Result<Self, daachorse::errors::DaachorseError> {
        let mut automaton = Self::default();
        let mut texts: HashMap<String, usize> = HashMap::new();
        for pattern in patterns {
            if automaton.ids.contains_key(pattern) {
                continue;
            }
            let id = automaton.patterns.len() as PatternId;
            automaton.patterns.push(pattern.clone());
            automaton.ids.insert(pattern.clone(), id);
            let slot = *texts.entry(pattern.text.clone()).or_insert_with(|| {
                automaton.of_text.push(Vec::new());
                automaton.of_text.len() - 1
            });
            automaton.of_text[slot].push((id, pattern.whole_word));
        }
        let mut list: Vec<(String, u32)> = texts.into_iter().map(|(text, slot)| (text, slot as u32)).collect();
        list.sort();
        if !list.is_empty() {
            automaton.inner = Some(CharwiseDoubleArrayAhoCorasick::with_values(list)?);
        }
        Ok(automaton)
    }

    pub(super) fn id(&self, pattern: &Pattern) -> Option<PatternId> {
        self.ids.get(pattern).copied()
    }

    pub(super) fn pattern(&self, id: PatternId) -> &Pattern {
        &self.patterns[id as usize]
    }

    /// All hits; `cuts` are the ends of the words of `text`.
    pub(super) fn find(&self, text: &str, cuts: &[u32]) -> Hits {
        let mut hits = Hits { spans: Vec::new(), present: vec![0; self.patterns.len().div_ceil(64)] };
        let Some(inner) = &self.inner else { return hits };
        for found in inner.find_overlapping_iter(text) {
            let span = Span { start: found.start() as u32, end: found.end() as u32 };
            for &(id, whole_word) in &self.of_text[found.value() as usize] {
                if !whole_word || on_cuts(span, cuts) {
                    hits.spans.push((id, span));
                    hits.present[id as usize / 64] |= 1 << (id % 64);
                }
            }
        }
        hits.spans.sort_unstable_by_key(|&(id, span)| (id, span.start));
        hits
    }
}

fn on_cuts(span: Span, cuts: &[u32]) -> bool {
    let cut = |at: u32| at == 0 || cuts.binary_search(&at).is_ok();
    cut(span.start) && cut(span.end)
}

/// Where each pattern was found.
#[derive(Default)]
pub(super) struct Hits {
    /// By pattern, then by place.
    spans: Vec<(PatternId, Span)>,
    /// A bit for each pattern: thousands of rules ask whether, few ask where.
    present: Vec<u64>,
}

impl Hits {
    pub(super) fn has(&self, id: PatternId) -> bool {
        self.present[id as usize / 64] & 1 << (id % 64) != 0
    }

    pub(super) fn spans(&self, id: PatternId) -> impl Iterator<Item = Span> {
        // Most words of a rule are not in the text.
        let from = if self.has(id) { self.spans.partition_point(|&(known, _)| known < id) } else { self.spans.len() };
        self.spans[from..].iter().take_while(move |&&(known, _)| known == id).map(|&(_, span)| span)
    }

    /// Each pattern that was found, once.
    pub(super) fn ids(&self) -> impl Iterator<Item = PatternId> {
        self.spans.chunk_by(|a, b| a.0 == b.0).map(|same| same[0].0)
    }
}
