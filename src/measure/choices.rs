//! Choices among labels: how many are right, which are mixed up, and how far one may go without a person.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Reliability, reliability, rounded, share};
use crate::triage::Thousandths;

/// What is right for one text, and what was proposed.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub truth: String,
    /// Best first, each with its confidence; may be empty.
    pub ranking: Vec<(String, Thousandths)>,
    /// It would have been chosen without a person.
    pub sure: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choices {
    pub texts: usize,
    pub accuracy: f64,
    /// Mean F1 of the labels that occur in the truth.
    pub macro_f1: f64,
    /// Share of the texts whose label is among the first 3 and 5.
    pub top_3: f64,
    pub top_5: f64,
    /// Mean of 1 / place of the right one.
    pub reciprocal_rank: f64,
    /// The share that can go without a person when the surest go first.
    pub at_precision: Vec<AtPrecision>,
    /// The share that would have gone, by thresholds fixed beforehand, and how often that was right.
    pub sure: f64,
    pub sure_precision: f64,
    pub reliability: Vec<Reliability>,
    /// The most frequent first.
    pub confusions: Vec<Confusion>,
    pub labels: Vec<LabelFigures>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtPrecision {
    pub precision: f64,
    /// Share of the texts.
    pub coverage: f64,
    /// The confidence of the last of them.
    pub confidence: Thousandths,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confusion {
    pub truth: String,
    pub chosen: String,
    pub count: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelFigures {
    pub label: String,
    pub texts: usize,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// Percent right that coverage is shown for.
const PRECISIONS: [usize; 4] = [80, 90, 95, 98];
const MOST_CONFUSIONS: usize = 20;
/// What is said where nothing was proposed.
const NOTHING: &str = "";

impl Choice {
    fn chosen(&self) -> &str {
        self.ranking.first().map_or(NOTHING, |(label, _)| label)
    }

    fn confidence(&self) -> Thousandths {
        self.ranking.first().map_or(0, |(_, confidence)| *confidence)
    }

    fn right(&self) -> bool {
        !self.ranking.is_empty() && self.chosen() == self.truth
    }

    /// 1 for the first.
    fn place(&self) -> Option<usize> {
        self.ranking.iter().position(|(label, _)| *label == self.truth).map(|at| at + 1)
    }
}

impl Choices {
    pub fn new(choices: &[Choice]) -> Self {
        let count = |wanted: &dyn Fn(&Choice) -> bool| choices.iter().filter(|it| wanted(it)).count();
        let of_all = |wanted: &dyn Fn(&Choice) -> bool| share(count(wanted), choices.len());
        let within = |most: usize| of_all(&|it| it.place().is_some_and(|place| place <= most));
        let labels = labels(choices);
        let f1: f64 = labels.iter().map(|it| it.f1).sum();
        let ranks: f64 = choices.iter().filter_map(Choice::place).map(|place| 1.0 / place as f64).sum();
        Self {
            texts: choices.len(),
            accuracy: of_all(&Choice::right),
            macro_f1: rounded(f1 / labels.len().max(1) as f64),
            top_3: within(3),
            top_5: within(5),
            reciprocal_rank: rounded(ranks / choices.len().max(1) as f64),
            at_precision: at_precision(choices),
            sure: of_all(&|it| it.sure),
            sure_precision: share(count(&|it| it.sure && it.right()), count(&|it| it.sure)),
            reliability: reliability(choices.iter().map(|it| (it.confidence(), it.right()))),
            confusions: confusions(choices),
            labels,
        }
    }
}

/// The surest first: for each precision the longest stretch that has it. Texts of one confidence go together.
fn at_precision(choices: &[Choice]) -> Vec<AtPrecision> {
    let mut surest: Vec<(Thousandths, bool)> = choices.iter().map(|it| (it.confidence(), it.right())).collect();
    surest.sort_unstable_by(|a, b| b.cmp(a));
    let longest = |percent: usize| {
        let (mut right, mut longest) = (0, (0, 1_000));
        for (count, (confidence, correct)) in (1..).zip(&surest) {
            right += usize::from(*correct);
            let last_of_equals = surest.get(count).is_none_or(|next| next.0 != *confidence);
            if last_of_equals && right * 100 >= count * percent {
                longest = (count, *confidence);
            }
        }
        let (count, confidence) = longest;
        AtPrecision { precision: percent as f64 / 100.0, coverage: share(count, choices.len()), confidence }
    };
    PRECISIONS.into_iter().map(longest).collect()
}

fn confusions(choices: &[Choice]) -> Vec<Confusion> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for it in choices.iter().filter(|it| !it.right()) {
        *counts.entry((&it.truth, it.chosen())).or_default() += 1;
    }
    let mut found: Vec<Confusion> = counts
        .into_iter()
        .map(|((truth, chosen), count)| Confusion { truth: truth.to_owned(), chosen: chosen.to_owned(), count })
        .collect();
    // Stable: equals stay in the order of their names.
    found.sort_by_key(|it| std::cmp::Reverse(it.count));
    found.truncate(MOST_CONFUSIONS);
    found
}

/// Of the labels that occur in the truth, by name.
fn labels(choices: &[Choice]) -> Vec<LabelFigures> {
    let mut counts: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    choices.iter().for_each(|it| counts.entry(&it.truth).or_default().0 += 1);
    for it in choices {
        if let Some((_, chosen, right)) = counts.get_mut(it.chosen()) {
            *chosen += 1;
            *right += usize::from(it.right());
        }
    }
    let figures = |(label, (texts, chosen, right)): (&str, (usize, usize, usize))| LabelFigures {
        label: label.to_owned(),
        texts,
        precision: share(right, chosen),
        recall: share(right, texts),
        f1: share(2 * right, texts + chosen),
    };
    counts.into_iter().map(figures).collect()
}
