//! Whether a confidence of 0.9 is right nine times in ten.

use serde::Serialize;

use super::{rounded, share};
use crate::triage::Thousandths;

/// Choices whose confidence lies in one tenth of the scale.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reliability {
    /// Thousandths, inclusive; the tenth goes up to the next one.
    pub from: Thousandths,
    pub count: usize,
    /// Mean confidence, 0 to 1.
    pub said: f64,
    /// Share that was right, 0 to 1.
    pub was: f64,
}

/// One row for each tenth in which there is anything; the last one holds 1000 too.
pub fn reliability(choices: impl Iterator<Item = (Thousandths, bool)>) -> Vec<Reliability> {
    let mut tenths = [(0_usize, 0_i64, 0_usize); 10];
    for (confidence, right) in choices {
        let confidence = confidence.clamp(0, 1_000);
        let tenth = &mut tenths[(confidence / 100).min(9) as usize];
        *tenth = (tenth.0 + 1, tenth.1 + i64::from(confidence), tenth.2 + usize::from(right));
    }
    let filled = (0..).zip(tenths).filter(|(_, (count, ..))| *count > 0);
    let row = |(tenth, (count, said, right)): (Thousandths, (usize, i64, usize))| Reliability {
        from: tenth * 100,
        count,
        said: rounded(said as f64 / count as f64 / 1_000.0),
        was: share(right, count),
    };
    filled.map(row).collect()
}
