//! How the dispatcher learns from what people decided.

use serde::{Deserialize, Serialize};

use crate::triage::Thousandths;

/// `[learning]`
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learning {
    /// Of automatic dispatches that go by what was learnt so large a share has to be right: 0.5 to 0.999.
    #[serde(default = "precision")]
    pub precision: f64,
    /// Decided tickets without which nothing is learnt.
    #[serde(default = "least_examples")]
    pub least_examples: usize,
}

fn precision() -> f64 {
    0.95
}

fn least_examples() -> usize {
    200
}

impl Default for Learning {
    fn default() -> Self {
        Self { precision: precision(), least_examples: least_examples() }
    }
}

impl Learning {
    /// The wanted precision.
    pub fn wanted(&self) -> Thousandths {
        (self.precision * 1_000.0).round() as Thousandths
    }

    pub(super) fn problem(&self) -> Option<(String, String)> {
        let possible = (0.5..=0.999).contains(&self.precision);
        (!possible).then(|| ("[learning] 的 precision 必须在 0.5 到 0.999 之间".into(), "例如 precision = 0.95".into()))
    }
}
