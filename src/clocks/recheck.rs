//! A year was published: due dates that stood on weekdays are set on the real calendar.

use chrono::{DateTime, Utc};

use super::law::Law;
use super::start;
use crate::calendar::{Due, Length};
use crate::ticket::{Actor, Clock, Event, Ticket};

/// One `ClockMoved` for each running provisional clock whose date or standing changes.
pub fn recheck(ticket: &Ticket, law: &Law<'_>, now: DateTime<Utc>) -> Vec<Event> {
    let provisional = ticket.life.clocks.iter().filter(|clock| clock.running() && clock.provisional);
    let moved = provisional.filter_map(|clock| {
        let due = recomputed(clock, law)?;
        if due.at == clock.due && due.provisional {
            return None;
        }
        let mut newer = clock.clone();
        newer.due = due.at;
        newer.provisional = due.provisional;
        newer.skipped = due.skipped;
        let rules = &law.regulation.life.clock;
        let rule = rules
            .iter()
            .filter(|rule| rule.id == clock.id)
            .find(|rule| rule.when.fits(ticket))
            .or_else(|| rules.iter().find(|rule| rule.id == clock.id));
        let clock = Box::new(start::moved(rule, &newer, law, now));
        Some(Event::ClockMoved { clock, why: "放假安排已经公布，期限按公布的日历重算".to_owned() })
    });
    let moved: Vec<Event> = moved.collect();
    if moved.is_empty() {
        return moved;
    }
    super::follow(ticket, moved, &Actor::system(), law, now)
}

fn recomputed(clock: &Clock, law: &Law<'_>) -> Option<Due> {
    let work = law.work();
    let length: Length = clock.length.parse().ok()?;
    let mut due = work.due(clock.start, clock.kind, length);
    for extension in &clock.extensions {
        let longer = work.extend(due.at, clock.kind, extension.length.parse().ok()?);
        due.provisional |= longer.provisional;
        due.at = longer.at;
        due.skipped.extend(longer.skipped);
    }
    Some(due)
}
