//! Opening: lock, view, journal; what is torn is cut, what is missing in the view is applied again, what is damaged
//! is named.

pub(super) mod catch_up;
mod damage;
mod database;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::thread::ScopedJoinHandle;

use super::Options;
use super::blobs::Blobs;
use super::envelope::{Keys, KeysError};
use super::journal::scan::{Hole, Scanned, scan};
use super::journal::segment::{self, sync_dir};
use super::journal::{Journal, SegmentWriter, seal};
use super::project::Progress;
use super::view::{View, ViewError};
use crate::ticket::TicketId;
use catch_up::{CatchUp, Unfit};
use database::{open_view, replace_view, strange, unreadable};

/// What opening found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// An unfinished write at the end of the journal was cut off; the bytes are kept.
    pub torn: Option<Torn>,
    /// Acknowledged data that is gone: the store is read-only.
    pub damage: Vec<Damage>,
    /// The view could not be used: why, and where it was moved.
    pub view_replaced: Option<(String, PathBuf)>,
    /// Unfinished snapshots of sled that were deleted.
    pub snapshots_deleted: Vec<PathBuf>,
    /// Commits that the view lacked.
    pub caught_up: u64,
    /// So little room was left in the file system (bytes) that nothing was written: the store is read-only.
    pub no_room: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    pub file: PathBuf,
    pub offset: u64,
    pub bytes: u64,
    pub kept_as: PathBuf,
}

impl Opened {
    /// Why the store is read-only, if it is.
    pub(super) fn read_only(&self) -> Option<String> {
        if !self.damage.is_empty() {
            return Some(damage::reason(&self.damage));
        }
        let full = |free: u64| format!("数据目录所在磁盘只剩{}MiB，只读启动；请腾出空间，然后重新启动服务", free >> 20);
        self.no_room.map(full)
    }
}

/// A damaged or missing part of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub file: PathBuf,
    pub offset: u64,
    pub bytes: u64,
    /// Sequences that are gone: from, and the first one that is there again.
    pub sequences: (u64, u64),
    /// Tickets that lost events, as far as they are known.
    pub tickets: Vec<TicketId>,
}

/// The store cannot be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("数据目录{dir}正被进程{pid}使用，请先停止该进程（或换一个数据目录）", dir = .dir.display())]
    InUse { dir: PathBuf, pid: String },
    #[error("无法打开数据目录{path}：{cause}", path = .path.display())]
    Io { path: PathBuf, cause: io::Error },
    #[error("无法重建视图：{0}")]
    View(String),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("数据目录{dir}的恢复或导入没有做完，不能使用：请清空它，重新恢复或导入", dir = .dir.display())]
    Unfinished { dir: PathBuf },
}

/// Where a restore or an import makes a journal; it gets its name when it is whole.
pub(super) const UNFINISHED: &str = "journal.part";
/// With less room than this (bytes) an opening writes nothing.
const LEAST_ROOM: u64 = 16 * 1024 * 1024;

/// The parts of an embedded store.
pub(super) struct Parts {
    pub(super) lock: File,
    pub(super) view: View,
    pub(super) blobs: Blobs,
    pub(super) keys: Option<Arc<Keys>>,
    pub(super) journal: Arc<Journal>,
    /// `None`: read-only.
    pub(super) writer: Option<SegmentWriter>,
    pub(super) epoch: u64,
    pub(super) next: u64,
    pub(super) opened: Opened,
}

