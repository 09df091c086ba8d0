//! Evaluation threads: whole triages run here, on stacks that hostile rules cannot exhaust, and never on the threads that
//! serve connections. The line in front of them is bounded: a full one is an answer, not a delay. A thread that a script
//! holds for ever is given up: who waits for it gets an answer, and another one takes its place.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use super::{Error, watchdog};
use crate::rules::Fuse;

/// Bytes of stack for every thread that evaluates rules.
pub const STACK: usize = crate::parallel::STACK;
/// Threads that may be given up: each may still turn a core. After that the service needs a restart, and says so.
const MOST_GIVEN_UP: usize = 32;

/// A cheap clone; the threads end with the last one.
#[derive(Clone)]
pub struct Pool {
    jobs: SyncSender<Job>,
    shared: Arc<Numbers>,
}

struct Job {
    work: Box<dyn FnOnce(&Turn) + Send>,
    turn: Arc<Turn>,
}

/// How busy the pool is.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) waiting: AtomicUsize,
    pub(super) running: AtomicUsize,
    pub(super) given_up: AtomicUsize,
}

/// What the threads share.
pub(super) struct Shared {
    line: Mutex<Receiver<Job>>,
    workers: Mutex<Vec<Arc<Worker>>>,
    numbers: Arc<Numbers>,
}

/// One thread.
struct Worker {
    /// Of its fuse.
    id: u64,
    turn: Mutex<Option<Arc<Turn>>>,
}

/// One job, as those see it who wait: it is done for them, or given up, never both.
pub(super) struct Turn {
    state: AtomicU8,
    give_up: Mutex<Option<Box<dyn FnOnce(Error) + Send>>>,
}

const OPEN: u8 = 0;
const KEPT: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Turn {
    /// From here on the job is not given up any more; false: it has been, and must change nothing.
    pub(super) fn keep(&self) -> bool {
        let kept = self.state.compare_exchange(OPEN, KEPT, SeqCst, SeqCst);
        kept.is_ok() || kept == Err(KEPT)
    }

    fn give_up(&self, rule: &str) {
        if self.state.compare_exchange(OPEN, GIVEN_UP, SeqCst, SeqCst).is_ok()
            && let Some(tell) = self.give_up.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            tell(Error::Stuck { rule: rule.to_owned() });
        }
    }
}

impl Pool {
    /// `threads` 0: one per core. `waiting` jobs may wait.
    pub fn start(threads: usize, waiting: usize) -> std::io::Result<Self> {
        let threads = match threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            some => some,
        };
        let (jobs, line) = sync_channel::<Job>(waiting);
        let numbers = Arc::new(Numbers::default());
        let (line, workers) = (Mutex::new(line), Mutex::default());
        let shared = Arc::new(Shared { line, workers, numbers: Arc::clone(&numbers) });
        for number in 0..threads {
            shared.hire(number)?;
        }
        watchdog::start(&shared)?;
        Ok(Self { jobs, shared: numbers })
    }

    pub(super) fn numbers(&self) -> &Numbers {
        &self.shared
    }

    /// Runs `job` on a thread of the pool.
    pub(super) async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        self.run_turn(move |_| job()).await
    }

    /// The same for a job that changes something: it asks its turn before.
    pub(super) async fn run_turn<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Turn) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (done, result) = oneshot::channel();
        let done = Arc::new(Mutex::new(Some(done)));
        let answered = Arc::clone(&done);
        // A caller who left needs no result.
        let answer = move |result: Result<T, Error>| {
            let open = done.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(open.map(|open| open.send(result)));
        };
        let give_up = Box::new(move |error: Error| {
            let open = answered.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(open.map(|open| open.send(Err(error))));
        });
        let turn = Arc::new(Turn { state: AtomicU8::new(OPEN), give_up: Mutex::new(Some(give_up)) });
        let span = tracing::Span::current();
        let work = Box::new(move |turn: &Turn| {
            let _inside = span.enter();
            answer(catch_unwind(AssertUnwindSafe(|| job(turn))).map_err(|_| Error::Panicked));
        });
        self.shared.waiting.fetch_add(1, Relaxed);
        if self.jobs.try_send(Job { work, turn }).is_err() {
            self.shared.waiting.fetch_sub(1, Relaxed);
            return Err(Error::Overloaded);
        }
        result.await.unwrap_or(Err(Error::Panicked))
    }
}

