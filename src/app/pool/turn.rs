//! One job, as those see it who wait for it: it is done for them, or given up, never both.

use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};

use super::Error;

const OPEN: u8 = 0;
const KEPT: u8 = 1;
const GIVEN_UP: u8 = 2;

type Tell = Box<dyn FnOnce(Error) + Send>;

pub(in crate::app) struct Turn {
    state: AtomicU8,
    tell: Mutex<Option<Tell>>,
}

impl Turn {
    /// `tell` answers in place of the job.
    pub(super) fn new(tell: impl FnOnce(Error) + Send + 'static) -> Self {
        Self { state: AtomicU8::new(OPEN), tell: Mutex::new(Some(Box::new(tell))) }
    }

    /// From here on the job is not given up any more; false: it has been, and must change nothing.
    pub(in crate::app) fn keep(&self) -> bool {
        let kept = self.state.compare_exchange(OPEN, KEPT, SeqCst, SeqCst);
        kept.is_ok() || kept == Err(KEPT)
    }

    /// Answers who waits, unless the job has begun to change something.
    pub(super) fn give_up(&self, rule: &str) {
        if self.state.compare_exchange(OPEN, GIVEN_UP, SeqCst, SeqCst).is_ok()
            && let Some(tell) = self.tell.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            tell(Error::Stuck { rule: rule.to_owned() });
        }
    }
}
