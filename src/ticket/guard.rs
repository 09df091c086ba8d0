//! What a jurisdiction asks of a command: things on record, fields, windows, caps. All of it from `[[guard]]` and
//! `[[count]]`; every refusal carries its article.

use serde_json::Value;

use super::command::Command;
use super::event::Event;
use super::moments::moments;
use super::refused::Refused;
use super::state::Ticket;
use super::{Clock, Role};
use crate::regulation::{CountRule, GuardRule, Late, Need, Per, Regulation, When};

/// What the guards add to a command that they let pass.
#[derive(Default)]
pub(super) struct Passed {
    /// Limits that a person went beyond, with a reason.
    pub(super) overridden: Vec<Event>,
    /// The window had passed, and the regulation takes it nevertheless: its article.
    pub(super) late: Option<String>,
}

pub(super) fn check(
    ticket: &Ticket,
    command: &Command,
    role: Role,
    regulation: &Regulation,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Passed, Refused> {
    let mut passed = Passed::default();
    let body = serde_json::to_value(command).unwrap_or_default();
    let name = command.name();
    for rule in regulation.life.guard.iter().filter(|rule| rule.command == name && rule.when.fits(ticket)) {
        let refused = match violated(rule, ticket, &body, role, now) {
            Verdict::Fine => continue,
            Verdict::Late => {
                passed.late = Some(rule.article.clone());
                continue;
            }
            Verdict::Violated(detail) => refusal(rule, &detail),
        };
        let reason = command.override_reason();
        if rule.may_override && !reason.is_empty() {
            passed.overridden.push(overridden(&rule.code, &rule.article, reason));
        } else {
            return Err(refused);
        }
    }
    Ok(passed)
}

fn refusal(rule: &GuardRule, detail: &str) -> Refused {
    let message = if detail.is_empty() { rule.message.clone() } else { format!("{}（{detail}）", rule.message) };
    Refused::Rule { code: rule.code.clone(), message, article: article(&rule.article, rule.ours) }
}

fn article(article: &str, ours: bool) -> String {
    if ours { format!("{article}，本平台取值") } else { article.to_owned() }
}

fn overridden(code: &str, article: &str, reason: &str) -> Event {
    Event::Overridden { code: code.to_owned(), article: article.to_owned(), reason: reason.to_owned() }
}

enum Verdict {
    Fine,
    Late,
    Violated(String),
}

fn violated(
    rule: &GuardRule,
    ticket: &Ticket,
    body: &Value,
    role: Role,
    now: chrono::DateTime<chrono::Utc>,
) -> Verdict {
    if rule.never {
        return Verdict::Violated(String::new());
    }
    if !rule.roles.is_empty() && !rule.roles.contains(&role) {
        return Verdict::Violated(String::new());
    }
    // A window that belongs to an earlier dispatch says nothing about this unit.
    let dispatched = ticket.life.dispatched_at();
    let of_now = |clock: &&Clock| clock.id == rule.within && dispatched.is_none_or(|at| clock.start >= at);
    if let Some(clock) = ticket.life.clocks.iter().find(of_now)
        && now > clock.due
    {
        return match rule.late {
            Late::Flag => Verdict::Late,
            Late::Refuse => Verdict::Violated(format!("截止{}", crate::calendar::moment(clock.due))),
        };
    }
    let missing: Vec<String> = rule.needs.iter().filter(|need| !met(need, ticket)).map(named).collect();
    if !missing.is_empty() {
        return Verdict::Violated(format!("还缺：{}", missing.join("、")));
    }
    let empty: Vec<&str> = rule.fields.iter().map(String::as_str).filter(|field| !filled(body, field)).collect();
    if !empty.is_empty() {
        return Verdict::Violated(format!("还缺：{}", empty.join("、")));
    }
    for (field, allowed) in &rule.choices {
        let given = value(body, field).and_then(Value::as_str).unwrap_or("");
        if !allowed.iter().any(|it| it == given) {
            return Verdict::Violated(format!("{field} 只能是：{}", allowed.join("、")));
        }
    }
    Verdict::Fine
}

fn met(need: &Need, ticket: &Ticket) -> bool {
    match need {
        Need::Moment(moment) => ticket.life.since_dispatch(*moment) > 0,
        Need::AssistsDone => ticket.life.working_assists().next().is_none(),
        Need::Record { what, by } => {
            let fits = |role| by.is_none_or(|by| by == role);
            ticket.life.records.iter().any(|record| record.what == *what && fits(record.role))
        }
    }
}

fn named(need: &Need) -> String {
    match need {
        Need::Moment(moment) => moment.title().to_owned(),
        Need::AssistsDone => "配合单位办结".to_owned(),
        Need::Record { what, by: None } => format!("登记“{what}”"),
        Need::Record { what, by: Some(_) } => format!("由平台登记“{what}”"),
    }
}

/// A field of the command itself, or one of its `fields`.
fn value<'a>(body: &'a Value, field: &str) -> Option<&'a Value> {
    body.get("fields").and_then(|fields| fields.get(field)).or_else(|| body.get(field))
}

