//! Keeps [`Live`] in step with the packs and the store: read everything, compile what changed, run the cases, swap.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use super::live::Forced;
use super::{Live, Reports, models, trials};
use crate::clock;
use crate::diagnostic::Diagnostic;
use crate::knowledge::regression::{self, Question};
use crate::knowledge::{self, Knowledge, Published};
use crate::packs::{Pack, Source};
use crate::releases::{EditedIn, Note, Policy, Releases, Report, Round, Way, changes};
use crate::store::{self, AppendError, Store, StoredEntry};
use crate::text::Lexicon;
use crate::ticket::Actor;
use crate::triage::{Cache, Files, Release, Snapshot, digest_of};

/// Brings what is on the disk into [`Live`].
pub struct Loader {
    source: Source,
    store: Store,
    releases: Releases,
    policy: Policy,
    live: Arc<Live>,
    /// What was last read; `None` before the first round.
    last: Option<Pack>,
    /// What was forced when it was last looked at.
    forced: BTreeMap<String, Forced>,
}

/// What a refresh did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The files are as they were.
    Unchanged,
    /// A round was looked at; whether it changed what decides stands in the reports.
    Round,
}

impl Loader {
    /// Loads for the first time. Releases that were good before the program stopped are remembered, so that a file that is
    /// broken now changes nothing that works. Where rules are edited through the API the last release in the store is live;
    /// the files on the disk are taken only while there is none.
    pub fn start(
        source: Source,
        store: Store,
        policy: Policy,
        now: DateTime<Utc>,
    ) -> anyhow::Result<(Self, Arc<Live>)> {
        let pack = source.read()?;
        let mut releases = Releases::default();
        let mut snapshot = Snapshot::default();
        let mut reports = Reports::default();
        let mut cache = Cache::default();
        for jurisdiction in jurisdictions(&pack, &policy) {
            let source = policy.of(&jurisdiction).source;
            let release = match remembered(&store, &jurisdiction, &mut cache) {
                // The files on the disk are what counts: they are kept once more in a moment.
                Err(error) if source == EditedIn::Disk => {
                    tracing::error!(jurisdiction, %error, "the release kept in the store is damaged");
                    continue;
                }
                other => other?.map(Arc::new),
            };
            let Some(release) = release else { continue };
            if source == EditedIn::Api {
                reports.jurisdictions.insert(jurisdiction.clone(), Report::of(&release));
                release.rules.measure(clock::monotonic_ns);
                snapshot.releases.insert(jurisdiction, Some(release));
            } else {
                releases.remember(release);
            }
        }
        let live = Arc::new(Live::new(snapshot, reports));
        let forced = BTreeMap::new();
        let mut loader = Self { source, store, releases, policy, live: live.clone(), last: None, forced };
        loader.round(pack, now)?;
        trials::resume(&loader.store, &live, &mut cache)?;
        models::resume(&loader.store, &live)?;
        Ok((loader, live))
    }

    /// Reads the packs again and, when they changed, goes round once.
    pub fn refresh(&mut self, now: DateTime<Utc>) -> anyhow::Result<Refreshed> {
        let pack = self.source.read()?;
        let forced = self.live.forced.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if self.last.as_ref() == Some(&pack) && self.forced == forced {
            return Ok(Refreshed::Unchanged);
        }
        self.forced = forced;
        self.round(pack, now)?;
        Ok(Refreshed::Round)
    }

    fn round(&mut self, pack: Pack, now: DateTime<Utc>) -> anyhow::Result<()> {
        let standing = self.live.snapshot();
        // Through the API: the disk only gives the first release.
        let edited = |name: &str| self.policy.of(name).source == EditedIn::Disk || standing.release(name).is_none();
        let forced = |name: &str| self.forced.get(name).map(|forced| forced.digest.clone());
        let round = self.releases.round_of(&pack, edited, forced);
        self.keep_releases(&round, now)?;
        let live = self.live.clone();
        let _publishing = live.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = self.live.snapshot();
        let mut next = Snapshot::clone(&snapshot);
        for (name, release) in &round.releases {
            let release = release.as_ref().map(|release| still_suspended(snapshot.release(name), release));
            release.iter().for_each(|release| release.rules.measure(clock::monotonic_ns));
            next.releases.insert(name.clone(), release);
        }
        let (imported, mut entries) = self.import(&pack, next.releases.keys(), now)?;
        let (questions, wrong) = questions_of(&pack, next.releases.keys());
        entries.extend(wrong);
        for jurisdiction in snapshot.releases.keys().chain(round.releases.keys()) {
            let known = snapshot.knowledge.get(jurisdiction).filter(|_| !imported.contains(jurisdiction));
            let knowledge = knowledge_of(&self.store, jurisdiction, known, next.lexicon(jurisdiction))?;
            next.show(jurisdiction, knowledge)?;
        }
        self.live.snapshot.store(Arc::new(next));
        self.live.ship_questions(questions);
        let before = self.live.reports.load();
        let mut jurisdictions = before.jurisdictions.clone();
        jurisdictions.extend(round.reports);
        let reports = Reports { jurisdictions, entries, round: before.round + 1 };
        reports.log(&before);
        self.live.reports.store(Arc::new(reports));
        self.last = Some(pack);
        Ok(())
    }

