//! What the functions of a rule take. Measured only where the edge gave a clock; no result depends on it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Calls and nanoseconds since they were last taken.
#[derive(Debug, Default)]
pub(super) struct Spent {
    calls: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Spent {
    pub(super) fn add(&self, nanoseconds: u64) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    pub(super) fn take(&self) -> (u64, u64) {
        (self.calls.swap(0, Ordering::Relaxed), self.nanoseconds.swap(0, Ordering::Relaxed))
    }
}
