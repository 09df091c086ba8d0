//! The clocks of a ticket: which run, what falls due next, and what it causes. Pure: a ticket, events or an instant in,
//! further events out.
//!
//! [`follow`] adds to the events of a command everything that follows from them in one jurisdiction: clocks that start
//! and end, counts that are full, notices, colours, the closing. [`tick()`] does what time alone causes. [`recheck()`] moves
//! due dates when a calendar year is published, [`explain()`] says why a date is what it is, and [`acceptance()`] what the
//! requester is promised.

mod acceptance;
mod act;
mod explain;
mod flow;
mod law;
mod level;
mod notice;
mod recheck;
mod start;
mod tick;

pub use acceptance::{Acceptance, Promise, Sent, acceptance};
pub use explain::{Coming, Explained, explain};
pub use flow::follow;
pub use law::Law;
pub use recheck::{recheck, unpublished};
pub use tick::tick;
