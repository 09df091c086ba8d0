//! Long texts by their SM3 digest: written once, synchronised before the event that names them, checked when read.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::journal::segment::sync_dir;
use crate::digest::Digest;

pub(crate) enum Blobs {
    Files { dir: PathBuf, written: AtomicU64 },
    Memory(Mutex<HashMap<Digest, Vec<u8>>>),
}

impl Blobs {
    pub(crate) fn files(dir: PathBuf) -> Self {
        Self::Files { dir, written: AtomicU64::new(0) }
    }

    pub(crate) fn put(&self, bytes: &[u8]) -> io::Result<Digest> {
        let digest = Digest::of(bytes);
        match self {
            Self::Files { dir, written } => {
                let folder = dir.join(&digest.as_str()[..2]);
                let path = folder.join(digest.as_str());
                fs::create_dir_all(&folder)?;
                // Also when it is there already: another thread may have made it a moment ago.
                sync_dir(dir)?;
                // What stands there may have been damaged since: then this copy mends it.
                if fs::read(&path).is_ok_and(|there| there == bytes) {
                    sync_dir(&folder)?;
                    return Ok(digest);
                }
                // A name of its own: two threads may write the same text at once.
                let part = folder.join(format!("{digest}.{}.part", written.fetch_add(1, Ordering::Relaxed)));
                let mut file = File::create(&part)?;
                file.write_all(bytes)?;
                file.sync_all()?;
                fs::rename(&part, &path)?;
                sync_dir(&folder)?;
            }
            Self::Memory(blobs) => {
                blobs.lock().unwrap_or_else(PoisonError::into_inner).insert(digest.clone(), bytes.to_vec());
            }
        }
        Ok(digest)
    }

    pub(crate) fn get(&self, digest: &Digest) -> io::Result<Vec<u8>> {
        let bytes = match self {
            Self::Files { dir, .. } => {
                let folder = digest.as_str().get(..2).ok_or(io::ErrorKind::InvalidInput)?;
                let unread = |error: io::Error| io::Error::new(error.kind(), format!("blob {digest}: {error}"));
                fs::read(dir.join(folder).join(digest.as_str())).map_err(unread)?
            }
            Self::Memory(blobs) => {
                let blobs = blobs.lock().unwrap_or_else(PoisonError::into_inner);
                blobs.get(digest).cloned().ok_or(io::ErrorKind::NotFound)?
            }
        };
        if Digest::of(&bytes) != *digest {
            return Err(io::Error::other(format!("blob {digest} is damaged")));
        }
        Ok(bytes)
    }
}
