//! Examples → model. Everything that is chosen is chosen by cross-validation: the price of a mistake, how sure a margin
//! makes, and from where on each label is right often enough.

use std::collections::BTreeMap;

use super::calibration::Calibration;
use super::features::{Bag, Row, Vocabulary};
use super::model::{Model, Parts};
use super::report::{Judged, Report};
use super::solver::{Problem, Separator};
use crate::digest::fnv;
use crate::parallel;
use crate::text::{Gazetteer, Lexicon, analyse};
use crate::triage::Thousandths;

/// A text and what people made of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Example {
    /// As it was sent: title and text.
    pub text: String,
    pub label: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    #[error("至少要有两种标签才谈得上区分，样本里只有 {0} 种")]
    TooFewLabels(usize),
    #[error("样本太少：{examples} 条，至少要 {needed} 条")]
    TooFewExamples { examples: usize, needed: usize },
    #[error("标签太多：{0} 种，最多 {MOST_LABELS} 种")]
    TooManyLabels(usize),
    #[error("目标准确率 {0}‰ 不在 500 到 999 之间")]
    Wanted(Thousandths),
}

const FEWEST: usize = 10;
const MOST_LABELS: usize = 1_000;
/// Parts of the examples, each judged by a model that has not seen it.
const FOLDS: usize = 5;
/// The prices that are tried for an example on the wrong side: long texts want a higher one than titles, few examples a higher one than many.
const COSTS: [f32; 3] = [0.2, 0.6, 3.0];
/// How far a piece's leaning towards a label scales it beforehand (Wang and Manning, ACL 2012): 0 not at all.
const LEANING: f32 = 0.3;
/// Counted beside what was seen, when a leaning is estimated.
const SMOOTHING: f32 = 0.25;

impl Model {
    /// Learns to tell the labels apart. `wanted`: how many of a thousand automatic choices should be right.
    ///
    /// # Errors
    /// Fewer than two labels, fewer than ten examples, more labels than a model may have, a wish out of range.
    pub fn train(examples: &[Example], wanted: Thousandths, lexicon: &Lexicon) -> Result<Self, TrainError> {
        let taught = Taught::new(examples, wanted, lexicon)?;
        let everything: Vec<usize> = (0..examples.len()).collect();
        let tried = COSTS.map(|cost| (cost, taught.mistakes(cost, 0)));
        let cost = tried.iter().min_by_key(|(_, mistakes)| *mistakes).map_or(COSTS[0], |(cost, _)| *cost);
        let held_out: Vec<(usize, Vec<f32>)> = (0..FOLDS).flat_map(|fold| taught.held_out(cost, fold)).collect();
        let truth = |at: usize| taught.truth[at];
        let pairs: Vec<(usize, &[f32])> = held_out.iter().map(|(at, margins)| (truth(*at), &margins[..])).collect();
        let calibration = Calibration::fit(&pairs, taught.labels.len(), wanted);
        let judged = pairs.iter().map(|(truth, margins)| Judged { truth: *truth, choice: calibration.best(margins) });
        let report = Report::new(&taught.labels, wanted, cost, &calibration.thresholds, judged);
        let learnt = taught.learn(&everything, cost);
        Ok(Self::new(Parts { labels: taught.labels, calibration, report, learnt }))
    }
}

/// What a set of examples taught.
pub(super) struct Learnt {
    pub(super) vocabulary: Vocabulary,
    /// One for each label.
    pub(super) separators: Vec<Separator>,
}

struct Taught {
    labels: Vec<String>,
    bags: Vec<Bag>,
    /// Place of each example's label.
    truth: Vec<usize>,
    /// Each label's own name: 教育局 says something about 教育.
    names: Vec<Bag>,
    fold: Vec<usize>,
}

impl Taught {
    fn new(examples: &[Example], wanted: Thousandths, lexicon: &Lexicon) -> Result<Self, TrainError> {
        let mut places: BTreeMap<&str, usize> = examples.iter().map(|example| (example.label.as_str(), 0)).collect();
        places.values_mut().enumerate().for_each(|(place, label)| *label = place);
        match places.len() {
            few @ 0..2 => return Err(TrainError::TooFewLabels(few)),
            many if many > MOST_LABELS => return Err(TrainError::TooManyLabels(many)),
            _ if examples.len() < FEWEST => {
                return Err(TrainError::TooFewExamples { examples: examples.len(), needed: FEWEST });
            }
            _ if !(500..1_000).contains(&wanted) => return Err(TrainError::Wanted(wanted)),
            _ => {}
        }
        let nowhere = Gazetteer::default();
        let bag = |text: &str| Bag::of(&analyse(lexicon, &nowhere, text));
        let labels: Vec<String> = places.keys().map(|label| (*label).to_owned()).collect();
        Ok(Self {
            bags: parallel::map(examples, |example| bag(&example.text)),
            truth: examples.iter().map(|example| places[example.label.as_str()]).collect(),
            names: labels.iter().map(|label| bag(label)).collect(),
            fold: folds(examples),
            labels,
        })
    }

