//! One request to be decided twice.

use chrono::{DateTime, Utc};

use super::agreement::Settled;
use crate::ticket::{By, Phase, Request, Ticket};
use crate::triage::{Decision, History};

/// A request with what is known of it.
pub struct Item {
    /// Ticket id, or the number of a line.
    pub id: String,
    pub request: Request,
    /// When it came in.
    pub now: DateTime<Utc>,
    /// The decision that is stored, with its facts.
    pub stored: Option<Box<Decision>>,
    /// What people made of it in the end.
    pub settled: Option<Settled>,
}

impl Item {
    /// A stored ticket.
    pub fn of_ticket(ticket: &Ticket, request: Request, decision: Box<Decision>) -> Self {
        Self {
            id: ticket.id.as_str().to_owned(),
            // As it stands now.
            request: Request { confidential: ticket.confidential, ..request },
            now: decision.decided_at,
            settled: settled(ticket),
            stored: Some(decision),
        }
    }

    /// Earlier requests, as far as the stored facts know of them.
    pub(super) fn history(&self) -> History {
        let Some(stored) = &self.stored else { return History::default() };
        let facts = &stored.facts;
        History {
            trace: stored.trace.clone(),
            repeats: facts.repeats,
            repeat_open: facts.repeat_open,
            repeat_done: facts.repeat_done,
            same_matter: facts.same_matter,
            terminated: facts.terminated,
            similar: facts.similar.clone(),
            precedents: stored.precedents.clone(),
            earlier: stored.earlier.clone(),
        }
    }
}

/// What stood at the end where a person decided; `None` where nobody has.
fn settled(ticket: &Ticket) -> Option<Settled> {
    if ticket.decided_by != Some(By::Person) {
        return None;
    }
    let refusal = ticket.refusal.as_ref().filter(|_| ticket.phase == Phase::Refused || ticket.lead.is_empty());
    Some(match refusal {
        Some(refusal) => Settled::Refused { code: refusal.code },
        None if ticket.lead.is_empty() => Settled::Answered {},
        None => Settled::Lead { lead: ticket.lead.clone() },
    })
}
