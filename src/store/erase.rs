//! Whether a ticket can be made unreadable: everything personal in its frames has to be in envelopes.

use std::io;

use super::Store;
use super::payload::{self, Payload};
use super::read::ReadError;
use crate::ticket::{TicketId, conceal};

impl Store {
    /// Whether destroying a ticket's keys leaves nothing personal of it in the journal.
    pub fn erasable(&self, id: &TicketId) -> Result<bool, ReadError> {
        let Some(row) = self.0.core.row(id)? else { return Ok(false) };
        if row.keys.is_empty() {
            return Ok(false);
        }
        let mut at = Some(row.last);
        while let Some(place) = at {
            let bare = self.bare(place).map_err(|cause| ReadError::Events { ticket: id.clone(), cause })?;
            let Some((bare, prev)) = bare else { return Ok(false) };
            if !bare {
                return Ok(false);
            }
            at = prev;
        }
        Ok(true)
    }

    /// Whether a frame of a ticket holds nothing personal outside its envelope, and the place of the one before.
    fn bare(&self, place: super::journal::Location) -> io::Result<Option<(bool, Option<super::journal::Location>)>> {
        let (_, bytes) = self.0.core.journal.read(place)?;
        // Without keys: what stands there for everybody.
        let Payload::Ticket(commit) = payload::decode(&bytes, &self.0.core.blobs, None)? else { return Ok(None) };
        let mut concealed = commit.events.clone();
        concealed.iter_mut().for_each(conceal);
        Ok(Some((concealed == commit.events, commit.head.prev)))
    }
}
