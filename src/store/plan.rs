//! One batch: requests become frames and changes of the view, or are refused. Nothing here writes.

use super::append::{Append, AppendError, Appended, ClaimNext, Key, Target};
use super::claim;
use super::committer::{Done, Outcome, Work};
use super::core::Core;
use super::enterprise;
use super::envelope::KeyId;
use super::journal::Location;
use super::journal::frame::{self, Frame};
use super::knowledge;
use super::outbox;
use super::payload::{self, Encoded, KeyUse, TicketCommit, TicketHead};
use super::project::{self, KEY_LIFE, KeyRow, Place, Progress, ProjectError, Row};
use super::release;
use super::view::layer::Layer;
use super::view::{Changes, LARGEST_KEY, LARGEST_VALUE, ViewError, keys};
use super::workbench;
use crate::ticket::{Event, EventId, QueueCommand, Recorded, Ticket, TicketId, decide_queued};
use chrono::{DateTime, Utc};

/// An append whose events are encoded already: that is done on the caller's thread.
pub(crate) struct Ready {
    pub(crate) append: Append,
    pub(crate) encoded: Encoded,
}

pub(crate) struct Plan<'a> {
    pub(crate) core: &'a Core,
    pub(crate) layer: Layer<'a>,
    start: Location,
    pub(crate) next: u64,
    frames: Vec<u8>,
    events: Vec<Recorded>,
    /// Read once: the batch happens at one moment.
    now_ns: u64,
    latest: Option<DateTime<Utc>>,
    broken: Option<String>,
    /// Keys whose end is in this batch.
    erased: Vec<KeyId>,
}

/// A batch that holds together.
pub(crate) struct Planned {
    /// For the journal.
    pub(crate) frames: Vec<u8>,
    /// Of the view.
    pub(crate) changes: Changes,
    /// To be published.
    pub(crate) events: Vec<Recorded>,
    /// The sequence after it.
    pub(crate) next: u64,
    /// Keys to be destroyed.
    pub(crate) erased: Vec<KeyId>,
}

impl<'a> Plan<'a> {
    pub(crate) fn begin(core: &'a Core, start: Location, next: u64) -> Self {
        let now_ns = (core.clock)();
        let layer = Layer::over(&core.view);
        let (frames, events) = (Vec::new(), Vec::new());
        Self { core, layer, start, next, frames, events, now_ns, latest: None, broken: None, erased: Vec::new() }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.frames.len()
    }

    /// Plans one request; after an error nothing of it remains.
    pub(crate) fn take(&mut self, work: Work) -> Outcome {
        if let Some(reason) = &self.broken {
            return Err(AppendError::Failed { reason: reason.clone() });
        }
        let outcome = match work {
            Work::Append(ready) => self.append(*ready).map(|done| Done::Appended(Box::new(done))),
            Work::Claim(claim) => self.claim(*claim),
            Work::Knowledge(work) => knowledge::plan(self, *work).map(|done| Done::Knowledge(Box::new(done))),
            Work::Release(work) => release::plan(self, *work).map(|done| Done::Release(done.map(Box::new))),
            Work::Outbox(work) => outbox::plan(self, *work).map(|done| Done::Outbox(Box::new(done))),
            Work::Enterprise(work) => enterprise::plan(self, *work).map(|done| Done::Enterprise(Box::new(done))),
            Work::Workbench(commit) => workbench::plan(self, *commit).map(|()| Done::Empty),
            // Not for a batch: the committer does these itself.
            Work::Still(_) | Work::Stop => Ok(Done::Empty),
        };
        match outcome {
            Ok(_) => self.layer.keep(),
            Err(_) => self.layer.discard(),
        }
        if let Err(AppendError::Failed { reason }) = &outcome {
            self.broken = Some(reason.clone());
        }
        outcome
    }

