//! Evaluation threads: whole triages run here, on stacks that hostile rules cannot exhaust, and never on the threads that
//! serve connections. The line in front of them is bounded by time: too long a wait is an answer, not a delay. A thread that
//! a script holds for ever is given up: who waits for it gets an answer, and another one takes its place.

mod line;
mod turn;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

pub use self::line::Lane;
use self::line::{Line, Terms};
pub(super) use self::turn::Turn;
use super::{Error, watchdog};
use crate::clock;
use crate::rules::Fuse;

/// Bytes of stack for every thread that evaluates rules.
pub const STACK: usize = crate::parallel::STACK;
/// Threads that may be given up: each may still turn a core. After that the service needs a restart, and says so.
const MOST_GIVEN_UP: usize = 32;

struct Job {
    /// Says whether it ran.
    work: Box<dyn FnOnce(&Turn) -> bool + Send>,
    turn: Arc<Turn>,
}

/// A cheap clone; the threads end with the last one.
#[derive(Clone)]
pub struct Pool(Arc<Door>);

/// Closes the hall when the last pool goes.
struct Door(Arc<Hall>);

pub(super) struct Hall {
    state: Mutex<State>,
    somebody: Condvar,
    running: AtomicUsize,
    given_up: AtomicUsize,
}

struct State {
    line: Line<Job>,
    workers: Vec<Arc<Worker>>,
    closed: bool,
}

/// One thread.
struct Worker {
    /// Id of its fuse.
    fuse: u64,
    turn: Mutex<Option<Arc<Turn>>>,
}

/// How busy a pool is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) waiting: usize,
    pub(super) running: usize,
    /// Threads that a script holds.
    pub(super) given_up: usize,
}

impl Pool {
    /// `threads` 0: one per core. `waiting` jobs of one kind may wait, for as long as it takes.
    pub fn start(threads: usize, waiting: usize) -> std::io::Result<Self> {
        let threads = match threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            some => some,
        };
        let hall = Hall::new(Terms { threads, most: waiting, patience: u64::MAX });
        for number in 0..threads {
            hall.hire(format!("evaluate-{number}"))?;
        }
        watchdog::start(&hall)?;
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

    pub(super) fn load(&self) -> Load {
        let hall = &self.0.0;
        let waiting = hall.lock().line.waiting();
        Load { waiting, running: hall.running.load(Relaxed), given_up: hall.given_up.load(Relaxed) }
    }

    /// Runs `job` on a thread of the pool. It does not begin for a caller who left meanwhile.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        self.run_turn(lane, move |_| job()).await
    }

    /// The same for a job that changes something: it asks its turn before.
    pub(super) async fn run_turn<T: Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce(&Turn) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (done, result) = oneshot::channel();
        let done = Arc::new(Mutex::new(Some(done)));
        let open =
            |done: &Mutex<Option<oneshot::Sender<_>>>| done.lock().unwrap_or_else(PoisonError::into_inner).take();
        let answered = Arc::clone(&done);
        let turn = Turn::new(move |error| drop(open(&answered).map(|done| done.send(Err(error)))));
        let span = tracing::Span::current();
        let work = move |turn: &Turn| {
            let left = |done: &oneshot::Sender<_>| done.is_closed();
            if done.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_none_or(left) {
                return false;
            }
            let ended = span.in_scope(|| catch_unwind(AssertUnwindSafe(|| job(turn))).map_err(|_| Error::Panicked));
            // A caller who left while it ran needs no result.
            drop(open(&done).map(|done| done.send(ended)));
            true
        };
        self.0.0.join(lane, Job { work: Box::new(work), turn: Arc::new(turn) })?;
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
    fn new(terms: Terms) -> Arc<Self> {
        let state = Mutex::new(State { line: Line::new(terms), workers: Vec::new(), closed: false });
        let (running, given_up) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { state, somebody: Condvar::new(), running, given_up })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn join(&self, lane: Lane, job: Job) -> Result<(), Error> {
        self.lock().line.join(lane, job, clock::monotonic_ns()).map_err(|_| Error::Overloaded)?;
        self.somebody.notify_one();
        Ok(())
    }

    fn hire(self: &Arc<Self>, name: String) -> std::io::Result<()> {
        let hall = Arc::clone(self);
        let work = move || {
            let me = Arc::new(Worker { fuse: Fuse::mine().id, turn: Mutex::default() });
            hall.lock().workers.push(Arc::clone(&me));
            hall.work(&me);
        };
        thread::Builder::new().name(name).stack_size(STACK).spawn(work)?;
        Ok(())
    }

    /// Until the door is closed and nobody waits, or somebody else has this place.
    fn work(&self, me: &Arc<Worker>) {
        let mut state = self.lock();
        loop {
            if let Some((lane, Job { work, turn })) = state.line.next(clock::monotonic_ns()) {
                drop(state);
                let start = clock::monotonic_ns();
                self.running.fetch_add(1, Relaxed);
                me.turns_to(Some(Arc::clone(&turn)));
                let ran = work(&turn);
                me.turns_to(None);
                self.running.fetch_sub(1, Relaxed);
                let took = clock::monotonic_ns() - start;
                state = self.lock();
                if !state.workers.iter().any(|worker| Arc::ptr_eq(worker, me)) {
                    self.given_up.fetch_sub(1, Relaxed);
                    return;
                }
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

    /// Gives up the thread with this fuse, if it is one of ours, and starts another in its place.
    pub(super) fn replace(self: &Arc<Self>, fuse: u64, rule: &Arc<str>) {
        let mut state = self.lock();
        let Some(at) = state.workers.iter().position(|worker| worker.fuse == fuse) else {
            tracing::error!(rule = &**rule, "a script does not end, and holds a thread");
            return;
        };
        state.workers[at].give_up(rule);
        if self.given_up.load(Relaxed) >= MOST_GIVEN_UP {
            tracing::error!(rule = &**rule, "a script does not end; no more threads are started: restart the service");
            return;
        }
        state.workers.remove(at);
        drop(state);
        let given_up = self.given_up.fetch_add(1, Relaxed) + 1;
        match self.hire(format!("evaluate-again-{given_up}")) {
            Ok(()) => tracing::error!(rule = &**rule, "a script does not end; another thread takes its place"),
            Err(error) => {
                tracing::error!(rule = &**rule, %error, "a script does not end, and no thread can be started")
            }
        }
    }
}

impl Worker {
    fn turns_to(&self, turn: Option<Arc<Turn>>) {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = turn;
    }

    fn give_up(&self, rule: &str) {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(turn) = turn {
            turn.give_up(rule);
        }
    }
}

#[cfg(test)]
mod tests;
