//! What time does next: the first due ticket in constant time, the board of warnings, and what waits for a calendar.

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::core::Core;
use super::view::layer::parse;
use super::view::{Direction, ViewError, keys};
use super::{ReadError, Store};
use crate::ticket::{Ticket, TicketId};

impl Store {
    /// The ticket to which time alone does something next, and when.
    pub fn next_due(&self) -> Result<Option<(DateTime<Utc>, TicketId)>, ReadError> {
        let (from, until) = (keys::dues(), keys::after(&keys::dues()));
        let Some(id) = self.0.core.ids_between(&from, &until, 1)?.pop() else { return Ok(None) };
        let due = self.ticket(&id)?.and_then(|ticket| ticket.next_due());
        Ok(due.map(|at| (at, id)))
    }

    /// Tickets with something due by `now`, the earliest first.
    pub fn due(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<TicketId>, ReadError> {
        Ok(self.0.core.ids_between(&keys::dues(), &keys::due_after(now), limit)?)
    }

    /// Open tickets with a colour: red first, then by due date. Without a jurisdiction those of all, by name.
    pub fn board(&self, jurisdictions: &[String], limit: usize) -> Result<Vec<Ticket>, ReadError> {
        let mut tickets = Vec::new();
        for jurisdiction in jurisdictions {
            let prefix = keys::board(jurisdiction);
            for id in self.0.core.ids_between(&prefix, &keys::after(&prefix), limit)? {
                tickets.extend(self.ticket(&id)?);
            }
        }
        Ok(tickets)
    }

    /// Tickets with a due date in a year that was not published when it was set.
    pub fn provisional(&self) -> Result<Vec<TicketId>, ReadError> {
        let prefix = keys::provisionals();
        Ok(self.0.core.ids_between(&prefix, &keys::after(&prefix), usize::MAX)?)
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
