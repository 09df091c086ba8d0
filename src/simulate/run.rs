//! Runs a scenario: time moves from one due instant to the next, and people act in between.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::check::{Check, Checked};
use super::scenario::{At, By, Decided, Scenario, Step};
use crate::calendar::{Calendar, local_date, moment};
use crate::clocks::{Explained, Law, explain, follow, recheck, tick};
use crate::ticket::{
    Actor, Command, Event, EventId, Phase, QueueCommand, Recorded, Role, Ticket, TicketId, apply, decide,
    decide_queued, intake, words,
};
use crate::triage::{Decision, Facts, History, Outcome, Probe, Release, Ruling, Snapshot, triage, warn_again};

/// A claim in a scenario holds for as long as it takes.
const LEASE_S: u32 = 600;
/// A scenario whose time never ends is cut here.
const MOST_TICKS: usize = 10_000;

/// What happened.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub name: String,
    pub jurisdiction: String,
    pub timeline: Vec<Entry>,
    pub checks: Vec<Checked>,
    /// Steps that ended otherwise than the scenario expects.
    pub failures: Vec<String>,
    pub ticket: Ticket,
    pub clocks: Vec<Explained>,
}

impl Report {
    pub fn holds(&self) -> bool {
        self.failures.is_empty() && self.checks.iter().all(|check| check.differences.is_empty())
    }
}

/// One line of the timeline: an event, or a refusal.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub at: DateTime<Utc>,
    /// In Asia/Shanghai, as clerks read it.
    pub local: String,
    pub person: String,
    /// Kind of the event, or `refused_command`.
    pub kind: String,
    pub words: String,
    /// Stable code of a refusal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub article: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
}

/// Why a scenario cannot be run at all (Chinese).
type Cannot = String;

pub fn run(snapshot: &Snapshot, scenario: &Scenario) -> Result<Report, Cannot> {
    let release = snapshot.releases.get(&scenario.jurisdiction).and_then(Option::as_ref).ok_or_else(|| {
        let known = snapshot.releases.keys().map(String::as_str);
        let help = crate::diagnostic::nearest(&scenario.jurisdiction, known);
        format!("没有可用的辖区“{}”；{help}", scenario.jurisdiction)
    })?;
    let start = scenario.ticket.at.after(DateTime::UNIX_EPOCH);
    let mut machine = Machine::open(snapshot, release, scenario, start)?;
    let mut pending = agenda(scenario, start);
    pending.sort_by_key(|item| item.0);
    for (at, item) in pending {
        machine.run_to(at);
        match item {
            Item::Step(step) => machine.step(step, at)?,
            Item::Check(check) => {
                let checked = check.against(&machine.ticket, &machine.events, at);
                machine.report.checks.push(checked);
            }
            Item::Calendar(file) => machine.publish(&file)?,
            Item::Nothing => {}
        }
    }
    let law = machine.law();
    machine.report.clocks = explain(&machine.ticket, &law, machine.now);
    let mut report = machine.report;
    report.ticket = machine.ticket;
    Ok(report)
}

enum Item<'a> {
    Step(&'a Step),
    Check(&'a Check),
    Calendar(String),
    Nothing,
}

/// Everything that is to happen, by time; what stands first in the file comes first at the same instant.
fn agenda(scenario: &Scenario, start: DateTime<Utc>) -> Vec<(DateTime<Utc>, Item<'_>)> {
    let mut agenda = Vec::new();
    let mut last = start;
    for published in &scenario.calendar {
        let list = |days: &[String]| days.iter().map(|day| format!("\"{day}\"")).collect::<Vec<_>>().join(", ");
        let (rest, work) = (list(&published.rest), list(&published.work));
        let file = format!("year = {}\nrest = [{rest}]\nwork = [{work}]\nsource = \"scenario\"\n", published.year);
        agenda.push((published.at.after(start), Item::Calendar(file)));
    }
    for step in &scenario.step {
        last = step.at.after(last);
        agenda.push((last, Item::Step(step)));
    }
    let timed = scenario.check.iter().filter_map(|check| check.at).map(|at| at.after(last));
    let end = scenario.until.map(|at: At| at.after(last)).into_iter().chain(timed).fold(last, DateTime::max);
    agenda.push((end, Item::Nothing));
    for check in &scenario.check {
        agenda.push((check.at.map_or(end, |at| at.after(last)), Item::Check(check)));
    }
    agenda
}

struct Machine<'a> {
    release: &'a Arc<Release>,
    calendar: Calendar,
    facts: Arc<Facts>,
    ticket: Ticket,
    events: Vec<Recorded>,
    now: DateTime<Utc>,
    report: Report,
}