pub(super) fn open(dir: &Path, options: &Options) -> Result<Parts, OpenError> {
    let journal_dir = dir.join("journal");
    if dir.join(UNFINISHED).exists() {
        return Err(OpenError::Unfinished { dir: dir.to_owned() });
    }
    for path in [dir, &journal_dir, &dir.join("blobs")] {
        segment::make_folder(path).map_err(|cause| OpenError::Io { path: path.to_owned(), cause })?;
    }
    sync_dir(dir).map_err(|cause| OpenError::Io { path: dir.to_owned(), cause })?;
    let free = (options.free_bytes)(dir).map_err(|cause| OpenError::Io { path: dir.to_owned(), cause })?;
    let mut opened = Opened { no_room: Some(free).filter(|free| *free < LEAST_ROOM), ..Opened::default() };
    let lock = lock(dir, opened.no_room.is_some())?;
    let io = |cause| OpenError::Io { path: journal_dir.clone(), cause };
    seal::settle(&journal_dir).map_err(io)?;
    let (keys, blobs) = (keys_of(dir, options)?, Blobs::files(dir.join("blobs")));
    let mut view = fitting_view(dir, &journal_dir, options, keys.as_ref(), &mut opened)?;
    let mut read = read(&view, &blobs, keys.as_deref(), &journal_dir, options)?;
    if let Err(reason) = read {
        let fresh = replace_view(dir, options.cache_bytes, keys.as_ref(), reason, &mut opened)?;
        // What sled does at its end with what it cannot read, it must not do to the files.
        std::mem::forget(std::mem::replace(&mut view, fresh));
        read = self::read(&view, &blobs, keys.as_deref(), &journal_dir, options)?;
    }
    let Read { mut scanned, progress, unfit, applied } = read.map_err(OpenError::View)?;
    opened.caught_up = applied;
    damage::report(&view, &journal_dir, &scanned, progress, unfit, &mut opened)?;
    if scanned.last.as_ref().is_some_and(|(_, _, end)| *end < segment::HEADER as u64) {
        // Its very header was torn: there is nothing in it.
        scanned.segments.pop();
    }
    let journal = Arc::new(Journal::files(journal_dir.clone(), scanned.segments.iter().copied()));
    let writable = opened.read_only().is_none();
    let end = || writer(&journal_dir, &scanned, &journal, options.segment_bytes, &mut opened).map_err(io);
    let writer = writable.then(end).transpose()?;
    Ok(Parts { lock, view, blobs, keys, journal, writer, epoch: scanned.epoch.max(1), next: scanned.next, opened })
}

/// What reading the whole journal came to.
struct Read {
    scanned: Scanned,
    progress: Progress,
    unfit: Vec<Unfit>,
    applied: u64,
}

/// Reads the whole journal and applies what the view lacks. Beside it the view is read as a whole, and nothing is applied
/// before that is through; the inner error is why it cannot be read.
fn read(
    view: &View,
    blobs: &Blobs,
    keys: Option<&Keys>,
    journal_dir: &Path,
    options: &Options,
) -> Result<Result<Read, String>, OpenError> {
    let mut catching = CatchUp::new(view, blobs, keys)?;
    let before = catching.progress.next;
    if before == 1 {
        options.opening.rebuilds();
    }
    let (scanned, bad) = std::thread::scope(|scope| {
        let mut checking = Some(scope.spawn(|| unreadable(view)));
        let mut bad = None;
        let scanned = scan(journal_dir, before, &options.opening, &mut |epoch, at, frame| {
            if frame.seq >= before {
                bad = bad.take().or_else(|| checking.take().and_then(verdict));
            }
            if bad.is_none() { catching.frame(epoch, at, frame) } else { Ok(()) }
        });
        let bad = bad.or_else(|| checking.take().and_then(verdict));
        (scanned, bad)
    });
    let scanned = scanned.map_err(|fault| fault.at(journal_dir))?;
    if let Some(reason) = bad {
        return Ok(Err(reason));
    }
    catching.end(scanned.epoch)?;
    let CatchUp { progress, unfit, applied, .. } = catching;
    Ok(Ok(Read { scanned, progress, unfit, applied }))
}

fn verdict(checking: ScopedJoinHandle<'_, Option<String>>) -> Option<String> {
    checking.join().unwrap_or_else(|_| Some("reading the view panicked".into()))
}

/// The keys of the folder; where they have to be there and are not, nothing is opened at all.
fn keys_of(dir: &Path, options: &Options) -> Result<Option<Arc<Keys>>, OpenError> {
    let folder = options.keys.clone().unwrap_or_else(|| dir.join("keys"));
    let keys = Keys::open(&folder, &dir.join("view"))?;
    if keys.is_none() && options.encryption {
        return Err(KeysError::Missing { path: folder }.into());
    }
    Ok(keys.map(Arc::new))
}

