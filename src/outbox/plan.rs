//! What is sent next, and when a try is worth it: order, back-off and giving up, without a clock and without I/O.
//!
//! Events come in one by one in the order of history. Per ticket one is under way, the others wait behind it; tickets do
//! not wait for each other. A failed try is repeated after a growing pause, until the event is given up; then the next one
//! of the ticket follows, with the word that there is a gap. What is under way, waits or is given up can be written down
//! at any time as a [`Checkpoint`]; going on from an old one sends some events twice and loses none.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::{Checkpoint, Waiting};
use crate::ticket::{EventId, TicketId};

/// How patient the outbox is.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// After the first failed try; doubled after each further one.
    pub first_delay: TimeDelta,
    pub longest_delay: TimeDelta,
    /// From the first failed try until an event is given up.
    pub give_up_after: TimeDelta,
    /// Tickets of one subscriber that wait at most; then nothing more is read for it.
    pub waiting: usize,
    /// Tries of one subscriber at once.
    pub at_once: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_delay: TimeDelta::seconds(5),
            longest_delay: TimeDelta::hours(1),
            give_up_after: TimeDelta::hours(24),
            waiting: 200,
            at_once: 8,
        }
    }
}

/// Ids kept per ticket behind the one under way; later ones are looked up when it is their turn.
const REMEMBERED: usize = 16;
/// So many failures in a row mean that the receiver is away, not that one event is bad.
const AWAY: u32 = 8;

/// What is sent in order with each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    Ticket(TicketId),
    /// A dead letter that somebody wants sent again: on its own, whatever else its ticket does.
    Again(EventId),
}

/// One thing to do: send this event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    pub lane: Lane,
    pub ticket: TicketId,
    pub event: EventId,
    /// An earlier event of the ticket was given up and never delivered.
    pub gap: bool,
}

/// What follows from the result of a try.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct After {
    /// The event is given up: failed tries, and when the first one was.
    pub dead: Option<(u32, DateTime<Utc>)>,
    /// The ticket may have more events after the one tried, up to the cursor: find them and call [`Plan::follow`].
    pub look: bool,
}

#[derive(Clone, Debug)]
struct Line {
    ticket: TicketId,
    event: EventId,
    attempts: u32,
    since: Option<DateTime<Utc>>,
    next: DateTime<Utc>,
    under_way: bool,
    then: VecDeque<EventId>,
    /// There are more than `then` says.
    more: bool,
}

/// The state of one subscriber.
#[derive(Clone, Debug)]
pub struct Plan {
    limits: Limits,
    /// Makes the pauses of two subscribers differ.
    seed: u32,
    cursor: EventId,
    lines: BTreeMap<Lane, Line>,
    dead: BTreeMap<TicketId, BTreeSet<EventId>>,
    failures: u32,
}

impl Plan {
    /// Goes on where a checkpoint says. `dead`: what was given up before.
    pub fn resume(
        subscription: &str,
        limits: Limits,
        checkpoint: Checkpoint,
        dead: impl IntoIterator<Item = (TicketId, EventId)>,
    ) -> Self {
        let seed = crc32c::crc32c(subscription.as_bytes());
        let mut plan = Self {
            limits,
            seed,
            cursor: checkpoint.cursor,
            lines: BTreeMap::new(),
            dead: BTreeMap::new(),
            failures: 0,
        };
        for Waiting { ticket, event, attempts, since, next, more } in checkpoint.waiting {
            let line = Line { attempts, since, more, ..Line::new(ticket.clone(), event, next) };
            plan.lines.insert(Lane::Ticket(ticket), line);
        }
        for (ticket, event) in dead {
            plan.dead.entry(ticket).or_default().insert(event);
        }
        plan
    }

    pub fn cursor(&self) -> EventId {
        self.cursor
    }

    /// Tickets that can still be taken in.
    pub fn room(&self) -> usize {
        self.limits.waiting.saturating_sub(self.lines.len())
    }

    pub fn waiting(&self) -> usize {
        self.lines.len()
    }

    /// The first event that is not delivered; without one, what comes after the cursor.
    pub fn oldest(&self) -> u64 {
        self.lines.values().map(|line| line.event.seq).min().unwrap_or(self.cursor.seq + 1)
    }

    /// The next event of history is none for this subscriber.
    pub fn pass(&mut self, event: EventId) {
        self.cursor = self.cursor.max(event);
    }

    /// The next event of history is to be delivered. Whether its content is worth keeping at hand.
    pub fn take(&mut self, ticket: &TicketId, event: EventId, now: DateTime<Utc>) -> bool {
        if event <= self.cursor {
            return false;
        }
        self.cursor = event;
        let Some(line) = self.lines.get_mut(&Lane::Ticket(ticket.clone())) else {
            self.lines.insert(Lane::Ticket(ticket.clone()), Line::new(ticket.clone(), event, now));
            return true;
        };
        let keep = !line.more && line.then.len() < REMEMBERED;
        if keep {
            line.then.push_back(event);
        }
        line.more |= !keep;
        keep && line.attempts == 0
    }

    /// A dead letter is to be sent again.
    pub fn again(&mut self, ticket: &TicketId, event: EventId, now: DateTime<Utc>) {
        let line = || Line::new(ticket.clone(), event, now);
        self.lines.entry(Lane::Again(event)).or_insert_with(line);
    }

