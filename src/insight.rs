//! Seeing through: why a text was decided as it was, why a rule kept silent, where a name is used, which rules never matter,
//! which ones get in each other's way. Values in, values out; what fires is asked of the rules themselves, never worked out
//! a second time.

mod ballot;
mod marked;
mod near;
mod reason;
mod sight;
mod standing;
mod why;
mod why_not;
mod words;

pub use ballot::{Ballot, Question, Remarked};
pub use marked::marked;
pub use near::Near;
pub use reason::{Fact, Placed, Reason, Standing};
pub use sight::Sight;
pub use why::{InWords, SilentRule, Thresholds, Why, why};
pub use why_not::{Part, WhyNot, why_not};
