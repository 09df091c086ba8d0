//! What people taught about tickets: which unit a ticket belonged to in the end, and who said so. Events in, labelled
//! examples out; whoever contradicts several others about nearly the same text is left out, and named.
//!
//! What counts:
//!
//! - A person's dispatch, out of the queue or anew, stands until it is returned: one voice.
//! - A return that was granted takes the dispatch back, counts against the unit that returned it, and leaves the lesson to
//!   whoever takes the ticket in the end.
//! - What the machine dispatched is no lesson: a model that learns from itself grows sure of its own mistakes. When the unit
//!   finished the ticket and its reply was approved, without a return, the unit itself agreed: that counts, at
//!   [`AGREED`], since a unit also finishes what is not quite its own.
//! - An answer or a refusal teaches nothing about units.

mod dispute;
mod given;
mod standing;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use dispute::{Dropped, Settled, settle};
pub use given::{Given, read_lines};
pub use standing::lesson;

use crate::matter::Signature;
use crate::ticket::TicketId;
use crate::triage::Thousandths;

/// What a person's decision weighs.
pub const DECIDED: Thousandths = 1_000;
/// What a unit's finishing weighs.
pub const AGREED: Thousandths = 500;

/// Who said so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Teacher {
    /// A person dispatched it.
    Person(String),
    /// The machine dispatched it, and this unit finished it.
    Unit(String),
    /// A line of a file: nobody knows who.
    File(String),
}

/// A unit that gave a ticket back, and who granted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    pub unit: String,
    pub granted_by: String,
}

/// One decided ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    pub ticket: TicketId,
    /// As it was sent, title + "\n" + text: personal data.
    pub text: String,
    /// The same, covered.
    pub masked: String,
    pub unit: String,
    /// As they were decided by the rules of the day.
    pub nature: String,
    pub category: String,
    pub topic: String,
    pub decided_at: DateTime<Utc>,
    pub teacher: Teacher,
    pub returns: Vec<Return>,
    /// What it is compared by.
    pub signature: Signature,
}

impl Teacher {
    pub fn weight(&self) -> Thousandths {
        match self {
            Self::Person(_) | Self::File(_) => DECIDED,
            Self::Unit(_) => AGREED,
        }
    }
}
