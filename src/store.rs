//! The store: the journal is the truth, the view (sled, or memory) is made from it, one thread commits.
//!
//! A [`Store`] is a cheap handle. Writing goes through [`Store::submit`] and its likes and is acknowledged when the
//! journal is synchronised; reading goes to the view and takes microseconds. What it does not do: decide anything
//! about tickets (except who gets the next one out of the queue), mask, search, or know jurisdictions.
//!
//! Two closed choices, journal and view each in files or in memory, share the same committer and the same rules:
//! a store in memory behaves like one on the disk that is never reopened.

mod append;
mod backup;
mod blobs;
mod claim;
mod committer;
mod core;
mod due;
mod earlier;
mod editorial;
mod enterprise;
mod envelope;
mod erase;
mod feed;
mod inquiry;
mod inspect;
mod intake;
mod journal;
mod knowledge;
mod lease;
mod models;
mod news;
mod opening;
mod options;
mod outbox;
mod payload;
mod plan;
mod pressure;
mod project;
mod pulse;
mod read;
mod recover;
mod references;
mod release;
mod space;
mod transfer;
mod verify;
mod view;
mod workbench;

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{broadcast, oneshot, watch};

pub use self::append::{Append, AppendError, Appended, ClaimNext, Key, Target};
pub use self::backup::{Backup, BackupError, Checked, Kept, Manifest, backup, check as check_backup, restore};
pub use self::core::Health;
pub use self::enterprise::Enterprise;
pub use self::envelope::{Algorithm, KeyLine, KeysError, MasterFile};
pub use self::feed::Feed;
pub use self::inquiry::{HITS, HitTest, KeptQuestion, OPEN_QUESTIONS, OpenQuestion, RUNS, Run};
pub use self::inspect::{Inspected, inspect};
pub use self::intake::{Intake, Intakes, Sealed};
pub(crate) use self::journal::segment::make_folder;
pub use self::knowledge::Imported;
pub use self::news::{Happened, Policy};
pub use self::opening::Opening;
pub use self::options::Options;
pub use self::outbox::{Checkpoint, Confirmation, DeadLetter, Ended, Saved, Secret, Subscription, Waiting};
pub use self::payload::Origin;
pub use self::project::StoredEntry;
pub use self::pulse::{Committed, Lines, Pulse};
pub use self::read::{Counts, Cursor, Filter, Page, QueueFilter, Queued, ReadError};
pub use self::recover::{Damage, OpenError, Opened, Torn};
pub use self::release::{Live, ReleaseFiles};
pub use self::transfer::{ExportError, ImportError, import};
pub use self::verify::{Broken, Difference, Kind, Verified, VerifyError};
pub use self::workbench::{Day, RuleCount, RuleDay};

use self::blobs::Blobs;
use self::committer::{Committer, Done, Job, Outcome, Reply, Work};
use self::core::Core;
use self::journal::seal::Sealing;
use self::journal::{Journal, Writer};
use self::knowledge::{Edit, KnowledgeWork};
use self::plan::Ready;
use self::pressure::Pressure;
use self::project::{KeyRow, KnowledgeHead};
use self::space::Space;
use self::view::layer::parse;
use self::view::{Direction, View, ViewError, keys};
use crate::digest::Digest;
use crate::knowledge::Entry;
use crate::ticket::{Actor, EventId, Recorded, Ticket, TicketId};

/// Requests waiting for the committer at most; more are turned away as busy.
const WAITING: usize = 4096;
/// Events that a slow listener may be behind.
const UNHEARD: usize = 8192;
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// One store, opened once per process; clones share it. The last one to go closes it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    core: Arc<Core>,
    jobs: SyncSender<Job>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Dropped: the flusher flushes once more and ends.
    flusher: Mutex<Option<mpsc::Sender<()>>>,
    opened: Opened,
}

