//! Looks at everything that metrics tell of this moment.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};

use super::metrics::{Process, Seen};
use super::{App, Error};
use crate::clock;
use crate::store::{ReadError, Store};

impl App {
    /// The text that a scraper gets.
    pub async fn exposition(&self) -> Result<String, Error> {
        let (app, at) = (self.clone(), self.now());
        let seen = self.read(move |store| app.look_around(store, at)).await??;
        Ok(self.metrics.render(&seen))
    }

    fn look_around(&self, store: &Store, at: DateTime<Utc>) -> Result<Seen, ReadError> {
        let snapshot = self.live.snapshot();
        let jurisdictions: Vec<String> = snapshot.releases.keys().cloned().collect();
        let out_of_service = snapshot.releases.iter().map(|(name, release)| {
            let suspended = release.as_ref().map_or(0, |release| release.suspended.len());
            (name.clone(), suspended)
        });
        Ok(Seen {
            at,
            counts: store.counts()?,
            provisional: store.provisional_count()?,
            health: store.health(),
            pulse: store.pulse(&jurisdictions, at)?,
            free: store.room().map(|(free, _)| free),
            out_of_service: out_of_service.collect(),
            load: self.pool.load(),
            process: process(),
        })
    }
}

/// Zeros where the operating system does not say.
fn process() -> Process {
    static STARTED: LazyLock<f64> = LazyLock::new(|| clock::now().timestamp_millis() as f64 / 1_000.0);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok());
    Process {
        resident_bytes: kib.unwrap_or_default() * 1_024,
        open_fds: std::fs::read_dir("/proc/self/fd").map_or(0, |files| files.count() as u64),
        max_fds: rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or_default(),
        started_at_s: *STARTED,
    }
}

/// The process has begun: what it tells of its start is this moment.
pub(super) fn begin() {
    process();
}
