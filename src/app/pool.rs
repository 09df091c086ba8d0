//! Evaluation threads: whole triages run here, on stacks that hostile rules cannot exhaust, and never on the threads that
//! serve connections. The line in front of them is bounded by time: too long a wait is an answer, not a delay.

mod line;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

pub use self::line::Lane;
use self::line::{Line, Terms};
use super::Error;
use crate::clock;

/// Bytes of stack for every thread that evaluates rules.
pub const STACK: usize = crate::parallel::STACK;

/// Says whether it ran.
type Job = Box<dyn FnOnce() -> bool + Send>;

/// A cheap clone; the threads end with the last one.
#[derive(Clone)]
pub struct Pool(Arc<Door>);

/// Closes the hall when the last pool goes.
struct Door(Arc<Hall>);

struct Hall {
    state: Mutex<State>,
    somebody: Condvar,
}

struct State {
    line: Line<Job>,
    closed: bool,
}

impl Pool {
    /// `threads` 0: one per core. `waiting` jobs of one kind may wait, for as long as it takes.
    pub fn start(threads: usize, waiting: usize) -> std::io::Result<Self> {
        let threads = match threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            some => some,
        };
        let line = Line::new(Terms { threads, most: waiting, patience: u64::MAX });
        let state = Mutex::new(State { line, closed: false });
        let hall = Arc::new(Hall { state, somebody: Condvar::new() });
        for number in 0..threads {
            let hall = Arc::clone(&hall);
            thread::Builder::new().name(format!("evaluate-{number}")).stack_size(STACK).spawn(move || hall.work())?;
        }
        Ok(Self(Arc::new(Door(hall))))
    }

    /// The same, and who would wait longer than `patience` is turned away.
    pub fn with_patience(self, patience: Duration) -> Self {
        let patience = u64::try_from(patience.as_nanos()).unwrap_or(u64::MAX);
        self.0.0.lock().line.set_patience(patience);
        self
    }

    /// How long a post may have to wait.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_nanos(self.0.0.lock().line.patience())
    }

    /// Whether a job would be turned away now.
    pub(super) fn is_full(&self, lane: Lane) -> bool {
        self.0.0.lock().line.is_full(lane, clock::monotonic_ns())
    }

    /// Runs `job` on a thread of the pool. It does not begin for a caller who left meanwhile.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (done, result) = oneshot::channel();
        let job = move || {
            if done.is_closed() {
                return false;
            }
            // A caller who left while it ran needs no result.
            drop(done.send(catch_unwind(AssertUnwindSafe(job)).map_err(|_| Error::Panicked)));
            true
        };
        self.0.0.join(lane, Box::new(job))?;
        result.await.unwrap_or(Err(Error::Panicked))
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.somebody.notify_all();
    }
}

impl Hall {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, lane: Lane, job: Job) -> Result<(), Error> {
        self.lock().line.join(lane, job, clock::monotonic_ns()).map_err(|_| Error::Overloaded)?;
        self.somebody.notify_one();
        Ok(())
    }

    /// Until the door is closed and nobody waits.
    fn work(&self) {
        let mut state = self.lock();
        loop {
            if let Some((lane, job)) = state.line.next(clock::monotonic_ns()) {
                drop(state);
                let start = clock::monotonic_ns();
                let ran = job();
                let took = clock::monotonic_ns() - start;
                state = self.lock();
                if ran && lane != Lane::Desk {
                    state.line.took(took);
                }
            } else if state.closed {
                return;
            } else {
                state = self.somebody.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_thread_goes_on() {
        let pool = Pool::start(1, 4).unwrap();
        assert!(matches!(pool.run(Lane::Intake, || panic!("on purpose")).await, Err::<(), _>(Error::Panicked)));
        assert_eq!(pool.run(Lane::Desk, || 7).await.unwrap(), 7);
    }

    /// The one thread is busy until the sender speaks.
    async fn held(pool: &Pool) -> (Sender<()>, tokio::task::JoinHandle<Result<(), Error>>) {
        let (release, held): (Sender<()>, Receiver<()>) = channel();
        let (started, start) = oneshot::channel();
        let pool = pool.clone();
        let job = move || {
            let _ = started.send(());
            let _ = held.recv();
        };
        let first = tokio::spawn(async move { pool.run(Lane::Intake, job).await });
        start.await.unwrap();
        (release, first)
    }

    #[tokio::test]
    async fn a_full_line_turns_away_at_once() {
        let pool = Pool::start(1, 1).unwrap();
        let (release, first) = held(&pool).await;
        pool.0.0.join(Lane::Intake, Box::new(|| true)).unwrap();
        assert!(pool.is_full(Lane::Intake) && !pool.is_full(Lane::Desk));
        assert!(matches!(pool.run(Lane::Intake, || ()).await, Err(Error::Overloaded)));
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn nothing_begins_for_who_left() {
        let pool = Pool::start(1, 8).unwrap();
        let (release, first) = held(&pool).await;
        let (ran, begun) = channel();
        {
            let mut left = std::pin::pin!(pool.run(Lane::Intake, move || ran.send(()).unwrap()));
            assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(left.as_mut().poll(cx))).await.is_pending());
        }
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        pool.run(Lane::Intake, || ()).await.unwrap();
        assert!(begun.recv().is_err(), "the job was dropped unrun");
    }
}