impl Store {
    /// On the disk, in a folder of its own. Reads the whole journal and checks it.
    pub fn open(dir: impl Into<PathBuf>, options: &Options) -> Result<Self, OpenError> {
        let dir = dir.into();
        let mut parts = recover::open(&dir, options)?;
        let health = match parts.opened.read_only() {
            Some(reason) => Health::ReadOnly { reason },
            None => Health::Writable,
        };
        let core = Core {
            epoch: parts.epoch,
            journal: Arc::clone(&parts.journal),
            view: parts.view,
            blobs: parts.blobs,
            keys: parts.keys,
            leases: lease::Leases::default(),
            health: watch::Sender::new(health),
            recorded: broadcast::Sender::new(UNHEARD),
            subscriptions: watch::Sender::new(0),
            pressure: Pressure::default(),
            clock: options.clock,
            voice: pulse::Voice::default(),
            space: Space::of(&dir, options),
            _lock: Some(parts.lock),
        };
        core.start_leases()?;
        let mut threads = Vec::new();
        if let Some(writer) = &mut parts.writer {
            let (sealing, thread) = Sealing::start(&parts.journal);
            writer.sealing = Some(sealing);
            threads.push(thread);
        }
        Ok(Self::start(core, parts.writer.map(Writer::Files), parts.next, parts.opened, threads))
    }

    /// In memory, gone when the last handle goes.
    pub fn memory(clock: fn() -> u64) -> Self {
        let journal = Arc::new(Journal::Memory(Mutex::default()));
        let core = Core {
            epoch: 1,
            journal: Arc::clone(&journal),
            view: View::Memory(RwLock::default()),
            blobs: Blobs::Memory(Mutex::default()),
            keys: None,
            leases: lease::Leases::default(),
            health: watch::Sender::new(Health::Writable),
            recorded: broadcast::Sender::new(UNHEARD),
            subscriptions: watch::Sender::new(0),
            pressure: Pressure::default(),
            clock,
            voice: pulse::Voice::default(),
            space: Space::default(),
            _lock: None,
        };
        Self::start(core, Some(Writer::Memory(journal)), 1, Opened::default(), Vec::new())
    }

    fn start(core: Core, writer: Option<Writer>, next: u64, opened: Opened, mut threads: Vec<JoinHandle<()>>) -> Self {
        let core = Arc::new(core);
        let (jobs, waiting) = mpsc::sync_channel(WAITING);
        let (flusher, stop) = mpsc::channel();
        if let Some(writer) = writer {
            let committer = Committer { core: Arc::clone(&core), writer, next };
            threads.push(std::thread::spawn(move || committer.run(&waiting)));
        }
        if matches!(core.view, View::Sled { .. }) {
            let core = Arc::clone(&core);
            threads.push(std::thread::spawn(move || flush(&core, &stop)));
        }
        let (threads, flusher) = (Mutex::new(threads), Mutex::new(Some(flusher)));
        Self(Arc::new(Inner { core, jobs, threads, flusher, opened }))
    }

    /// What opening found and did.
    pub fn opened(&self) -> &Opened {
        &self.0.opened
    }

    pub fn health(&self) -> Health {
        self.0.core.health.borrow().clone()
    }

    /// Wakes when the store stops; the process should then stop too.
    pub fn health_changes(&self) -> watch::Receiver<Health> {
        self.0.core.health.subscribe()
    }

    /// How long an append that comes now would wait for the committer, as far as can be told.
    pub fn line(&self) -> Duration {
        Duration::from_nanos(self.0.core.pressure.wait((self.0.core.clock)()))
    }

    /// Every event from now on, after it is durable. A listener that lags is told so and reads the store.
    pub fn listen(&self) -> broadcast::Receiver<Arc<Recorded>> {
        self.0.core.recorded.subscribe()
    }

    /// Packs the finished segments of the journal that are not packed yet; how many. A thread does it by itself.
    pub fn seal_finished(&self) -> io::Result<usize> {
        self.0.core.journal.seal_finished(&|| true)
    }

    /// Finishes what was submitted, synchronises, stops the threads. Later writes are refused; reads go on.
    pub fn close(&self) {
        self.0.close();
    }

    /// Stores events. Encodes them (and writes texts over 16 KiB to blobs) on the calling thread, then returns at
    /// once. The receiver fails only if the store is closed meanwhile.
    pub fn submit(&self, append: Append) -> oneshot::Receiver<Result<Appended, AppendError>> {
        let (reply, received) = oneshot::channel();
        self.begin_append(append, Box::new(move |outcome| drop(reply.send(appended(outcome)))));
        received
    }