    /// A try that is due, if one more may be under way; the longest due first.
    pub fn due(&mut self, now: DateTime<Utc>) -> Option<Try> {
        let under_way = self.lines.values().filter(|line| line.under_way).count();
        if under_way >= self.limits.at_once {
            return None;
        }
        let ready = self.lines.iter_mut().filter(|(_, line)| !line.under_way && line.next <= now);
        let (lane, line) = ready.min_by_key(|(_, line)| (line.next, line.event))?;
        line.under_way = true;
        let given_up = self.dead.get(&line.ticket).and_then(BTreeSet::first);
        let gap = given_up.is_some_and(|dead| *dead < line.event);
        Some(Try { lane: lane.clone(), ticket: line.ticket.clone(), event: line.event, gap })
    }

    /// When the next try is due; `None`: when something else happens.
    pub fn wake(&self) -> Option<DateTime<Utc>> {
        let under_way = self.lines.values().filter(|line| line.under_way).count();
        let idle = self.lines.values().filter(|line| !line.under_way).map(|line| line.next);
        idle.min().filter(|_| under_way < self.limits.at_once)
    }

    pub fn delivered(&mut self, lane: &Lane, now: DateTime<Utc>) -> After {
        let was_away = std::mem::take(&mut self.failures) >= AWAY;
        if was_away {
            // The receiver is back: nobody needs to wait out a long pause.
            self.lines.values_mut().for_each(|line| line.next = line.next.min(now));
        }
        let Some(line) = self.lines.get(lane) else { return After::default() };
        if let Some(dead) = self.dead.get_mut(&line.ticket) {
            dead.remove(&line.event);
            if dead.is_empty() {
                self.dead.remove(&line.ticket.clone());
            }
        }
        self.go_on(lane, now)
    }

    /// Tries again later, or gives up.
    pub fn failed(&mut self, lane: &Lane, now: DateTime<Utc>) -> After {
        self.failures = self.failures.saturating_add(1);
        let (limits, seed) = (self.limits, self.seed);
        let Some(line) = self.lines.get_mut(lane) else { return After::default() };
        line.attempts = line.attempts.saturating_add(1);
        line.under_way = false;
        let since = *line.since.get_or_insert(now);
        line.next = now + limits.pause(seed, line.event, line.attempts);
        if line.next <= since + limits.give_up_after {
            return After::default();
        }
        let dead = Some((line.attempts, since));
        self.dead.entry(line.ticket.clone()).or_default().insert(line.event);
        After { dead, ..self.go_on(lane, now) }
    }

    /// The event of a lane is settled: the one behind it is next.
    fn go_on(&mut self, lane: &Lane, now: DateTime<Utc>) -> After {
        let Some(line) = self.lines.get_mut(lane) else { return After::default() };
        if let Some(event) = line.then.pop_front() {
            let (then, more) = (std::mem::take(&mut line.then), line.more);
            *line = Line { then, more, ..Line::new(line.ticket.clone(), event, now) };
            return After::default();
        }
        if line.more {
            // Until it is known what follows nothing of this ticket is sent.
            line.under_way = true;
            return After { look: true, ..After::default() };
        }
        self.lines.remove(lane);
        After::default()
    }

    /// What follows in a lane that had to be looked up: the next events in order, up to the cursor. `more`: there are
    /// others behind them.
    pub fn follow(&mut self, lane: &Lane, events: impl IntoIterator<Item = EventId>, more: bool, now: DateTime<Utc>) {
        let Some(line) = self.lines.get_mut(lane) else { return };
        line.then = events.into_iter().collect();
        line.more = more && !line.then.is_empty();
        self.go_on(lane, now);
    }

    /// Everything that has to be known to go on.
    pub fn checkpoint(&self, trouble: String) -> Checkpoint {
        let waiting = self.lines.iter().filter(|(lane, _)| matches!(lane, Lane::Ticket(_))).map(|(_, line)| Waiting {
            ticket: line.ticket.clone(),
            event: line.event,
            attempts: line.attempts,
            since: line.since,
            next: line.next,
            more: line.more || !line.then.is_empty(),
        });
        Checkpoint { cursor: self.cursor, waiting: waiting.collect(), trouble }
    }
}

impl Line {
    fn new(ticket: TicketId, event: EventId, next: DateTime<Utc>) -> Self {
        Self { ticket, event, attempts: 0, since: None, next, under_way: false, then: VecDeque::new(), more: false }
    }
}

impl Limits {
    /// Doubles with each attempt, up to the longest; the same event of the same subscriber always pauses alike, different
    /// ones differ by up to a tenth either way.
    pub fn pause(&self, seed: u32, event: EventId, attempts: u32) -> TimeDelta {
        let doubled = i32::try_from(1_u32 << attempts.saturating_sub(1).min(24)).unwrap_or(i32::MAX);
        let whole = self.first_delay.checked_mul(doubled).map_or(self.longest_delay, |it| it.min(self.longest_delay));
        let noise = crc32c::crc32c_append(seed, &[event.seq.to_le_bytes(), u64::from(attempts).to_le_bytes()].concat());
        let thousandths = 900 + i64::from(noise % 201);
        TimeDelta::milliseconds(whole.num_milliseconds().saturating_mul(thousandths) / 1_000)
    }
}

#[cfg(test)]
mod tests;
