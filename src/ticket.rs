//! A ticket is its events: state is a fold, a command yields events or a refusal, nothing here knows a store.
//!
//! Three pure functions carry everything: [`intake`] turns a triage into the first events, [`decide()`] turns a command
//! into further events or a [`Refused`], and [`apply`] folds a recorded event into the state. What a jurisdiction
//! allows (its units, its refusal classes) is checked by the caller and handed in as values.

mod actor;
mod command;
mod cover;
mod decide;
mod event;
mod extension;
mod forget;
mod guard;
mod id;
mod life;
mod moments;
mod parts;
mod permit;
mod queue;
mod refused;
mod request;
mod shadow;
mod sight;
mod state;
mod timeline;
mod words;

pub use actor::{Actor, Post, Role};
pub use command::{COMMANDS, Command};
pub use cover::{conceal, cover, show_decision, show_event, show_history, show_ticket};
pub use decide::{decide, guarded};
pub use event::{By, Event, Recorded, intake};
pub use guard::times;
pub use id::{BadId, EventId, TicketId};
pub use life::{BEYOND_CAPACITY, BLOCKED, Life};
pub use moments::moments;
pub use parts::{
    Alternative, Application, Applications, Assist, AssistState, Cause, Clock, Done, End, Evidence, Extension, Link,
    Mark, Notice, Officer, RatedBy, Rating, Register, Reply, Run, Score, Supervision, Tally, Urge,
};
pub use queue::{LONGEST_LEASE_S, LONGEST_REASON, QueueCommand, decide_queued};
pub use refused::{RefusalKind, Refused};
pub use request::{Request, Requester};
pub use shadow::Shadowed;
pub use sight::{Sight, Viewer};
pub use state::{Claim, Phase, Proposal, Refusal, Ticket, Waiting, apply, fold};
pub use timeline::{Node, Step, stage, timeline};
pub use words::{cause_words, colour, mark_name, words};

#[cfg(test)]
mod tests;
