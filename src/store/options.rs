//! How a store is opened.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::opening::Opening;
use super::space;

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Monotonic nanoseconds, for leases.
    pub clock: fn() -> u64,
    /// Memory for the view's cache, in bytes.
    pub cache_bytes: u64,
    /// Length at which a segment of the journal is followed by a new one, in bytes.
    pub segment_bytes: u64,
    /// Folder of the keys; `keys` in the store's own when absent. A master key there means that personal data are encrypted.
    pub keys: Option<PathBuf>,
    /// Refuse to open without a master key.
    pub encryption: bool,
    /// With less room in the file system than this (bytes), what can wait is not taken.
    pub reserve_bytes: u64,
    /// How much room there is (bytes) in the file system of a folder.
    pub free_bytes: fn(&Path) -> io::Result<u64>,
    /// The view is moved aside and made anew.
    pub rebuild: bool,
    /// How far the opening is.
    pub opening: Arc<Opening>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: crate::clock::monotonic_ns,
            cache_bytes: 128 * 1024 * 1024,
            segment_bytes: 64 * 1024 * 1024,
            keys: None,
            encryption: false,
            reserve_bytes: 0,
            free_bytes: space::free_bytes,
            rebuild: false,
            opening: Arc::default(),
        }
    }
}
