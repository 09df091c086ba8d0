//! The world that requests see now, behind one atomic pointer each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;

use crate::diagnostic::Diagnostic;
use crate::releases::Report;
use crate::triage::Snapshot;

/// Swapped whole; a request loads the snapshot once and keeps it.
pub struct Live {
    pub snapshot: ArcSwap<Snapshot>,
    pub reports: ArcSwap<Reports>,
    /// Held from changing the stored entries to showing them: whoever shows knowledge has seen every change before.
    pub(super) publishing: Mutex<()>,
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
        }
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }
}
