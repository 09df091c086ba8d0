//! Writing: one thread, lines in batches, a synchronisation before whoever waits for one is answered.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::{oneshot, watch};

use super::folder::{file_of, files, forget};
use super::line::{Act, Line, What, nothing};
use crate::calendar::local_date;

/// Lines that may wait for the disk; whoever brings one more waits too.
const WAITING: usize = 8192;
/// Lines written at once.
const BATCH: usize = 512;
/// How long a line may stay unsynchronised when nobody waits for it.
const SOON: Duration = Duration::from_secs(1);
const OURS: u32 = 0o600;
/// A sealed day is not to be written any more.
const SEALED: u32 = 0o400;

/// The log cannot be written.
#[derive(Clone, Debug, thiserror::Error)]
#[error("审计日志无法写入：{0}")]
pub struct Unwritten(String);

/// The log of a data folder: a cheap clone; the last one to go closes it.
#[derive(Clone)]
pub struct Audit(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    jobs: SyncSender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
    failed: watch::Sender<Option<String>>,
    /// Why nothing can be written from the beginning.
    unwritable: Option<String>,
}

enum Job {
    Note {
        at: DateTime<Utc>,
        act: Box<Act>,
        written: Option<oneshot::Sender<()>>,
    },
    /// Nothing new: what came before is to be on the disk.
    Settle {
        written: oneshot::Sender<()>,
    },
    Close {
        at: DateTime<Utc>,
    },
}

impl Audit {
    /// Goes on where the log in `dir` ends; a torn last line is moved aside. `days`: how long to keep, at least
    /// [`super::LEAST_DAYS`].
    pub fn open(dir: &Path, days: u32, now: DateTime<Utc>) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let mut pen = Pen::open(dir, days, now)?;
        pen.write(now, What::Opened { version: env!("CARGO_PKG_VERSION").into() })?;
        pen.settle()?;
        let (jobs, waiting) = sync_channel(WAITING);
        let failed = watch::Sender::new(None);
        let told = failed.clone();
        let thread = std::thread::Builder::new().name("audit".into()).spawn(move || run(pen, &waiting, &told))?;
        let (dir, thread) = (dir.to_owned(), Mutex::new(Some(thread)));
        Ok(Self(Arc::new(Inner { dir, jobs, thread, failed, unwritable: None })))
    }

    /// A log that is read only, for a service that changes nothing.
    pub fn unwritable(dir: &Path, cause: &io::Error) -> Self {
        let ((jobs, _), failed) = (sync_channel(0), watch::Sender::new(None));
        let (dir, thread) = (dir.to_owned(), Mutex::default());
        Self(Arc::new(Inner { dir, jobs, thread, failed, unwritable: Some(cause.to_string()) }))
    }

    /// The folder, for reading.
    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// Whether it was read-only from the beginning.
    pub fn is_unwritable(&self) -> bool {
        self.0.unwritable.is_some()
    }

    /// Wakes when no line can be written any more; the process should then stop.
    pub fn failures(&self) -> watch::Receiver<Option<String>> {
        self.0.failed.subscribe()
    }

    /// Writes a line within a second.
    pub async fn note(&self, at: DateTime<Utc>, act: Act) -> Result<(), Unwritten> {
        self.send(Job::Note { at, act: act.into(), written: None }).await
    }

    /// Writes a line; it is on the disk when this returns.
    pub async fn note_now(&self, at: DateTime<Utc>, act: Act) -> Result<(), Unwritten> {
        let (written, done) = oneshot::channel();
        self.send(Job::Note { at, act: act.into(), written: Some(written) }).await?;
        done.await.map_err(|_| self.reason())
    }

    /// Waits until everything noted before is on the disk.
    pub async fn settle(&self) -> Result<(), Unwritten> {
        let (written, done) = oneshot::channel();
        self.send(Job::Settle { written }).await?;
        done.await.map_err(|_| self.reason())
    }

    /// Like [`Audit::note_now`], for threads that may block.
    pub fn note_waiting(&self, at: DateTime<Utc>, act: Act) -> Result<(), Unwritten> {
        let (written, done) = oneshot::channel();
        self.0.jobs.send(Job::Note { at, act: act.into(), written: Some(written) }).map_err(|_| self.reason())?;
        done.blocking_recv().map_err(|_| self.reason())
    }

    /// Writes what waits and says that the log was closed in good order.
    pub fn close(&self, at: DateTime<Utc>) {
        // Without the thread there is nobody to be told.
        let _ = self.0.jobs.send(Job::Close { at });
        if let Some(thread) = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }

    async fn send(&self, job: Job) -> Result<(), Unwritten> {
        match self.0.jobs.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Disconnected(_)) => Err(self.reason()),
            Err(TrySendError::Full(job)) => {
                let jobs = self.0.jobs.clone();
                let sent = tokio::task::spawn_blocking(move || jobs.send(job).is_ok()).await;
                if matches!(sent, Ok(true)) { Ok(()) } else { Err(self.reason()) }
            }
        }
    }

    fn reason(&self) -> Unwritten {
        let reason = self.0.failed.borrow().clone().or_else(|| self.0.unwritable.clone());
        Unwritten(reason.unwrap_or_else(|| "已经关闭".into()))
    }
}

