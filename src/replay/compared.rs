//! A stored ticket under another regulation: the same people do the same at the same times; what comes of it?

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::acts::{Act, acts};
use super::verify::again;
use crate::regulation::ClockRole;
use crate::simulate::{Beginning, Machine};
use crate::ticket::{Clock, Command, Event, Phase, Recorded, Run, Ticket, TicketId};
use crate::triage::{Decision, Release, Warning};

/// A ticket as it is stored, and as it would be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    pub ticket: TicketId,
    pub jurisdiction: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Pair<Phase>>,
    /// The colour at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<Pair<Warning>>,
    /// The highest colour it ever had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highest: Option<Pair<Warning>>,
    /// Every clock, also those that are the same.
    pub clocks: Vec<ClockPair>,
    /// What people did and could not have done.
    pub refused: Vec<WouldRefuse>,
}

/// As stored, and as it would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pair<T> {
    pub stored: T,
    pub under: T,
}

/// One clock on both sides; absent where there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClockPair {
    pub clock: String,
    pub name: String,
    /// The assisting unit of a sub-clock.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    pub stored: Option<Standing>,
    pub under: Option<Standing>,
}

/// How a clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub due: DateTime<Utc>,
    /// `running`, `met`, `stopped`.
    pub state: &'static str,
    pub overdue: bool,
}

/// A command that was carried out and would have been refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WouldRefuse {
    pub at: DateTime<Utc>,
    pub person: String,
    pub command: &'static str,
    pub code: String,
    pub article: String,
    pub message: String,
}

/// Runs the history of a ticket under `release`, as of `until`. `None`: the history does not begin with a triage.
pub fn under(stored: &Ticket, events: &[Recorded], release: &Release, until: DateTime<Utc>) -> Option<Compared> {
    let mut machine = Machine::open(release, beginning(events, release)?);
    let mut refused = Vec::new();
    for Act { at, actor, mut command } in acts(events) {
        machine.run_to(at);
        find_notice(&mut command, events, machine.ticket());
        let title = command.title();
        if let Err(no) = machine.act(command, &actor) {
            let (code, article, message) = (no.code().to_owned(), no.article().to_owned(), no.to_string());
            refused.push(WouldRefuse { at, person: actor.person, command: title, code, article, message });
        }
    }
    machine.run_to(until);
    let ticket = machine.ticket();
    Some(Compared {
        ticket: stored.id.clone(),
        jurisdiction: stored.jurisdiction.clone(),
        phase: pair(stored.phase, ticket.phase),
        warning: pair(stored.warning, ticket.warning),
        highest: pair(highest(events), highest(machine.events())),
        clocks: clocks(stored, ticket, until),
        refused,
    })
}

/// Request and triage as they are stored; matter and colours as the other release has them.
fn beginning(events: &[Recorded], release: &Release) -> Option<Beginning> {
    let [received, triaged, ..] = events else { return None };
    let (Event::Received { request, masked_text, .. }, Event::Triaged { decision }) = (&received.event, &triaged.event)
    else {
        return None;
    };
    let now = again(decision, release);
    let decision =
        Decision { matter: now.matter, warning: now.warning, warnings: now.warnings, ..(**decision).clone() };
    Some(Beginning {
        id: received.ticket.clone(),
        request: request.clone(),
        masked: masked_text.clone(),
        decision,
        by: received.actor.clone(),
        at: received.at,
    })
}

/// Notices are numbered by what happened before them: the one of the same kind is meant.
fn find_notice(command: &mut Command, events: &[Recorded], ticket: &Ticket) {
    let Command::Deliver { notice: id, channel } = command else { return };
    let kind = events.iter().find_map(|it| match &it.event {
        Event::Noticed { notice } if notice.id == *id => Some(notice.kind.as_str()),
        _ => None,
    });
    let open = ticket.life.notices.iter().filter(|it| !it.delivered.contains_key(channel));
    if let Some(same) = kind.and_then(|kind| open.rev().find(|it| it.kind == kind)) {
        id.clone_from(&same.id);
    }
}

fn pair<T: PartialEq>(stored: T, under: T) -> Option<Pair<T>> {
    (stored != under).then_some(Pair { stored, under })
}

fn highest(events: &[Recorded]) -> Warning {
    let levels = events.iter().filter_map(|it| match &it.event {
        Event::Warned { level, .. } => Some(*level),
        Event::Triaged { decision } => Some(decision.warning),
        _ => None,
    });
    levels.max().unwrap_or_default()
}

fn clocks(stored: &Ticket, ticket: &Ticket, until: DateTime<Utc>) -> Vec<ClockPair> {
    let one = |clock: &Clock| {
        let find = |ticket: &Ticket| ticket.life.clock(&clock.id, &clock.unit).map(|it| standing(it, until));
        ClockPair {
            clock: clock.id.clone(),
            name: clock.name.clone(),
            unit: clock.unit.clone(),
            stored: find(stored),
            under: find(ticket),
        }
    };
    let new = ticket.life.clocks.iter().filter(|clock| stored.life.clock(&clock.id, &clock.unit).is_none());
    stored.life.clocks.iter().chain(new).map(one).collect()
}

fn standing(clock: &Clock, until: DateTime<Utc>) -> Standing {
    let state = match clock.state {
        Run::Running => "running",
        Run::Met { .. } => "met",
        Run::Stopped { .. } => "stopped",
    };
    let owed = matches!(clock.role, ClockRole::Limit | ClockRole::Main) && !clock.excused;
    // A timer that was down has not noticed yet.
    let unnoticed = clock.running() && owed && clock.due <= until;
    Standing { due: clock.due, state, overdue: clock.overdue() || unnoticed }
}

impl Compared {
    pub fn differs(&self) -> bool {
        self.phase.is_some()
            || self.warning.is_some()
            || self.highest.is_some()
            || !self.refused.is_empty()
            || self.clocks.iter().any(ClockPair::differs)
    }

    /// Without the clocks that are the same on both sides.
    pub fn only_differences(mut self) -> Self {
        self.clocks.retain(ClockPair::differs);
        self
    }
}

impl ClockPair {
    pub fn differs(&self) -> bool {
        self.stored != self.under
    }
}

/// How all tickets fare, clock by clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Jurisdiction → clock → numbers of tickets.
    pub clocks: BTreeMap<String, BTreeMap<String, Totals>>,
}

/// Numbers of tickets for one clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub name: String,
    pub same: u64,
    pub earlier: u64,
    pub later: u64,
    /// Only under the other regulation.
    pub added: u64,
    /// Only as stored.
    pub gone: u64,
    pub overdue_stored: u64,
    pub overdue_under: u64,
}

impl Summary {
    pub fn add(&mut self, compared: &Compared) {
        let clocks = self.clocks.entry(compared.jurisdiction.clone()).or_default();
        for pair in &compared.clocks {
            let totals = clocks.entry(pair.clock.clone()).or_default();
            totals.name.clone_from(&pair.name);
            let how = match (pair.stored, pair.under) {
                (Some(stored), Some(under)) if under.due < stored.due => &mut totals.earlier,
                (Some(stored), Some(under)) if under.due > stored.due => &mut totals.later,
                (Some(_), Some(_)) => &mut totals.same,
                (Some(_), None) => &mut totals.gone,
                _ => &mut totals.added,
            };
            *how += 1;
            totals.overdue_stored += u64::from(pair.stored.is_some_and(|it| it.overdue));
            totals.overdue_under += u64::from(pair.under.is_some_and(|it| it.overdue));
        }
    }
}
