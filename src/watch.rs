//! Hot reload: notices that something under the packs changed, waits until it has been quiet for a moment, and has the
//! loader read everything again. What an event says is not trusted: deleted, renamed and half-written files all mean
//! "look again", and a slow look every few seconds catches what the operating system did not report.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::app::{Loader, Refreshed};
use crate::clock;
use crate::packs::{FOLDERS, Source};

/// Quiet time before a look: editors write a file in several steps.
const DEBOUNCE: Duration = Duration::from_millis(200);
/// A burst that never pauses is looked at all the same.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// The look without an event: network drives and full event queues.
const SLOW_LOOK: Duration = Duration::from_secs(5);

/// The reload thread; dropping it stops the watching.
pub struct Watch {
    stop: Sender<Wake>,
    thread: Option<JoinHandle<()>>,
}

enum Wake {
    Changed,
    Stop,
}

/// Starts watching. `after` is told of every round, with how long it took in nanoseconds.
pub fn start(
    source: &Source,
    loader: Loader,
    after: impl Fn(anyhow::Result<Refreshed>, u64) + Send + 'static,
) -> anyhow::Result<Watch> {
    let (stop, wakes) = channel();
    let root = match source {
        Source::Folder(root) => Some(root.clone()),
        Source::Embedded => None,
    };
    let watcher = root.as_deref().map(|root| watcher(root, stop.clone())).transpose()?;
    let thread = std::thread::Builder::new().name("reload".into()).stack_size(16 << 20).spawn(move || {
        // The watcher stops when it is dropped: it lives as long as this thread.
        let _watcher = watcher;
        run(&wakes, loader, root.is_some(), after);
    })?;
    Ok(Watch { stop, thread: Some(thread) })
}

fn watcher(root: &Path, changed: Sender<Wake>) -> anyhow::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file is reported too; a look that it causes would cause the next one.
        let read_only = event.as_ref().is_ok_and(|event| event.kind.is_access());
        if !read_only {
            // The thread has stopped: nobody needs to know.
            let _ = changed.send(Wake::Changed);
        }
    })?;
    let folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root.join(folder)).filter(|it| it.is_dir()).collect();
    for folder in folders {
        watcher.watch(&folder, RecursiveMode::Recursive)?;
    }
    Ok(watcher)
}

fn run(wakes: &Receiver<Wake>, mut loader: Loader, watched: bool, after: impl Fn(anyhow::Result<Refreshed>, u64)) {
    while wait(wakes, watched) {
        let start = clock::monotonic_ns();
        let done = loader.refresh(clock::now());
        if let Err(err) = &done {
            tracing::error!("looking at the packs failed; what is live stays: {err:#}");
        }
        if !matches!(done, Ok(Refreshed::Unchanged)) {
            after(done, clock::monotonic_ns() - start);
        }
    }
}

/// Waits for the next look; `false` when it is time to stop.
fn wait(wakes: &Receiver<Wake>, watched: bool) -> bool {
    let first = if watched { wakes.recv_timeout(SLOW_LOOK) } else { wakes.recv().map_err(RecvTimeoutError::from) };
    match first {
        Ok(Wake::Changed) => {}
        Err(RecvTimeoutError::Timeout) => return true,
        Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return false,
    }
    let start = clock::monotonic_ns();
    while u128::from(clock::monotonic_ns() - start) < LONGEST_WAIT.as_nanos() {
        match wakes.recv_timeout(DEBOUNCE) {
            Ok(Wake::Changed) => {}
            Err(RecvTimeoutError::Timeout) => break,
            Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
    true
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.stop.send(Wake::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic was reported when it happened.
            let _ = thread.join();
        }
    }
}
