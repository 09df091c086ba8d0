//! What time alone causes: marks and due instants, in their order, each once.

use chrono::{DateTime, TimeDelta, Utc};

use super::flow::Flow;
use super::law::Law;
use super::{act, start};
use crate::regulation::{Action, MarkRule, Recipient, Start};
use crate::ticket::{Actor, Clock, Event, Mark, Ticket};

/// What is noticed later than this was late.
const LATE: TimeDelta = TimeDelta::minutes(1);

/// What has fallen due by `now`, in order; nothing if nothing has. What is more than one commit should hold is left for
/// the next call, so that no mark is parted from what it causes.
pub fn tick(ticket: &Ticket, law: &Law<'_>, now: DateTime<Utc>) -> Vec<Event> {
    let actor = Actor::system();
    let mut flow = Flow::new(ticket, &actor, law, now);
    while !flow.is_long()
        && let Some((clock, at)) = earliest(&flow.ticket, now)
    {
        let mark = clock.marks.iter().find(|mark| mark.done.is_none() && mark.at == at).cloned();
        match mark {
            Some(mark) => reach(&mut flow, &clock, &mark),
            None => pass(&mut flow, &clock),
        }
    }
    flow.finish()
}

/// The clock whose turn it is. Ties go by the order in which the clocks were started.
fn earliest(ticket: &Ticket, now: DateTime<Utc>) -> Option<(Clock, DateTime<Utc>)> {
    let due = |clock: &Clock| clock.next().filter(|at| *at <= now);
    let (clock, at) = ticket.life.clocks.iter().filter_map(|it| Some((it, due(it)?))).min_by_key(|(_, at)| *at)?;
    Some((clock.clone(), at))
}

fn reach(flow: &mut Flow<'_>, clock: &Clock, mark: &Mark) {
    let rule = flow.rule(&clock.id).and_then(|rule| rule.marks.iter().find(|it| it.id == mark.id)).cloned();
    let (id, unit, at) = (clock.id.clone(), clock.unit.clone(), mark.at);
    let reminds = rule.as_ref().map_or(mark.id == start::ALT, only_reminds);
    if reminds && superseded(clock, mark, flow.now) {
        return flow.push(Event::MarkMissed { clock: id, unit, mark: mark.id.clone(), at });
    }
    let late = flow.now - at > LATE;
    flow.push(Event::MarkReached { clock: id, unit, mark: mark.id.clone(), at, late });
    match rule {
        Some(rule) => {
            let cause = cause(clock, if rule.name.is_empty() { &rule.id } else { &rule.name });
            for action in &rule.actions {
                act::act(flow, *action, &cause, &rule.to, &clock.article, rule.grade);
            }
        }
        None if mark.id == start::ALT => {
            let to = flow.rule(&clock.id).map(|rule| rule.to.clone()).unwrap_or_default();
            act::act(flow, Action::Notify, &cause(clock, "按另一种读法已到期"), &to, &clock.article, 0);
        }
        None => {}
    }
}

fn cause(clock: &Clock, what: &str) -> String {
    format!("{}：{what}", clock.name)
}

/// A reminder, and nothing else hangs on it.
fn only_reminds(rule: &MarkRule) -> bool {
    !rule.actions.is_empty() && rule.actions.iter().all(|action| matches!(action, Action::Urge | Action::Notify))
}

/// A later reminder of the clock, or its end, has come as well: sending this one now would only be noise.
fn superseded(clock: &Clock, mark: &Mark, now: DateTime<Utc>) -> bool {
    let later = clock.marks.iter().any(|it| it.at > mark.at && it.at <= now && it.done.is_none());
    now - mark.at > LATE && (later || clock.due < now && mark.at < clock.due)
}

fn pass(flow: &mut Flow<'_>, clock: &Clock) {
    let due = clock.due;
    let (id, unit) = (clock.id.clone(), clock.unit.clone());
    let late = flow.now - due > LATE;
    flow.push(Event::ClockPassed { clock: id.clone(), unit, due, late });
    let passed = Event::ClockPassed { clock: id.clone(), unit: clock.unit.clone(), due, late };
    flow.start_clocks(&Start::Due(id.clone()), due, &format!("due:{id}"), &passed);
    let Some(rule) = flow.rule(&id) else { return };
    let to: &[Recipient] = &rule.to;
    let what = cause(clock, if clock.overdue() || obligation(clock) { "已逾期" } else { "已到时" });
    if !to.is_empty() {
        act::act(flow, Action::Notify, &what, to, &clock.article, 0);
    }
    for action in &rule.at_due {
        // What follows from silence has no recipients; what is urged goes to those who are told anyway.
        act::act(flow, *action, &clock.id, to, &clock.article, 0);
    }
}

fn obligation(clock: &Clock) -> bool {
    use crate::regulation::ClockRole as R;
    matches!(clock.role, R::Limit | R::Main | R::Task)
}
