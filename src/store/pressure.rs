//! How long the line in front of the committer is, in time: known to those who come before they join it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How much of a new measurement goes into the estimate: one part in so many.
const WEIGHT: u64 = 8;

/// Counts without a lock: one committer writes the times, everybody reads them. Nanoseconds.
#[derive(Default)]
pub(crate) struct Pressure {
    waiting: AtomicU64,
    /// When the batch in hand began; 0: none is.
    began: AtomicU64,
    /// What one job took as of late, its share of the write and the synchronisation included.
    each: AtomicU64,
}

impl Pressure {
    pub(crate) fn joined(&self) {
        self.waiting.fetch_add(1, Relaxed);
    }

    /// How many are in the line.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting.load(Relaxed)
    }

    /// Out of the line, into a batch or refused.
    pub(crate) fn left(&self) {
        // Never below none, whatever the order in which threads see each other.
        let _ = self.waiting.fetch_update(Relaxed, Relaxed, |waiting| Some(waiting.saturating_sub(1)));
    }

    pub(crate) fn begins(&self, now: u64) {
        self.began.store(now.max(1), Relaxed);
    }

    /// A batch of `jobs` is durable, or failed.
    pub(crate) fn ended(&self, now: u64, jobs: usize) {
        let took = now.saturating_sub(self.began.swap(0, Relaxed)) / jobs.max(1) as u64;
        let known = self.each.load(Relaxed);
        self.each.store(if known == 0 { took } else { known - known / WEIGHT + took / WEIGHT }, Relaxed);
    }

    /// How long one who joins now waits: those before it, and what the batch in hand has taken already, which is long when the
    /// disk hangs.
    pub(crate) fn wait(&self, now: u64) -> u64 {
        let in_hand = match self.began.load(Relaxed) {
            0 => 0,
            began => now.saturating_sub(began),
        };
        in_hand.saturating_add(self.waiting.load(Relaxed).saturating_mul(self.each.load(Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_what_is_before_and_what_hangs() {
        let pressure = Pressure::default();
        assert_eq!(pressure.wait(1_000), 0);
        for _ in 0..10 {
            pressure.joined();
        }
        assert_eq!(pressure.wait(1_000), 0, "nothing was measured yet");
        pressure.begins(1_000);
        for _ in 0..4 {
            pressure.left();
        }
        assert_eq!(pressure.wait(5_000), 4_000, "the batch in hand");
        pressure.ended(9_000, 4);
        assert_eq!(pressure.wait(9_000), 6 * 2_000);
        pressure.begins(9_000);
        for _ in 0..7 {
            pressure.left();
        }
        assert_eq!(pressure.wait(3_000_009_000), 3_000_000_000, "a disk that hangs; nobody is counted twice");
        pressure.ended(9_000, 0);
        assert_eq!(pressure.wait(10_000), 0);
    }
}
