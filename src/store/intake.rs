//! How tickets began: their first commits in the order in which they came, without folding their histories. Finding and
//! reading is for one thread; opening, which takes the time, for as many as there are.

use std::io;
use std::ops::ControlFlow;
use std::vec;

use chrono::{DateTime, Utc};

use super::Store;
use super::journal::walk::Spot;
use super::payload::Payload;
use super::read::ReadError;
use super::view::layer::parse;
use super::view::{Direction, keys};
use crate::ticket::{Event, EventId, Request, Ticket, TicketId};
use crate::triage::Decision;

/// Reads first commits one after the other.
pub struct Intakes {
    store: Store,
    /// First sequence of each ticket, rising.
    wanted: vec::IntoIter<(u64, TicketId)>,
    spot: Option<Spot>,
}

/// A first commit as it is stored, not yet taken apart.
pub struct Sealed {
    store: Store,
    id: TicketId,
    first: EventId,
    bytes: Vec<u8>,
}

/// How a ticket began, and how it stands now.
pub struct Intake {
    pub ticket: Ticket,
    pub request: Request,
    /// The machine's first proposal.
    pub decision: Box<Decision>,
}

impl Store {
    /// The tickets received from an instant on and before another.
    pub fn intakes(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Intakes, ReadError> {
        let (first, last) = (keys::order(keys::millis(from), 0), keys::order(keys::millis(until), 0));
        let mut found = Vec::new();
        let mut failed = None;
        self.0.core.view.scan(&first, &last, Direction::Forward, &mut |key, value| match parse(key, value) {
            Ok(id) => {
                found.push((keys::order_seq(key), id));
                ControlFlow::Continue(())
            }
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        })?;
        failed.map_or(Ok(()), Err)?;
        found.sort_unstable();
        Ok(Intakes { store: self.clone(), wanted: found.into_iter(), spot: None })
    }
}

impl Iterator for Intakes {
    type Item = Result<Sealed, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (seq, id) = self.wanted.next()?;
        Some(self.read(seq, id.clone()).map_err(|cause| ReadError::Events { ticket: id, cause }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.wanted.size_hint()
    }
}

impl ExactSizeIterator for Intakes {}

impl Intakes {
    fn read(&mut self, seq: u64, id: TicketId) -> io::Result<Sealed> {
        let journal = &self.store.0.core.journal;
        let spot = match self.spot {
            Some(spot) => journal.follow(spot, seq)?,
            None => journal.seek(seq)?,
        };
        let (bytes, next) = journal.take(spot)?;
        self.spot = Some(next);
        Ok(Sealed { store: self.store.clone(), id, first: EventId { epoch: spot.epoch, seq: spot.seq }, bytes })
    }
}

impl Sealed {
    /// Whether it can be a ticket of a jurisdiction; told from its bytes, so that others need not be taken apart.
    pub fn may_be_of(&self, jurisdiction: &str) -> bool {
        let wanted = format!("\"jurisdiction\":\"{jurisdiction}\"");
        self.bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes())
    }

    /// `None`: the ticket did not begin with a triage, or its words were destroyed.
    pub fn open(&self) -> Result<Option<Intake>, ReadError> {
        let core = &self.store.0.core;
        let decoded = core.decode(&self.bytes);
        let payload = decoded.map_err(|cause| ReadError::Events { ticket: self.id.clone(), cause })?;
        let (Payload::Ticket(commit), Some(row)) = (payload, core.row(&self.id)?) else { return Ok(None) };
        if row.ticket.erased || commit.head.ticket != self.id || row.ticket.first != self.first {
            return Ok(None);
        }
        let (mut request, mut decision) = (None, None);
        for event in commit.events {
            match event {
                Event::Received { request: sent, .. } => request = Some(sent),
                Event::Triaged { decision: first } if decision.is_none() => decision = Some(first),
                _ => {}
            }
        }
        Ok(request.zip(decision).map(|(request, decision)| Intake { ticket: row.ticket, request, decision }))
    }
}