/// The view that belongs to this journal, whatever it takes. Without room it is made in memory: sled would write.
fn fitting_view(
    dir: &Path,
    journal_dir: &Path,
    options: &Options,
    keys: Option<&Arc<Keys>>,
    opened: &mut Opened,
) -> Result<View, OpenError> {
    if opened.no_room.is_some() {
        return Ok(View::Memory(RwLock::default()));
    }
    let cache_bytes = options.cache_bytes;
    if options.rebuild && dir.join("view").exists() {
        return replace_view(dir, cache_bytes, keys, "rebuild".into(), opened);
    }
    let view = open_view(dir, cache_bytes, keys, opened)?;
    let io = |cause| OpenError::Io { path: journal_dir.to_owned(), cause };
    if let Some(reason) = strange(&view, &segment::list(journal_dir).map_err(io)?) {
        drop(view);
        return replace_view(dir, cache_bytes, keys, reason, opened);
    }
    Ok(view)
}

/// One process at a time; the file names the holder, if there is room for that.
pub(super) fn lock(dir: &Path, no_room: bool) -> Result<File, OpenError> {
    let path = dir.join("lock");
    let io = |cause| OpenError::Io { path: path.clone(), cause };
    let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(io)?;
    if file.try_lock().is_err() {
        let mut pid = String::new();
        file.read_to_string(&mut pid).map_err(io)?;
        return Err(OpenError::InUse { dir: dir.to_owned(), pid: pid.trim().to_owned() });
    }
    let named = file.set_len(0).and_then(|()| file.rewind());
    let named = named.and_then(|()| writeln!(file, "{}", std::process::id())).and_then(|()| file.sync_all());
    if no_room { Ok(file) } else { named.map(|()| file).map_err(io) }
}

impl From<ViewError> for OpenError {
    fn from(error: ViewError) -> Self {
        Self::View(error.to_string())
    }
}

/// The end of the journal, ready to be written to: a torn tail cut off, or a new segment begun.
fn writer(
    dir: &Path,
    scanned: &Scanned,
    journal: &Arc<Journal>,
    rotate_at: u64,
    opened: &mut Opened,
) -> io::Result<SegmentWriter> {
    if let Some(torn) = &scanned.torn {
        opened.torn = Some(cut(dir, torn)?);
    }
    let ready = |file, header, len| {
        let (dir, journal) = (dir.to_owned(), Arc::clone(journal));
        SegmentWriter { dir, file, header, len, rotate_at, journal, sealing: None }
    };
    let epoch = scanned.epoch.max(1);
    let Some((first, path, end)) = scanned.last.clone().filter(|(_, _, end)| *end >= segment::HEADER as u64) else {
        // Nothing yet, nothing but packed ones, or a segment whose very header was torn: `cut` kept its remains.
        if let Some((_, path, _)) = &scanned.last {
            fs::remove_file(path)?;
        }
        let header = segment::Header { epoch, first: scanned.next };
        let file = segment::create(dir, header)?;
        journal.began(header);
        return Ok(ready(file, header, segment::HEADER as u64));
    };
    let file = OpenOptions::new().read(true).append(true).open(path)?;
    Ok(ready(file, segment::Header { epoch, first }, end))
}

/// Keeps the torn bytes beside the segment, then cuts them off.
fn cut(dir: &Path, torn: &Hole) -> io::Result<Torn> {
    let kept_as = segment::aside(&torn.file, "torn");
    let bytes = fs::read(&torn.file)?;
    let tail = bytes.get(torn.from as usize..).unwrap_or_default();
    let mut kept = File::create(&kept_as)?;
    kept.write_all(tail)?;
    kept.sync_all()?;
    sync_dir(dir)?;
    let file = OpenOptions::new().write(true).open(&torn.file)?;
    file.set_len(torn.from)?;
    file.sync_all()?;
    tracing::warn!(file = %torn.file.display(), offset = torn.from, bytes = tail.len(), "cut an unfinished write");
    Ok(Torn { file: torn.file.clone(), offset: torn.from, bytes: tail.len() as u64, kept_as: kept_as.clone() })
}
