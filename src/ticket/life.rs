//! The state after the dispatch: what the lifecycle events of a ticket add up to.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::{By, Event, Recorded};
use super::moments::moments;
use super::parts::Done;
use super::parts::{
    Application, Applications, Assist, AssistState, Cause, Clock, End, Extension, Link, Mark, Notice, Officer, RatedBy,
    Register, Reply, Run, Score, Supervision, Tally, Urge,
};
use super::state::{Phase, Ticket};
use crate::calendar::Length;
use crate::regulation::Moment;
use crate::triage::Warning;

/// Notices and urges that a ticket remembers; all of them stay in its history.
const REMEMBERED: usize = 40;
/// Flags that the regulation's colours know (A-CB-5).
pub const BLOCKED: &str = "blocked";
pub const BEYOND_CAPACITY: &str = "beyond_capacity";

/// Everything that commands, clocks and warnings need to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Life {
    pub urgency: String,
    pub impact: String,
    /// The matter of the catalogue, where one was recognised.
    pub matter: String,
    /// Number of dispatches.
    pub dispatches: u32,
    /// Units that led, in order.
    pub units: Vec<String>,
    /// Units that assisted before the present dispatch.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub helped: BTreeSet<String>,
    /// The system that posted it; empty: not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub posted_by: String,
    pub assists: Vec<Assist>,
    /// Why the lead asks to return it.
    pub pending_return: Option<String>,
    /// The person who asked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub return_asked_by: String,
    pub pending_extension: Option<Application>,
    pub reply: Option<Reply>,
    /// Reviews passed of the present reply.
    pub reviews_passed: usize,
    pub happened: BTreeMap<Moment, Tally>,
    pub records: Vec<Register>,
    pub flags: BTreeSet<String>,
    /// The last one that governs.
    pub rating: Option<Score>,
    /// How it was rated since the last dispatch.
    pub rated_by: Vec<RatedBy>,
    /// Clock → applications for its extension.
    pub applications: BTreeMap<String, Applications>,
    pub supervision: Option<Supervision>,
    pub hard_case: bool,
    pub deemed_late: bool,
    pub end: Option<End>,
    pub clocks: Vec<Clock>,
    /// Why the ticket has its colour.
    pub causes: Vec<Cause>,
    pub notices: Vec<Notice>,
    pub urges: Vec<Urge>,
    pub links: Vec<Link>,
    /// Of the enterprise, for this topic; no more than who they are.
    pub officers: Vec<Officer>,
    /// Clocks that were started anew (A-HN-3: kept because improper returns are punishable).
    pub restarts: u32,
}

impl Life {
    pub fn times(&self, moment: Moment) -> u32 {
        self.happened.get(&moment).map_or(0, |tally| tally.total)
    }

    /// Since the last dispatch.
    pub fn since_dispatch(&self, moment: Moment) -> u32 {
        self.happened.get(&moment).map_or(0, |tally| tally.fresh)
    }

    /// When the unit that has it now got it.
    pub fn dispatched_at(&self) -> Option<DateTime<Utc>> {
        self.happened.get(&Moment::Dispatched).and_then(|tally| tally.last)
    }

    pub fn clock(&self, id: &str, unit: &str) -> Option<&Clock> {
        self.clocks.iter().find(|clock| clock.id == id && clock.unit == unit)
    }

    /// The clock that colours stand on.
    pub fn main(&self) -> Option<&Clock> {
        self.clocks.iter().find(|clock| clock.role == crate::regulation::ClockRole::Main)
    }

    pub fn working_assists(&self) -> impl Iterator<Item = &Assist> {
        self.assists.iter().filter(|assist| assist.state == AssistState::Working)
    }
}

impl Clock {
    pub fn running(&self) -> bool {
        self.state == Run::Running
    }

