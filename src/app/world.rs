//! Packs → one snapshot, for commands that need no store.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::loader::parse_entries;
use crate::diagnostic::Diagnostic;
use crate::knowledge::{Knowledge, Published};
use crate::packs::Source;
use crate::releases::{Releases, Report};
use crate::triage::Snapshot;

/// Everything loaded from one source, with what was wrong.
pub struct World {
    pub snapshot: Snapshot,
    pub reports: BTreeMap<String, Report>,
    pub entries: Vec<Diagnostic>,
}

impl World {
    /// `as_of` is shown as the date of the entries, which have no history here.
    pub fn load(source: &Source, as_of: NaiveDate) -> anyhow::Result<Self> {
        let pack = source.read()?;
        let round = Releases::default().round(&pack);
        let mut snapshot = Snapshot { releases: round.releases, ..Snapshot::default() };
        let mut wrong = Vec::new();
        let version = pack.digest().to_string();
        for jurisdiction in snapshot.releases.keys() {
            let name: Arc<str> = jurisdiction.as_str().into();
            let entries = parse_entries(&pack.entries(jurisdiction)).unwrap_or_else(|problems| {
                wrong.extend(problems);
                Vec::new()
            });
            let published = |entry| Published { jurisdiction: name.clone(), entry, as_of };
            let published = entries.into_iter().map(published).collect();
            let knowledge = Knowledge::build(&version, published, snapshot.lexicon(jurisdiction))?;
            snapshot.knowledge.insert(jurisdiction.clone(), knowledge);
        }
        Ok(Self { snapshot, reports: round.reports, entries: wrong })
    }
}
