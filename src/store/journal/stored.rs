//! The bytes of one segment, wherever they are: in the file that is written to, or packed. A place in a segment means the
//! same in both.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::sealed::Sealed;
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