    /// The earliest instant at which something has to happen: a mark, or the first second after the due instant. What
    /// is done in the second in which it is due is in time.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        if !self.running() {
            return None;
        }
        let marks = self.marks.iter().filter(|mark| mark.done.is_none()).map(|mark| mark.at);
        let due = self.passed.is_none().then(|| self.due + TimeDelta::seconds(1));
        marks.chain(due).min()
    }

    /// Whether it passed, and somebody is to blame.
    pub fn overdue(&self) -> bool {
        use crate::regulation::ClockRole as R;
        self.passed.is_some() && !self.excused && matches!(self.role, R::Limit | R::Main)
    }

    pub fn mark(&self, id: &str) -> Option<&Mark> {
        self.marks.iter().find(|mark| mark.id == id)
    }

    /// The last of the marks that were reached; `overdue` once it passed.
    pub fn reached(&self) -> &str {
        if self.passed.is_some() {
            return "overdue";
        }
        let reached = self.marks.iter().filter(|mark| mark.done == Some(Done::Reached));
        reached.max_by_key(|mark| mark.at).map_or("", |mark| mark.id.as_str())
    }
}

impl Ticket {
    /// When time alone next does something to it.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.life.clocks.iter().filter_map(Clock::next).min()
    }

    /// A limit of it was passed.
    pub fn overdue(&self) -> bool {
        self.life.clocks.iter().any(Clock::overdue)
    }

    /// Closed, archived, refused, terminated or answered: nobody owes anything but what outlives the end.
    pub fn ended(&self) -> bool {
        matches!(self.phase, Phase::Closed | Phase::Archived | Phase::Refused | Phase::Terminated | Phase::Answered)
    }
}

/// Counts what happened and takes over what a lifecycle event says.
pub(super) fn live(ticket: &mut Ticket, recorded: &Recorded) {
    let lead = ticket.lead.clone();
    for moment in moments(&recorded.event, ticket) {
        let tally = ticket.life.happened.entry(moment).or_default();
        tally.total += 1;
        tally.fresh += 1;
        tally.last = Some(recorded.at);
        if !lead.is_empty() {
            *tally.by_unit.entry(lead.clone()).or_default() += 1;
        }
    }
    follow_clocks(&mut ticket.life, recorded);
    handle(ticket, recorded);
}

/// A fresh start for a unit.
pub(super) fn dispatched(ticket: &mut Ticket, lead: &str, assists: &[String]) {
    let life = &mut ticket.life;
    life.dispatches += 1;
    life.happened.values_mut().for_each(|tally| tally.fresh = 0);
    life.pending_return = None;
    life.return_asked_by.clear();
    life.pending_extension = None;
    life.reply = None;
    life.reviews_passed = 0;
    life.records.clear();
    life.rated_by.clear();
    life.rating = None;
    life.end = None;
    if life.units.last().is_none_or(|last| last != lead) {
        life.units.push(lead.to_owned());
    }
    let before = std::mem::take(&mut life.assists).into_iter().filter(|it| it.state != AssistState::Proposed);
    life.helped.extend(before.map(|it| it.unit));
    let working = |unit: &String| Assist { unit: unit.clone(), task: String::new(), state: AssistState::Working };
    life.assists = assists.iter().map(working).collect();
}