    /// Margins of the examples of a fold under what the others teach.
    fn held_out(&self, cost: f32, fold: usize) -> Vec<(usize, Vec<f32>)> {
        let (outside, inside): (Vec<usize>, Vec<usize>) = (0..self.bags.len()).partition(|at| self.fold[*at] != fold);
        let learnt = self.learn(&outside, cost);
        inside.into_iter().map(|at| (at, learnt.margins(&learnt.vocabulary.row(&self.bags[at])))).collect()
    }

    fn mistakes(&self, cost: f32, fold: usize) -> usize {
        self.held_out(cost, fold).iter().filter(|(at, margins)| first(margins) != self.truth[*at]).count()
    }

    fn learn(&self, chosen: &[usize], cost: f32) -> Learnt {
        let bags = || chosen.iter().map(|at| &self.bags[*at]).chain(&self.names);
        let vocabulary = Vocabulary::learn(bags(), self.labels.len());
        let rows: Vec<Row> = bags().map(|bag| vocabulary.row(bag)).collect();
        let rows: Vec<&Row> = rows.iter().collect();
        let truth: Vec<usize> = chosen.iter().map(|at| self.truth[*at]).chain(0..self.labels.len()).collect();
        let labels: Vec<usize> = (0..self.labels.len()).collect();
        let separators = parallel::map(&labels, |label| {
            let ours: Vec<bool> = truth.iter().map(|it| it == label).collect();
            let scale = leaning(&rows, &ours, vocabulary.keys.len());
            Problem { rows: &rows, ours: &ours, scale: &scale, cost }.solve()
        });
        Learnt { vocabulary, separators }
    }
}

impl Learnt {
    fn margins(&self, row: &Row) -> Vec<f32> {
        let margin = |it: &Separator| {
            it.bias + row.iter().map(|(feature, value)| value * it.weights[*feature as usize]).sum::<f32>()
        };
        self.separators.iter().map(margin).collect()
    }
}

/// The best label; the first of equals.
pub(super) fn first(margins: &[f32]) -> usize {
    let better = |best: usize, at: usize| if margins[at] > margins[best] { at } else { best };
    (0..margins.len()).fold(0, better)
}

/// Spreads the examples of each label evenly, by a digest of the text: no matter in what order they come, and equal texts of one label together.
fn folds(examples: &[Example]) -> Vec<usize> {
    let mut order: Vec<(&str, u64, usize)> = examples
        .iter()
        .enumerate()
        .map(|(at, example)| (example.label.as_str(), fnv(example.text.bytes()), at))
        .collect();
    order.sort_unstable();
    let mut fold = vec![0; examples.len()];
    let (mut turn, mut before) = (0, None);
    for (label, digest, at) in order {
        if before.is_some_and(|before| before != (label, digest)) {
            turn += 1;
        }
        before = Some((label, digest));
        fold[at] = turn % FOLDS;
    }
    fold
}

/// How strongly the presence of each feature speaks for or against the label, 1 on average.
fn leaning(rows: &[&Row], ours: &[bool], features: usize) -> Vec<f32> {
    let mut seen = vec![(SMOOTHING, SMOOTHING); features];
    for (row, ours) in rows.iter().zip(ours) {
        for (feature, _) in row.iter() {
            let (with, without) = &mut seen[*feature as usize];
            *(if *ours { with } else { without }) += 1.0;
        }
    }
    let (with, without) = seen.iter().fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    let mut scale: Vec<f32> = seen.iter().map(|it| (it.0 / with / (it.1 / without)).ln().abs()).collect();
    let mean = scale.iter().sum::<f32>() / features.max(1) as f32;
    scale.iter_mut().for_each(|it| *it = 1.0 - LEANING + LEANING * *it / mean.max(f32::MIN_POSITIVE));
    scale
}