    /// What is to be done, or why the store must stop.
    pub(crate) fn finish(mut self) -> Result<Planned, String> {
        if let Some(reason) = self.broken {
            return Err(reason);
        }
        if let Some(latest) = self.latest {
            project::forget_keys(&mut self.layer, latest).map_err(|error| error.to_string())?;
        }
        let progress = Progress::at(self.core.epoch, self.next);
        self.layer.put(keys::STATE.to_vec(), &progress).map_err(|error| error.to_string())?;
        let Self { frames, layer, events, next, erased, .. } = self;
        Ok(Planned { frames, changes: layer.into_changes(), events, next, erased })
    }

    fn append(&mut self, ready: Ready) -> Result<Appended, AppendError> {
        let Ready { append, encoded } = ready;
        if let Some(repeated) = self.repeated(append.key.as_ref(), append.at)? {
            return Ok(repeated);
        }
        if append.events.is_empty() {
            return Err(AppendError::NoEvents);
        }
        let (ticket, version, prev) = match append.target {
            Target::New { code } => (self.number(&code, append.at)?, 1, None),
            Target::Known { id, expected, fence } => {
                let row = self.row(&id)?;
                let actual = row.ticket.version;
                if actual != expected {
                    return Err(AppendError::Conflict { ticket: id, expected, actual });
                }
                let claimed = append.events.iter().any(Event::needs_claim);
                self.check_fence(&row.ticket, fence, claimed)?;
                (id, expected + 1, Some(row.last))
            }
        };
        let key = append.key.map(|key| KeyUse { client: key.client, key: key.key, body: key.body });
        let sealed_by = encoded.key;
        let head = TicketHead { ticket, version, at: append.at, actor: append.actor, prev, key, sealed_by };
        self.commit(TicketCommit { head, events: append.events, sealed: None }, &encoded)
    }

    fn claim(&mut self, claim: ClaimNext) -> Outcome {
        if let Some(repeated) = self.repeated(claim.key.as_ref(), claim.at)? {
            return Ok(Done::Appended(Box::new(repeated)));
        }
        let picked = match &claim.ticket {
            Some(id) => Some(id.clone()),
            None => claim::next(&self.layer, &self.core.leases, &claim, self.now_ns)?,
        };
        let Some(id) = picked else { return Ok(Done::Empty) };
        let row = self.row(&id)?;
        let held = |held| self.core.leases.holds(&id, held, self.now_ns);
        let expired = row.ticket.claim.as_ref().is_some_and(|claim| !held(claim));
        let command = QueueCommand::Claim { fence: self.next, lease_s: claim.lease_s, expired };
        let events = decide_queued(&row.ticket, &command, &claim.actor, claim.at)?;
        let encoded = payload::encode_events(&events, &self.core.blobs, None, None).map_err(broken)?;
        let key = claim.key.map(|key| KeyUse { client: key.client, key: key.key, body: key.body });
        let (version, prev) = (row.ticket.version + 1, Some(row.last));
        let head = TicketHead { ticket: id, version, at: claim.at, actor: claim.actor, prev, key, sealed_by: None };
        let done = self.commit(TicketCommit { head, events, sealed: None }, &encoded)?;
        Ok(Done::Appended(Box::new(done)))
    }

    /// What the key was used for, if it was.
    fn repeated(&self, key: Option<&Key>, now: DateTime<Utc>) -> Result<Option<Appended>, AppendError> {
        let Some(key) = key else { return Ok(None) };
        let used: Option<KeyRow> = self.layer.get(&keys::idempotency(&key.client, &key.key))?;
        let Some(used) = used.filter(|used| used.at > now - KEY_LIFE) else { return Ok(None) };
        if used.body != key.body {
            return Err(AppendError::KeyReused { key: key.key.clone() });
        }
        let ticket = self.row(&used.ticket)?.ticket;
        let KeyRow { first, last, fence, .. } = used;
        Ok(Some(Appended { ticket, first, last, fence, replayed: true }))
    }

