//! Which rules are worth looking at: those whose words are in the text. It may only leave out what cannot fire; everything
//! else about a rule is asked later.
//!
//! Two steps. A rule is touched when a word of its rarest part is in the text: `any`, or the group of `all` whose words
//! the fewest rules share. Of a touched rule it is then asked whether every part has a word somewhere. Ten thousand rules
//! that all say 小区 cost next to nothing as long as each says something of its own as well.

use std::collections::HashMap;

use super::automaton::{Hits, PatternId};
use super::condition::Words;

#[derive(Default)]
pub(super) struct Prefilter {
    /// Pattern → rules it touches.
    touched: Vec<Vec<u32>>,
    /// Rules without words: candidates for every text.
    always: Vec<u32>,
    /// For each rule, where its parts begin in `parts`.
    starts: Vec<u32>,
    /// All parts of all rules, one after the other: how many words, then the words. Exceptions that count in the whole text
    /// come last, as a part that must have no word.
    parts: Vec<u32>,
    rules: usize,
}

impl Prefilter {
    pub(super) fn new(rules: &[Words]) -> Self {
        let mut shared: HashMap<PatternId, u32> = HashMap::new();
        for &id in rules.iter().flat_map(Words::required).flatten() {
            *shared.entry(id).or_default() += 1;
        }
        let share = |part: &[PatternId]| -> u32 { part.iter().map(|id| shared[id]).sum() };
        let mut filter = Self { rules: rules.len(), ..Self::default() };
        for (at, rule) in rules.iter().enumerate() {
            match rule.required().min_by_key(|part| share(part)) {
                Some(rarest) => rarest.iter().for_each(|&id| filter.touch(id, at as u32)),
                None => filter.always.push(at as u32),
            }
            filter.starts.push(filter.parts.len() as u32);
            filter.parts.push(rule.required().count() as u32);
            for part in rule.required().chain([rule.excluded_anywhere()]) {
                filter.parts.push(part.len() as u32);
                filter.parts.extend(part);
            }
        }
        filter
    }

    fn touch(&mut self, id: PatternId, rule: u32) {
        let at = id as usize;
        if self.touched.len() <= at {
            self.touched.resize_with(at + 1, Vec::new);
        }
        self.touched[at].push(rule);
    }

    /// Nothing is left out.
    pub(super) fn off(self) -> Self {
        Self { always: (0..self.rules as u32).collect(), ..self }
    }

    /// Rules worth looking at, ascending.
    pub(super) fn candidates(&self, hits: &Hits) -> Vec<u32> {
        let mut seen = vec![0_u64; self.rules.div_ceil(64)];
        let mut mark = |rule: u32| seen[rule as usize / 64] |= 1 << (rule % 64);
        for id in hits.ids() {
            let touched = self.touched.get(id as usize).into_iter().flatten();
            touched.filter(|&&rule| self.may_fire(rule, hits)).for_each(|&rule| mark(rule));
        }
        self.always.iter().for_each(|&rule| mark(rule));
        let mut found = Vec::new();
        for (at, &word) in seen.iter().enumerate() {
            let mut left = word;
            while left != 0 {
                found.push(at as u32 * 64 + left.trailing_zeros());
                left &= left - 1;
            }
        }
        found
    }

    /// Rules that are near to firing, ascending: `any`, or else their first group, has a word in the text, or they need none.
    pub(super) fn near(&self, hits: &Hits) -> impl Iterator<Item = u32> {
        (0..self.rules as u32).filter(|&rule| {
            let parts = &self.parts[self.starts[rule as usize] as usize..];
            parts[0] == 0 || parts[2..2 + parts[1] as usize].iter().any(|&id| hits.has(id))
        })
    }

    /// Every part has a word in the text, and no exception that counts everywhere is there.
    fn may_fire(&self, rule: u32, hits: &Hits) -> bool {
        let mut rest = &self.parts[self.starts[rule as usize] as usize..];
        let mut next = |wanted: usize| {
            let (part, after) = rest.split_at(wanted);
            rest = after;
            part
        };
        let required = next(1)[0];
        for _ in 0..required {
            let len = next(1)[0] as usize;
            if !next(len).iter().any(|&id| hits.has(id)) {
                return false;
            }
        }
        let len = next(1)[0] as usize;
        !next(len).iter().any(|&id| hits.has(id))
    }
}