    fn keep_releases(&self, round: &Round, now: DateTime<Utc>) -> anyhow::Result<()> {
        for release in round.releases.values().flatten() {
            let jurisdiction = &release.jurisdiction;
            let parent = self.store.last_release(jurisdiction)?;
            // Unreadable: what is put now mends it.
            let before = parent.as_ref().and_then(|parent| self.store.release(parent).ok().flatten());
            if before.is_some() && parent.as_ref() == Some(&release.digest) {
                continue;
            }
            let failed = round.reports.get(jurisdiction).map_or(&[][..], |report| &report.failed_cases);
            let forced = self.forced.get(jurisdiction).filter(|_| !failed.is_empty());
            let note = Note {
                way: Way::Disk,
                message: forced.map(|forced| forced.message.clone()).unwrap_or_default(),
                parent,
                rules: release.rules.rules().len(),
                cases: release.cases.len(),
                failed_cases: failed.iter().map(|case| case.name.clone()).collect(),
                forced_by: forced.map(|forced| forced.by.person.clone()),
                changed: before.map(|before| changes(&before, &release.files)).unwrap_or_default(),
                ..Note::default()
            };
            let (digest, files) = (release.digest.clone(), &*release.files);
            let kept = self.store.put_release(
                store::Live { jurisdiction, digest, files, note, instead_of: None },
                Actor::system(),
                now,
            );
            forgive_read_only(kept.map(drop)).with_context(|| format!("keeping the release of {jurisdiction}"))?;
        }
        Ok(())
    }