fn run(mut pen: Pen, jobs: &Receiver<Job>, failed: &watch::Sender<Option<String>>) {
    if let Err(error) = write_all(&mut pen, jobs) {
        tracing::error!(%error, "the audit log stops");
        failed.send_replace(Some(error.to_string()));
    }
}

/// Until it is closed or every sender is gone.
fn write_all(pen: &mut Pen, jobs: &Receiver<Job>) -> io::Result<()> {
    loop {
        let first = match jobs.recv_timeout(SOON) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                pen.settle()?;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return pen.settle(),
        };
        let mut waiting = Vec::new();
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(job) = next {
            match job {
                Job::Note { at, act, written } => {
                    pen.write(at, What::Act(act))?;
                    waiting.extend(written);
                }
                Job::Settle { written } => waiting.push(written),
                Job::Close { at } => {
                    pen.write(at, What::Closed)?;
                    pen.settle()?;
                    answer(waiting);
                    return Ok(());
                }
            }
            taken += 1;
            next = if taken < BATCH { jobs.try_recv().ok() } else { None };
        }
        if waiting.is_empty() {
            pen.settle_soon()?;
        } else {
            pen.settle()?;
            answer(waiting);
        }
    }
}

/// Whoever left meanwhile need not be told.
fn answer(waiting: Vec<oneshot::Sender<()>>) {
    for written in waiting {
        let _ = written.send(());
    }
}

/// The end of the log. An error is final, as it is for the journal: the next start finds out what was written.
struct Pen {
    dir: PathBuf,
    days: u32,
    day: NaiveDate,
    file: File,
    /// Lines of this file, and of all.
    lines: u64,
    n: u64,
    prev: String,
    /// Written but not yet handed to the file.
    buffer: Vec<u8>,
    settled_ns: u64,
}

impl Pen {
    fn open(dir: &Path, days: u32, now: DateTime<Utc>) -> io::Result<Self> {
        let newest = files(dir)?.pop();
        let day = newest.as_ref().map_or_else(|| local_date(now), |(day, _)| *day);
        let path = file_of(dir, day);
        let end = newest.map(|(_, path)| End::of(&path)).transpose()?.unwrap_or_default();
        let sealed = end.sealed;
        let mut pen = Self {
            dir: dir.to_owned(),
            days,
            day,
            file: open(&path, sealed)?,
            lines: end.lines,
            n: end.n,
            prev: end.sm3.unwrap_or_else(nothing),
            buffer: Vec::new(),
            settled_ns: 0,
        };
        File::open(dir)?.sync_all()?;
        if sealed {
            // Only the day's end can have sealed it: the clock may stand before that day's end again.
            pen.begin(local_date(now).max(day.succ_opt().unwrap_or(day)))?;
        }
        if end.torn > 0 {
            pen.write(now, What::Torn { bytes: end.torn })?;
        }
        Ok(pen)
    }

