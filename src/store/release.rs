//! Releases in the store: the files by digest, so that a restart with a broken file serves the last good one and every
//! decision can be made again; and the history of what went live.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Store;
use super::append::AppendError;
use super::committer::{Done, Work};
use super::payload::{Payload, ReleaseCommit};
use super::plan::Plan;
use super::project::{self, ReleaseRow};
use super::read::ReadError;
use super::view::{Direction, keys};
use crate::digest::Digest;
use crate::releases::{Note, Record};
use crate::ticket::Actor;

/// Path inside the jurisdiction's rules → text.
pub type ReleaseFiles = BTreeMap<String, String>;

/// A release that goes live.
pub struct Live<'a> {
    pub jurisdiction: &'a str,
    pub digest: Digest,
    pub files: &'a ReleaseFiles,
    pub note: Note,
    /// Refused unless this one is live still; `None`: whatever is.
    pub instead_of: Option<Digest>,
}

pub(crate) struct ReleaseWork {
    pub(crate) commit: ReleaseCommit,
    pub(crate) instead_of: Option<Digest>,
}

impl Store {
    /// Keeps a release that is good to serve and makes it the one to start with. `None`: it was that already. Waits for the
    /// committer: call it from threads that may block.
    pub fn put_release(&self, live: Live<'_>, actor: Actor, at: DateTime<Utc>) -> Result<Option<Record>, AppendError> {
        let Live { jurisdiction, digest, files, note, instead_of } = live;
        let blob = self.keep(files)?;
        let commit = ReleaseCommit { jurisdiction: jurisdiction.to_owned(), at, actor, digest, blob, note, live: true };
        self.release_work(ReleaseWork { commit, instead_of })
    }

    /// Keeps a release without making it live: one that is tried.
    pub fn keep_release(
        &self,
        jurisdiction: &str,
        digest: Digest,
        files: &ReleaseFiles,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<(), AppendError> {
        let (blob, jurisdiction, note) = (self.keep(files)?, jurisdiction.to_owned(), Note::default());
        let commit = ReleaseCommit { jurisdiction, at, actor, digest, blob, note, live: false };
        self.release_work(ReleaseWork { commit, instead_of: None }).map(drop)
    }

    fn keep(&self, files: &ReleaseFiles) -> Result<Digest, AppendError> {
        self.stopped().map_or(Ok(()), Err)?;
        let failed = |reason| AppendError::Failed { reason };
        let text = serde_json::to_vec(files).map_err(|error| failed(error.to_string()))?;
        self.0.core.blobs.put(&text).map_err(|error| failed(error.to_string()))
    }

    fn release_work(&self, work: ReleaseWork) -> Result<Option<Record>, AppendError> {
        match self.wait(|reply| self.send(Work::Release(Box::new(work)), reply))? {
            Done::Release(record) => Ok(record.map(|record| *record)),
            _ => Err(AppendError::Closed),
        }
    }

    /// The files of a release.
    pub fn release(&self, digest: &Digest) -> Result<Option<ReleaseFiles>, ReadError> {
        let Some(row) = self.value::<ReleaseRow>(&keys::release(digest.as_str()))? else { return Ok(None) };
        let read = || Ok(serde_json::from_slice(&self.0.core.blobs.get(&row.blob)?)?);
        read().map(Some).map_err(|cause| ReadError::Release { digest: digest.to_string(), cause })
    }

    /// The releases whose digest begins with `prefix`, with their jurisdictions; also those that never went live.
    pub fn releases_like(&self, prefix: &str) -> Result<Vec<(Digest, String)>, ReadError> {
        let (from, mut found) = (keys::releases(prefix), Vec::new());
        self.0.core.view.scan(&from, &keys::after(&from), Direction::Forward, &mut |key, value| {
            let digest = String::from_utf8_lossy(key.get(keys::releases("").len()..).unwrap_or_default()).into_owned();
            let row = super::view::layer::parse::<ReleaseRow>(key, value);
            found.push(row.map(|row| (Digest::known(digest), row.jurisdiction)));
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(found.into_iter().collect::<Result<_, _>>()?)
    }

    pub fn last_release(&self, jurisdiction: &str) -> Result<Option<Digest>, ReadError> {
        Ok(self.value(&keys::last_release(jurisdiction))?)
    }

    /// What went live in a jurisdiction, newest first, below a number.
    pub fn records(&self, jurisdiction: &str, below: Option<u64>, limit: usize) -> Result<Vec<Record>, ReadError> {
        let until = match below {
            Some(number) => keys::record(jurisdiction, number),
            None => keys::after(&keys::records(jurisdiction)),
        };
        let mut found = Vec::new();
        self.0.core.view.scan(&keys::records(jurisdiction), &until, Direction::Backward, &mut |key, value| {
            found.push(super::view::layer::parse(key, value));
            if found.len() < limit { std::ops::ControlFlow::Continue(()) } else { std::ops::ControlFlow::Break(()) }
        })?;
        Ok(found.into_iter().collect::<Result<_, _>>()?)
    }
}

pub(crate) fn plan(plan: &mut Plan<'_>, work: ReleaseWork) -> Result<Option<Record>, AppendError> {
    let ReleaseWork { commit, instead_of } = work;
    let last: Option<Digest> = plan.layer.get(&keys::last_release(&commit.jurisdiction))?;
    if commit.live && instead_of.is_some() && instead_of != last {
        return Err(AppendError::ReleaseMoved { jurisdiction: commit.jurisdiction });
    }
    let kept = plan.layer.get::<ReleaseRow>(&keys::release(commit.digest.as_str()))?.is_some();
    if if commit.live { last.as_ref() == Some(&commit.digest) } else { kept } {
        return Ok(None);
    }
    let (jurisdiction, at, live) = (commit.jurisdiction.clone(), commit.at, commit.live);
    let payload = Payload::Release(Box::new(commit));
    let bytes = serde_json::to_vec(&payload).map_err(|error| AppendError::Failed { reason: error.to_string() })?;
    let place = plan.check(&bytes, 1)?;
    project::payload(&mut plan.layer, place, payload)?;
    plan.check_values()?;
    plan.push(&bytes, 1, at);
    if !live {
        return Ok(None);
    }
    let number: u64 = plan.layer.get(&keys::record_count(&jurisdiction))?.unwrap_or_default();
    Ok(plan.layer.get(&keys::record(&jurisdiction, number))?)
}