    /// Imports the shipped entries, once per content; the jurisdictions where something may have changed. Files with
    /// problems are reported and leave the entries as they were.
    fn import(
        &self,
        pack: &Pack,
        jurisdictions: impl Iterator<Item = impl AsRef<str>>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<(BTreeSet<String>, Vec<Diagnostic>)> {
        let mut changed = BTreeSet::new();
        let mut found = Vec::new();
        for jurisdiction in jurisdictions {
            let jurisdiction = jurisdiction.as_ref();
            let files = pack.entries(jurisdiction);
            let before = self.last.as_ref().map(|last| last.entries(jurisdiction));
            if before.as_ref() == Some(&files) {
                let standing = self.live.reports.load();
                found.extend(standing.entries.iter().filter(|it| files.contains_key(&it.file)).cloned());
                continue;
            }
            match parse_entries(&files) {
                Ok(entries) => {
                    let imported = self.store.import_entries(jurisdiction, digest_of(&files), entries, now);
                    forgive_read_only(imported.map(drop))
                        .with_context(|| format!("importing the entries of {jurisdiction}"))?;
                    changed.insert(jurisdiction.to_owned());
                }
                Err(wrong) => found.extend(wrong),
            }
        }
        Ok((changed, found))
    }
}

/// Jurisdictions on the disk, and those that are edited through the API.
fn jurisdictions(pack: &Pack, policy: &Policy) -> BTreeSet<String> {
    pack.jurisdictions().into_iter().chain(policy.own.keys().cloned()).collect()
}

/// The entries as they stand in the store. `known`: what was made of them before, if they are the same.
fn knowledge_of(
    store: &Store,
    jurisdiction: &str,
    known: Option<&Knowledge>,
    lexicon: &Lexicon,
) -> anyhow::Result<Knowledge> {
    if let Some(known) = known {
        return Ok(known.with_changes(known.version(), Vec::new(), lexicon)?);
    }
    let name: Arc<str> = jurisdiction.into();
    let published = |stored: StoredEntry| {
        let as_of = stored.as_of();
        Published { jurisdiction: name.clone(), entry: stored.entry, as_of }
    };
    let entries = store.entries(jurisdiction)?.into_iter().map(published).collect();
    let version = store.knowledge_version(jurisdiction)?;
    Ok(Knowledge::build(&version.to_string(), entries, lexicon)?)
}

/// The last good release of a jurisdiction, compiled again from the store.
fn remembered(store: &Store, jurisdiction: &str, cache: &mut Cache) -> anyhow::Result<Option<Release>> {
    let Some(digest) = store.last_release(jurisdiction)? else { return Ok(None) };
    let Some(files) = store.release(&digest)? else { return Ok(None) };
    let (release, wrong) = Release::compile(jurisdiction, &files, cache);
    if release.is_none() {
        let first = wrong.first().map(Diagnostic::render).unwrap_or_default();
        tracing::warn!(jurisdiction, digest = digest.short(), first, "the release kept in the store does not compile");
    }
    Ok(release)
}

/// Rules that overran stay out while the release is the same; a new release gives them another chance.
fn still_suspended(before: Option<&Arc<Release>>, release: &Arc<Release>) -> Arc<Release> {
    match before {
        Some(before) if before.digest == release.digest => before.clone(),
        _ => release.clone(),
    }
}

/// A store that is read-only or short of room still serves what it has.
fn forgive_read_only(done: Result<(), AppendError>) -> Result<(), AppendError> {
    match done {
        Err(AppendError::ReadOnly { reason }) => {
            tracing::warn!(reason, "not recorded: the store is read-only");
            Ok(())
        }
        Err(full @ AppendError::DiskFull { .. }) => {
            tracing::warn!(%full, "not recorded");
            Ok(())
        }
        other => other,
    }
}

/// The regression questions of all jurisdictions; a file with problems is reported and gives none.
fn questions_of(
    pack: &Pack,
    jurisdictions: impl Iterator<Item = impl AsRef<str>>,
) -> (BTreeMap<String, Vec<Question>>, Vec<Diagnostic>) {
    let (mut questions, mut wrong) = (BTreeMap::new(), Vec::new());
    for jurisdiction in jurisdictions {
        let Some((path, text)) = pack.questions(jurisdiction.as_ref()) else { continue };
        match regression::parse(path, text) {
            Ok(found) => _ = questions.insert(jurisdiction.as_ref().to_owned(), found),
            Err(problems) => wrong.extend(problems),
        }
    }
    (questions, wrong)
}

/// Entries of all files of a jurisdiction, or every problem.
pub fn parse_entries(files: &Files) -> Result<Vec<knowledge::Entry>, Vec<Diagnostic>> {
    let mut entries: Vec<knowledge::Entry> = Vec::new();
    let mut wrong = Vec::new();
    for (path, text) in files {
        match knowledge::parse(path, text) {
            Ok(more) => {
                for entry in more {
                    if entries.iter().any(|known| known.id == entry.id) {
                        let message = format!("编号「{}」在别的文件里用过", entry.id);
                        wrong.push(Diagnostic::error(path, 1, message).help("每条的编号在一个辖区内只能用一次"));
                    } else {
                        entries.push(entry);
                    }
                }
            }
            Err(problems) => wrong.extend(problems),
        }
    }
    if wrong.is_empty() { Ok(entries) } else { Err(wrong) }
}

impl Reports {
    /// One line per jurisdiction that changed, and each problem: what an operator and an author look for first.
    fn log(&self, before: &Self) {
        let standing = |report: &Report| (report.active.clone(), report.wanted.clone(), report.current);
        for (name, report) in &self.jurisdictions {
            if before.jurisdictions.get(name).map(standing) == Some(standing(report)) {
                continue;
            }
            let (rules, cases) = (report.rules, report.cases);
            if report.current {
                tracing::info!(jurisdiction = name, release = report.active.short(), rules, cases, "release is live");
            } else {
                let active = report.active.short();
                tracing::error!(jurisdiction = name, active, "the files as they stand are not live");
            }
            for failed in &report.failed_cases {
                tracing::error!(jurisdiction = name, "用例没有通过 {}:{} {}", failed.file, failed.line, failed.name);
            }
        }
        let of_jurisdictions = self.jurisdictions.values().flat_map(|report| &report.diagnostics);
        for problem in of_jurisdictions.chain(&self.entries).filter(|it| it.is_error()) {
            tracing::error!("{}", problem.render());
        }
    }
}
