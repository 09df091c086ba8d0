//! Margins → confidences that mean what they say, and the threshold above which a label is right often enough.

use super::model::Choice;
use super::train::first;
use crate::triage::Thousandths;

#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Calibration {
    /// Margins are multiplied by it before they become shares (Guo et al., ICML 2017).
    sharpness: f64,
    /// By label: from this confidence on it is right as often as wanted. `None`: never, or too few examples to tell.
    pub(super) thresholds: Vec<Option<Thousandths>>,
}

/// With fewer choices of a label than this above a threshold, nobody knows how often they are right.
const FEWEST_CHOICES: usize = 20;

impl Calibration {
    /// From held-out cases: the true label and the margins of all labels.
    pub(super) fn fit(cases: &[(usize, &[f32])], labels: usize, wanted: Thousandths) -> Self {
        let mut found = Self { sharpness: sharpness(cases), thresholds: vec![None; labels] };
        let choices: Vec<(usize, Choice)> =
            cases.iter().map(|(truth, margins)| (*truth, found.best(margins))).collect();
        for label in 0..labels {
            let ours = choices.iter().filter(|(_, choice)| choice.label == label);
            let mut ours: Vec<(Thousandths, bool)> =
                ours.map(|(truth, choice)| (choice.confidence, *truth == label)).collect();
            found.thresholds[label] = threshold(&mut ours, wanted);
        }
        found
    }

    /// The best label and how sure it is.
    pub(super) fn best(&self, margins: &[f32]) -> Choice {
        let label = first(margins);
        self.choice(label, self.shares(margins)[label])
    }

    /// All labels, the best first; equals in the order of their labels.
    pub(super) fn ranked(&self, margins: &[f32]) -> Vec<Choice> {
        let shares = self.shares(margins);
        let mut order: Vec<usize> = (0..margins.len()).collect();
        order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
        order.into_iter().map(|label| self.choice(label, shares[label])).collect()
    }

    fn choice(&self, label: usize, share: f64) -> Choice {
        let confidence = thousandths(share);
        Choice { label, confidence, sure: self.thresholds[label].is_some_and(|least| confidence >= least) }
    }

    /// Whether it was made for so many labels.
    pub(super) fn fits(&self, labels: usize) -> bool {
        labels > 0 && self.thresholds.len() == labels && self.sharpness.is_finite()
    }

    /// One share for each label; together 1.
    fn shares(&self, margins: &[f32]) -> Vec<f64> {
        let most = margins.iter().copied().fold(f32::MIN, f32::max);
        let raw: Vec<f64> = margins.iter().map(|margin| (f64::from(margin - most) * self.sharpness).exp()).collect();
        let sum: f64 = raw.iter().sum();
        raw.into_iter().map(|it| it / sum).collect()
    }
}

fn thousandths(share: f64) -> Thousandths {
    (share * 1_000.0).round().clamp(0.0, 999.0) as Thousandths
}

/// The sharpness under which the true labels are most likely: the likelihood has one peak, which is closed in on.
fn sharpness(cases: &[(usize, &[f32])]) -> f64 {
    let unlikely = |sharpness: f64| -> f64 {
        let one = Calibration { sharpness, thresholds: Vec::new() };
        cases.iter().map(|(truth, margins)| -one.shares(margins)[*truth].max(f64::MIN_POSITIVE).ln()).sum()
    };
    let (mut low, mut high) = (0.5_f64, 32.0_f64);
    for _ in 0..40 {
        let third = (high - low) / 3.0;
        let (a, b) = (low + third, high - third);
        if unlikely(a) <= unlikely(b) { high = b } else { low = a }
    }
    (low + high) / 2.0
}

/// The lowest confidence from which on the choices of a label are right as often as wanted.
fn threshold(choices: &mut [(Thousandths, bool)], wanted: Thousandths) -> Option<Thousandths> {
    choices.sort_unstable_by(|a, b| b.cmp(a));
    let (mut right, mut lowest) = (0_usize, None);
    for (count, (confidence, correct)) in (1..).zip(choices.iter()) {
        right += usize::from(*correct);
        let last_of_equals = choices.get(count).is_none_or(|next| next.0 != *confidence);
        if last_of_equals && count >= FEWEST_CHOICES && right * 1_000 >= count * wanted as usize {
            lowest = Some(*confidence);
        }
    }
    lowest
}
