//! From a clock rule to a running clock: the length that applies, the due instant, its marks and the other readings.

use chrono::{DateTime, TimeDelta, Utc};

use super::law::Law;
use crate::calendar::{Kind, Length};
use crate::regulation::{Amount, At, ClockRule};
use crate::ticket::{Alternative, Clock, Done, Mark, Run, Ticket};
use crate::triage::Special;

/// The mark of the earliest other reading.
pub(super) const ALT: &str = "alt";

/// A clock from `start` on; `None`: the rule has no length for this ticket.
pub(super) fn clock(
    ticket: &Ticket,
    rule: &ClockRule,
    law: &Law<'_>,
    unit: &str,
    start: DateTime<Utc>,
    started_by: &str,
) -> Option<Clock> {
    let (kind, length, matter) = length(ticket, rule, law)?;
    let delay = rule.delay.map_or(0, Length::minutes);
    let start = start + minutes(delay);
    let due = law.work().due(start, kind, length);
    let before = ticket.life.clock(&rule.id, unit);
    let mut clock = Clock {
        id: rule.id.clone(),
        name: rule.name.clone(),
        unit: unit.to_owned(),
        round: before.map_or(0, |clock| clock.round) + 1,
        role: rule.role,
        holder: rule.holder,
        kind,
        length: length.to_string(),
        start,
        started_by: started_by.to_owned(),
        due: due.at,
        alt: Vec::new(),
        provisional: due.provisional,
        skipped: due.skipped,
        marks: Vec::new(),
        extensions: Vec::new(),
        state: Run::Running,
        passed: None,
        excused: false,
        article: matter.unwrap_or_else(|| rule.article.clone()),
        readings: rule.readings.clone(),
        ours: rule.ours,
    };
    clock.alt = alternatives(rule, law, start, length, &clock);
    clock.marks = marks(rule, &clock, law);
    Some(clock)
}

/// The same clock with a new due instant: marks that lie ahead again will be reached again.
pub(super) fn moved(rule: Option<&ClockRule>, clock: &Clock, law: &Law<'_>, now: DateTime<Utc>) -> Clock {
    let mut moved = clock.clone();
    if moved.due > now {
        moved.passed = None;
    }
    if let Some(rule) = rule {
        moved.marks = marks(rule, &moved, law);
    }
    for mark in &mut moved.marks {
        if mark.at <= now {
            mark.done = clock.mark(&mark.id).and_then(|old| old.done).or(Some(Done::Missed));
        }
    }
    moved
}

pub(super) fn minutes(minutes: u64) -> TimeDelta {
    TimeDelta::minutes(i64::try_from(minutes).unwrap_or(i64::MAX / 60_000))
}

/// Kind and length for this ticket, with the article of the matter where the matter sets them.
pub(super) fn length(ticket: &Ticket, rule: &ClockRule, law: &Law<'_>) -> Option<(Kind, Length, Option<String>)> {
    let special = match ticket.special {
        Special::None => "",
        Special::Special => "special",
        Special::SpecialUrgent => "special_urgent",
    };
    let amount = rule.length.of(&[special, &ticket.category, &ticket.nature])?;
    let default = match amount {
        Amount::Fixed(length) => return Some((rule.kind, *length, None)),
        Amount::Promise(default) => *default,
    };
    Some(match law.regulation.matters.find(&ticket.life.matter) {
        Some(matter) => (matter.kind, matter.promise, Some(format!("{}（{}）", matter.article, matter.name))),
        // Only where the number is ours is there something to explain.
        None if rule.ours => (rule.kind, default, Some(format!("{}（事项不在目录内，按通例）", rule.article))),
        None => (rule.kind, default, None),
    })
}

fn alternatives(
    rule: &ClockRule,
    law: &Law<'_>,
    start: DateTime<Utc>,
    length: Length,
    clock: &Clock,
) -> Vec<Alternative> {
    let possible = rule.alt.iter().filter(|kind| kind.check(length).is_ok());
    let others = possible.map(|&kind| Alternative { due: law.work().due(start, kind, length).at, kind });
    let mut others: Vec<Alternative> = others.filter(|other| other.due != clock.due).collect();
    others.sort_by_key(|other| other.due);
    others
}

fn marks(rule: &ClockRule, clock: &Clock, law: &Law<'_>) -> Vec<Mark> {
    let work = law.work();
    let (start, due) = (clock.start, clock.due);
    let share = |n, whole| work.share(start, due, clock.kind, n, whole);
    let at = |at: &At| match at {
        At::Share(n, whole) => share(*n, *whole),
        At::Before(length) => due - minutes(length.minutes()),
        At::After(length) => due + minutes(length.minutes()),
        // No more than min(max(2 h, a tenth), a third) is left: A-CB-2 as section 13 corrects it.
        At::Imminent => (due - TimeDelta::hours(2)).min(share(9, 10)).max(share(2, 3)),
    };
    let ruled = rule.marks.iter().map(|mark| (mark.id.clone(), at(&mark.at)));
    let alt = clock.alt.first().filter(|alt| alt.due < due).map(|alt| (ALT.to_owned(), alt.due));
    let mut marks: Vec<Mark> = ruled
        .chain(alt)
        // A reminder two hours before the end of a one-hour clock makes no sense.
        .filter(|(_, at)| *at >= start)
        .map(|(id, at)| Mark { id, at, done: None })
        .collect();
    marks.sort_by_key(|mark| mark.at);
    marks
}
