//! From a backup to a data folder. Everything is checked before anything is copied, and the journal gets its name when it
//! is whole; then a new epoch begins, so that no event id is given twice.

use std::fs;
use std::io;
use std::path::Path;

use super::check::{Checked, check};
use super::manifest::put;
use super::{BackupError, Manifest};
use crate::store::journal::segment::{self, Header, sync_dir};
use crate::store::recover::UNFINISHED;

/// Fills a folder that is empty or missing. `epoch`: a later one than the next; needed where the same backup was restored
/// before.
pub fn restore(backup: &Path, data: &Path, epoch: Option<u64>) -> Result<Manifest, BackupError> {
    if !is_empty(data).map_err(|cause| BackupError::io(data, cause))? {
        return Err(BackupError::NotEmpty { dir: data.to_owned() });
    }
    let Checked { manifest, problems, .. } = check(backup)?;
    if let Some((file, reason)) = problems.into_iter().next() {
        return Err(BackupError::Wrong { file: backup.join(file), reason });
    }
    let journal = data.join(UNFINISHED);
    let io = |cause| BackupError::io(data, cause);
    fs::create_dir_all(&journal).and_then(|()| fs::create_dir_all(data.join("blobs"))).map_err(io)?;
    for file in &manifest.files {
        // A segment without a frame makes room for the one of the new epoch.
        if file.segment.is_some_and(|it| it.first == it.next) {
            continue;
        }
        let target = match file.path.strip_prefix("journal/") {
            Some(name) => journal.join(name),
            None => data.join(&file.path),
        };
        let copy = || {
            target.parent().map_or(Ok(()), fs::create_dir_all)?;
            put(&target, &fs::read(backup.join(&file.at))?)
        };
        copy().map_err(|cause| BackupError::io(&target, cause))?;
    }
    begin(data, Header { epoch: epoch.unwrap_or(0).max(manifest.epoch + 1), first: manifest.next }).map_err(io)?;
    Ok(manifest)
}

pub(in crate::store) fn is_empty(data: &Path) -> io::Result<bool> {
    match fs::read_dir(data) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        entries => Ok(entries?.next().is_none()),
    }
}

/// Begins a new epoch in a journal that is whole, and gives that its name.
pub(in crate::store) fn begin(data: &Path, header: Header) -> io::Result<()> {
    let unfinished = data.join(UNFINISHED);
    segment::create(&unfinished, header)?;
    sync_dir(&unfinished)?;
    sync_dir(&data.join("blobs"))?;
    fs::rename(unfinished, data.join("journal"))?;
    sync_dir(data)
}
