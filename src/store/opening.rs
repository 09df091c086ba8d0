//! How far an opening is, for whoever waits for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Written by the thread that opens a store, read by others.
#[derive(Debug, Default)]
pub struct Opening {
    all: AtomicU64,
    done: AtomicU64,
    rebuilding: AtomicBool,
}

impl Opening {
    /// Per cent of the journal's bytes that were read.
    pub fn percent(&self) -> u64 {
        let (all, done) = (self.all.load(Ordering::Relaxed), self.done.load(Ordering::Relaxed));
        (done * 100).checked_div(all).unwrap_or(0).min(100)
    }

    /// Whether the view is made anew, which takes longer than reading.
    pub fn is_rebuilding(&self) -> bool {
        self.rebuilding.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&self, bytes: u64) {
        self.all.store(bytes, Ordering::Relaxed);
        self.done.store(0, Ordering::Relaxed);
    }

    pub(super) fn stand(&self, bytes: u64) {
        self.done.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn rebuilds(&self) {
        self.rebuilding.store(true, Ordering::Relaxed);
    }
}
