//! The line in front of the evaluation threads, bounded by time: who comes when the wait is too long is told so at once. Pure;
//! times are monotonic nanoseconds and come as arguments.

use std::collections::VecDeque;

/// Who waits. People come first; a batch fills what is left and may wait, its reader stops meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// A person looks at an answer on the screen.
    Desk,
    /// A machine posts, one request at a time.
    Intake,
    /// Lines of a batch.
    Batch,
}

/// Of so many jobs taken, one is from a batch if any waits there.
const BATCH_TURN: u64 = 4;
/// How much of a new measurement goes into the estimate of what a job takes: one part in so many.
const WEIGHT: u64 = 8;
/// A line that was never empty for so many times its patience is no burst, but lasting overload.
const CALM: u64 = 4;
/// In lasting overload only a part of the patience is left, one in so many: waiting in a line that does not end helps nobody,
/// and those who are taken keep their latency.
const LASTING: u64 = 5;

/// How long the line may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) threads: usize,
    /// Jobs of one lane that may wait.
    pub(super) most: usize,
    /// Nanoseconds that one post may have to wait.
    pub(super) patience: u64,
}

pub(super) struct Line<J> {
    terms: Terms,
    desk: VecDeque<J>,
    intake: VecDeque<(u64, J)>,
    batch: VecDeque<J>,
    /// Nanoseconds that a post takes, as of late; 0: none was measured.
    service: u64,
    /// When nobody waited in the intake lane for the last time.
    empty_at: u64,
    taken: u64,
}

impl<J> Line<J> {
    pub(super) fn new(terms: Terms) -> Self {
        let (desk, intake, batch) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self { terms, desk, intake, batch, service: 0, empty_at: 0, taken: 0 }
    }

    pub(super) fn set_patience(&mut self, patience: u64) {
        self.terms.patience = patience;
    }

    pub(super) fn patience(&self) -> u64 {
        self.terms.patience
    }

    /// Whether who comes now is turned away.
    pub(super) fn is_full(&self, lane: Lane, now: u64) -> bool {
        match lane {
            Lane::Desk => self.desk.len() >= self.terms.most,
            Lane::Batch => self.batch.len() >= self.terms.most,
            Lane::Intake => self.intake.len() >= self.terms.most || self.is_slow(now),
        }
    }

    /// As many as there are threads may always wait: a slow machine works, too.
    fn is_slow(&self, now: u64) -> bool {
        let Some((since, _)) = self.intake.front() else { return false };
        let oldest = now.saturating_sub(*since);
        let ahead = (self.desk.len() + self.intake.len()) as u64;
        let estimate = ahead.saturating_mul(self.service) / self.terms.threads.max(1) as u64;
        // The oldest came when more was allowed: what it waited shows a line that is stuck, not one that is long.
        let slow = estimate > self.allowed(now) || oldest > self.terms.patience;
        self.intake.len() >= self.terms.threads && slow
    }

    /// Nanoseconds that a post may have to wait now.
    fn allowed(&self, now: u64) -> u64 {
        let Terms { patience, .. } = self.terms;
        let lasting = now.saturating_sub(self.empty_at) > patience.saturating_mul(CALM);
        if lasting { patience / LASTING } else { patience }
    }

    /// Joins the line, or gets the job back.
    pub(super) fn join(&mut self, lane: Lane, job: J, now: u64) -> Result<(), J> {
        if self.is_full(lane, now) {
            return Err(job);
        }
        match lane {
            Lane::Desk => self.desk.push_back(job),
            Lane::Batch => self.batch.push_back(job),
            Lane::Intake => {
                if self.intake.is_empty() {
                    self.empty_at = now;
                }
                self.intake.push_back((now, job));
            }
        }
        Ok(())
    }

    /// The next job and its lane.
    pub(super) fn next(&mut self, now: u64) -> Option<(Lane, J)> {
        if let Some(job) = self.desk.pop_front() {
            return Some((Lane::Desk, job));
        }
        self.taken += 1;
        let of_a_batch = self.taken.is_multiple_of(BATCH_TURN) || self.intake.is_empty();
        if of_a_batch && let Some(job) = self.batch.pop_front() {
            return Some((Lane::Batch, job));
        }
        let (_, job) = self.intake.pop_front()?;
        if self.intake.is_empty() {
            self.empty_at = now;
        }
        Some((Lane::Intake, job))
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.desk.len() + self.intake.len() + self.batch.len()
    }

    /// How long a post took on its thread, in nanoseconds.
    pub(super) fn took(&mut self, nanoseconds: u64) {
        self.service = match self.service {
            0 => nanoseconds,
            known => (known * (WEIGHT - 1) + nanoseconds.min(u64::MAX / WEIGHT)) / WEIGHT,
        };
    }
}

#[cfg(test)]
mod tests;
