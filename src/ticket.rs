//! A ticket is its events: state is a fold, a command yields events or a refusal, nothing here knows a store.
//!
//! Three pure functions carry everything: [`intake`] turns a triage into the first events, [`decide`] turns a command
//! into further events or a [`Refused`], and [`apply`] folds a recorded event into the state. What a jurisdiction
//! allows (its units, its refusal classes) is checked by the caller and handed in as values.

mod actor;
mod command;
mod cover;
mod event;
mod id;
mod refused;
mod request;
mod state;

pub use actor::{Actor, Post, Role};
pub use command::{Command, LONGEST_LEASE_S, LONGEST_REASON, decide};
pub use cover::{cover, cover_decision};
pub use event::{By, Event, Recorded, intake};
pub use id::{BadId, EventId, TicketId};
pub use refused::Refused;
pub use request::{Request, Requester};
pub use state::{Claim, Phase, Proposal, Refusal, Ticket, Waiting, apply, fold};

#[cfg(test)]
mod tests;
