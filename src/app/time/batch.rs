//! Changes to several tickets at once: decided one after the other, written together, in the order given.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use super::{App, Error};
use crate::clocks::Law;
use crate::store::{Append, AppendError, Appended, Store, Target};
use crate::ticket::{Actor, Event, Ticket, TicketId};

/// A ticket whose turn it is, whatever happens to it meanwhile, is tried so often.
const TRIES: usize = 5;

/// What follows for a ticket under its law; nothing is a good answer.
pub(super) type Cause<'a> = dyn Fn(&Ticket, &Law<'_>) -> Vec<Event> + 'a;

/// What the store will say; `None`: nothing was to be stored.
type Submitted = Option<oneshot::Receiver<Result<Appended, AppendError>>>;

/// Whether a ticket changed, or why it could not.
pub(super) type Changed = (TicketId, Result<bool, Error>);

impl App {
    /// What became of each, in the same order.
    pub(super) fn change(&self, store: &Store, ids: &[TicketId], at: DateTime<Utc>, cause: &Cause<'_>) -> Vec<Changed> {
        let begun: Vec<_> = ids.iter().map(|id| (id, self.begin(store, id, at, cause))).collect();
        let done = begun.into_iter().map(|(id, begun)| (id.clone(), self.finish(store, id, at, cause, begun)));
        done.collect()
    }

    fn begin(&self, store: &Store, id: &TicketId, at: DateTime<Utc>, cause: &Cause<'_>) -> Result<Submitted, Error> {
        let Some(ticket) = store.ticket(id)? else { return Ok(None) };
        let Some(held) = self.held(store, &ticket, &store.events(id)?)? else { return Ok(None) };
        // A fault of ours in one ticket must not stop the clocks of all others.
        let events = catch_unwind(AssertUnwindSafe(|| cause(&ticket, &held.law()))).map_err(|_| Error::Panicked)?;
        if events.is_empty() {
            return Ok(None);
        }
        let target = Target::Known { id: id.clone(), expected: ticket.version, fence: None };
        Ok(Some(store.submit(Append { target, at, actor: Actor::system(), events, key: None })))
    }

    /// A ticket that somebody changed at the same moment is looked at again.
    fn finish(
        &self,
        store: &Store,
        id: &TicketId,
        at: DateTime<Utc>,
        cause: &Cause<'_>,
        mut begun: Result<Submitted, Error>,
    ) -> Result<bool, Error> {
        for _ in 1..TRIES {
            let Some(receipt) = begun? else { return Ok(false) };
            match receipt.blocking_recv() {
                Ok(Ok(_)) => return Ok(true),
                Ok(Err(AppendError::Conflict { .. })) => {}
                Ok(Err(other)) => return Err(other.into()),
                Err(_) => return Err(AppendError::Closed.into()),
            }
            begun = self.begin(store, id, at, cause);
        }
        let Some(receipt) = begun? else { return Ok(false) };
        receipt.blocking_recv().unwrap_or(Err(AppendError::Closed))?;
        Ok(true)
    }
}
