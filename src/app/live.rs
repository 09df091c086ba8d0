//! The world that requests see now, behind one atomic pointer each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::clock;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::knowledge::regression::Question;
use crate::releases::Report;
use crate::store::ReadError;
use crate::ticket::Actor;
use crate::triage::{Release, Snapshot};

/// Swapped whole; a request loads the snapshot once and keeps it.
pub struct Live {
    pub snapshot: ArcSwap<Snapshot>,
    pub reports: ArcSwap<Reports>,
    /// Held from changing the stored entries to showing them: whoever shows knowledge has seen every change before.
    pub(super) publishing: Mutex<()>,
    /// Releases that go live from the disk though cases fail, by jurisdiction.
    pub(super) forced: Mutex<BTreeMap<String, Forced>>,
    /// Regression questions that are shipped, by jurisdiction.
    pub(super) questions: ArcSwap<BTreeMap<String, Vec<Question>>>,
    /// Counts up when entries, words or questions may have changed.
    changes: watch::Sender<u64>,
}

/// Somebody with the right said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forced {
    pub digest: Digest,
    pub by: Actor,
    pub message: String,
}

/// How the last loading went, for `GET /v1/rules` and `readyz`.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    pub jurisdictions: BTreeMap<String, Report>,
    pub entries: Vec<Diagnostic>,
    /// Counts up with every round that was looked at.
    pub round: u64,
}

impl Live {
    pub fn new(snapshot: Snapshot, reports: Reports) -> Self {
        Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            reports: ArcSwap::from_pointee(reports),
            publishing: Mutex::default(),
            forced: Mutex::default(),
            questions: ArcSwap::default(),
            changes: watch::Sender::new(0),
        }
    }

    /// Wakes when entries, words or questions may have changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Says so. Whoever swaps the snapshot for other entries or words calls it after.
    pub(super) fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Questions that are shipped for a jurisdiction.
    pub fn shipped_questions(&self, jurisdiction: &str) -> Vec<Question> {
        self.questions.load().get(jurisdiction).cloned().unwrap_or_default()
    }

    /// Others are shipped from now on.
    pub fn ship_questions(&self, questions: BTreeMap<String, Vec<Question>>) {
        self.questions.store(Arc::new(questions));
        self.changed();
    }

    /// Another release decides from now on. Only while `publishing` is held.
    pub(super) fn take(&self, release: Arc<Release>, report: Report) -> Result<(), ReadError> {
        let jurisdiction = &report.jurisdiction;
        release.rules.measure(clock::monotonic_ns);
        let known = self.snapshot().knowledge(jurisdiction).clone();
        let knowledge = known.with_changes(known.version(), Vec::new(), &release.lexicon);
        let knowledge = knowledge.map_err(|error| ReadError::View(error.to_string()))?;
        // Rules may leave service meanwhile; entries do not change.
        self.snapshot.rcu(|now| {
            let mut next = Snapshot::clone(now);
            next.releases.insert(jurisdiction.clone(), Some(release.clone()));
            next.knowledge.insert(jurisdiction.clone(), knowledge.clone());
            Arc::new(next)
        });
        self.reports.rcu(|now| {
            let mut next = Reports::clone(now);
            next.jurisdictions.insert(jurisdiction.clone(), report.clone());
            next.round += 1;
            Arc::new(next)
        });
        self.changed();
        Ok(())
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }
}
