//! The bytes of one segment, wherever they are: in the file that is written to, or packed. A place in a segment means the
//! same in both.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::sealed::{self, Sealed};
use super::segment;

pub(crate) enum Stored {
    Plain(File),
    Sealed(Sealed),
}

impl Stored {
    pub(crate) fn open(dir: &Path, first: u64) -> io::Result<Self> {
        // In this order: the packed file is there before the other one goes.
        match File::open(segment::path(dir, first, segment::PLAIN)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Self::Sealed(Sealed::open(&segment::path(dir, first, segment::SEALED))?))
            }
            file => Ok(Self::Plain(file?)),
        }
    }

    /// Behind the last byte: `UnexpectedEof`.
    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.read_exact_at(buffer, offset),
            Self::Sealed(sealed) => sealed.read_exact_at(buffer, offset),
        }
    }
}

/// The file of a segment as a whole.
pub(crate) struct Loaded {
    file: Vec<u8>,
    /// Of a packed one: its plain bytes; `None` where it is damaged.
    unpacked: Option<Option<Vec<u8>>>,
}

impl Loaded {
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        if !segment::is_sealed(path) {
            return Self::plain_file(path);
        }
        let (file, unpacked) = (std::fs::read(path)?, sealed::unpack_file(path)?);
        Ok(Self { file, unpacked: Some(Some(unpacked.plain).filter(|_| unpacked.faults.is_empty())) })
    }

    /// A plain one, whatever its name.
    pub(crate) fn plain_file(path: &Path) -> io::Result<Self> {
        Ok(Self { file: std::fs::read(path)?, unpacked: None })
    }

    pub(crate) fn file(&self) -> &[u8] {
        &self.file
    }

    /// The plain segment; `None`: it is packed and damaged.
    pub(crate) fn plain(&self) -> Option<&[u8]> {
        match &self.unpacked {
            Some(plain) => plain.as_deref(),
            None => Some(&self.file),
        }
    }
}
