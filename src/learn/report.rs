//! What a model is worth, measured on examples that it had not seen.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::Choice;
use crate::triage::Thousandths;

/// By cross-validation: every example was judged by a model trained without it. Thresholds are chosen on the same choices, so
/// `reach` and `precision` are a little kind; `paidan eval` measures them on texts that chose nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    pub examples: usize,
    /// Price of an example on the wrong side, chosen by trying.
    pub cost: f32,
    /// Thousandths.
    pub accuracy: Thousandths,
    /// Mean of the labels' F1, thousandths.
    pub macro_f1: Thousandths,
    /// How often an automatic choice should be right, thousandths.
    pub wanted: Thousandths,
    /// Share of the texts whose choice is sure enough for that, thousandths.
    pub reach: Thousandths,
    /// How often these were right, thousandths.
    pub precision: Thousandths,
    /// By name.
    pub labels: Vec<LabelReport>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LabelReport {
    pub label: String,
    pub examples: usize,
    /// How often it was chosen, and how often rightly.
    pub chosen: usize,
    pub right: usize,
    /// From this confidence on it may be chosen without a person looking; absent: never.
    pub threshold: Option<Thousandths>,
    /// Choices above it.
    pub sure: usize,
}

/// One held-out example.
pub(super) struct Judged {
    pub(super) truth: usize,
    pub(super) choice: Choice,
}

impl Report {
    pub(super) fn new(
        labels: &[String],
        wanted: Thousandths,
        cost: f32,
        thresholds: &[Option<Thousandths>],
        judged: impl Iterator<Item = Judged>,
    ) -> Self {
        let row = |(label, threshold): (&String, &Option<Thousandths>)| LabelReport {
            label: label.clone(),
            threshold: *threshold,
            ..LabelReport::default()
        };
        let mut rows: Vec<LabelReport> = labels.iter().zip(thresholds).map(row).collect();
        let (mut examples, mut sure, mut sure_right) = (0, 0, 0);
        for Judged { truth, choice } in judged {
            let right = usize::from(truth == choice.label);
            rows[truth].examples += 1;
            let chosen = &mut rows[choice.label];
            chosen.chosen += 1;
            chosen.right += right;
            chosen.sure += usize::from(choice.sure);
            examples += 1;
            sure += usize::from(choice.sure);
            sure_right += usize::from(choice.sure) * right;
        }
        let right: usize = rows.iter().map(|row| row.right).sum();
        let f1: usize = rows.iter().map(LabelReport::f1).sum();
        Self {
            examples,
            cost,
            accuracy: share(right, examples),
            macro_f1: share(f1, rows.len() * 1_000),
            wanted,
            reach: share(sure, examples),
            precision: share(sure_right, sure),
            labels: rows,
        }
    }
}

impl LabelReport {
    /// Thousandths.
    fn f1(&self) -> usize {
        self.right * 2_000 / (self.examples + self.chosen).max(1)
    }
}

/// Thousandths; 0 of nothing.
fn share(part: usize, whole: usize) -> Thousandths {
    Thousandths::try_from(part * 1_000 / whole.max(1)).unwrap_or(Thousandths::MAX)
}
