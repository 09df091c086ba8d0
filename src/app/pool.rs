//! Evaluation threads: whole triages run here, on stacks that hostile rules cannot exhaust, and never on the threads that
//! serve connections. The line in front of them is bounded: a full one is an answer, not a delay.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use super::Error;

/// Bytes of stack for every thread that evaluates rules.
pub const STACK: usize = crate::parallel::STACK;

type Job = Box<dyn FnOnce() + Send>;

/// A cheap clone; the threads end with the last one.
#[derive(Clone)]
pub struct Pool {
    jobs: SyncSender<Job>,
}

impl Pool {
    /// `threads` 0: one per core. `waiting` jobs may wait.
    pub fn start(threads: usize, waiting: usize) -> std::io::Result<Self> {
        let threads = match threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            some => some,
        };
        let (jobs, line) = sync_channel::<Job>(waiting);
        let line = Arc::new(Mutex::new(line));
        for number in 0..threads {
            let line = Arc::clone(&line);
            thread::Builder::new().name(format!("evaluate-{number}")).stack_size(STACK).spawn(move || work(&line))?;
        }
        Ok(Self { jobs })
    }

    /// Runs `job` on a thread of the pool.
    pub(super) async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let (done, result) = oneshot::channel();
        // A caller who left needs no result.
        let job = move || drop(done.send(catch_unwind(AssertUnwindSafe(job)).map_err(|_| Error::Panicked)));
        self.jobs.try_send(Box::new(job)).map_err(|_| Error::Overloaded)?;
        result.await.unwrap_or(Err(Error::Panicked))
    }
}

fn work(line: &Mutex<Receiver<Job>>) {
    loop {
        let job = line.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

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
        let second = pool.jobs.try_send(Box::new(|| {}));
        assert!(second.is_ok() && matches!(pool.run(|| ()).await, Err(Error::Overloaded)));
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
    }
}
