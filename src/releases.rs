//! Files → releases: compile what changed, run the cases, keep the last good one of each jurisdiction. Pure but for its
//! memory of the last round; it opens no file and publishes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::packs::Pack;
use crate::triage::{Cache, CaseFailure, Release, digest_of, run_case};

/// Compiles packs, one after the other.
#[derive(Default)]
pub struct Releases {
    cache: Cache,
    good: BTreeMap<String, Arc<Release>>,
    reports: BTreeMap<String, Report>,
}

/// How the last attempt went in one jurisdiction.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Report {
    pub jurisdiction: String,
    /// Content address of the files as they stand.
    #[schema(value_type = String)]
    pub wanted: Digest,
    /// Content address of what decides; empty when nothing ever compiled.
    #[schema(value_type = String)]
    pub active: Digest,
    /// The files as they stand are what decides.
    pub current: bool,
    pub rules: usize,
    pub cases: usize,
    pub diagnostics: Vec<Diagnostic>,
    pub failed_cases: Vec<FailedCase>,
}

/// A case that the files as they stand do not pass.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FailedCase {
    pub name: String,
    pub file: String,
    pub line: u32,
    pub differences: Vec<String>,
    /// Rules that spoke, for finding the culprit.
    pub fired: Vec<String>,
}

/// What a round yields.
pub struct Round {
    /// `None` where nothing ever compiled.
    pub releases: BTreeMap<String, Option<Arc<Release>>>,
    pub reports: BTreeMap<String, Report>,
}

impl Releases {
    /// Puts in releases that were good before the program started, so that a broken file at start changes nothing.
    pub fn remember(&mut self, release: Arc<Release>) {
        self.good.insert(release.jurisdiction.clone(), release);
    }

    /// One round over a pack.
    pub fn round(&mut self, pack: &Pack) -> Round {
        self.cache.next_round();
        let jurisdictions = pack.jurisdictions();
        for jurisdiction in &jurisdictions {
            let report = self.attempt(jurisdiction, pack);
            self.reports.insert(jurisdiction.clone(), report);
        }
        // A jurisdiction whose folder vanished goes on with its last good release: a slip must not stop a hotline.
        for (name, report) in self.reports.iter_mut().filter(|(name, _)| !jurisdictions.contains(name)) {
            let gone = Diagnostic::warning(&format!("rules/{name}"), 1, "整个文件夹不见了，沿用上一个版本");
            report.current = false;
            report.diagnostics = vec![gone.help("放回文件夹；确要撤销这个辖区时重启服务")];
        }
        let releases = self.reports.keys().map(|name| (name.clone(), self.good.get(name).cloned()));
        Round { releases: releases.collect(), reports: self.reports.clone() }
    }

    fn attempt(&mut self, jurisdiction: &str, pack: &Pack) -> Report {
        let files = pack.release_files(jurisdiction);
        let wanted = digest_of(&files);
        let unreadable: Vec<Diagnostic> = pack
            .unreadable_of(jurisdiction)
            .map(|(path, why)| Diagnostic::error(path, 1, why.clone()).help("改好后保存，系统会自动重新读取"))
            .collect();
        let known = self.good.get(jurisdiction).is_some_and(|good| good.digest == wanted);
        if known && unreadable.is_empty() && self.reports.get(jurisdiction).is_some_and(|report| report.current) {
            return self.reports[jurisdiction].clone();
        }
        let (release, mut diagnostics) = Release::compile(jurisdiction, &files, &mut self.cache);
        diagnostics.extend(unreadable);
        diagnostics.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        let mut report = Report { jurisdiction: jurisdiction.to_owned(), wanted, diagnostics, ..Report::default() };
        if let Some(release) = release.filter(|_| !report.diagnostics.iter().any(Diagnostic::is_error)) {
            report.rules = release.rules.rules().len();
            report.cases = release.cases.len();
            report.failed_cases = failed_cases(&release);
            if report.failed_cases.is_empty() {
                self.good.insert(jurisdiction.to_owned(), Arc::new(release));
                report.current = true;
            }
        }
        if let Some(good) = self.good.get(jurisdiction) {
            report.active = good.digest.clone();
        }
        report
    }
}

fn failed_cases(release: &Release) -> Vec<FailedCase> {
    release.cases.iter().filter_map(|case| run_case(release, case).1).map(FailedCase::from).collect()
}

impl From<CaseFailure> for FailedCase {
    fn from(failure: CaseFailure) -> Self {
        let fired = failure.decision.fired_rules().into_iter().map(str::to_owned).collect();
        Self { name: failure.name, file: failure.file, line: failure.line, differences: failure.differences, fired }
    }
}
