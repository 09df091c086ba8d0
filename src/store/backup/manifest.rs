//! `manifest.json` of a backup: what belongs to it, byte for byte. Written last, so that it never names what is not there.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sm3::{Digest as _, Sm3};

use super::BackupError;
use crate::digest::hex;
use crate::store::journal::segment::sync_dir;

pub(super) const FILE: &str = "manifest.json";
const FORMAT: &str = "paidan-backup";
const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `paidan-backup`.
    format: String,
    /// Of this format.
    version: u32,
    /// Version of the program that made it.
    program: String,
    pub made_at: DateTime<Utc>,
    /// Of the newest segment.
    pub epoch: u64,
    /// The sequence after the last one.
    pub next: u64,
    pub commits: u64,
    pub tickets: u64,
    pub files: Vec<Kept>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// In the data folder.
    pub path: String,
    /// In the backup: a file that may still change has its digest in its name.
    pub at: String,
    pub bytes: u64,
    /// Hex, of the bytes as they are.
    pub sm3: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) segment: Option<Contents>,
}

/// What a segment of the journal holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Contents {
    pub(super) epoch: u64,
    pub(super) first: u64,
    /// The sequence after its last one.
    pub(super) next: u64,
    pub(super) commits: u64,
    /// Tickets that begin in it.
    pub(super) tickets: u64,
}

impl Manifest {
    pub(super) fn of(files: Vec<Kept>, made_at: DateTime<Utc>) -> Self {
        let segments = || files.iter().filter_map(|file| file.segment);
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            epoch: segments().map(|it| it.epoch).max().unwrap_or(1),
            next: segments().map(|it| it.next).max().unwrap_or(1),
            commits: segments().map(|it| it.commits).sum(),
            tickets: segments().map(|it| it.tickets).sum(),
            files,
        }
    }

    /// `None`: there is none.
    pub(super) fn read(backup: &Path) -> Result<Option<Self>, BackupError> {
        let path = backup.join(FILE);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|cause| BackupError::io(&path, cause))?,
        };
        let wrong = |reason: String| BackupError::Wrong { file: path.clone(), reason };
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| wrong(format!("不能解析：{error}")))?;
        if manifest.format != FORMAT || manifest.version > VERSION {
            return Err(wrong("不是本版本能读的备份清单，请用制作备份的版本或更新的版本".to_owned()));
        }
        Ok(Some(manifest))
    }

    pub(super) fn write(&self, backup: &Path) -> Result<(), BackupError> {
        let path = backup.join(FILE);
        let write = || {
            let mut text = serde_json::to_vec_pretty(self)?;
            text.push(b'\n');
            put(&path, &text)
        };
        write().map_err(|cause| BackupError::io(&path, cause))
    }

    pub(super) fn at(&self, at: &str) -> Option<&Kept> {
        self.files.iter().find(|file| file.at == at)
    }
}

/// A file in one step: nobody ever sees half of it.
pub(super) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut part = path.to_owned().into_os_string();
    part.push(".part");
    let mut file = File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(part, path)?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// Length and SM3 of a file.
pub(super) fn digest_of(path: &Path) -> io::Result<(u64, String)> {
    let (mut file, mut hasher, mut buffer) = (File::open(path)?, Sm3::new(), vec![0; 1 << 20]);
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, hex(hasher)));
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
}
