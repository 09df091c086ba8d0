//! What a scenario expects at some time.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::scenario::At;
use crate::calendar::moment;
use crate::ticket::{Clock, Event, Phase, Recorded, Ticket};
use crate::triage::Warning;

/// Everything given must hold at `at`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Check {
    /// At the end if absent.
    pub at: Option<At>,
    /// The requirement that it proves, for the report.
    pub proves: String,
    pub phase: Option<Phase>,
    pub lead: Option<String>,
    pub warning: Option<Warning>,
    /// A limit was passed.
    pub overdue: Option<bool>,
    pub supervised: Option<bool>,
    pub hard_case: Option<bool>,
    pub deemed_late: Option<bool>,
    /// The clock that the next five speak of.
    pub clock: String,
    /// The assisting unit of a sub-clock.
    pub unit: String,
    pub due: Option<At>,
    pub alt_due: Option<At>,
    /// `running`, `met`, `stopped`, `passed`, `absent`.
    pub state: String,
    pub provisional: Option<bool>,
    /// Event kinds, each of which has happened, in this order.
    pub happened: Vec<String>,
    /// Event kinds that have not happened.
    pub never: Vec<String>,
    /// Kind → how often it has happened.
    pub times: std::collections::BTreeMap<String, usize>,
    /// Somebody who was sent a notice or an urge.
    pub told: Vec<String>,
    /// When the last notice to the requester may go out: quiet hours.
    pub not_before: Option<At>,
    pub category: Option<String>,
    /// Ids of rules and floors that colour it.
    pub causes: Vec<String>,
}

/// A check and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    pub at: DateTime<Utc>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub proves: String,
    /// What is otherwise; empty: it holds.
    pub differences: Vec<String>,
}

impl Check {
    pub(super) fn against(&self, ticket: &Ticket, events: &[Recorded], at: DateTime<Utc>) -> Checked {
        let mut found = Differences(Vec::new());
        let life = &ticket.life;
        found.compare("phase", self.phase, ticket.phase);
        found.compare("lead", self.lead.clone(), ticket.lead.clone());
        found.compare("warning", self.warning, ticket.warning);
        found.compare("overdue", self.overdue, ticket.overdue());
        found.compare("supervised", self.supervised, life.supervision.is_some());
        found.compare("hard_case", self.hard_case, life.hard_case);
        found.compare("deemed_late", self.deemed_late, life.deemed_late);
        if !self.clock.is_empty() {
            self.clock(ticket, &mut found);
        }
        let kinds: Vec<&str> = events.iter().map(|it| it.event.kind()).collect();
        let mut rest = kinds.iter();
        for wanted in &self.happened {
            if !rest.any(|kind| kind == wanted) {
                found.0.push(format!("没有（按此顺序）发生 {wanted}"));
            }
        }
        for unwanted in self.never.iter().filter(|it| kinds.contains(&it.as_str())) {
            found.0.push(format!("发生了 {unwanted}"));
        }
        for (kind, &wanted) in &self.times {
            let count = kinds.iter().filter(|it| *it == kind).count();
            found.compare(kind, Some(wanted), count);
        }
        found.compare("category", self.category.clone(), ticket.category.clone());
        let last = life.notices.iter().rev().find(|notice| notice.to.iter().any(|to| to == "来件人"));
        let wait = last.and_then(|notice| notice.not_before).map_or_else(|| "随时".to_owned(), moment);
        found.compare("not_before", self.not_before.map(|at| moment(at.after(ticket.received_at))), wait);
        for cause in self.causes.iter().filter(|id| !life.causes.iter().any(|cause| cause.id == **id)) {
            found.0.push(format!("预警的原因里没有 {cause}"));
        }
        for person in self.told.iter().filter(|person| !told(events, person)) {
            found.0.push(format!("没有通知 {person}"));
        }
        Checked { at, proves: self.proves.clone(), differences: found.0 }
    }

    fn clock(&self, ticket: &Ticket, found: &mut Differences) {
        let Some(clock) = ticket.life.clock(&self.clock, &self.unit) else {
            if self.state != "absent" {
                found.0.push(format!("没有时限 {}", self.clock));
            }
            return;
        };
        let instant = |at: Option<At>| at.map(|at| moment(at.after(clock.due)));
        found.compare("due", instant(self.due), moment(clock.due));
        let alt = clock.alt.first().map_or_else(|| "无".to_owned(), |alt| moment(alt.due));
        found.compare("alt_due", instant(self.alt_due), alt);
        found.compare("provisional", self.provisional, clock.provisional);
        let wanted = Some(self.state.clone()).filter(|state| !state.is_empty());
        found.compare("state", wanted, state(clock).to_owned());
    }
}

fn state(clock: &Clock) -> &'static str {
    use crate::ticket::Run;
    match clock.state {
        Run::Running if clock.passed.is_some() => "passed",
        Run::Running => "running",
        Run::Met { .. } => "met",
        Run::Stopped { .. } => "stopped",
    }
}

fn told(events: &[Recorded], person: &str) -> bool {
    events.iter().any(|it| match &it.event {
        Event::Noticed { notice } => notice.to.iter().any(|to| to.contains(person)),
        Event::Urged { urge } => urge.to.iter().any(|to| to.contains(person)),
        _ => false,
    })
}

struct Differences(Vec<String>);

impl Differences {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, wanted: Option<T>, actual: T) {
        if let Some(wanted) = wanted
            && wanted != actual
        {
            self.0.push(format!("{what}：应为 {wanted:?}，实为 {actual:?}"));
        }
    }
}
