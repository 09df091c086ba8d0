//! What authors look at: the files of a release, of a draft, or of edits on top; compiled and checked beside what serves.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use utoipa::ToSchema;

use super::releases::known_draft;
use super::{App, Error, Missing, check, meant};
use crate::access::Caller;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::releases::{Edits, FailedCase, FileChange, Policy, changes, edit, failed_cases};
use crate::triage::{Cache, Files, Release, digest_of};

/// Compiles what authors are at, beside what serves.
#[derive(Default)]
pub(super) struct Bench {
    pub(super) policy: Policy,
    cache: Mutex<Cache>,
}

impl Bench {
    pub(super) fn new(policy: Policy) -> Self {
        Self { policy, cache: Mutex::default() }
    }

    /// Compiles; the release, if it is sound, and everything that is to say about it.
    pub(super) fn compile(&self, jurisdiction: &str, files: &Files) -> (Option<Release>, Vec<Diagnostic>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        Release::compile(jurisdiction, files, &mut cache)
    }

    pub(super) fn sound(&self, jurisdiction: &str, files: &Files) -> Result<Release, Error> {
        let (release, diagnostics) = self.compile(jurisdiction, files);
        release.ok_or(Error::RulesBroken { diagnostics })
    }
}

/// What would go live.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Checked {
    pub jurisdiction: String,
    /// The release that it would be.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// Nothing keeps it from going live: no error, no failing case.
    pub sound: bool,
    pub rules: usize,
    pub cases: usize,
    pub diagnostics: Vec<Diagnostic>,
    pub failed_cases: Vec<FailedCase>,
    pub changed: Vec<FileChange>,
    /// Files that somebody else changed and published meanwhile, and this draft changes too.
    pub contested: Vec<String>,
}

/// Which set of rules is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Which {
    /// Beginning of a release's digest; `None`: what is live.
    pub release: Option<String>,
    pub draft: Option<String>,
    /// On top.
    pub edits: Edits,
}

impl App {
    /// The files of a release, of a draft, or of what is live.
    pub async fn files(&self, caller: &Caller, jurisdiction: &str, which: Which) -> Result<(Digest, Files), Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let app = self.clone();
        self.read(move |_| app.files_of(&jurisdiction, &which)).await?
    }

    /// The release that is meant, compiled. Sound, or every problem.
    pub(super) fn release_of(&self, jurisdiction: &str, which: &Which) -> Result<Arc<Release>, Error> {
        if *which == Which::default() {
            let live = self.live.snapshot().release(jurisdiction).cloned();
            return live.ok_or(Error::NoRegulation);
        }
        let (_, files) = self.files_of(jurisdiction, which)?;
        self.bench.sound(jurisdiction, &files).map(Arc::new)
    }

    pub(super) fn files_of(&self, jurisdiction: &str, which: &Which) -> Result<(Digest, Files), Error> {
        let live = || self.live.snapshot().release(jurisdiction).map(|live| live.digest.clone()).unwrap_or_default();
        let (digest, mut files) = match (&which.draft, &which.release) {
            (Some(id), _) => {
                let draft = known_draft(&self.store, jurisdiction, id)?;
                let parent = self.kept(jurisdiction, &draft.parent)?;
                (draft.parent.clone(), edit(&parent, &self.store.edits(&draft)?))
            }
            (None, Some(name)) => {
                let digest = self.digest_named(jurisdiction, name)?;
                let files = self.kept(jurisdiction, &digest)?;
                (digest, files)
            }
            (None, None) => (live(), self.kept(jurisdiction, &live())?),
        };
        files = edit(&files, &which.edits);
        Ok((digest, files))
    }

    /// The files of a release; none of the one before the first.
    pub(super) fn kept(&self, jurisdiction: &str, digest: &Digest) -> Result<Files, Error> {
        if digest.as_str().is_empty() {
            return Ok(Files::new());
        }
        if let Some(live) = self.live.snapshot().release(jurisdiction).filter(|live| live.digest == *digest) {
            return Ok(Files::clone(&live.files));
        }
        let unknown = || Error::missing(Missing::Release, digest.as_str(), "请核对版本号，见 GET /v1/releases");
        self.store.release(digest)?.ok_or_else(unknown)
    }

    /// A release of the jurisdiction by the beginning of its digest, of at least six characters, or by its number.
    pub(super) fn digest_named(&self, jurisdiction: &str, name: &str) -> Result<Digest, Error> {
        let records = self.store.records(jurisdiction, None, usize::MAX)?;
        let trials = self.store.trials(jurisdiction)?;
        let numbered = name.parse().ok().filter(|_| name.len() < 6);
        let known = records.iter().map(|record| (Some(record.number), &record.digest));
        let tried = trials.iter().map(|trial| (None, &trial.release));
        let mut found = known.chain(tried).filter(|(number, digest)| match numbered {
            Some(wanted) => *number == Some(wanted),
            None => name.len() >= 6 && digest.as_str().starts_with(name),
        });
        let unknown =
            || Error::missing(Missing::Release, name, "写版本号的前六位以上，或版本的序号，见 GET /v1/releases");
        found.next().map(|(_, digest)| digest.clone()).ok_or_else(unknown)
    }

    /// What would go live: every problem, every failing case, every file that differs.
    pub async fn check_rules(&self, caller: &Caller, jurisdiction: &str, which: Which) -> Result<Checked, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let app = self.clone();
        self.read(move |_| app.checked(&jurisdiction, &which)).await?
    }

    fn checked(&self, jurisdiction: &str, which: &Which) -> Result<Checked, Error> {
        let (parent, files) = self.files_of(jurisdiction, which)?;
        let before = self.kept(jurisdiction, &parent)?;
        let changed = changes(&before, &files);
        let contested = self.contested(jurisdiction, &parent, &before, &changed)?;
        let (release, diagnostics) = self.bench.compile(jurisdiction, &files);
        let failed_cases = release.as_ref().map(failed_cases).unwrap_or_default();
        Ok(Checked {
            jurisdiction: jurisdiction.to_owned(),
            digest: digest_of(&files),
            sound: release.is_some() && failed_cases.is_empty(),
            rules: release.as_ref().map_or(0, |release| release.rules.rules().len()),
            cases: release.as_ref().map_or(0, |release| release.cases.len()),
            diagnostics,
            failed_cases,
            changed,
            contested,
        })
    }

    /// Files changed here that differ between the parent and what is live by now.
    fn contested(
        &self,
        jurisdiction: &str,
        parent: &Digest,
        before: &Files,
        changed: &[FileChange],
    ) -> Result<Vec<String>, Error> {
        let live = self.live.snapshot().release(jurisdiction).map(|live| live.digest.clone()).unwrap_or_default();
        if live == *parent {
            return Ok(Vec::new());
        }
        let theirs = changes(before, &self.kept(jurisdiction, &live)?);
        let both = theirs.into_iter().map(|it| it.path).filter(|path| changed.iter().any(|it| it.path == *path));
        Ok(both.collect())
    }

    pub(super) fn jurisdiction(&self, caller: &Caller, named: &str) -> Result<String, Error> {
        let jurisdiction = meant(caller, named)?;
        check::known(&self.live.snapshot(), &jurisdiction)?;
        Ok(jurisdiction)
    }
}
