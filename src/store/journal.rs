//! The journal: append-only segments of frames, the only truth. It knows bytes and sequences, not what they mean.

pub(crate) mod frame;
pub(crate) mod scan;
pub(crate) mod seal;
mod sealed;
pub(crate) mod segment;
pub(crate) mod stored;
mod torn;
pub(crate) mod walk;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use self::seal::Sealing;
use self::segment::Header;
use self::stored::Stored;
use serde::{Deserialize, Serialize};

/// Where a frame begins: segment (its first sequence) and byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub(crate) struct Location {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

impl From<(u64, u64)> for Location {
    fn from((segment, offset): (u64, u64)) -> Self {
        Self { segment, offset }
    }
}

impl From<Location> for (u64, u64) {
    fn from(at: Location) -> Self {
        (at.segment, at.offset)
    }
}

/// Segments that are held open for reading.
const MOST_OPEN: usize = 128;

/// The reading side, shared by all threads.
pub(crate) enum Journal {
    Files {
        dir: PathBuf,
        /// By first sequence.
        segments: RwLock<BTreeMap<u64, Known>>,
        /// One at a time packs.
        sealing: Mutex<()>,
    },
    Memory(Mutex<Vec<u8>>),
}

/// What is known of a segment.
pub(crate) struct Known {
    epoch: u64,
    sealed: bool,
    /// Once it was read.
    open: Option<Arc<Stored>>,
}

impl Journal {
    /// `segments`: first sequence, epoch, whether it is packed.
    pub(crate) fn files(dir: PathBuf, segments: impl IntoIterator<Item = (u64, u64, bool)>) -> Self {
        let known = |(first, epoch, sealed)| (first, Known { epoch, sealed, open: None });
        let segments = RwLock::new(segments.into_iter().map(known).collect());
        Self::Files { dir, segments, sealing: Mutex::default() }
    }

    /// The payload of the frame at a place and its sequence.
    pub(crate) fn read(&self, at: Location) -> io::Result<(u64, Vec<u8>)> {
        match self {
            Self::Files { .. } => taken_apart(&read_frame(&*self.segment(at.segment)?, at.offset)?, at),
            Self::Memory(bytes) => {
                let bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                let start = usize::try_from(at.offset).map_err(io::Error::other)?;
                taken_apart(bytes.get(start..).unwrap_or_default(), at)
            }
        }
    }

    /// The segment in which a sequence stands, if it is in the journal, and its epoch.
    pub(crate) fn home(&self, seq: u64) -> Option<Header> {
        match self {
            Self::Files { segments, .. } => {
                let segments = segments.read().unwrap_or_else(PoisonError::into_inner);
                segments.range(..=seq).next_back().map(|(first, known)| Header { epoch: known.epoch, first: *first })
            }
            Self::Memory(_) => Some(Header { epoch: 1, first: 1 }),
        }
    }

    /// Packs every finished segment that is not packed yet; how many were. `keep_on` is asked now and then.
    pub(crate) fn seal_finished(&self, keep_on: &dyn Fn() -> bool) -> io::Result<usize> {
        let Self::Files { dir, segments, sealing } = self else { return Ok(0) };
        let _alone = sealing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut plain: Vec<u64> = {
            let segments = segments.read().unwrap_or_else(PoisonError::into_inner);
            segments.iter().filter(|(_, known)| !known.sealed).map(|(first, _)| *first).collect()
        };
        // The newest is written to.
        plain.pop();
        for &first in &plain {
            seal::seal(dir, first, keep_on)?;
            let mut segments = segments.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = segments.get_mut(&first) {
                (known.sealed, known.open) = (true, None);
            }
        }
        Ok(plain.len())
    }

    /// A segment is written to from now on.
    pub(crate) fn began(&self, header: Header) {
        if let Self::Files { segments, .. } = self {
            let known = Known { epoch: header.epoch, sealed: false, open: None };
            segments.write().unwrap_or_else(PoisonError::into_inner).insert(header.first, known);
        }
    }

