//! Following what happens: the committed events of all tickets in their order, from any event on.
//!
//! Read from the journal, and only as far as the view is: what is shown was synchronised. A [`Feed`] remembers its
//! place, so that going on costs nothing; only the first read walks along one segment.

use std::io;

use chrono::{DateTime, Utc};

use super::Store;
use super::journal::walk::Spot;
use super::news::{self, Happened};
use super::payload::{self, Payload};
use super::project::Progress;
use super::read::ReadError;
use super::view::{ViewError, keys};
use crate::ticket::{EventId, Recorded};

/// A reader of the whole history that stands after some event.
#[derive(Clone)]
pub struct Feed {
    store: Store,
    after: EventId,
    spot: Option<Spot>,
}

impl Store {
    /// `None`: from the first event on. The id must be one of this store's: see [`Store::committed_at`].
    pub fn feed(&self, after: Option<EventId>) -> Feed {
        Feed { store: self.clone(), after: after.unwrap_or_default(), spot: None }
    }

    /// The events after one, in order; at least `limit` if there are that many, and whole commits.
    pub fn events_after(&self, id: Option<EventId>, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        self.feed(id).read(limit)
    }

    /// The id of what was last stored, of whatever kind; `1-0` in an empty store.
    pub fn last_event(&self) -> Result<EventId, ReadError> {
        let Progress { epoch, next, .. } = self.reached()?;
        // The newest epoch may have begun without an event.
        let epoch = self.0.core.journal.home(next - 1).map_or(epoch, |home| home.epoch);
        Ok(EventId { epoch, seq: next - 1 })
    }

    /// When an event was stored; `None`: there is no such event.
    pub fn committed_at(&self, id: EventId) -> Result<Option<DateTime<Utc>>, ReadError> {
        if id.seq == 0 || id.seq >= self.reached()?.next {
            return Ok(None);
        }
        let find = || {
            let journal = &self.0.core.journal;
            let spot = journal.seek(id.seq)?;
            let (bytes, _) = journal.take(spot)?;
            Ok((spot.epoch == id.epoch).then_some(payload::outline(&bytes)?.at()))
        };
        find().map_err(|cause| ReadError::History { id, cause })
    }

    pub(super) fn reached(&self) -> Result<Progress, ViewError> {
        Ok(self.value(keys::STATE)?.unwrap_or(Progress::at(self.0.core.epoch, 1)))
    }
}

impl Feed {
    /// The last event that was read, or passed because it is none of a ticket.
    pub fn after(&self) -> EventId {
        self.after
    }

    /// What comes next of tickets; empty: nothing more, for now.
    pub fn read(&mut self, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        let found = self.read_all(limit, false)?.into_iter();
        let ticket = |it| match it {
            Happened::Ticket(recorded) => Some(*recorded),
            Happened::Policy(_) => None,
        };
        Ok(found.filter_map(ticket).collect())
    }

    /// The same with policies that went live, if they are wanted.
    pub fn read_all(&mut self, limit: usize, policies: bool) -> Result<Vec<Happened>, ReadError> {
        let until = self.store.reached()?.next;
        let mut found = Vec::new();
        while self.after.seq + 1 < until && found.len() < limit {
            let id = EventId { seq: self.after.seq + 1, ..self.after };
            self.step(policies, &mut found).map_err(|cause| ReadError::History { id, cause })?;
        }
        Ok(found)
    }

    fn step(&mut self, policies: bool, found: &mut Vec<Happened>) -> io::Result<()> {
        let core = &self.store.0.core;
        let spot = match self.spot {
            Some(spot) => spot,
            None => core.journal.seek(self.after.seq + 1)?,
        };
        let (bytes, next) = core.journal.take(spot)?;
        let first = EventId { epoch: next.epoch, seq: spot.seq };
        if payload::is_ticket(&bytes)
            && let Payload::Ticket(commit) = core.decode(&bytes)?
        {
            let new = commit.recorded(first).filter(|recorded| recorded.id.seq > self.after.seq);
            found.extend(new.map(Box::new).map(Happened::Ticket));
        } else if policies
            && news::is_knowledge(&bytes)
            && let Payload::Knowledge(commit) = core.decode(&bytes)?
        {
            let new = self.store.policies(first, commit)?.into_iter().filter(|policy| policy.id.seq > self.after.seq);
            found.extend(new.map(Box::new).map(Happened::Policy));
        }
        self.after = EventId { epoch: next.epoch, seq: next.seq - 1 };
        self.spot = Some(next);
        Ok(())
    }
}
