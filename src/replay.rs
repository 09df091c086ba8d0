//! Stored history once more: does it still add up to what is stored ([`refolded`], [`redecided`]), and what would
//! another regulation have made of it ([`acts()`], [`under`])?
//!
//! Pure: tickets, events and releases in, differences out. Who reads the store and the files is `cli`.

mod acts;
mod compared;
mod differ;
mod verify;

pub use acts::{Act, acts};
pub use compared::{ClockPair, Compared, Pair, Standing, Summary, Totals, WouldRefuse, under};
pub use differ::Difference;
pub use verify::{Skip, redecided, refolded};