impl<'a> Machine<'a> {
    fn open(
        snapshot: &Snapshot,
        release: &'a Arc<Release>,
        scenario: &Scenario,
        start: DateTime<Utc>,
    ) -> Result<Self, Cannot> {
        let request = scenario.ticket.request(&scenario.jurisdiction);
        let (mut decision, analysis, _) = triage(snapshot, &request, &History::default(), start, Probe::Off);
        set(&mut decision, &scenario.ticket.decided, release)?;
        let id = TicketId::new(&release.regulation.code, local_date(start), 1).map_err(|err| err.to_string())?;
        let ticket = Ticket::new(id);
        let mut machine = Self {
            release,
            calendar: (*release.calendar).clone(),
            facts: Arc::new(decision.facts.clone()),
            events: Vec::new(),
            now: start,
            report: Report {
                name: scenario.name.clone(),
                jurisdiction: scenario.jurisdiction.clone(),
                timeline: Vec::new(),
                checks: Vec::new(),
                failures: Vec::new(),
                ticket: ticket.clone(),
                clocks: Vec::new(),
            },
            ticket,
        };
        let platform = Actor { person: "platform".into(), role: Role::Platform, ..Actor::default() };
        let first = intake(request, analysis.masked(), decision);
        let events = follow(&machine.ticket, first, &platform, &machine.law(), start);
        machine.record(events, &platform);
        Ok(machine)
    }

