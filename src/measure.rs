//! How good choices and confidences are, against what is known to be right. Knows neither models nor entries: rankings
//! and truths in, figures out.

mod abstention;
mod choices;
mod reliability;

pub use abstention::{Abstention, auroc};
pub use choices::{AtPrecision, Choice, Choices, Confusion, LabelFigures};
pub use reliability::{Reliability, reliability};

/// A share of 0 to 1, rounded to four places: enough for any sample a city has, and the same on every machine.
fn share(part: usize, whole: usize) -> f64 {
    rounded(if whole == 0 { 0.0 } else { part as f64 / whole as f64 })
}

fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests;
