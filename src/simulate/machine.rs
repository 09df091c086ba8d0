//! One ticket in memory under one law: people act, and in between time passes from one due instant to the next.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::calendar::Calendar;
use crate::clocks::{Law, follow, recheck, tick};
use crate::diagnostic::Diagnostic;
use crate::ticket::{
    Actor, Command, Event, EventId, Phase, QueueCommand, Recorded, Refused, Request, Ticket, TicketId, apply, decide,
    decide_queued, intake,
};
use crate::triage::{Decision, Facts, Release};

/// A claim holds for as long as it takes.
const LEASE_S: u32 = 600;
/// Time that never ends is cut here.
const MOST_TICKS: usize = 10_000;

/// How a ticket begins: what was sent, and what was made of it.
#[derive(Clone, Debug)]
pub struct Beginning {
    pub id: TicketId,
    pub request: Request,
    /// Title and text without personal data.
    pub masked: String,
    pub decision: Decision,
    /// Who handed it in.
    pub by: Actor,
    pub at: DateTime<Utc>,
}

/// The ticket with all that happened to it so far.
pub struct Machine<'a> {
    release: &'a Release,
    calendar: Calendar,
    facts: Arc<Facts>,
    ticket: Ticket,
    events: Vec<Recorded>,
    now: DateTime<Utc>,
}

impl<'a> Machine<'a> {
    /// Takes the ticket in.
    pub fn open(release: &'a Release, beginning: Beginning) -> Self {
        let Beginning { id, request, masked, decision, by, at } = beginning;
        let mut machine = Self {
            release,
            calendar: (*release.calendar).clone(),
            facts: Arc::new(decision.facts.clone()),
            ticket: Ticket::new(id),
            events: Vec::new(),
            now: at,
        };
        let first = intake(request, masked, decision);
        let events = follow(&machine.ticket, first, &by, &machine.law(), at);
        machine.record(events, &by);
        machine
    }

    pub fn ticket(&self) -> &Ticket {
        &self.ticket
    }

    /// Everything that happened, first event first.
    pub fn events(&self) -> &[Recorded] {
        &self.events
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn law(&self) -> Law<'_> {
        Law { regulation: &self.release.regulation, calendar: &self.calendar, rules: Some((self.release, &self.facts)) }
    }

    /// Lets time pass up to and including `at`.
    pub fn run_to(&mut self, at: DateTime<Utc>) {
        for _ in 0..MOST_TICKS {
            let Some(due) = self.ticket.next_due().filter(|due| *due <= at) else { break };
            self.now = self.now.max(due);
            let events = tick(&self.ticket, &self.law(), self.now);
            if events.is_empty() {
                break;
            }
            self.record(events, &Actor::system());
        }
        self.now = self.now.max(at);
    }

    /// A calendar year becomes known: `file` is one of `rules/calendar/`.
    pub fn publish(&mut self, file: &str) -> Result<(), Diagnostic> {
        self.calendar.add("scenario", file)?;
        let events = recheck(&self.ticket, &self.law(), self.now);
        self.record(events, &Actor::system());
        Ok(())
    }

    /// Somebody gives a command now.
    pub fn act(&mut self, mut command: Command, actor: &Actor) -> Result<(), Refused> {
        self.claim(&mut command, actor)?;
        let events = decide(&self.ticket, &command, actor, &self.release.regulation, self.now)?;
        let events = follow(&self.ticket, events, actor, &self.law(), self.now);
        self.record(events, actor);
        Ok(())
    }

    /// Takes the ticket out of the queue for whoever decides it, as a dispatcher would.
    fn claim(&mut self, command: &mut Command, actor: &Actor) -> Result<(), Refused> {
        let (Command::Dispatch { fence, .. } | Command::Answer { fence, .. } | Command::Refuse { fence, .. }) = command
        else {
            return Ok(());
        };
        if self.ticket.phase != Phase::Queued || fence.is_some() {
            return Ok(());
        }
        let number = u64::from(self.ticket.version) + 1;
        let claim = QueueCommand::Claim { fence: number, lease_s: LEASE_S, expired: true };
        let claimed = decide_queued(&self.ticket, &claim, actor, self.now)?;
        self.record(claimed, actor);
        *fence = Some(number);
        Ok(())
    }

    fn record(&mut self, events: Vec<Event>, actor: &Actor) {
        for event in events {
            let version = self.ticket.version + 1;
            let id = EventId { epoch: 1, seq: u64::from(version) };
            let ticket = self.ticket.id.clone();
            let recorded = Recorded { id, ticket, version, at: self.now, actor: actor.clone(), event };
            apply(&mut self.ticket, &recorded);
            self.events.push(recorded);
        }
    }
}
