//! The journal: append-only segments of frames, the only truth. It knows bytes and sequences, not what they mean.

pub(crate) mod frame;
pub(crate) mod scan;
pub(crate) mod segment;
pub(crate) mod walk;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

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

/// The reading side, shared by all threads.
pub(crate) enum Journal {
    Files { dir: PathBuf, open: RwLock<BTreeMap<u64, Arc<File>>> },
    Memory(Mutex<Vec<u8>>),
}

impl Journal {
    pub(crate) fn files(dir: PathBuf) -> Self {
        Self::Files { dir, open: RwLock::default() }
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

    fn segment(&self, first: u64) -> io::Result<Arc<File>> {
        let Self::Files { dir, open } = self else { return Err(io::ErrorKind::NotFound.into()) };
        if let Some(file) = open.read().unwrap_or_else(PoisonError::into_inner).get(&first) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(File::open(dir.join(segment::file_name(first)))?);
        open.write().unwrap_or_else(PoisonError::into_inner).insert(first, Arc::clone(&file));
        Ok(file)
    }
}

fn taken_apart(bytes: &[u8], at: Location) -> io::Result<(u64, Vec<u8>)> {
    let damaged = || io::Error::other(format!("damaged frame in segment {} at byte {}", at.segment, at.offset));
    let frame = frame::decode(bytes).ok_or_else(damaged)?;
    Ok((frame.seq, frame.payload.to_vec()))
}

fn read_frame(file: &File, offset: u64) -> io::Result<Vec<u8>> {
    let mut header = [0; frame::HEADER];
    file.read_exact_at(&mut header, offset)?;
    let len = frame::payload_len(&header).min(frame::LARGEST);
    let mut bytes = vec![0; frame::HEADER + len];
    file.read_exact_at(&mut bytes, offset)?;
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
    pub(crate) header: segment::Header,
    pub(crate) len: u64,
    /// A segment that has grown this long is followed by a new one.
    pub(crate) rotate_at: u64,
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
        let header = segment::Header { first: next, ..self.header };
        self.file = segment::create(&self.dir, header)?;
        self.header = header;
        self.len = segment::HEADER as u64;
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
