//! What time alone does to tickets.

use chrono::{DateTime, TimeDelta, Utc};

use super::{App, Error};
use crate::clocks::{recheck, tick};
use crate::store::{Append, AppendError, Store, Target};
use crate::ticket::{Actor, Event, Recorded, Ticket, TicketId};

/// A ticket whose turn it is, whatever happens to it meanwhile, is tried so often.
const TRIES: usize = 5;

/// When to look again at what could not be done.
const LATER: TimeDelta = TimeDelta::seconds(30);

impl App {
    /// Does what is due, at most `limit` tickets; when to look again.
    pub async fn tick(&self, limit: usize) -> Result<Option<DateTime<Utc>>, Error> {
        let (app, now) = (self.clone(), (self.now)());
        self.read(move |store| app.tick_now(store, now, limit)).await?
    }

    fn tick_now(&self, store: &Store, now: DateTime<Utc>, limit: usize) -> Result<Option<DateTime<Utc>>, Error> {
        let due = store.due(now, limit)?;
        let mut changed = due.is_empty();
        for id in due {
            changed |= self.change(store, &id, now, |ticket, held| tick(ticket, &held.law(), now))?;
        }
        let next = store.next_due()?.map(|(at, _)| at);
        // What cannot be done now (a jurisdiction without rules) is not tried in a busy loop.
        Ok(if changed { next } else { next.map(|at| at.max(now + LATER)) })
    }

    /// Moves due dates that stood on an unpublished year. Failures are logged and tried again with the next release.
    pub async fn recheck_calendars(&self) {
        let (app, now) = (self.clone(), (self.now)());
        let done = self.read(move |store| app.recheck_now(store, now)).await;
        match done {
            Ok(Ok(0)) => {}
            Ok(Ok(moved)) => tracing::info!(moved, "due dates follow a newly published calendar"),
            Ok(Err(error)) | Err(error) => tracing::error!(%error, "due dates could not follow the calendar"),
        }
    }

    fn recheck_now(&self, store: &Store, now: DateTime<Utc>) -> Result<usize, Error> {
        let mut moved = 0;
        for id in store.provisional()? {
            moved += usize::from(self.change(store, &id, now, |ticket, held| recheck(ticket, &held.law(), now))?);
        }
        Ok(moved)
    }

    /// Whether something changed. A ticket that somebody changes at the same moment is looked at again.
    fn change(
        &self,
        store: &Store,
        id: &TicketId,
        at: DateTime<Utc>,
        cause: impl Fn(&Ticket, &super::law::Held) -> Vec<Event>,
    ) -> Result<bool, Error> {
        for _ in 0..TRIES {
            let Some(ticket) = store.ticket(id)? else { return Ok(false) };
            let history: Vec<Recorded> = store.events(id)?;
            let Some(held) = self.held(store, &ticket, &history)? else { return Ok(false) };
            let events = cause(&ticket, &held);
            if events.is_empty() {
                return Ok(false);
            }
            let target = Target::Known { id: id.clone(), expected: ticket.version, fence: None };
            let append = Append { target, at, actor: Actor::system(), events, key: None };
            match store.append(append) {
                Ok(_) => return Ok(true),
                Err(AppendError::Conflict { .. }) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(Error::Append(AppendError::Busy))
    }
}
