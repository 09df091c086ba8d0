//! How well a confidence tells what can be answered from what cannot.

use serde::Serialize;

use super::rounded;
use crate::triage::Thousandths;

/// Texts that have an answer against texts that have none, by the confidence of the best match.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Abstention {
    pub answerable: usize,
    pub unanswerable: usize,
    pub auroc: f64,
    /// Share of the unanswerable that would be answered at the threshold.
    pub answered_wrongly: f64,
    /// Share of the answerable that would be answered there, rightly or not.
    pub answered: f64,
}

impl Abstention {
    pub fn new(answerable: &[Thousandths], unanswerable: &[Thousandths], threshold: Thousandths) -> Self {
        let over = |scores: &[Thousandths]| {
            super::share(scores.iter().filter(|score| **score >= threshold).count(), scores.len())
        };
        Self {
            answerable: answerable.len(),
            unanswerable: unanswerable.len(),
            auroc: rounded(auroc(answerable, unanswerable)),
            answered_wrongly: over(unanswerable),
            answered: over(answerable),
        }
    }
}

/// The chance that one of `high` scores above one of `low`, equals counting half (Mann and Whitney, 1947). 0.5 when a
/// side is empty.
pub fn auroc(high: &[Thousandths], low: &[Thousandths]) -> f64 {
    if high.is_empty() || low.is_empty() {
        return 0.5;
    }
    let mut sorted = low.to_vec();
    sorted.sort_unstable();
    let below = |score: &Thousandths| {
        let (less, up_to) = (sorted.partition_point(|it| it < score), sorted.partition_point(|it| it <= score));
        (less + up_to) as f64 / 2.0
    };
    high.iter().map(below).sum::<f64>() / (high.len() as f64 * low.len() as f64)
}
