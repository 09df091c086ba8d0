//! Applies to the view what it lacks of the journal.

use std::io;
use std::path::Path;

use super::OpenError;
use super::database::progress;
use crate::store::blobs::Blobs;
use crate::store::envelope::Keys;
use crate::store::journal::Location;
use crate::store::journal::frame::Frame;
use crate::store::payload::{self, Payload};
use crate::store::project::{self, Place, Progress, ProjectError, Row};
use crate::store::view::layer::Layer;
use crate::store::view::{View, ViewError, keys};
use crate::ticket::{EventId, TicketId};

/// Frames applied to the view at once.
const AT_ONCE: usize = 256;

/// Applies what the view lacks.
pub(in crate::store) struct CatchUp<'a> {
    view: &'a View,
    blobs: &'a Blobs,
    keys: Option<&'a Keys>,
    layer: Layer<'a>,
    pub(in crate::store) progress: Progress,
    pending: usize,
    pub(super) applied: u64,
    /// Commits that do not follow from what is there: place and ticket.
    pub(in crate::store) unfit: Vec<Unfit>,
    /// Whether it is looked at that every commit of a ticket names the one before.
    pub(in crate::store) chained: bool,
}

impl<'a> CatchUp<'a> {
    pub(in crate::store) fn new(view: &'a View, blobs: &'a Blobs, keys: Option<&'a Keys>) -> Result<Self, ViewError> {
        let progress = progress(view)?.unwrap_or(Progress::at(1, 1));
        let (layer, unfit) = (Layer::over(view), Vec::new());
        Ok(Self { view, blobs, keys, layer, progress, pending: 0, applied: 0, unfit, chained: false })
    }

    pub(super) fn frame(&mut self, epoch: u64, at: Location, frame: &Frame<'_>) -> Result<(), WalkError> {
        self.commit(EventId { epoch, seq: frame.seq }, at, frame.next(), frame.payload)
    }

    /// The same from a commit's id, its place, the sequence after it and its payload.
    pub(in crate::store) fn commit(
        &mut self,
        id: EventId,
        at: Location,
        next: u64,
        bytes: &[u8],
    ) -> Result<(), WalkError> {
        if id.seq < self.progress.next {
            return Ok(());
        }
        let mut erases = None;
        let place = Place { id, at };
        let fits = match self.decode(bytes) {
            Ok(payload) => {
                let ticket = ticket_of(&payload);
                // A second view destroys nothing: that was done when it happened.
                erases = ticket.clone().filter(|_| payload.erases() && !self.chained);
                if self.chained && !self.is_chained(&payload)? {
                    self.unfit.push(Unfit { at, seq: id.seq, ticket: ticket.clone() });
                }
                project::payload(&mut self.layer, place, payload).map_err(|error| (error, ticket))
            }
            Err(error) => {
                tracing::error!(seq = id.seq, %error, "a commit of the journal cannot be read");
                self.unfit.push(Unfit { at, seq: id.seq, ticket: None });
                Ok(())
            }
        };
        match fits {
            Ok(()) => {
                self.destroy(erases)?;
                self.layer.keep();
            }
            Err((ProjectError::Gap { .. }, ticket)) => {
                self.layer.discard();
                self.unfit.push(Unfit { at, seq: id.seq, ticket });
            }
            Err((ProjectError::View(error), _)) => return Err(error.into()),
        }
        self.progress = Progress::at(id.epoch, next);
        self.applied += 1;
        self.pending += 1;
        if self.pending >= AT_ONCE { Ok(self.finish()?) } else { Ok(()) }
    }

    /// Without keys nothing can be opened anyhow, so that what is long need not be read.
    fn decode(&self, bytes: &[u8]) -> io::Result<Payload> {
        match self.keys {
            Some(keys) => payload::decode(bytes, self.blobs, Some(keys)),
            None => payload::outline(bytes),
        }
    }

    fn destroy(&self, erased: Option<TicketId>) -> Result<(), WalkError> {
        let Some((ticket, keys)) = erased.zip(self.keys) else { return Ok(()) };
        let row: Option<Row> = self.layer.get(&keys::ticket(&ticket))?;
        Ok(row.into_iter().flat_map(|row| row.keys).try_for_each(|key| keys.destroy(key))?)
    }

    fn is_chained(&self, payload: &Payload) -> Result<bool, ViewError> {
        let Payload::Ticket(commit) = payload else { return Ok(true) };
        let before: Option<Row> = self.layer.get(&keys::ticket(&commit.head.ticket))?;
        Ok(before.map(|row| row.last) == commit.head.prev)
    }

    /// The end of the journal: the view stands in its newest epoch also where nothing happened in that yet.
    pub(in crate::store) fn end(&mut self, epoch: u64) -> Result<(), ViewError> {
        let behind = self.applied > 0 || self.progress.next > 1;
        if behind && epoch > self.progress.epoch {
            self.progress.epoch = epoch;
            self.pending += 1;
        }
        self.finish()
    }

    fn finish(&mut self) -> Result<(), ViewError> {
        if self.pending > 0 {
            self.layer.put(keys::STATE.to_vec(), &self.progress)?;
            let layer = std::mem::replace(&mut self.layer, Layer::over(self.view));
            self.view.apply(layer.into_changes())?;
            self.pending = 0;
        }
        Ok(())
    }
}

fn ticket_of(payload: &Payload) -> Option<TicketId> {
    match payload {
        Payload::Ticket(commit) => Some(commit.head.ticket.clone()),
        Payload::Knowledge(_)
        | Payload::Release(_)
        | Payload::Outbox(_)
        | Payload::Enterprise(_)
        | Payload::Workbench(_) => None,
    }
}

/// An error while walking the journal.
pub(in crate::store) enum WalkError {
    Io(io::Error),
    View(ViewError),
}

impl From<io::Error> for WalkError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ViewError> for WalkError {
    fn from(error: ViewError) -> Self {
        Self::View(error)
    }
}

impl WalkError {
    pub(super) fn at(self, path: &Path) -> OpenError {
        match self {
            Self::Io(cause) => OpenError::Io { path: path.to_owned(), cause },
            Self::View(error) => OpenError::View(error.to_string()),
        }
    }
}

/// A commit with a sound checksum that cannot be applied.
pub(in crate::store) struct Unfit {
    pub(in crate::store) at: Location,
    pub(in crate::store) seq: u64,
    pub(in crate::store) ticket: Option<TicketId>,
}
