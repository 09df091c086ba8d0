//! Opening: lock, view, journal; what is torn is cut, what is missing in the view is applied again, what is damaged
//! is named.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::journal::frame::Frame;
use super::journal::scan::{Hole, Scanned, scan};
use super::journal::segment::{self, sync_dir};
use super::journal::{Journal, Location, SegmentWriter};
use super::payload::{self, Payload};
use super::project::{self, Place, Progress, ProjectError, Row};
use super::view::layer::{Layer, parse};
use super::view::{Direction, View, ViewError, keys};
use crate::ticket::{EventId, TicketId};

/// Frames applied to the view at once while it catches up.
const CATCH_UP: usize = 256;

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
        fs::create_dir_all(path).map_err(|cause| OpenError::Io { path: path.to_owned(), cause })?;
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
    report(&view, &journal_dir, &scanned, progress, unfit, &mut opened)?;
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

/// sled, whatever it takes: an interrupted snapshot keeps it from opening, damage may make it panic.
fn open_view(dir: &Path, cache_bytes: u64, opened: &mut Opened) -> Result<View, OpenError> {
    let path = dir.join("view");
    opened.snapshots_deleted = delete_snapshots(&path).map_err(|cause| OpenError::Io { path: path.clone(), cause })?;
    for file in &opened.snapshots_deleted {
        tracing::warn!(file = %file.display(), "deleted an unfinished snapshot of the view");
    }
    match try_view(&path, cache_bytes) {
        Ok(view) => Ok(view),
        Err(reason) => replace_view(dir, cache_bytes, reason, opened),
    }
}

fn try_view(path: &Path, cache_bytes: u64) -> Result<View, String> {
    match catch_unwind(AssertUnwindSafe(|| View::sled(path, cache_bytes))) {
        Ok(Ok(view)) => Ok(view),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("sled panicked while opening".into()),
    }
}

fn delete_snapshots(view: &Path) -> io::Result<Vec<PathBuf>> {
    let mut deleted = Vec::new();
    let files = match fs::read_dir(view) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(deleted),
        other => other?,
    };
    for file in files {
        let path = file?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(&path)?;
            deleted.push(path);
        }
    }
    Ok(deleted)
}

/// Moves the view aside and begins an empty one.
fn replace_view(dir: &Path, cache_bytes: u64, reason: String, opened: &mut Opened) -> Result<View, OpenError> {
    let path = dir.join("view");
    let aside = (1..).map(|n| dir.join(format!("view.bad-{n}"))).find(|path| !path.exists()).unwrap_or_default();
    fs::rename(&path, &aside).map_err(|cause| OpenError::Io { path: path.clone(), cause })?;
    tracing::warn!(reason, moved_to = %aside.display(), "the view is made anew from the journal");
    opened.view_replaced = Some((reason, aside));
    try_view(&path, cache_bytes).map_err(OpenError::View)
}

/// Why a view that opens cannot belong to this journal.
fn strange(view: &View, segments: &[(u64, PathBuf)]) -> Option<String> {
    let progress = match progress(view) {
        Ok(progress) => progress?,
        Err(error) => return Some(error.to_string()),
    };
    let (_, newest) = segments.last()?;
    let mut bytes = [0; segment::HEADER];
    let header = File::open(newest).and_then(|mut file| file.read_exact(&mut bytes)).ok();
    let epoch = header.and_then(|()| segment::Header::decode(&bytes))?.epoch;
    (epoch != progress.epoch).then(|| format!("epoch {} is not the journal's {epoch}", progress.epoch))
}

fn progress(view: &View) -> Result<Option<Progress>, ViewError> {
    view.get(keys::STATE)?.map(|value| parse(keys::STATE, &value)).transpose()
}

/// An error while walking the journal.
pub(crate) enum WalkError {
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
    fn at(self, path: &Path) -> OpenError {
        match self {
            Self::Io(cause) => OpenError::Io { path: path.to_owned(), cause },
            Self::View(error) => OpenError::View(error.to_string()),
        }
    }
}

impl From<ViewError> for OpenError {
    fn from(error: ViewError) -> Self {
        Self::View(error.to_string())
    }
}

