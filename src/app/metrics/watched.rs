//! What is looked at when somebody asks: is it healthy, does it keep up, what is it waiting for.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;

use super::book::Book;
use super::{ByJurisdiction, latency, seconds, whole};
use crate::app::pool::Load;
use crate::store::{Committed, Counts, Health, Pulse};
use crate::triage::{Warning, level_name};

/// Everything that was looked at, at one moment.
pub(in crate::app) struct Seen {
    pub(in crate::app) at: DateTime<Utc>,
    pub(in crate::app) counts: Counts,
    pub(in crate::app) provisional: usize,
    pub(in crate::app) health: Health,
    pub(in crate::app) pulse: Pulse,
    /// Bytes that are left in the file system of the data.
    pub(in crate::app) free: Option<u64>,
    /// Rules out of service, by jurisdiction.
    pub(in crate::app) out_of_service: BTreeMap<String, usize>,
    pub(in crate::app) load: Load,
    pub(in crate::app) process: Process,
}

/// What the operating system says of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::app) struct Process {
    pub(in crate::app) resident_bytes: u64,
    pub(in crate::app) open_fds: u64,
    pub(in crate::app) max_fds: u64,
    pub(in crate::app) started_at_s: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByState {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByColour {
    jurisdiction: String,
    colour: &'static str,
}

type Seconds = Gauge<f64, AtomicU64>;

pub(super) struct Watched {
    store_state: Family<ByState, Gauge>,
    store_writable: Gauge,
    journal_bytes: Gauge,
    free_bytes: Gauge,
    journal_written: Counter,
    commit_requests: Histogram,
    commit_seconds: Histogram,
    commits_waiting: Gauge,
    evaluations_waiting: Gauge,
    evaluations_running: Gauge,
    threads_given_up: Gauge,
    out_of_service: Family<ByJurisdiction, Gauge>,
    queue_oldest: Family<ByJurisdiction, Seconds>,
    warned: Family<ByColour, Gauge>,
    overdue: Family<ByJurisdiction, Gauge>,
    ticker_lag: Seconds,
    provisional: Gauge,
    resident: Gauge,
    open_fds: Gauge,
    max_fds: Gauge,
    started: Seconds,
}

/// Requests that share a commit.
const SHARED: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

impl Default for Watched {
    fn default() -> Self {
        Self {
            store_state: Family::default(),
            store_writable: Gauge::default(),
            journal_bytes: Gauge::default(),
            free_bytes: Gauge::default(),
            journal_written: Counter::default(),
            commit_requests: Histogram::new(SHARED),
            commit_seconds: latency(),
            commits_waiting: Gauge::default(),
            evaluations_waiting: Gauge::default(),
            evaluations_running: Gauge::default(),
            threads_given_up: Gauge::default(),
            out_of_service: Family::default(),
            queue_oldest: Family::default(),
            warned: Family::default(),
            overdue: Family::default(),
            ticker_lag: Gauge::default(),
            provisional: Gauge::default(),
            resident: Gauge::default(),
            open_fds: Gauge::default(),
            max_fds: Gauge::default(),
            started: Gauge::default(),
        }
    }
}

impl Watched {
    pub(super) fn register(&self, book: &mut Book) {
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        book.info("build", "The program that runs", build);
        book.gauge("store_state", "1 for the state the store is in", self.store_state.clone());
        book.gauge("store_writable", "1: the store takes events", self.store_writable.clone());
        book.gauge("journal_bytes", "Bytes of the journal on the disk", self.journal_bytes.clone());
        book.gauge("data_free_bytes", "Room in the file system of the data folder", self.free_bytes.clone());
        book.counter("journal_written_bytes", "Bytes written to the journal", self.journal_written.clone());
        book.histogram("commit_requests", "Requests that shared a commit", self.commit_requests.clone());
        book.histogram("commit_sync_seconds", "Write and fdatasync of a commit", self.commit_seconds.clone());
        book.gauge("commits_waiting", "Requests waiting for the committer", self.commits_waiting.clone());
        book.gauge("evaluations_waiting", "Requests waiting for a thread", self.evaluations_waiting.clone());
        book.gauge("evaluations_running", "Requests being evaluated", self.evaluations_running.clone());
        book.gauge("threads_given_up", "Threads held by a script that does not end", self.threads_given_up.clone());
        book.gauge("rules_out_of_service", "Rules out of service now", self.out_of_service.clone());
        let oldest = self.queue_oldest.clone();
        book.gauge("queue_oldest_seconds", "Since the ticket came that waits longest", oldest);
        book.gauge("tickets_warned", "Open tickets with a colour", self.warned.clone());
        book.gauge("tickets_overdue", "Open tickets whose due date has passed", self.overdue.clone());
        book.gauge("ticker_lag_seconds", "How long something is due that was not done", self.ticker_lag.clone());
        book.gauge("provisional_due_dates", "Tickets due in unpublished years", self.provisional.clone());
        book.process("process_resident_memory_bytes", "Resident memory", self.resident.clone());
        book.process("process_open_fds", "Open file descriptors", self.open_fds.clone());
        book.process("process_max_fds", "File descriptors that may be open", self.max_fds.clone());
        book.process("process_start_time_seconds", "Start, since 1970", self.started.clone());
    }

    pub(super) fn committed(&self, committed: Committed) {
        self.commit_requests.observe(committed.requests as f64);
        self.commit_seconds.observe(seconds(committed.nanoseconds));
        self.journal_written.inc_by(committed.bytes as u64);
    }

    pub(super) fn set(&self, seen: &Seen) {
        let health = match seen.health {
            Health::Writable => "writable",
            Health::ReadOnly { .. } => "read_only",
            Health::Failed { .. } => "failed",
        };
        for state in ["writable", "read_only", "failed"] {
            self.store_state.get_or_create(&ByState { state }).set(i64::from(state == health));
        }
        self.store_writable.set(i64::from(seen.health == Health::Writable));
        self.journal_bytes.set(whole(seen.pulse.journal_bytes));
        self.free_bytes.set(whole(seen.free.unwrap_or_default()));
        self.commits_waiting.set(whole(seen.pulse.waiting));
        let Load { waiting, running, given_up } = seen.load;
        self.evaluations_waiting.set(whole(waiting as u64));
        self.evaluations_running.set(whole(running as u64));
        self.threads_given_up.set(whole(given_up as u64));
        self.ticker_lag.set(seen.pulse.next_due.map_or(0.0, |at| since(at, seen.at)));
        self.provisional.set(whole(seen.provisional as u64));
        for (jurisdiction, rules) in &seen.out_of_service {
            let labels = ByJurisdiction { jurisdiction: jurisdiction.clone() };
            self.out_of_service.get_or_create(&labels).set(whole(*rules as u64));
        }
        self.set_waiting(seen);
        self.resident.set(whole(seen.process.resident_bytes));
        self.open_fds.set(whole(seen.process.open_fds));
        self.max_fds.set(whole(seen.process.max_fds));
        self.started.set(seen.process.started_at_s);
    }

    fn set_waiting(&self, seen: &Seen) {
        for (jurisdiction, waiting) in &seen.pulse.jurisdictions {
            let labels = ByJurisdiction { jurisdiction: jurisdiction.clone() };
            let oldest = waiting.oldest.map_or(0.0, |at| since(at, seen.at));
            self.queue_oldest.get_or_create(&labels).set(oldest);
            self.overdue.get_or_create(&labels).set(whole(waiting.overdue));
            for colour in [Warning::Blue, Warning::Yellow, Warning::Red] {
                let labels = ByColour { jurisdiction: jurisdiction.clone(), colour: level_name(colour) };
                let tickets = waiting.warned.get(&colour).copied().unwrap_or_default();
                self.warned.get_or_create(&labels).set(whole(tickets));
            }
        }
    }
}

/// Seconds; 0 for what lies ahead.
fn since(at: DateTime<Utc>, now: DateTime<Utc>) -> f64 {
    (now - at).num_milliseconds().max(0) as f64 / 1_000.0
}