fn filled(body: &Value, field: &str) -> bool {
    match value(body, field) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
        Some(Value::Bool(_) | Value::Number(_)) => true,
    }
}

/// Whether the events of a command would go beyond a cap.
pub(super) fn caps(
    ticket: &Ticket,
    command: &Command,
    events: &[Event],
    regulation: &Regulation,
) -> Result<Vec<Event>, Refused> {
    let mut over = Vec::new();
    for moment in events.iter().flat_map(|event| moments(event, ticket)) {
        let capped = |rule: &&CountRule| rule.of == moment && rule.cap.is_some() && rule.when.fits(ticket);
        for rule in regulation.life.count.iter().filter(capped) {
            let most = rule.cap.unwrap_or_default();
            if times(ticket, rule) < most {
                continue;
            }
            let reason = command.override_reason();
            if rule.may_override && !reason.is_empty() {
                over.push(overridden(&rule.code, &rule.article, reason));
                continue;
            }
            let message = format!("{}最多{most}次，已经用完，不能再{}", rule.of.title(), command.title());
            return Err(Refused::Rule { code: rule.code.clone(), message, article: article(&rule.article, rule.ours) });
        }
    }
    Ok(over)
}

/// How often it has happened, in the sense of the rule.
pub fn times(ticket: &Ticket, rule: &CountRule) -> u32 {
    let Some(tally) = ticket.life.happened.get(&rule.of) else { return 0 };
    match rule.per {
        Per::Ticket => tally.total,
        Per::Dispatch => tally.fresh,
        Per::Unit => tally.by_unit.get(&ticket.lead).copied().unwrap_or(0),
    }
}

impl When {
    /// Whether it concerns this ticket as it stands.
    pub fn fits(&self, ticket: &Ticket) -> bool {
        fn among(list: &[String], value: &str) -> bool {
            list.is_empty() || list.iter().any(|it| it == value)
        }
        fn is(wanted: Option<bool>, actual: bool) -> bool {
            wanted.is_none_or(|wanted| wanted == actual)
        }
        let life = &ticket.life;
        let dissatisfied = life.rating.as_ref().is_some_and(|score| score.rating == super::Rating::Dissatisfied);
        among(&self.category, &ticket.category)
            && among(&self.nature, &ticket.nature)
            && among(&self.topic, &ticket.topic)
            && among(&self.channel, &ticket.channel)
            && among(&self.requester, &ticket.requester)
            && among(&self.urgency, &life.urgency)
            && among(&self.impact, &life.impact)
            && (self.special.is_empty() || self.special.contains(&ticket.special))
            && is(self.supervised, life.supervision.is_some())
            && is(self.hard_case, life.hard_case)
            && is(self.dissatisfied, dissatisfied)
            && is(self.extended, life.times(crate::regulation::Moment::Extended) > 0)
            && is(self.manual, ticket.decided_by == Some(super::By::Person))
            && is(self.overdue, life.main().is_some_and(super::Clock::overdue))
            && is(self.linked, !life.assists.is_empty())
            && self.flags.iter().all(|flag| life.flags.contains(flag))
    }
}
