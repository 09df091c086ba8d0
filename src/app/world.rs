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
    pub dictionary: Vec<Diagnostic>,
    pub entries: Vec<Diagnostic>,
}

impl World {
    /// `as_of` is shown as the date of the entries, which have no history here.
    pub fn load(source: &Source, as_of: NaiveDate) -> anyhow::Result<Self> {
        let pack = source.read()?;
        let round = Releases::default().round(&pack);
        let mut published = Vec::new();
        let mut wrong = Vec::new();
        for jurisdiction in round.releases.keys() {
            let name: Arc<str> = jurisdiction.as_str().into();
            match parse_entries(&pack.entries(jurisdiction)) {
                Ok(entries) => published.extend(entries.into_iter().map(|entry| Published {
                    jurisdiction: name.clone(),
                    entry,
                    as_of,
                })),
                Err(problems) => wrong.extend(problems),
            }
        }
        let knowledge = Knowledge::build(&pack.digest().to_string(), published, &round.lexicon)?;
        let snapshot = Snapshot { lexicon: round.lexicon, knowledge, releases: round.releases };
        Ok(Self { snapshot, reports: round.reports, dictionary: round.dictionary, entries: wrong })
    }
}