fn handle(ticket: &mut Ticket, recorded: &Recorded) {
    let at = recorded.at;
    match &recorded.event {
        Event::Signed { .. } => ticket.phase = Phase::Handling,
        Event::ReturnRequested { reason, .. } => {
            ticket.phase = Phase::Returning;
            ticket.life.pending_return = Some(reason.clone());
            ticket.life.return_asked_by.clone_from(&recorded.actor.person);
        }
        Event::ReturnDecided { .. } => {
            // Who has not signed yet still has to.
            let signed = ticket.life.since_dispatch(Moment::Signed) > 0;
            ticket.phase = if signed { Phase::Handling } else { Phase::Dispatched };
            ticket.life.pending_return = None;
            ticket.life.return_asked_by.clear();
        }
        Event::ExtensionRequested { rule, clock, length, ground, reason, .. } => {
            ticket.life.applications.entry(clock.clone()).or_default().submitted += 1;
            ticket.life.pending_extension = Some(Application {
                clock: clock.clone(),
                length: length.clone(),
                ground: ground.clone(),
                reason: reason.clone(),
                at,
                person: recorded.actor.person.clone(),
                rule: rule.clone(),
            });
        }
        Event::ExtensionDecided { clock, granted, length, .. } => {
            ticket.life.pending_extension = None;
            if *granted {
                let used = ticket.life.applications.entry(clock.clone()).or_default();
                used.granted += 1;
                used.minutes += length.parse().map_or(0, Length::minutes);
            }
        }
        Event::Registered { what, .. } => {
            ticket.life.records.push(Register { what: what.clone(), role: recorded.actor.role, at });
        }
        Event::AssistAdded { .. } | Event::AssistConfirmed { .. } | Event::AssistDone { .. } => {
            assist(ticket, recorded)
        }
        Event::Flagged { flag, up, .. } => {
            if *up {
                ticket.life.flags.insert(flag.clone());
            } else {
                ticket.life.flags.remove(flag);
            }
        }
        Event::Graded { urgency, impact, .. } => {
            ticket.life.urgency.clone_from(urgency);
            ticket.life.impact.clone_from(impact);
        }
        Event::SpecialSet { special, .. } => ticket.special = *special,
        Event::ConfidentialSet { confidential, .. } => ticket.confidential = *confidential,
        Event::Completed { reply } => {
            ticket.phase = Phase::Reviewing;
            // Files stay in the history: the state has to stay small.
            ticket.life.reply = Some(Reply { evidence: Vec::new(), ..reply.clone() });
            ticket.life.reviews_passed = 0;
        }
        Event::Reviewed { passed, last, .. } => match (passed, last) {
            (false, _) => ticket.phase = Phase::Handling,
            (true, true) => ticket.phase = Phase::Approved,
            (true, false) => ticket.life.reviews_passed += 1,
        },
        Event::Answered { by: By::Person, answer } => {
            let (text, basis, unit) = (answer.text.clone(), answer.basis.clone(), answer.owner.clone());
            let person = recorded.actor.person.clone();
            ticket.life.reply = Some(Reply { text, basis, unit, person, at: Some(at), ..Reply::default() });
        }
        Event::Rated { score } => {
            ticket.life.rated_by.push(score.source);
            if score.governs {
                ticket.life.rating = Some(score.clone());
            }
        }
        Event::Supervised { ground, measure, .. } => {
            let (ground, measure) = (ground.clone(), measure.clone());
            ticket.life.supervision = Some(Supervision { ground, since: at, measure, stated: false });
        }
        Event::Stated { .. } => {
            if let Some(supervision) = &mut ticket.life.supervision {
                supervision.stated = true;
            }
        }
        Event::HardCase { .. } => ticket.life.hard_case = true,
        Event::DeemedLate { .. } => ticket.life.deemed_late = true,
        Event::Terminated { ground, opinion, .. } => {
            finish(ticket, Phase::Terminated, ground, opinion, at);
        }
        Event::Closed { code, reason, .. } => finish(ticket, Phase::Closed, code, reason, at),
        Event::Archived { .. } => ticket.phase = Phase::Archived,
        Event::Reopened { .. } => {
            ticket.phase = if ticket.lead.is_empty() { Phase::Received } else { Phase::Handling };
            ticket.life.end = None;
        }
        Event::Linked { ticket: other, relation, .. } => {
            ticket.life.links.push(Link { ticket: other.clone(), relation: relation.clone() });
        }
        Event::FollowerAdded { follower } if !ticket.followers.contains(follower) => {
            ticket.followers.push(follower.clone());
        }
        Event::OfficersNamed { officers } => {
            ticket.life.officers = officers.iter().map(Officer::named).collect();
        }
        Event::Noticed { notice } => remember(&mut ticket.life.notices, notice.clone()),
        Event::Delivered { notice, channel } => {
            if let Some(notice) = ticket.life.notices.iter_mut().find(|it| it.id == *notice) {
                notice.delivered.entry(channel.clone()).or_insert(at);
            }
        }
        Event::Warned { level, causes, .. } => {
            ticket.warning = *level;
            ticket.life.causes.clone_from(causes);
        }
        Event::Urged { urge } => remember(&mut ticket.life.urges, urge.clone()),
        _ => {}
    }
}

