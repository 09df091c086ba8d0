//! Which request is due when.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock;

/// Hands out requests in order; shared by all senders.
pub(super) struct Pace {
    next: AtomicU64,
    count: u64,
    start: u64,
    /// Nanoseconds between two requests; 0: flat out.
    gap: u64,
}

/// A request and, at a rate, the instant it is due (monotonic nanoseconds).
#[derive(Clone, Copy)]
pub(super) struct Turn {
    pub(super) idx: u64,
    pub(super) due: Option<u64>,
}

impl Pace {
    pub(super) fn new(count: u64, rate: Option<u32>) -> Self {
        let gap = rate.map_or(0, |rate| 1_000_000_000 / u64::from(rate.max(1)));
        Self { next: AtomicU64::new(0), count, start: clock::monotonic_ns(), gap }
    }

    pub(super) fn turn(&self) -> Option<Turn> {
        let idx = self.next.fetch_add(1, Ordering::Relaxed);
        (idx < self.count).then(|| Turn { idx, due: (self.gap > 0).then(|| self.start + idx * self.gap) })
    }
}

impl Turn {
    /// Nanoseconds to wait until it is due.
    pub(super) fn wait(self) -> u64 {
        self.due.map_or(0, |due| due.saturating_sub(clock::monotonic_ns()))
    }
}
