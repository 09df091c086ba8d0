//! Runs a scenario: time moves from one due instant to the next, and people act in between.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::check::{Check, Checked};
use super::machine::{Beginning, Machine};
use super::scenario::{At, By, Decided, Scenario, Step};
use crate::calendar::{local_date, moment};
use crate::clocks::{Explained, explain};
use crate::ticket::{Actor, Command, Event, Role, Ticket, TicketId, apply, words};
use crate::triage::{Decision, History, Outcome, Probe, Release, Ruling, Snapshot, triage, warn_again};

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
    let mut run = Run::open(snapshot, release, scenario, start)?;
    let mut pending = agenda(scenario, start);
    pending.sort_by_key(|item| item.0);
    for (at, item) in pending {
        run.run_to(at);
        run.item(item, at)?;
    }
    let Run { machine, timeline, checks, failures, .. } = run;
    let clocks = explain(machine.ticket(), &machine.law(), machine.now());
    let (name, jurisdiction) = (scenario.name.clone(), scenario.jurisdiction.clone());
    Ok(Report { name, jurisdiction, timeline, checks, failures, ticket: machine.ticket().clone(), clocks })
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

/// The machine, and what is told of it.
struct Run<'a> {
    release: &'a Release,
    machine: Machine<'a>,
    /// The ticket as of the last event in the timeline: events are told as they looked then.
    told: Ticket,
    timeline: Vec<Entry>,
    checks: Vec<Checked>,
    failures: Vec<String>,
}

impl<'a> Run<'a> {
    fn open(
        snapshot: &Snapshot,
        release: &'a Release,
        scenario: &Scenario,
        start: DateTime<Utc>,
    ) -> Result<Self, Cannot> {
        let request = scenario.ticket.request(&scenario.jurisdiction);
        let (mut decision, analysis, _) = triage(snapshot, &request, &History::default(), start, Probe::Off);
        set(&mut decision, &scenario.ticket.decided, release)?;
        let id = TicketId::new(&release.regulation.code, local_date(start), 1).map_err(|err| err.to_string())?;
        let by = Actor { person: "platform".into(), role: Role::Platform, ..Actor::default() };
        let told = Ticket::new(id.clone());
        let beginning = Beginning { id, request, masked: analysis.masked(), decision, by, at: start };
        let machine = Machine::open(release, beginning);
        let (timeline, checks, failures) = Default::default();
        let mut run = Self { release, machine, told, timeline, checks, failures };
        run.tell();
        Ok(run)
    }

    /// Puts into the timeline what happened since the last time.
    fn tell(&mut self) {
        for recorded in self.machine.events().iter().skip(self.told.version as usize) {
            apply(&mut self.told, recorded);
            self.timeline.push(Entry {
                at: recorded.at,
                local: moment(recorded.at),
                person: recorded.actor.person.clone(),
                kind: recorded.event.kind().to_owned(),
                words: words(&recorded.event, &self.told),
                code: String::new(),
                article: String::new(),
                event: Some(recorded.event.clone()),
            });
        }
    }

    fn run_to(&mut self, at: DateTime<Utc>) {
        self.machine.run_to(at);
        self.tell();
    }

    fn item(&mut self, item: Item<'_>, at: DateTime<Utc>) -> Result<(), Cannot> {
        match item {
            Item::Step(step) => self.step(step, at)?,
            Item::Check(check) => self.checks.push(check.against(self.machine.ticket(), self.machine.events(), at)),
            Item::Calendar(file) => self.machine.publish(&file).map_err(|err| err.message)?,
            Item::Nothing => {}
        }
        self.tell();
        Ok(())
    }

    fn step(&mut self, step: &Step, at: DateTime<Utc>) -> Result<(), Cannot> {
        let Some(command) = &step.command else { return Ok(()) };
        let mut command = command.clone();
        command.name_units(&self.release.units)?;
        let by = step.by.clone().unwrap_or_else(|| self.usual(&command));
        let actor = by.actor(self.machine.ticket())?;
        let title = command.title();
        let done = match step.version {
            Some(seen) if seen != self.machine.ticket().version => {
                Err(("conflict".to_owned(), String::new(), self.meanwhile(seen)))
            }
            _ => self
                .machine
                .act(command, &actor)
                .map_err(|no| (no.code().to_owned(), no.article().to_owned(), no.to_string())),
        };
        match (done, &step.refused) {
            (Ok(()), None) => {}
            (Ok(()), Some(wanted)) => {
                self.failures.push(format!("{} {title}：应被拒绝（{wanted}），却成功了", moment(at)));
            }
            (Err((code, article, words)), wanted) => {
                if wanted.as_ref() != Some(&code) {
                    let expected = wanted.as_deref().unwrap_or("成功");
                    let what = format!("{} {title}：应为{expected}，被拒绝（{code}）：{words}", moment(at));
                    self.failures.push(what);
                }
                self.refused(title, actor.person, (code, article, words));
            }
        }
        Ok(())
    }

    fn refused(&mut self, title: &str, person: String, (code, article, words): (String, String, String)) {
        self.tell();
        let at = self.machine.now();
        let (kind, words) = ("refused_command".to_owned(), format!("“{title}”被拒绝：{words}"));
        self.timeline.push(Entry { at, local: moment(at), person, kind, words, code, article, event: None });
    }

    fn usual(&self, command: &Command) -> By {
        use crate::regulation::Reviewer;
        let ticket = self.machine.ticket();
        let step = self.release.regulation.life.review.steps.get(ticket.life.reviews_passed);
        match command {
            Command::Review { .. } if step != Some(&Reviewer::Deputy) => By::Word("center".to_owned()),
            _ => By::usual(command, ticket),
        }
    }

    fn meanwhile(&self, seen: u32) -> String {
        let ticket = self.machine.ticket();
        let since = self.machine.events().iter().filter(|event| event.version > seen);
        let what: Vec<String> = since.map(|it| format!("{} {}", moment(it.at), words(&it.event, ticket))).collect();
        format!("工单已更新到版本{}：{}", ticket.version, what.join("；"))
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
    let unit = |name: &String| release.units.named(name);
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
