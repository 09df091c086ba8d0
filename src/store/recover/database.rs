//! Opening sled: unfinished snapshots deleted, what does not open (or is not this journal's view) moved aside.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{OpenError, Opened};
use crate::store::envelope::Keys;
use crate::store::journal::segment;
use crate::store::project::Progress;
use crate::store::view::layer::parse;
use crate::store::view::{Direction, View, ViewError, keys};

/// sled, whatever it takes: an interrupted snapshot keeps it from opening, damage may make it panic.
pub(super) fn open_view(
    dir: &Path,
    cache_bytes: u64,
    keys: Option<&Arc<Keys>>,
    opened: &mut Opened,
) -> Result<View, OpenError> {
    let path = dir.join("view");
    opened.snapshots_deleted = delete_snapshots(&path).map_err(|cause| OpenError::Io { path: path.clone(), cause })?;
    for file in &opened.snapshots_deleted {
        tracing::warn!(file = %file.display(), "deleted an unfinished snapshot of the view");
    }
    match try_view(&path, cache_bytes, keys) {
        Ok(view) => Ok(view),
        Err(reason) => replace_view(dir, cache_bytes, keys, reason, opened),
    }
}

fn try_view(path: &Path, cache_bytes: u64, keys: Option<&Arc<Keys>>) -> Result<View, String> {
    match catch_unwind(AssertUnwindSafe(|| View::sled(path, cache_bytes, keys.cloned()))) {
        Ok(Ok(view)) => Ok(view),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("sled panicked while opening".into()),
    }
}

fn delete_snapshots(view: &Path) -> io::Result<Vec<PathBuf>> {
    let mut deleted = Vec::new();
    let files = match fs::read_dir(view) {
        // Whatever else stands there, sled will refuse it.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(deleted);
        }
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
pub(super) fn replace_view(
    dir: &Path,
    cache_bytes: u64,
    keys: Option<&Arc<Keys>>,
    reason: String,
    opened: &mut Opened,
) -> Result<View, OpenError> {
    let path = dir.join("view");
    let aside = segment::aside(&path, "bad");
    fs::rename(&path, &aside).map_err(|cause| OpenError::Io { path: path.clone(), cause })?;
    tracing::warn!(reason, moved_to = %aside.display(), "the view is made anew from the journal");
    opened.view_replaced = Some((reason, aside));
    try_view(&path, cache_bytes, keys).map_err(OpenError::View)
}

/// Why a view that opens cannot belong to this journal.
pub(super) fn strange(view: &View, segments: &[(u64, PathBuf)]) -> Option<String> {
    let progress = match progress(view) {
        Ok(progress) => progress?,
        Err(error) => return Some(error.to_string()),
    };
    if !progress.is_of_this_layout() {
        return Some("made by a program of another layout".into());
    }
    let (_, newest) = segments.last()?;
    let epoch = segment::epoch_of(newest)?;
    (epoch != progress.epoch).then(|| format!("epoch {} is not the journal's {epoch}", progress.epoch))
}

/// Why not all of a view can be read: sled opens whatever is bad where it does not look at once.
pub(super) fn unreadable(view: &View) -> Option<String> {
    let whole = || view.scan(&[], &[u8::MAX], Direction::Forward, &mut |_, _| ControlFlow::Continue(()));
    match catch_unwind(AssertUnwindSafe(whole)) {
        Ok(read) => read.err().map(|error| error.to_string()),
        Err(_) => Some("sled panicked while reading".into()),
    }
}

pub(super) fn progress(view: &View) -> Result<Option<Progress>, ViewError> {
    view.get(keys::STATE)?.map(|value| parse(keys::STATE, &value)).transpose()
}
