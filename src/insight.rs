//! Seeing through: why a text was decided as it was, why a rule kept silent, where a name is used, which rules never matter,
//! which ones get in each other's way. Values in, values out; what fires is asked of the rules themselves, never worked out
//! a second time.

mod ballot;
mod coverage;
mod effect;
mod marked;
mod near;
mod overlaps;
mod reason;
mod refs;
mod sight;
mod standing;
mod why;
mod why_not;
mod words;

pub use ballot::{Ballot, Question, Remarked};
pub use coverage::{Coverage, Covered, RuleCounts, SourceCounts};
pub use effect::{Effect, effects};
pub use marked::marked;
pub use near::Near;
pub use overlaps::{Known, Overlap, Overlaps, Trouble, Voter, Witness, overlaps};
pub use reason::{Fact, Placed, Reason, Standing};
pub use refs::{Likeness, Place, Refs, Use, refs};
pub use sight::Sight;
pub use why::{InWords, SilentRule, Thresholds, Why, why};
pub use why_not::{Part, WhyNot, why_not};
pub(crate) use words::votes;
