//! A year was published: due dates that stood on weekdays are set on the real calendar.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, Utc};

use super::law::Law;
use super::start;
use crate::calendar::{Calendar, Due, Kind, Length, local_date};
use crate::ticket::{Actor, Clock, Event, Ticket};

/// One `ClockMoved` for each running provisional clock whose date or standing changes.
pub fn recheck(ticket: &Ticket, law: &Law<'_>, now: DateTime<Utc>) -> Vec<Event> {
    let running = ticket.life.clocks.iter().filter(|clock| clock.running());
    let moved: Vec<Event> = running.filter_map(|clock| moved(ticket, clock, law, now)).collect();
    if moved.is_empty() {
        return moved;
    }
    super::follow(ticket, moved, &Actor::system(), law, now)
}

/// What the calendar of today makes of one clock; `None`: nothing else than it is, or than was certain before.
pub(super) fn moved(ticket: &Ticket, clock: &Clock, law: &Law<'_>, now: DateTime<Utc>) -> Option<Event> {
    if !clock.provisional {
        return None;
    }
    let due = recomputed(clock, clock.kind, law)?;
    if due.at == clock.due && due.provisional {
        return None;
    }
    let mut newer = clock.clone();
    newer.due = due.at;
    newer.provisional = due.provisional;
    newer.skipped = due.skipped;
    for alt in &mut newer.alt {
        alt.due = recomputed(clock, alt.kind, law)?.at;
    }
    let clock = Box::new(start::moved(law.rule(&clock.id, ticket), &newer, law, now));
    Some(Event::ClockMoved { clock, why: "放假安排已经公布，期限按公布的日历重算".to_owned() })
}

/// Years without a published calendar that running clocks of the ticket run through.
pub fn unpublished(ticket: &Ticket, calendar: &Calendar) -> BTreeSet<i32> {
    let provisional = ticket.life.clocks.iter().filter(|clock| clock.running() && clock.provisional);
    let years = provisional.flat_map(|clock| local_date(clock.start).year()..=local_date(clock.due).year());
    years.filter(|year| !calendar.is_published(*year)).collect()
}

fn recomputed(clock: &Clock, kind: Kind, law: &Law<'_>) -> Option<Due> {
    let work = law.work();
    let length: Length = clock.length.parse().ok()?;
    let mut due = work.due(clock.start, kind, length);
    for extension in &clock.extensions {
        let longer = work.extend(due.at, kind, extension.length.parse().ok()?);
        due.provisional |= longer.provisional;
        due.at = longer.at;
        due.skipped.extend(longer.skipped);
    }
    Some(due)
}