    fn segment(&self, first: u64) -> io::Result<Arc<Stored>> {
        let Self::Files { dir, segments, .. } = self else { return Err(io::ErrorKind::NotFound.into()) };
        let known = |known: &Known| known.open.clone();
        if let Some(open) = segments.read().unwrap_or_else(PoisonError::into_inner).get(&first).and_then(known) {
            return Ok(open);
        }
        // Opened under the lock: a file that is packed meanwhile must not stay open.
        let mut segments = segments.write().unwrap_or_else(PoisonError::into_inner);
        if segments.values().filter(|known| known.open.is_some()).count() >= MOST_OPEN {
            segments.values_mut().for_each(|known| known.open = None);
        }
        let open = Arc::new(Stored::open(dir, first)?);
        if let Some(known) = segments.get_mut(&first) {
            known.open = Some(Arc::clone(&open));
        }
        Ok(open)
    }
}

fn taken_apart(bytes: &[u8], at: Location) -> io::Result<(u64, Vec<u8>)> {
    let damaged = || io::Error::other(format!("damaged frame in segment {} at byte {}", at.segment, at.offset));
    let frame = frame::decode(bytes).ok_or_else(damaged)?;
    Ok((frame.seq, frame.payload.to_vec()))
}

fn read_frame(segment: &Stored, offset: u64) -> io::Result<Vec<u8>> {
    let mut header = [0; frame::HEADER];
    segment.read_exact_at(&mut header, offset)?;
    let len = frame::payload_len(&header).min(frame::LARGEST);
    let mut bytes = vec![0; frame::HEADER + len];
    segment.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}

/// The writing side, owned by the committer. Any error is final: nothing is ever tried again.
pub(crate) enum Writer {
    Files(SegmentWriter),
    Memory(Arc<Journal>),
}

pub(crate) struct SegmentWriter {
    pub(crate) dir: PathBuf,
    pub(crate) file: File,
    pub(crate) header: Header,
    pub(crate) len: u64,
    /// A segment that has grown this long is followed by a new one.
    pub(crate) rotate_at: u64,
    pub(crate) journal: Arc<Journal>,
    /// `None`: nothing is packed.
    pub(crate) sealing: Option<Sealing>,
}

impl Writer {
    /// Where the next frame goes, after a new segment was begun if the present one is full.
    pub(crate) fn place(&mut self, next: u64) -> io::Result<Location> {
        match self {
            Self::Files(writer) => {
                if writer.len >= writer.rotate_at {
                    writer.rotate(next)?;
                }
                Ok(Location { segment: writer.header.first, offset: writer.len })
            }
            Self::Memory(journal) => Ok(Location { segment: 0, offset: journal.memory_len() }),
        }
    }

    /// Writes and synchronises.
    pub(crate) fn write(&mut self, frames: &[u8]) -> io::Result<()> {
        match self {
            Self::Files(writer) => {
                writer.file.write_all(frames)?;
                writer.file.sync_data()?;
                writer.len += frames.len() as u64;
                Ok(())
            }
            Self::Memory(journal) => {
                journal.extend(frames);
                Ok(())
            }
        }
    }
}

impl SegmentWriter {
    fn rotate(&mut self, next: u64) -> io::Result<()> {
        let header = Header { first: next, ..self.header };
        self.file = segment::create(&self.dir, header)?;
        self.header = header;
        self.len = segment::HEADER as u64;
        self.journal.began(header);
        self.sealing.iter().for_each(Sealing::finished);
        Ok(())
    }
}

impl Journal {
    fn memory_len(&self) -> u64 {
        match self {
            Self::Files { .. } => 0,
            Self::Memory(bytes) => bytes.lock().unwrap_or_else(PoisonError::into_inner).len() as u64,
        }
    }

    fn extend(&self, frames: &[u8]) {
        if let Self::Memory(bytes) = self {
            bytes.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(frames);
        }
    }
}
