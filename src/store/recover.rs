//! Opening: lock, view, journal; what is torn is cut, what is missing in the view is applied again, what is damaged
//! is named.

mod catch_up;
mod damage;
mod database;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::journal::scan::{Hole, Scanned, scan};
use super::journal::segment::{self, sync_dir};
use super::journal::{Journal, SegmentWriter};
use super::view::{View, ViewError};
use crate::ticket::TicketId;
use catch_up::CatchUp;
use database::{open_view, replace_view, strange};

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
        (!self.damage.is_empty()).then(|| damage::reason(&self.damage))
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
}

/// The parts of an embedded store.
pub(super) struct Parts {
    pub(super) lock: File,
    pub(super) view: View,
    pub(super) journal: Journal,
    /// `None`: read-only.
    pub(super) writer: Option<SegmentWriter>,
    pub(super) epoch: u64,
    pub(super) next: u64,
    pub(super) opened: Opened,
}

pub(super) fn open(dir: &Path, cache_bytes: u64, rotate_at: u64) -> Result<Parts, OpenError> {
    let journal_dir = dir.join("journal");
    for path in [dir, &journal_dir, &dir.join("blobs")] {
        segment::make_folder(path).map_err(|cause| OpenError::Io { path: path.to_owned(), cause })?;
    }
    sync_dir(dir).map_err(|cause| OpenError::Io { path: dir.to_owned(), cause })?;
    let lock = lock(dir)?;
    let mut opened = Opened::default();
    let mut view = open_view(dir, cache_bytes, &mut opened)?;
    let known = segment::list(&journal_dir).map_err(|cause| OpenError::Io { path: journal_dir.clone(), cause })?;
    if let Some(reason) = strange(&view, &known) {
        drop(view);
        view = replace_view(dir, cache_bytes, reason, &mut opened)?;
    }
    let mut catching = CatchUp::new(&view)?;
    let scanned = scan(&journal_dir, catching.progress.next, &mut |epoch, at, frame| catching.frame(epoch, at, frame))
        .map_err(|fault| fault.at(&journal_dir))?;
    catching.finish()?;
    let (progress, unfit, caught_up) = (catching.progress, catching.unfit, catching.applied);
    opened.caught_up = caught_up;
    damage::report(&view, &journal_dir, &scanned, progress, unfit, &mut opened)?;
    let io = |cause| OpenError::Io { path: journal_dir.clone(), cause };
    let writer = if opened.damage.is_empty() {
        Some(writer(&journal_dir, &scanned, rotate_at, &mut opened).map_err(io)?)
    } else {
        None
    };
    let epoch = scanned.epoch.max(1);
    Ok(Parts { lock, view, journal: Journal::files(journal_dir), writer, epoch, next: scanned.next, opened })
}

/// One process at a time; the file names the holder.
fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join("lock");
    let io = |cause| OpenError::Io { path: path.clone(), cause };
    let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(io)?;
    if file.try_lock().is_err() {
        let mut pid = String::new();
        file.read_to_string(&mut pid).map_err(io)?;
        return Err(OpenError::InUse { dir: dir.to_owned(), pid: pid.trim().to_owned() });
    }
    file.set_len(0).and_then(|()| file.rewind()).map_err(io)?;
    writeln!(file, "{}", std::process::id()).and_then(|()| file.sync_all()).map_err(io)?;
    Ok(file)
}

impl From<ViewError> for OpenError {
    fn from(error: ViewError) -> Self {
        Self::View(error.to_string())
    }
}

/// The end of the journal, ready to be written to: a torn tail cut off, or a first segment begun.
fn writer(dir: &Path, scanned: &Scanned, rotate_at: u64, opened: &mut Opened) -> io::Result<SegmentWriter> {
    if let Some(torn) = &scanned.torn {
        opened.torn = Some(cut(dir, torn)?);
    }
    let epoch = scanned.epoch.max(1);
    let header = segment::Header { epoch, first: scanned.next };
    let Some((first, path, end)) = scanned.last.clone().filter(|(_, _, end)| *end >= segment::HEADER as u64) else {
        // Nothing yet, or a segment whose very header was torn: its remains were kept by `cut`.
        if let Some((_, path, _)) = &scanned.last {
            fs::remove_file(path)?;
        }
        let file = segment::create(dir, header)?;
        return Ok(SegmentWriter { dir: dir.to_owned(), file, header, len: segment::HEADER as u64, rotate_at });
    };
    let file = OpenOptions::new().read(true).append(true).open(path)?;
    let header = segment::Header { epoch, first };
    Ok(SegmentWriter { dir: dir.to_owned(), file, header, len: end, rotate_at })
}

/// Keeps the torn bytes beside the segment, then cuts them off.
fn cut(dir: &Path, torn: &Hole) -> io::Result<Torn> {
    let name = |n: u32| {
        let mut name = torn.file.clone().into_os_string();
        name.push(format!(".torn-{n}"));
        PathBuf::from(name)
    };
    let kept_as = (1..).map(name).find(|path| !path.exists()).unwrap_or_default();
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