    fn number(&self, code: &str, at: DateTime<Utc>) -> Result<TicketId, AppendError> {
        let day = (at + chrono::TimeDelta::hours(8)).date_naive();
        let first = TicketId::new(code, day, 1)?;
        let last: u64 = self.layer.get(&keys::series(first.series()))?.unwrap_or_default();
        Ok(TicketId::new(code, day, last + 1)?)
    }

    fn row(&self, id: &TicketId) -> Result<Row, AppendError> {
        let unknown = || AppendError::UnknownTicket { ticket: id.clone() };
        self.layer.get(&keys::ticket(id))?.ok_or_else(unknown)
    }

    /// A fence that is given must be good, and one must be given for what only the holder of a claim may do.
    fn check_fence(&self, ticket: &Ticket, fence: Option<u64>, needed: bool) -> Result<(), AppendError> {
        let needed = needed && ticket.waiting.is_some();
        let holds = |fence| {
            let claim = ticket.claim.as_ref().filter(|claim| claim.fence == fence);
            claim.is_some_and(|claim| self.core.leases.holds(&ticket.id, claim, self.now_ns))
        };
        if fence.map_or(!needed, holds) { Ok(()) } else { Err(AppendError::StaleClaim { ticket: ticket.id.clone() }) }
    }

    fn commit(&mut self, commit: TicketCommit, encoded: &Encoded) -> Result<Appended, AppendError> {
        let count = commit.events.len();
        let payload = payload::encode_ticket(&commit.head, encoded).map_err(broken)?;
        let (at, place) = (commit.head.at, self.check(&payload, count)?);
        let (ticket, events) = project::ticket(&mut self.layer, place, commit)?;
        self.check_values()?;
        self.erased.extend(project::erased_by(&self.layer, &events)?);
        self.push(&payload, count, at);
        let started = |recorded: &Recorded| matches!(recorded.event, Event::Claimed { .. } | Event::Renewed { .. });
        self.core.leases.follow(&ticket, events.iter().any(started), self.now_ns);
        let fence = ticket.claim.as_ref().map(|claim| claim.fence);
        let last = EventId { seq: self.next - 1, ..place.id };
        self.events.extend(events);
        Ok(Appended { ticket, first: place.id, last, fence, replayed: false })
    }

    /// Where a frame of this payload goes, if it may.
    pub(crate) fn check(&self, payload: &[u8], count: usize) -> Result<Place, AppendError> {
        if payload.len() > frame::LARGEST || count > usize::from(u16::MAX) {
            return Err(AppendError::TooLarge { what: "请求", bytes: payload.len(), most: frame::LARGEST });
        }
        let offset = self.start.offset + self.frames.len() as u64;
        let id = EventId { epoch: self.core.epoch, seq: self.next };
        Ok(Place { id, at: Location { offset, ..self.start } })
    }

    /// Nothing larger than sled can be trusted with.
    pub(crate) fn check_values(&self) -> Result<(), AppendError> {
        let (key, value) = self.layer.longest();
        if key > LARGEST_KEY {
            return Err(AppendError::TooLarge { what: "编号或幂等键", bytes: key, most: LARGEST_KEY });
        }
        if value > LARGEST_VALUE {
            return Err(AppendError::TooLarge { what: "记录", bytes: value, most: LARGEST_VALUE });
        }
        Ok(())
    }

    /// Only after the two checks.
    pub(crate) fn push(&mut self, payload: &[u8], count: usize, at: DateTime<Utc>) {
        let opens = self.frames.is_empty();
        Frame { seq: self.next, count: count as u16, opens, payload }.encode(&mut self.frames);
        self.next += count as u64;
        self.latest = self.latest.max(Some(at));
    }
}

fn broken(error: std::io::Error) -> AppendError {
    AppendError::Failed { reason: error.to_string() }
}

impl From<ViewError> for AppendError {
    fn from(error: ViewError) -> Self {
        Self::Failed { reason: error.to_string() }
    }
}

impl From<ProjectError> for AppendError {
    fn from(error: ProjectError) -> Self {
        Self::Failed { reason: error.to_string() }
    }
}
