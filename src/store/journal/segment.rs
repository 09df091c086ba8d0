//! One file of the journal, `<first sequence>.log`: a header, then frames. Written only at its end; when it is full it is
//! packed into `<first sequence>.sealed`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::frame::{self, Frame};

const MAGIC: [u8; 8] = *b"paidanjl";
const VERSION: u32 = 1;
/// magic, version u32, epoch u64, first sequence u64, CRC32C u32 of all before; little endian.
pub(crate) const HEADER: usize = 32;

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) epoch: u64,
    pub(crate) first: u64,
}

impl Header {
    pub(crate) fn encode(self) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out[12..20].copy_from_slice(&self.epoch.to_le_bytes());
        out[20..28].copy_from_slice(&self.first.to_le_bytes());
        let crc = crc32c::crc32c(&out[..28]);
        out[28..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// `None`: not a header of this format, or damaged.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER] = bytes.first_chunk()?;
        let number = |from: usize| bytes[from..].first_chunk().map(|part| u64::from_le_bytes(*part));
        let header = Self { epoch: number(12)?, first: number(20)? };
        (header.encode() == *bytes).then_some(header)
    }
}

/// Shows the frames of a plain segment to `visit` as long as they are good; how many bytes of it are.
pub(crate) fn frames(plain: &[u8], first: u64, visit: &mut dyn FnMut(&Frame<'_>)) -> usize {
    let (mut at, mut next) = (HEADER.min(plain.len()), first);
    while let Some(frame) = frame::decode(&plain[at..]).filter(|frame| frame.seq == next) {
        visit(&frame);
        (at, next) = (at + frame.len(), frame.next());
    }
    at
}

/// Ending of a segment as it is written.
pub(crate) const PLAIN: &str = "log";
/// Ending of a segment that is finished and packed.
pub(crate) const SEALED: &str = "sealed";

pub(crate) fn path(dir: &Path, first: u64, ending: &str) -> PathBuf {
    dir.join(format!("{first:020}.{ending}"))
}

/// The epoch of a segment that is written to; `None` where its header cannot be read.
pub(crate) fn epoch_of(path: &Path) -> Option<u64> {
    let mut bytes = [0; HEADER];
    File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).ok()?;
    Header::decode(&bytes).map(|header| header.epoch)
}

/// Where a segment is now.
pub(crate) fn present(dir: &Path, first: u64) -> PathBuf {
    let sealed = path(dir, first, SEALED);
    if sealed.exists() { sealed } else { path(dir, first, PLAIN) }
}

pub(crate) fn is_sealed(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == SEALED)
}

/// The segments of a folder with their first sequences, oldest first. Other files are none of ours.
pub(crate) fn list(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let is_segment = path.extension().is_some_and(|ending| ending == PLAIN || ending == SEALED);
        let first = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        if let (true, Some(first)) = (is_segment, first) {
            found.push((first, path));
        }
    }
    found.sort();
    Ok(found)
}

/// A new segment with its header on the disk, and its name in the folder.
pub(crate) fn create(dir: &Path, header: Header) -> io::Result<File> {
    let path = path(dir, header.first, PLAIN);
    let mut file = OpenOptions::new().create_new(true).read(true).append(true).open(path)?;
    file.write_all(&header.encode())?;
    file.sync_all()?;
    sync_dir(dir)?;
    Ok(file)
}

/// Makes a folder, and its name durable: without that a power cut takes it away with all that was synchronised inside.
pub(crate) fn make_folder(dir: &Path) -> io::Result<()> {
    let up = dir.parent().map(|up| if up.as_os_str().is_empty() { Path::new(".") } else { up });
    if !dir.is_dir() {
        up.map_or(Ok(()), make_folder)?;
        match std::fs::create_dir(dir) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
            other => other?,
        }
    }
    // Also when it stood there: whoever made it may have died before this. A folder that we may not read is not ours.
    match up.map_or(Ok(()), sync_dir) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other,
    }
}

/// A free name beside a file or folder: `<name>.<what>-1`, `-2`, …
pub(crate) fn aside(path: &Path, what: &str) -> PathBuf {
    let name = |n: u32| {
        let mut name = path.to_owned().into_os_string();
        name.push(format!(".{what}-{n}"));
        PathBuf::from(name)
    };
    (1..).map(name).find(|path| !path.exists()).unwrap_or_default()
}

/// Makes names in a folder durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
