//! Pairs of rules that share a word: one word of the one stands in a word of the other, so that one word sets off both.

use std::collections::HashMap;

use crate::rules::{Key, Outcome, Rule};
use crate::triage::Release;

use super::competes;

/// Two rules by their places in the release, the lower first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) one: u32,
    pub(super) other: u32,
}

impl Pair {
    pub(super) fn of(a: u32, b: u32) -> Self {
        Self { one: a.min(b), other: a.max(b) }
    }
}

/// A pair with the longest word that sets off both.
pub(super) struct Shared<'a> {
    pub(super) pair: Pair,
    pub(super) word: &'a str,
}

pub(super) struct Found<'a> {
    /// The likeliest trouble first.
    pub(super) pairs: Vec<Shared<'a>>,
    pub(super) left_out: u64,
}

/// Rules looked at per word: a word that hundreds of rules share says little about any two of them.
const PER_WORD: usize = 64;
/// Pairs for which a text is made up.
const TRIED: usize = 5_000;
/// Pairs kept while looking.
const KEPT: usize = 400_000;

/// Pairs that may be in trouble, apart from those `known` already.
pub(super) fn find<'a>(release: &'a Release, known: impl Fn(&Pair) -> bool) -> Found<'a> {
    let rules = release.rules.rules();
    let mut by_word: HashMap<&str, Vec<u32>> = HashMap::new();
    for (rule, at) in rules.iter().zip(0..).filter(|(rule, _)| competes(rule.verb)) {
        for word in rule.words().filter(|word| word.key != Key::Unless) {
            let list = by_word.entry(word.text).or_default();
            if list.last() != Some(&at) {
                list.push(at);
            }
        }
    }
    let mut left_out = 0;
    let mut shared: HashMap<Pair, &str> = HashMap::new();
    let mut words: Vec<&str> = by_word.keys().copied().collect();
    // Longest first: the word that is kept for a pair is the one that shows most.
    words.sort_unstable_by_key(|word| (std::cmp::Reverse(word.len()), *word));
    for word in words {
        for part in parts(word) {
            let (Some(these), Some(those)) = (by_word.get(word), by_word.get(part)) else { continue };
            let all = these.len() as u64 * those.len() as u64;
            let (these, those) = (&these[..these.len().min(PER_WORD)], &those[..those.len().min(PER_WORD)]);
            left_out += all - these.len() as u64 * those.len() as u64;
            for (&a, &b) in these.iter().flat_map(|a| those.iter().map(move |b| (a, b))) {
                let pair = Pair::of(a, b);
                let (one, other) = (&rules[pair.one as usize], &rules[pair.other as usize]);
                if a == b || one.verb != other.verb || shared.contains_key(&pair) || known(&pair) {
                    continue;
                }
                match trouble(release, one, other) {
                    None => {}
                    Some(_) if shared.len() < KEPT => _ = shared.insert(pair, word),
                    Some(_) => left_out += 1,
                }
            }
        }
    }
    let rank = |pair: &Pair| trouble(release, &rules[pair.one as usize], &rules[pair.other as usize]);
    let mut ranked: Vec<_> = shared.into_iter().map(|(pair, word)| (rank(&pair), pair, word)).collect();
    ranked.sort_unstable_by_key(|(rank, pair, _)| (*rank, *pair));
    left_out += ranked.len().saturating_sub(TRIED) as u64;
    ranked.truncate(TRIED);
    Found { pairs: ranked.into_iter().map(|(_, pair, word)| Shared { pair, word }).collect(), left_out }
}

/// The word and all parts of it of two characters or more.
fn parts(word: &str) -> Vec<&str> {
    let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
    let mut parts = Vec::new();
    for start in 0..ends.len() {
        for end in start + 1..ends.len() {
            let whole = (start, end) == (0, ends.len() - 1);
            if whole || end - start >= 2 {
                parts.push(&word[ends[start]..ends[end]]);
            }
        }
    }
    parts
}

/// How bad it looks before anything is run, 0 the worst; `None`: they get along whatever they say.
fn trouble(release: &Release, one: &Rule, other: &Rule) -> Option<u8> {
    if facets_exclude(one, other) || dates_exclude(one, other) {
        return None;
    }
    let (Some(a), Some(b)) = (one.fixed(), other.fixed()) else { return Some(3) };
    let (a, b) = (said(a), said(b));
    let mut worst = None;
    for (question, candidate, weight) in &a {
        for (_, against, theirs) in b.iter().filter(|(same, _, _)| same == question) {
            let margin = if *question == "lead" { release.least_margin().max(1) } else { 1 };
            let rank = match (candidate == against, (weight - theirs).abs() < margin) {
                (false, true) => 0,
                (true, _) if one.group == other.group => 1,
                (false, false) => 2,
                (true, _) => continue,
            };
            worst = Some(worst.map_or(rank, |it: u8| it.min(rank)));
        }
    }
    worst
}

/// (question, candidate, weight) of every vote for something.
fn said(outcome: &Outcome) -> Vec<(&str, &str, i32)> {
    match outcome {
        Outcome::Classify { votes, weight, .. } if *weight > 0 => {
            votes.iter().map(|(axis, value)| (*axis, value.as_str(), *weight)).collect()
        }
        Outcome::Route(route) if !route.lead.is_empty() && route.weight > 0 => {
            vec![("lead", route.lead.as_str(), route.weight)]
        }
        _ => Vec::new(),
    }
}

/// A facet of both on which no request can satisfy both. Places lie in each other and are left to the witness.
fn facets_exclude(one: &Rule, other: &Rule) -> bool {
    one.facets().filter(|(facet, _)| *facet != "place").any(|(facet, values)| {
        let theirs = other.facets().find(|(name, _)| *name == facet);
        theirs.is_some_and(|(_, theirs)| !values.iter().any(|value| theirs.contains(value)))
    })
}

fn dates_exclude(one: &Rule, other: &Rule) -> bool {
    match (one.valid(), other.valid()) {
        (Some((from, until)), Some((since, end))) => until < since || end < from,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_word() {
        assert_eq!(parts("停车费"), ["停车", "停车费", "车费"]);
        assert_eq!(parts("市"), ["市"]);
    }
}
