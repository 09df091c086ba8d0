//! What decides: releases with their reports, rules, units.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{App, Error, check, meant};
use crate::access::Caller;
use crate::regulation::Unit;
use crate::releases::Report;

/// How a jurisdiction stands.
pub struct Standing {
    pub report: Report,
    /// Rules out of service because they overran or kept failing.
    pub suspended: Vec<String>,
    pub entries: usize,
    /// The regulation's last day, when it has passed (HN-55): it is still applied, and somebody has to confirm that.
    pub lapsed: Option<String>,
}

/// One rule that is live.
pub struct RuleLine {
    pub id: String,
    pub verb: &'static str,
    pub group: String,
    pub file: String,
    pub line: u32,
    pub basis: String,
    pub auto: bool,
    pub suspended: bool,
}

impl App {
    /// Every jurisdiction that the caller may see.
    pub fn standings(&self, caller: &Caller) -> BTreeMap<String, Standing> {
        let snapshot = self.live.snapshot();
        let reports = self.live.reports.load();
        let today = crate::calendar::local_date((self.now)());
        let seen = |name: &&String| caller.jurisdiction.is_empty() || caller.jurisdiction == **name;
        let standing = |name: &String| {
            let release = snapshot.releases[name].as_ref();
            let missing = || Report { jurisdiction: name.clone(), ..Report::default() };
            let suspended = release.map(|release| release.suspended.iter().cloned().collect()).unwrap_or_default();
            let report = reports.jurisdictions.get(name).cloned().unwrap_or_else(missing);
            let lapsed = release.and_then(|release| release.regulation.lapsed(today));
            Standing { report, suspended, entries: snapshot.knowledge(name).len(name), lapsed }
        };
        snapshot.releases.keys().filter(seen).map(|name| (name.clone(), standing(name))).collect()
    }

    /// The rules that decide now, by file and id, with the digest of their release; `None`: there is no release.
    pub fn rules(&self, caller: &Caller, jurisdiction: &str) -> Result<Option<(String, Vec<RuleLine>)>, Error> {
        let jurisdiction = meant(caller, jurisdiction)?;
        let snapshot = self.live.snapshot();
        let Some(release) = check::known(&snapshot, &jurisdiction)? else { return Ok(None) };
        let line = |rule: &Arc<crate::rules::Rule>| RuleLine {
            id: rule.id.clone(),
            verb: rule.verb.name(),
            group: rule.group.clone(),
            file: rule.file.to_string(),
            line: rule.line,
            basis: rule.basis.clone(),
            auto: rule.auto,
            suspended: release.suspended.contains(&rule.id),
        };
        Ok(Some((release.digest.to_string(), release.rules.rules().iter().map(line).collect())))
    }

    /// The units of a jurisdiction, in the order of their file; none without a release.
    pub fn units(&self, caller: &Caller, jurisdiction: &str) -> Result<Vec<Unit>, Error> {
        let jurisdiction = meant(caller, jurisdiction)?;
        let snapshot = self.live.snapshot();
        let release = check::known(&snapshot, &jurisdiction)?;
        Ok(release.map(|release| release.units.iter().cloned().collect()).unwrap_or_default())
    }
}
