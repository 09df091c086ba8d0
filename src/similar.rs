//! Decided tickets that a new one resembles, and what they say about where it belongs. An index of one jurisdiction in memory:
//! tickets go in and out one at a time, in microseconds, because a ticket that was decided has to be found by the very next
//! request. What is compared are the hashed words of [`Signature`]s, which stand with every stored decision: nothing is
//! analysed again to build it, and no word can be read back.
//!
//! The rarest words of a request propose candidates; judged are all words, weighted by how few tickets have them (Dice,
//! thousandths, whole numbers only). The same tickets give the same answer in whatever order they came.

mod evidence;
mod index;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use evidence::{Evidence, evidence};
pub use index::Similar;

use crate::lesson::Lesson;
use crate::matter::Signature;
use crate::ticket::TicketId;
use crate::triage::Thousandths;

/// Tickets of one jurisdiction that are kept: the newest.
pub const KEPT: usize = 50_000;
/// Tickets that speak for or against a unit.
pub const ASKED: usize = 16;

/// A decided ticket as it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    pub ticket: TicketId,
    pub unit: String,
    pub category: String,
    pub nature: String,
    pub decided_at: DateTime<Utc>,
    /// What its lesson weighs.
    pub weight: Thousandths,
    /// Units that gave it back.
    pub returned: Vec<String>,
    /// The beginning of its text, covered.
    pub snippet: String,
}

/// A decided ticket that a request resembles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub decided: Decided,
    /// 0..=1000.
    pub likeness: Thousandths,
}

/// A hit as it is kept with the decision that went by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Precedent {
    #[schema(value_type = String)]
    pub ticket: TicketId,
    pub unit: String,
    /// Thousandths.
    pub likeness: Thousandths,
}

/// Characters of a text that are shown.
const SNIPPET: usize = 80;

impl Decided {
    /// What is kept of a lesson, and what it is found by.
    pub fn of(lesson: Lesson) -> (Self, Signature) {
        let snippet = lesson.masked.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SNIPPET).collect();
        let decided = Self {
            weight: lesson.teacher.weight(),
            ticket: lesson.ticket,
            unit: lesson.unit,
            category: lesson.category,
            nature: lesson.nature,
            decided_at: lesson.decided_at,
            returned: lesson.returns.into_iter().map(|it| it.unit).collect(),
            snippet,
        };
        (decided, lesson.signature)
    }
}

impl From<&Hit> for Precedent {
    fn from(hit: &Hit) -> Self {
        let Hit { decided, likeness } = hit;
        Self { ticket: decided.ticket.clone(), unit: decided.unit.clone(), likeness: *likeness }
    }
}
