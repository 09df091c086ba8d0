//! Which words tell a label, by counting.

use std::collections::{BTreeMap, BTreeSet};

use super::Wanted;
use crate::triage::Thousandths;

/// A labelled text, analysed.
pub(super) struct Told {
    /// Normalised.
    pub(super) text: String,
    /// Place of its label.
    pub(super) label: usize,
    /// Its telling words, as they stand in the text.
    pub(super) words: BTreeSet<String>,
}

/// The half on which words are found, or the one on which they are measured.
pub(super) type Half<'a> = [&'a Told];

/// One word, or two, and how they fare on texts that they were not found on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) label: usize,
    pub(super) words: Vec<String>,
    pub(super) support: usize,
    pub(super) right: usize,
    /// Places of the texts in the measuring half.
    pub(super) texts: Vec<usize>,
}

/// Words of one label that are paired: those that most of its texts have, though others have them too.
const PAIRED: usize = 60;
/// Candidates of one label that are measured, for each that is wanted.
const MEASURED: usize = 5;
/// A further rule has to reach so many texts that the ones before do not.
const NEW: usize = 2;

impl Finding {
    /// How often it is right, in thousandths.
    pub(super) fn precision(&self) -> Thousandths {
        (self.right * 1_000).checked_div(self.support).unwrap_or(0) as Thousandths
    }
}

/// Finds on one half, measures on the other. `known`: words that rules have already.
pub(super) fn find(
    learn: &Half<'_>,
    measure: &Half<'_>,
    labels: usize,
    wanted: Wanted,
    known: &BTreeSet<String>,
) -> Vec<Finding> {
    let mut postings: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (place, told) in (0..).zip(learn) {
        for word in told.words.iter().filter(|word| !known.contains(*word)) {
            postings.entry(word).or_default().push(place);
        }
    }
    postings.retain(|_, texts| texts.len() >= wanted.support);
    (0..labels).flat_map(|label| of_label(label, learn, measure, wanted, &postings)).collect()
}

fn of_label(
    label: usize,
    learn: &Half<'_>,
    measure: &Half<'_>,
    wanted: Wanted,
    postings: &BTreeMap<&str, Vec<u32>>,
) -> Vec<Finding> {
    let right = |texts: &[u32]| texts.iter().filter(|at| learn[**at as usize].label == label).count();
    let enough = |right: usize, texts: usize| right * 1_000 >= texts * wanted.precision as usize;
    let counted: Vec<(&str, &Vec<u32>, usize)> = postings
        .iter()
        .map(|(word, texts)| (*word, texts, right(texts)))
        .filter(|(_, _, right)| *right >= wanted.support)
        .collect();
    let (mut candidates, mut lesser) = (Vec::new(), Vec::new());
    for (word, texts, right) in counted {
        match enough(right, texts.len()) {
            true => candidates.push((right, vec![word])),
            // Half of its texts at least: two such words may tell together what neither tells alone.
            false if 3 * right >= texts.len() => lesser.push((right, word, texts)),
            false => {}
        }
    }
    lesser.sort_by_key(|(right, word, _)| (std::cmp::Reverse(*right), *word));
    lesser.truncate(PAIRED);
    for (at, (_, one, texts)) in lesser.iter().enumerate() {
        for (_, other, others) in &lesser[at + 1..] {
            let both: Vec<u32> = texts.iter().filter(|text| others.binary_search(text).is_ok()).copied().collect();
            let right = right(&both);
            // 路灯 in 路灯杆 says nothing new.
            let apart = !one.contains(other) && !other.contains(one);
            if apart && right >= wanted.support && enough(right, both.len()) {
                candidates.push((right, vec![*one, *other]));
            }
        }
    }
    candidates
        .sort_by(|a, b| (std::cmp::Reverse(a.0), a.1.len(), &a.1).cmp(&(std::cmp::Reverse(b.0), b.1.len(), &b.1)));
    candidates.truncate(wanted.most * MEASURED);
    let measured = candidates.into_iter().map(|(_, words)| measured(label, words, measure));
    let good = measured.filter(|it| it.support >= wanted.support && enough(it.right, it.support));
    telling(good.collect(), wanted.most)
}

/// As a rule would see it: wherever the words stand in the text.
fn measured(label: usize, words: Vec<&str>, measure: &Half<'_>) -> Finding {
    let has = |told: &&&Told| words.iter().all(|word| told.text.contains(word));
    let texts: Vec<usize> = measure.iter().enumerate().filter(|(_, told)| has(told)).map(|(at, _)| at).collect();
    let right = texts.iter().filter(|at| measure[**at].label == label).count();
    Finding { label, words: words.into_iter().map(str::to_owned).collect(), support: texts.len(), right, texts }
}

/// The strongest first, and then those that reach what is not reached yet.
fn telling(mut found: Vec<Finding>, most: usize) -> Vec<Finding> {
    found.sort_by(|a, b| (std::cmp::Reverse(a.right), &a.words).cmp(&(std::cmp::Reverse(b.right), &b.words)));
    let mut reached: BTreeSet<usize> = BTreeSet::new();
    found.retain(|finding| {
        let new = finding.texts.iter().filter(|at| !reached.contains(at)).count();
        if new >= NEW {
            reached.extend(&finding.texts);
        }
        new >= NEW
    });
    found.truncate(most);
    found
}
