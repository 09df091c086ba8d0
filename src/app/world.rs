//! Packs → one snapshot, for commands that need no store.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::packs::Source;
use crate::releases::{Releases, Report};
use crate::triage::Snapshot;

/// Everything loaded from one source, with what was wrong.
pub struct World {
    pub snapshot: Snapshot,
    pub reports: BTreeMap<String, Report>,
    pub dictionary: Vec<Diagnostic>,
}

impl World {
    pub fn load(source: &Source) -> anyhow::Result<Self> {
        let pack = source.read()?;
        let round = Releases::default().round(&pack);
        let snapshot = Snapshot { lexicon: round.lexicon, knowledge: Default::default(), releases: round.releases };
        Ok(Self { snapshot, reports: round.reports, dictionary: round.dictionary })
    }
}
