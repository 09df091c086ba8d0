//! What time does next: the first due ticket in constant time, the board of warnings, and what waits for a calendar.

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::core::Core;
use super::view::layer::parse;
use super::view::{Direction, ViewError, keys};
use super::{ReadError, Store};
use crate::ticket::{Ticket, TicketId, Viewer};

impl Store {
    /// The ticket to which time alone does something next, and when.
    pub fn next_due(&self) -> Result<Option<(DateTime<Utc>, TicketId)>, ReadError> {
        Ok(self.upcoming(1)?.pop())
    }

    /// The next tickets to which time alone does something, the earliest first.
    pub fn upcoming(&self, limit: usize) -> Result<Vec<(DateTime<Utc>, TicketId)>, ReadError> {
        let (from, until) = (keys::dues(), keys::after(&keys::dues()));
        let mut upcoming = Vec::new();
        // The key knows when: the ticket itself may have moved on by the time it were read.
        self.0.core.view.scan(&from, &until, Direction::Forward, &mut |key, value| {
            upcoming.push(parse(key, value).map(|id| (keys::due_at(key), id)));
            if upcoming.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(upcoming.into_iter().collect::<Result<_, ViewError>>()?)
    }

    /// Tickets with something due by `now`, the earliest first.
    pub fn due(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<TicketId>, ReadError> {
        Ok(self.0.core.ids_between(&keys::dues(), &keys::due_after(now), limit)?)
    }

    /// Open tickets with a colour: red first, then by due date. Without a jurisdiction those of all, by name.
    pub fn board(&self, jurisdictions: &[String], viewer: &Viewer, limit: usize) -> Result<Vec<Ticket>, ReadError> {
        let mut tickets = Vec::new();
        // For one who does not see them all, more have to be looked at.
        let most = if viewer.is_unit() { usize::MAX } else { limit };
        for jurisdiction in jurisdictions {
            let prefix = keys::board(jurisdiction);
            let before = tickets.len();
            for id in self.0.core.ids_between(&prefix, &keys::after(&prefix), most)? {
                tickets.extend(self.ticket(&id)?.filter(|ticket| viewer.sees(ticket)));
                if tickets.len() - before >= limit {
                    break;
                }
            }
        }
        Ok(tickets)
    }

    /// Tickets with a due date in a year that was not published when it was set.
    pub fn provisional(&self, limit: usize) -> Result<Vec<TicketId>, ReadError> {
        let prefix = keys::provisionals();
        Ok(self.0.core.ids_between(&prefix, &keys::after(&prefix), limit)?)
    }

    /// How many there are.
    pub fn provisional_count(&self) -> Result<usize, ReadError> {
        let (prefix, mut count) = (keys::provisionals(), 0);
        self.0.core.view.scan(&prefix, &keys::after(&prefix), Direction::Forward, &mut |_, _| {
            count += 1;
            ControlFlow::Continue(())
        })?;
        Ok(count)
    }
}

impl Core {
    /// Ticket ids under some keys, first first.
    fn ids_between(&self, from: &[u8], until: &[u8], most: usize) -> Result<Vec<TicketId>, ViewError> {
        let mut found = Vec::new();
        self.view.scan(from, until, Direction::Forward, &mut |key, value| {
            found.push(parse(key, value));
            if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        found.into_iter().collect()
    }
}