fn remember<T>(list: &mut Vec<T>, item: T) {
    if list.len() >= REMEMBERED {
        list.remove(0);
    }
    list.push(item);
}

fn finish(ticket: &mut Ticket, phase: Phase, code: &str, reason: &str, at: DateTime<Utc>) {
    ticket.phase = phase;
    ticket.waiting = None;
    ticket.claim = None;
    ticket.warning = Warning::None;
    ticket.life.causes.clear();
    ticket.life.supervision = None;
    ticket.life.end = Some(End { code: code.to_owned(), reason: reason.to_owned(), at });
}

fn assist(ticket: &mut Ticket, recorded: &Recorded) {
    let (unit, state) = match &recorded.event {
        Event::AssistAdded { unit, task, state } => {
            ticket.life.assists.retain(|assist| assist.unit != *unit);
            ticket.life.assists.push(Assist { unit: unit.clone(), task: task.clone(), state: *state });
            (unit, *state)
        }
        Event::AssistConfirmed { unit } => (unit, AssistState::Working),
        Event::AssistDone { unit, .. } => (unit, AssistState::Done),
        _ => return,
    };
    if let Some(assist) = ticket.life.assists.iter_mut().find(|assist| assist.unit == *unit) {
        assist.state = state;
    }
    if state == AssistState::Working && !ticket.assists.contains(unit) {
        ticket.assists.push(unit.clone());
    }
}

fn follow_clocks(life: &mut Life, recorded: &Recorded) {
    let mut with = |id: &str, unit: &str, change: &dyn Fn(&mut Clock)| {
        life.clocks.iter_mut().filter(|clock| clock.id == id && clock.unit == unit).for_each(change);
    };
    let set_mark = |clock: &mut Clock, id: &str, done: Done| {
        clock.marks.iter_mut().filter(|mark| mark.id == id).for_each(|mark| mark.done = Some(done));
    };
    match &recorded.event {
        Event::ClockStarted { clock } | Event::ClockMoved { clock, .. } => {
            if matches!(&recorded.event, Event::ClockStarted { .. }) && clock.round > 1 {
                life.restarts += 1;
            }
            match life.clocks.iter_mut().find(|old| old.id == clock.id && old.unit == clock.unit) {
                Some(old) => *old = (**clock).clone(),
                None => life.clocks.push((**clock).clone()),
            }
        }
        Event::ClockMet { clock, unit, at } => with(clock, unit, &|it| it.state = Run::Met { at: *at }),
        Event::ClockStopped { clock, unit, .. } => {
            with(clock, unit, &|it| it.state = Run::Stopped { at: recorded.at });
        }
        Event::ClockResumed { clock, unit } => with(clock, unit, &|it| it.state = Run::Running),
        Event::MarkReached { clock, unit, mark, .. } => with(clock, unit, &|it| set_mark(it, mark, Done::Reached)),
        Event::MarkMissed { clock, unit, mark, .. } => with(clock, unit, &|it| set_mark(it, mark, Done::Missed)),
        Event::ClockPassed { clock, unit, due, .. } => with(clock, unit, &|it| it.passed = Some(*due)),
        Event::ClockExcused { clock, unit, .. } => with(clock, unit, &|it| it.excused = true),
        Event::ExtensionDecided { clock, granted: true, length, .. } => {
            with(clock, "", &|it| {
                it.extensions.push(Extension { length: length.clone(), granted_at: recorded.at, before: it.due });
            });
        }
        _ => {}
    }
}