impl Shared {
    fn hire(self: &Arc<Self>, number: usize) -> std::io::Result<()> {
        let shared = Arc::clone(self);
        let work = move || {
            let worker = Arc::new(Worker { id: Fuse::mine().id, turn: Mutex::default() });
            shared.workers.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&worker));
            shared.work(&worker);
        };
        thread::Builder::new().name(format!("evaluate-{number}")).stack_size(STACK).spawn(work)?;
        Ok(())
    }

    fn work(&self, me: &Arc<Worker>) {
        loop {
            let job = self.line.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Job { work, turn }) = job else { return };
            self.numbers.waiting.fetch_sub(1, Relaxed);
            self.numbers.running.fetch_add(1, Relaxed);
            *me.turn.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&turn));
            work(&turn);
            *me.turn.lock().unwrap_or_else(PoisonError::into_inner) = None;
            self.numbers.running.fetch_sub(1, Relaxed);
            let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
            // Given up meanwhile: somebody else has this place.
            if !workers.iter().any(|worker| Arc::ptr_eq(worker, me)) {
                self.numbers.given_up.fetch_sub(1, Relaxed);
                return;
            }
        }
    }

    /// Gives up the thread with this fuse, if it is one of ours, and starts another in its place.
    pub(super) fn replace(self: &Arc<Self>, fuse: u64, rule: &Arc<str>) {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = workers.iter().position(|worker| worker.id == fuse) else {
            tracing::error!(rule = &**rule, "a script does not end, and holds a thread");
            return;
        };
        let turn = workers[at].turn.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(turn) = turn {
            turn.give_up(rule);
        }
        let given_up = self.numbers.given_up.load(Relaxed);
        if given_up >= MOST_GIVEN_UP {
            tracing::error!(
                rule = &**rule,
                given_up,
                "a script does not end; no more threads are started: restart the service"
            );
            return;
        }
        match self.hire(usize::MAX - given_up) {
            Ok(()) => {
                workers.remove(at);
                self.numbers.given_up.fetch_add(1, Relaxed);
                tracing::error!(rule = &**rule, "a script does not end; another thread takes its place");
            }
            Err(error) => {
                tracing::error!(rule = &**rule, %error, "a script does not end, and no thread could be started")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::rules::{enter, fuses};

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_thread_goes_on() {
        let pool = Pool::start(1, 4).unwrap();
        assert!(matches!(pool.run(|| panic!("on purpose")).await, Err::<(), _>(Error::Panicked)));
        assert_eq!(pool.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_full_line_turns_away_at_once() {
        let pool = Pool::start(1, 1).unwrap();
        let (release, held) = channel::<()>();
        let (started, start) = oneshot::channel();
        let first = tokio::spawn({
            let pool = pool.clone();
            async move {
                let job = move || {
                    let _ = started.send(());
                    let _ = held.recv();
                };
                pool.run(job).await
            }
        });
        start.await.unwrap();
        let second = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(|| ()).await }
        });
        while pool.numbers().waiting.load(Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(pool.run(|| ()).await, Err(Error::Overloaded)));
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        second.await.unwrap().unwrap();
    }

    /// A script that never returns costs its thread, not the service: who waits gets an answer, the next job runs.
    #[tokio::test]
    async fn a_thread_that_is_held_for_ever_is_replaced() {
        let (jobs, line) = sync_channel::<Job>(4);
        let numbers = Arc::new(Numbers::default());
        let (line, workers) = (Mutex::new(line), Mutex::default());
        let shared = Arc::new(Shared { line, workers, numbers: Arc::clone(&numbers) });
        shared.hire(0).unwrap();
        let pool = Pool { jobs, shared: numbers };
        let (release, held) = channel::<()>();
        let (began, begins) = oneshot::channel();
        let (ended, ends) = oneshot::channel();
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move {
                let job = move |turn: &Turn| {
                    let call = enter(&"bad.deaf".into(), u64::MAX);
                    let _ = began.send(Fuse::mine().id);
                    let _ = held.recv();
                    drop(call);
                    let _ = ended.send(turn.keep());
                };
                pool.run_turn(job).await
            }
        });
        let fuse = begins.await.unwrap();
        let what = fuses().into_iter().find(|it| it.id == fuse).unwrap().running().unwrap().what;
        shared.replace(fuse, &what);
        assert!(matches!(waiting.await.unwrap(), Err(Error::Stuck { rule }) if rule == "bad.deaf"));
        assert_eq!(pool.run(|| 7).await.unwrap(), 7);
        release.send(()).unwrap();
        // Whatever it finds out in the end, it must not act on it.
        assert!(!ends.await.unwrap());
    }
}