/// Applies what the view lacks.
struct CatchUp<'a> {
    view: &'a View,
    layer: Layer<'a>,
    progress: Progress,
    pending: usize,
    applied: u64,
    /// Commits that do not follow from what is there: place and ticket.
    unfit: Vec<(Location, u64, Option<TicketId>)>,
}

impl<'a> CatchUp<'a> {
    fn new(view: &'a View) -> Result<Self, ViewError> {
        let progress = progress(view)?.unwrap_or(Progress { epoch: 1, next: 1 });
        Ok(Self { view, layer: Layer::over(view), progress, pending: 0, applied: 0, unfit: Vec::new() })
    }

    fn frame(&mut self, epoch: u64, at: Location, frame: &Frame<'_>) -> Result<(), WalkError> {
        if frame.seq < self.progress.next {
            return Ok(());
        }
        let place = Place { id: EventId { epoch, seq: frame.seq }, at };
        let fits = match payload::decode(frame.payload, None) {
            Ok(payload) => {
                let ticket = ticket_of(&payload);
                project::payload(&mut self.layer, place, payload).map_err(|error| (error, ticket))
            }
            Err(error) => {
                tracing::error!(seq = frame.seq, %error, "a commit of the journal cannot be read");
                self.unfit.push((at, frame.seq, None));
                Ok(())
            }
        };
        match fits {
            Ok(()) => self.layer.keep(),
            Err((ProjectError::Gap { .. }, ticket)) => {
                self.layer.discard();
                self.unfit.push((at, frame.seq, ticket));
            }
            Err((ProjectError::View(error), _)) => return Err(error.into()),
        }
        self.progress = Progress { epoch, next: frame.next() };
        self.applied += 1;
        self.pending += 1;
        if self.pending >= CATCH_UP { Ok(self.finish()?) } else { Ok(()) }
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
        Payload::Knowledge(_) | Payload::Release(_) => None,
    }
}

/// Names everything that was acknowledged and is not there.
fn report(
    view: &View,
    dir: &Path,
    scanned: &Scanned,
    progress: Progress,
    unfit: Vec<(Location, u64, Option<TicketId>)>,
    opened: &mut Opened,
) -> Result<(), OpenError> {
    let mut holes = scanned.damage.clone();
    if progress.next > scanned.next {
        let (segment, file, end) = scanned.last.clone().unwrap_or((1, dir.to_owned(), 0));
        let (first, next) = (scanned.next, progress.next);
        holes.push(Hole { file, segment, from: end, until: end, first, next });
    }
    for hole in holes {
        let tickets = tickets_of(view, hole.first, hole.next)?;
        opened.damage.push(Damage {
            offset: hole.from,
            bytes: hole.until - hole.from,
            sequences: (hole.first, hole.next),
            file: hole.file,
            tickets: tickets.into_iter().collect(),
        });
    }
    for (at, seq, ticket) in unfit {
        opened.damage.push(Damage {
            file: dir.join(segment::file_name(at.segment)),
            offset: at.offset,
            bytes: 0,
            sequences: (seq, seq),
            tickets: ticket.into_iter().collect(),
        });
    }
    for damage in &opened.damage {
        let (file, tickets) = (damage.file.display(), damage.tickets.len());
        tracing::error!(%file, offset = damage.offset, tickets, "the journal is damaged: read-only");
    }
    Ok(())
}

/// Tickets whose history may reach into the missing sequences. Wider than exact: a ticket whose first event is
/// before and whose last is behind is named although none of its own may be missing.
fn tickets_of(view: &View, first: u64, next: u64) -> Result<BTreeSet<TicketId>, ViewError> {
    let mut found = BTreeSet::new();
    let prefix = keys::tickets();
    let mut failed = None;
    view.scan(&prefix, &keys::after(&prefix), Direction::Forward, &mut |key, value| {
        match parse::<Row>(key, value) {
            Ok(row) if first < next && row.ticket.first.seq < next && row.ticket.last.seq >= first => {
                found.insert(row.ticket.id);
            }
            Ok(_) => {}
            Err(error) => failed = Some(error),
        }
        if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    failed.map_or(Ok(found), Err)
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