    /// Like [`Store::submit`], waiting: for threads that may block.
    pub fn append(&self, append: Append) -> Result<Appended, AppendError> {
        appended(self.wait(|reply| self.begin_append(append, reply)))
    }

    /// Takes the next ticket out of a queue; `None`: nothing is left for this person.
    pub fn submit_claim(&self, claim: ClaimNext) -> oneshot::Receiver<Result<Option<Appended>, AppendError>> {
        let (reply, received) = oneshot::channel();
        self.send(Work::Claim(Box::new(claim)), Box::new(move |outcome| drop(reply.send(claimed(outcome)))));
        received
    }

    /// Like [`Store::submit_claim`], waiting.
    pub fn claim(&self, claim: ClaimNext) -> Result<Option<Appended>, AppendError> {
        claimed(self.wait(|reply| self.send(Work::Claim(Box::new(claim)), reply)))
    }

    fn begin_append(&self, append: Append, reply: Reply) {
        // Before its texts become blobs.
        if let Some(error) = self.stopped().or_else(|| self.no_room_for(&append)) {
            return reply(Err(error));
        }
        match self.encode(&append) {
            Ok(encoded) => self.send(Work::Append(Box::new(Ready { append, encoded })), reply),
            // Nothing was stored yet, but a disk that takes no blob will take no event either.
            Err(error) => {
                self.0.core.fail(format!("blob: {error}"));
                reply(Err(AppendError::Failed { reason: error.to_string() }));
            }
        }
    }

    fn encode(&self, append: &Append) -> io::Result<payload::Encoded> {
        let core = &self.0.core;
        let key = match &append.target {
            Target::Known { id, .. } if core.keys.is_some() => {
                core.row(id).map_err(io::Error::other)?.and_then(|row| row.keys.last().copied())
            }
            _ => None,
        };
        payload::encode_events(&append.events, &core.blobs, core.keys.as_deref(), key)
    }

    fn send(&self, work: Work, reply: Reply) {
        if let Some(error) = self.stopped().or_else(|| self.no_room_for_work(&work)) {
            return reply(Err(error));
        }
        self.0.core.pressure.joined();
        let (job, error) = match self.0.jobs.try_send(Job { work, reply }) {
            Ok(()) => return,
            Err(TrySendError::Full(job)) => (job, AppendError::Busy),
            Err(TrySendError::Disconnected(job)) => (job, AppendError::Closed),
        };
        self.0.core.pressure.left();
        (job.reply)(Err(error));
    }

    /// Why nothing is taken any more.
    fn stopped(&self) -> Option<AppendError> {
        self.0.core.refusal()
    }

    fn wait(&self, send: impl FnOnce(Reply)) -> Outcome {
        let (reply, received) = mpsc::channel();
        send(Box::new(move |outcome| drop(reply.send(outcome))));
        received.recv().unwrap_or(Err(AppendError::Closed))
    }
}

/// Reading.
impl Store {
    pub fn ticket(&self, id: &TicketId) -> Result<Option<Ticket>, ReadError> {
        Ok(self.0.core.row(id)?.map(|row| row.ticket))
    }

    /// The whole history of a ticket, first event first; empty if there is no such ticket.
    pub fn events(&self, id: &TicketId) -> Result<Vec<Recorded>, ReadError> {
        self.0.core.events(id)
    }

    pub fn list(&self, filter: &Filter, cursor: Option<Cursor>, limit: usize) -> Result<Page, ReadError> {
        Ok(self.0.core.list(filter, cursor, limit)?)
    }

    /// The waiting tickets of a jurisdiction in the order in which they are offered.
    pub fn queue(&self, filter: &QueueFilter, limit: usize) -> Result<Vec<Queued>, ReadError> {
        Ok(self.0.core.queue(filter, limit)?)
    }

    pub fn counts(&self) -> Result<Counts, ReadError> {
        Ok(self.0.core.counts()?)
    }

    /// The ticket that a key made, so that a repeated post need not be triaged again; and the body's digest it was
    /// used with. Only a hint: the committer checks again.
    pub fn key(&self, client: &str, key: &str, now: DateTime<Utc>) -> Result<Option<(TicketId, Digest)>, ReadError> {
        let row: Option<KeyRow> = self.value(&keys::idempotency(client, key))?;
        Ok(row.filter(|row| row.at > now - project::KEY_LIFE).map(|row| (row.ticket, row.body)))
    }

