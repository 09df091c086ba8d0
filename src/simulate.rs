//! A scenario against the real state machine, calendar and rules, in memory: what would happen, and when.

mod check;
mod machine;
mod run;
mod scenario;

pub use check::{Check, Checked};
pub use machine::{Beginning, Machine};
pub use run::{Entry, Report, run};
pub use scenario::{Scenario, Step};