    fn law(&self) -> Law<'_> {
        Law { regulation: &self.release.regulation, calendar: &self.calendar, rules: Some((self.release, &self.facts)) }
    }

    fn record(&mut self, events: Vec<Event>, actor: &Actor) {
        for event in events {
            let version = self.ticket.version + 1;
            let id = EventId { epoch: 1, seq: u64::from(version) };
            let ticket = self.ticket.id.clone();
            let recorded = Recorded { id, ticket, version, at: self.now, actor: actor.clone(), event };
            apply(&mut self.ticket, &recorded);
            self.report.timeline.push(Entry {
                at: self.now,
                local: moment(self.now),
                person: actor.person.clone(),
                kind: recorded.event.kind().to_owned(),
                words: words(&recorded.event, &self.ticket),
                code: String::new(),
                article: String::new(),
                event: Some(recorded.event.clone()),
            });
            self.events.push(recorded);
        }
    }

    /// Lets time pass up to and including `at`.
    fn run_to(&mut self, at: DateTime<Utc>) {
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

    fn publish(&mut self, file: &str) -> Result<(), Cannot> {
        self.calendar.add("scenario", file).map_err(|err| err.message)?;
        let events = recheck(&self.ticket, &self.law(), self.now);
        self.record(events, &Actor::system());
        Ok(())
    }

    fn step(&mut self, step: &Step, at: DateTime<Utc>) -> Result<(), Cannot> {
        let Some(command) = &step.command else { return Ok(()) };
        let mut command = command.clone();
        let units = &self.release.units;
        command.name_units(|name| units.find(name).map(|unit| unit.name.clone())).map_err(|name| {
            let help = crate::diagnostic::nearest(&name, units.iter().map(|unit| unit.name.as_str()));
            format!("没有承办单位“{name}”；{help}")
        })?;
        let by = step.by.clone().unwrap_or_else(|| self.usual(&command));
        let actor = by.actor(&self.ticket)?;
        let done = match step.version {
            Some(seen) if seen != self.ticket.version => {
                Err(("conflict".to_owned(), String::new(), self.meanwhile(seen)))
            }
            _ => self
                .act(command.clone(), &actor)
                .map_err(|no| (no.code().to_owned(), no.article().to_owned(), no.to_string())),
        };
        match (done, &step.refused) {
            (Ok(()), None) => {}
            (Ok(()), Some(wanted)) => {
                let what = format!("{} {}：应被拒绝（{wanted}），却成功了", moment(at), command.title());
                self.report.failures.push(what);
            }
            (Err((code, article, words)), wanted) => {
                if wanted.as_ref() != Some(&code) {
                    let expected = wanted.as_deref().unwrap_or("成功");
                    let what = format!("{} {}：应为{expected}，被拒绝（{code}）：{words}", moment(at), command.title());
                    self.report.failures.push(what);
                }
                let kind = "refused_command".to_owned();
                let words = format!("“{}”被拒绝：{words}", command.title());
                let local = moment(self.now);
                let person = actor.person;
                self.report.timeline.push(Entry {
                    at: self.now,
                    local,
                    person,
                    kind,
                    words,
                    code,
                    article,
                    event: None,
                });
            }
        }
        Ok(())
    }

    fn usual(&self, command: &Command) -> By {
        use crate::regulation::Reviewer;
        let step = self.release.regulation.life.review.steps.get(self.ticket.life.reviews_passed);
        match command {
            Command::Review { .. } if step != Some(&Reviewer::Deputy) => By::Word("center".to_owned()),
            _ => By::usual(command, &self.ticket),
        }
    }

    fn meanwhile(&self, seen: u32) -> String {
        let since = self.events.iter().filter(|event| event.version > seen);
        let what: Vec<String> =
            since.map(|it| format!("{} {}", moment(it.at), words(&it.event, &self.ticket))).collect();
        format!("工单已更新到版本{}：{}", self.ticket.version, what.join("；"))
    }

    fn act(&mut self, mut command: Command, actor: &Actor) -> Result<(), crate::ticket::Refused> {
        self.claim(&mut command, actor)?;
        let events = decide(&self.ticket, &command, actor, &self.release.regulation, self.now)?;
        let events = follow(&self.ticket, events, actor, &self.law(), self.now);
        self.record(events, actor);
        Ok(())
    }

    /// Takes the ticket out of the queue for whoever decides it, as a dispatcher would.
    fn claim(&mut self, command: &mut Command, actor: &Actor) -> Result<(), crate::ticket::Refused> {
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
}

/// Replaces what the triage decided by what the scenario says.
fn set(decision: &mut Decision, decided: &Decided, release: &Release) -> Result<(), Cannot> {
    for (axis, value) in [
        ("nature", &decided.nature),
        ("category", &decided.category),
        ("topic", &decided.topic),
        ("urgency", &decided.urgency),
        ("impact", &decided.impact),
    ] {
        if !value.is_empty() {
            let ruling = Ruling { value: value.clone(), ..Ruling::default() };
            decision.axes.insert(axis.to_owned(), ruling);
        }
    }
    if !decided.nature.is_empty() && decided.category.is_empty() {
        let value = release.regulation.category_of(&decided.nature).to_owned();
        decision.axes.insert("category".to_owned(), Ruling { value, ..Ruling::default() });
    }
    if let Some(special) = decided.special {
        decision.special = special;
    }
    let unit = |name: &String| {
        let found = release.units.find(name).map(|unit| unit.name.clone());
        found.ok_or_else(|| {
            let help = crate::diagnostic::nearest(name, release.units.iter().map(|unit| unit.name.as_str()));
            format!("没有承办单位“{name}”；{help}")
        })
    };
    if !decided.lead.is_empty() {
        decision.lead.value = unit(&decided.lead)?;
        decision.outcome = Outcome::Dispatched;
        decision.answer = None;
    }
    if !decided.assists.is_empty() {
        decision.assists = decided.assists.iter().map(unit).collect::<Result<_, _>>()?;
    }
    warn_again(release, decision);
    match decided.outcome.as_str() {
        "" => {}
        "queued" => decision.outcome = Outcome::Queued,
        "dispatched" if !decision.lead.value.is_empty() => decision.outcome = Outcome::Dispatched,
        "answered" if decision.answer.is_some() => decision.outcome = Outcome::Answered,
        other => return Err(format!("decided.outcome = \"{other}\" 不可行：写 queued，或用 lead 指定主责单位")),
    }
    Ok(())
}
