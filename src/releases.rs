//! Files → releases: compile what changed, run the cases, keep the last good one of each jurisdiction. Pure but for its
//! memory of the last round; it opens no file and publishes nothing.

mod cases;
mod draft;
mod record;
mod terms;
mod touched;
mod trial;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use cases::{CaseVote, FailedCase, failed_cases, run_cases};
pub use draft::{Act, Draft, Edits, NotNow, Stage, difference, edit};
pub use record::{Change, FileChange, Note, Record, Way, changes};
use serde::Serialize;
pub use terms::{EditedIn, OwnTerms, Policy, Terms};
pub use touched::touched;
pub use trial::{Counts, Ended, Kind, Limits, Trial, Tried};
use utoipa::ToSchema;

use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::packs::Pack;
use crate::triage::{Cache, Release, digest_of};

/// Compiles packs, one after the other.
#[derive(Default)]
pub struct Releases {
    cache: Cache,
    good: BTreeMap<String, Arc<Release>>,
    /// The good ones that have passed all their cases under this program.
    proven: BTreeMap<String, Digest>,
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

/// What a round yields.
pub struct Round {
    /// `None` where nothing ever compiled.
    pub releases: BTreeMap<String, Option<Arc<Release>>>,
    pub reports: BTreeMap<String, Report>,
}

impl Report {
    /// Of a release that decides as it stands.
    pub fn of(release: &Release) -> Self {
        Self {
            jurisdiction: release.jurisdiction.clone(),
            wanted: release.digest.clone(),
            active: release.digest.clone(),
            current: true,
            rules: release.rules.rules().len(),
            cases: release.cases.len(),
            ..Self::default()
        }
    }
}

impl Releases {
    /// Puts in releases that were good before the program started, so that a broken file at start changes nothing.
    pub fn remember(&mut self, release: Arc<Release>) {
        self.good.insert(release.jurisdiction.clone(), release);
    }

    /// One round over a pack.
    pub fn round(&mut self, pack: &Pack) -> Round {
        self.round_of(pack, |_| true, |_| None)
    }

    /// One round over those jurisdictions of a pack that are edited there. `forced`: the release that goes live in one
    /// though cases fail, because somebody said so.
    pub fn round_of(
        &mut self,
        pack: &Pack,
        edited: impl Fn(&str) -> bool,
        forced: impl Fn(&str) -> Option<Digest>,
    ) -> Round {
        self.cache.next_round();
        let mut jurisdictions = pack.jurisdictions();
        jurisdictions.retain(|jurisdiction| edited(jurisdiction));
        for jurisdiction in &jurisdictions {
            let report = self.attempt(jurisdiction, pack, forced(jurisdiction));
            self.reports.insert(jurisdiction.clone(), report);
        }
        // A jurisdiction whose folder vanished goes on with its last good release: a slip must not stop a hotline.
        for (name, report) in self.reports.iter_mut().filter(|(name, _)| edited(name) && !jurisdictions.contains(name))
        {
            let gone = Diagnostic::warning(&format!("rules/{name}"), 1, "整个文件夹不见了，沿用上一个版本");
            report.current = false;
            report.diagnostics = vec![gone.help("放回文件夹；确要撤销这个辖区时重启服务")];
        }
        let ours = |name: &&String| edited(name);
        let releases = self.reports.keys().filter(ours).map(|name| (name.clone(), self.good.get(name).cloned()));
        let reports = self.reports.iter().filter(|(name, _)| edited(name));
        let reports = reports.map(|(name, report)| (name.clone(), report.clone()));
        Round { releases: releases.collect(), reports: reports.collect() }
    }

    fn attempt(&mut self, jurisdiction: &str, pack: &Pack, forced: Option<Digest>) -> Report {
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
            report.failed_cases = self.failed_cases(&release);
            if report.failed_cases.is_empty() || forced.as_ref() == Some(&release.digest) {
                let proven = report.failed_cases.is_empty().then(|| release.digest.clone());
                self.proven.insert(jurisdiction.to_owned(), proven.unwrap_or_default());
                self.good.insert(jurisdiction.to_owned(), Arc::new(release));
                report.current = true;
            }
        }
        if let Some(good) = self.good.get(jurisdiction) {
            report.active = good.digest.clone();
        }
        report
    }

    /// The cases that a release does not pass: those that passed in the last good one and cannot be touched by what has
    /// changed since are not run again.
    fn failed_cases(&self, release: &Release) -> Vec<FailedCase> {
        let proven = self.proven.get(&release.jurisdiction);
        match self.good.get(&release.jurisdiction).filter(|good| proven == Some(&good.digest)) {
            Some(good) => run_cases(release, &touched(good, release)),
            None => failed_cases(release),
        }
    }
}
