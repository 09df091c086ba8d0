//! The view: one ordered map of bytes, in sled or in memory. It can be thrown away at any time, the journal makes it
//! anew; so nothing here is ever the only copy.

pub(crate) mod keys;
pub(crate) mod layer;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use super::envelope::Keys;
use super::journal::segment::sync_dir;

/// Key → new value, or `None` to remove it.
pub(crate) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The largest value sled may get: larger ones make pages that a power cut can destroy.
pub(crate) const LARGEST_VALUE: usize = 64 * 1024;
/// References and idempotency keys become parts of keys.
pub(crate) const LARGEST_KEY: usize = 1024;
/// Fixed when a database is created; sled refuses another size later.
const SEGMENT: usize = 8 * 1024 * 1024;

/// Sees one key and its value; a break ends the scan.
pub(crate) type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

pub(crate) enum View {
    /// `file` is our own handle of sled's file: sled's flush does not synchronise it.
    Sled {
        db: sled::Db,
        file: File,
        /// Encrypts every value.
        keys: Option<Arc<Keys>>,
    },
    Memory(RwLock<BTreeMap<Vec<u8>, Vec<u8>>>),
}

/// Which end a scan begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

impl View {
    /// Opens or creates the database of a folder.
    pub(crate) fn sled(dir: &Path, cache_bytes: u64, keys: Option<Arc<Keys>>) -> Result<Self, ViewError> {
        let db = sled::Config::new()
            .path(dir)
            .segment_size(SEGMENT)
            .mode(sled::Mode::LowSpace)
            .cache_capacity(cache_bytes)
            .flush_every_ms(None)
            .open()?;
        // sled writes its configuration once and never synchronises it: after a power cut the view would not open.
        let file = File::open(dir.join("db")).and_then(|file| {
            File::open(dir.join("conf"))?.sync_all()?;
            sync_dir(dir)?;
            Ok(file)
        });
        Ok(Self::Sled { db, file: file.map_err(sled::Error::from)?, keys })
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        match self {
            Self::Sled { db, keys, .. } => {
                db.get(key)?.map(|value| Ok(shown(keys, key, &value)?.into_owned())).transpose()
            }
            Self::Memory(map) => Ok(map.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()),
        }
    }

    /// Shows the pairs with `from <= key < until` to `visit` until it breaks.
    pub(crate) fn scan(
        &self,
        from: &[u8],
        until: &[u8],
        direction: Direction,
        visit: &mut Visit<'_>,
    ) -> Result<(), ViewError> {
        if from >= until {
            return Ok(());
        }
        match self {
            Self::Sled { db, keys, .. } => {
                let mut pairs = db.range(from..until);
                while let Some(pair) = if direction == Direction::Forward { pairs.next() } else { pairs.next_back() } {
                    let (key, value) = pair?;
                    if visit(&key, &shown(keys, &key, &value)?).is_break() {
                        break;
                    }
                }
            }
            Self::Memory(map) => {
                let map = map.read().unwrap_or_else(PoisonError::into_inner);
                let mut pairs = map.range::<[u8], _>((Bound::Included(from), Bound::Excluded(until)));
                while let Some((key, value)) =
                    if direction == Direction::Forward { pairs.next() } else { pairs.next_back() }
                {
                    if visit(key, value).is_break() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// All changes or none.
    pub(crate) fn apply(&self, changes: Changes) -> Result<(), ViewError> {
        match self {
            Self::Sled { db, keys, .. } => {
                let mut batch = sled::Batch::default();
                for (key, value) in changes {
                    match value {
                        Some(value) => {
                            let value = hidden(keys, &key, value)?;
                            batch.insert(key, value);
                        }
                        None => batch.remove(key),
                    }
                }
                Ok(db.apply_batch(batch)?)
            }
            Self::Memory(map) => {
                let mut map = map.write().unwrap_or_else(PoisonError::into_inner);
                for (key, value) in changes {
                    match value {
                        Some(value) => drop(map.insert(key, value)),
                        None => drop(map.remove(&key)),
                    }
                }
                Ok(())
            }
        }
    }

    /// To the disk. Never `flush_async`: it can deadlock.
    pub(crate) fn flush(&self) -> Result<(), ViewError> {
        if let Self::Sled { db, file, .. } = self {
            db.flush()?;
            file.sync_all().map_err(sled::Error::from)?;
        }
        Ok(())
    }
}

fn shown<'a>(keys: &Option<Arc<Keys>>, key: &[u8], value: &'a [u8]) -> Result<Cow<'a, [u8]>, ViewError> {
    let Some(keys) = keys else { return Ok(Cow::Borrowed(value)) };
    keys.show(key, value).map(Cow::Owned).map_err(|cause| unreadable(key, &cause))
}

fn hidden(keys: &Option<Arc<Keys>>, key: &[u8], value: Vec<u8>) -> Result<Vec<u8>, ViewError> {
    let Some(keys) = keys else { return Ok(value) };
    keys.hide(key, &value).map_err(|cause| unreadable(key, &cause))
}

fn unreadable(key: &[u8], cause: &dyn std::fmt::Display) -> ViewError {
    ViewError::Value { key: key.escape_ascii().to_string(), cause: cause.to_string() }
}

/// The view cannot be read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ViewError {
    #[error("view: {0}")]
    Sled(#[from] sled::Error),
    #[error("view: unreadable value under {key}: {cause}")]
    Value { key: String, cause: String },
}