    fn write(&mut self, at: DateTime<Utc>, what: What) -> io::Result<()> {
        let today = local_date(at);
        if today > self.day {
            self.line(at, What::Sealed { day: self.day, lines: self.lines + 1 })?;
            self.settle()?;
            self.file.set_permissions(Permissions::from_mode(SEALED))?;
            tracing::info!(day = %self.day, lines = self.lines, sm3 = self.prev, "the audit log of a day is sealed");
            self.begin(today)?;
        }
        self.line(at, what)
    }

    /// A new day.
    fn begin(&mut self, day: NaiveDate) -> io::Result<()> {
        self.file = open(&file_of(&self.dir, day), false)?;
        File::open(&self.dir)?.sync_all()?;
        (self.day, self.lines) = (day, 0);
        for gone in forget(&self.dir, day, self.days)? {
            tracing::info!(day = %gone, "an old day of the audit log was removed");
        }
        Ok(())
    }

    fn line(&mut self, at: DateTime<Utc>, what: What) -> io::Result<()> {
        let line = Line { n: self.n + 1, at, what, prev: std::mem::take(&mut self.prev) };
        let (text, sm3) = line.seal()?;
        self.buffer.extend_from_slice(text.as_bytes());
        self.buffer.push(b'\n');
        (self.n, self.lines, self.prev) = (line.n, self.lines + 1, sm3);
        Ok(())
    }

    fn settle_soon(&mut self) -> io::Result<()> {
        let late = crate::clock::monotonic_ns().saturating_sub(self.settled_ns) > SOON.as_nanos() as u64;
        if late { self.settle() } else { Ok(()) }
    }

    fn settle(&mut self) -> io::Result<()> {
        self.settled_ns = crate::clock::monotonic_ns();
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.file.write_all(&self.buffer)?;
        self.file.sync_data()?;
        self.buffer.clear();
        Ok(())
    }
}

fn open(path: &Path, sealed: bool) -> io::Result<File> {
    if sealed {
        return File::open(path);
    }
    OpenOptions::new().create(true).append(true).mode(OURS).open(path)
}

/// Where a file ends.
#[derive(Default)]
struct End {
    lines: u64,
    n: u64,
    sm3: Option<String>,
    sealed: bool,
    /// Bytes moved aside.
    torn: u64,
}

impl End {
    fn of(path: &Path) -> io::Result<Self> {
        let bytes = fs::read(path)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (kept, torn) = bytes.split_at(whole);
        if !torn.is_empty() {
            move_aside(path, kept.len() as u64, torn)?;
        }
        let lines = kept.iter().filter(|byte| **byte == b'\n').count() as u64;
        let last = kept.strip_suffix(b"\n").and_then(|kept| kept.rsplit(|byte| *byte == b'\n').next());
        let last = last.and_then(|last| Line::open(std::str::from_utf8(last).ok()?));
        if last.is_none() && lines > 0 {
            tracing::error!(file = %path.display(), "the last line of the audit log is damaged; paidan audit verify");
        }
        let sealed = last.as_ref().is_some_and(|(line, _)| matches!(line.what, What::Sealed { .. }));
        let (n, sm3) = last.map_or((lines, None), |(line, sm3)| (line.n, Some(sm3)));
        Ok(Self { lines, n, sm3, sealed, torn: torn.len() as u64 })
    }
}

fn move_aside(path: &Path, kept: u64, torn: &[u8]) -> io::Result<()> {
    let name = |n: u32| path.with_extension(format!("jsonl.torn-{n}"));
    let aside = (1..).map(name).find(|path| !path.exists()).unwrap_or_default();
    let mut file = File::create(aside)?;
    file.write_all(torn)?;
    file.sync_all()?;
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(kept)?;
    file.sync_all()
}