    fn value<T: serde::de::DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, ViewError> {
        self.0.core.view.get(key)?.map(|value| parse(key, &value)).transpose()
    }
}

/// Knowledge. These wait for the committer: call them from threads that may block.
impl Store {
    /// A maintainer's edit: from now on no pack overwrites this entry.
    pub fn put_entry(
        &self,
        jurisdiction: &str,
        entry: Entry,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Imported, AppendError> {
        self.edit(jurisdiction, Edit::Put(Box::new(entry)), actor, at)
    }

    /// Several at once: up to a thousand of them are all stored, or none.
    pub fn put_entries(
        &self,
        jurisdiction: &str,
        entries: Vec<Entry>,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Imported, AppendError> {
        self.edit(jurisdiction, Edit::PutAll(entries), actor, at)
    }

    pub fn remove_entry(
        &self,
        jurisdiction: &str,
        id: &str,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Imported, AppendError> {
        self.edit(jurisdiction, Edit::Remove(id.to_owned()), actor, at)
    }

    /// Takes over a pack, once per `digest` of its content.
    pub fn import_entries(
        &self,
        jurisdiction: &str,
        digest: Digest,
        entries: Vec<Entry>,
        at: DateTime<Utc>,
    ) -> Result<Imported, AppendError> {
        self.edit(jurisdiction, Edit::Import { digest, entries }, Actor::system(), at)
    }

    fn edit(&self, jurisdiction: &str, edit: Edit, actor: Actor, at: DateTime<Utc>) -> Result<Imported, AppendError> {
        let work = KnowledgeWork { jurisdiction: jurisdiction.to_owned(), at, actor, edit };
        match self.wait(|reply| self.send(Work::Knowledge(work.into()), reply))? {
            Done::Knowledge(imported) => {
                // Subscribers of policies look whether one went live.
                self.0.core.subscriptions.send_modify(|changes| *changes += 1);
                Ok(*imported)
            }
            _ => Err(AppendError::Closed),
        }
    }

    /// All entries of a jurisdiction by id.
    pub fn entries(&self, jurisdiction: &str) -> Result<Vec<StoredEntry>, ReadError> {
        let prefix = keys::entries(jurisdiction);
        let mut found = Vec::new();
        self.0.core.view.scan(&prefix, &keys::after(&prefix), Direction::Forward, &mut |key, value| {
            found.push(parse(key, value));
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(found.into_iter().collect::<Result<_, ViewError>>()?)
    }

    pub fn entry(&self, jurisdiction: &str, id: &str) -> Result<Option<StoredEntry>, ReadError> {
        Ok(self.value(&keys::entry(jurisdiction, id))?)
    }

    /// Changes whenever an entry of the jurisdiction changes; `0-0` without any.
    pub fn knowledge_version(&self, jurisdiction: &str) -> Result<EventId, ReadError> {
        let head: Option<KnowledgeHead> = self.value(&keys::knowledge(jurisdiction))?;
        Ok(head.unwrap_or_default().version)
    }
}

impl Inner {
    fn close(&self) {
        // Without a committer (read-only, or closed before) nobody needs to be told.
        let _ = self.jobs.send(Job { work: Work::Stop, reply: Box::new(drop) });
        drop(self.flusher.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A panic was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// The view to the disk each second, and once more at the end.
fn flush(core: &Core, stop: &mpsc::Receiver<()>) {
    let mut going = true;
    while going {
        going = stop.recv_timeout(FLUSH_EVERY) == Err(mpsc::RecvTimeoutError::Timeout);
        if let Err(error) = core.view.flush() {
            core.fail(error.to_string());
            going = false;
        }
    }
}

fn appended(outcome: Outcome) -> Result<Appended, AppendError> {
    claimed(outcome)?.ok_or(AppendError::Closed)
}

fn claimed(outcome: Outcome) -> Result<Option<Appended>, AppendError> {
    Ok(match outcome? {
        Done::Appended(appended) => Some(*appended),
        Done::Empty | Done::Knowledge(_) | Done::Release(_) | Done::Outbox(_) | Done::Enterprise(_) => None,
    })
}
