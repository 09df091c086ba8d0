//! Does the view still say what the journal says? A second view is made from the journal beside the one in use and
//! compared with it key by key, also while the service goes on: what differs is looked at once more at a moment when the
//! committer stands still.

mod compare;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, RwLock, mpsc};

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::compare::{Difference, Kind};

use super::append::AppendError;
use super::committer::Work;
use super::core::{Core, Health};
use super::journal::Location;
use super::journal::frame;
use super::opening::Opening;
use super::project::KEY_LIFE;
use super::read::ReadError;
use super::recover::catch_up::{CatchUp, WalkError};
use super::view::{View, ViewError, keys};
use super::{Store, references};
use crate::digest::Digest;
use crate::ticket::EventId;

/// Memory for the cache of the second view, in bytes.
const CACHE: u64 = 32 * 1024 * 1024;

/// What a verification looked at, and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Verified {
    /// Commits of the journal that were read.
    pub commits: u64,
    /// Blobs that were read.
    pub blobs: u64,
    /// Keys of the view that were compared.
    pub keys: u64,
    /// Keys that say otherwise than the journal.
    pub differing: Vec<Difference>,
    /// What the journal itself lacks.
    pub broken: Vec<Broken>,
}

/// Something in the journal that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Broken {
    /// The sequence of the commit.
    pub seq: u64,
    /// The ticket, where it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// What is wrong (Chinese).
    pub what: String,
}

impl Verified {
    pub fn is_good(&self) -> bool {
        self.differing.is_empty() && self.broken.is_empty()
    }
}

/// The verification could not be done.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("第二份视图{path}：{cause}", path = .path.display())]
    Scratch { path: PathBuf, cause: io::Error },
    #[error("磁盘空间不足，不能核对：第二份视图需要与视图差不多大的空间")]
    NoRoom,
    #[error("核对中断：{0}")]
    Stopped(String),
}

impl From<ViewError> for VerifyError {
    fn from(error: ViewError) -> Self {
        Self::Stopped(error.to_string())
    }
}

impl From<ReadError> for VerifyError {
    fn from(error: ReadError) -> Self {
        Self::Stopped(error.to_string())
    }
}

impl From<AppendError> for VerifyError {
    fn from(error: AppendError) -> Self {
        Self::Stopped(error.to_string())
    }
}

impl Store {
    /// Reads the whole journal and compares. Takes as long as a rebuild; `opening` says how far it is. Waits: call it from a
    /// thread that may block.
    pub fn verify(&self, now: DateTime<Utc>, opening: &Opening) -> Result<Verified, VerifyError> {
        if self.room().is_some_and(|(_, short)| short) {
            return Err(VerifyError::NoRoom);
        }
        let mut check = Check::begin(Arc::clone(&self.0.core), now)?;
        check.follow(self.reached()?.next, Some(opening))?;
        let suspects = check.compare()?;
        // Once more, so that little is left to do while nothing is committed.
        check.follow(self.reached()?.next, None)?;
        self.still(move |next| {
            check.follow(next, None)?;
            check.settle(&suspects)
        })?
    }

    /// Does something while nothing is committed; it is given the next sequence.
    fn still<T: Send + 'static>(&self, look: impl FnOnce(u64) -> T + Send + 'static) -> Result<T, AppendError> {
        if self.health() != Health::Writable {
            let next = self.reached().map_err(AppendError::from)?.next;
            return Ok(look(next));
        }
        let (told, heard) = mpsc::channel();
        // Whatever goes wrong in it is not the committer's fault.
        let look = move |next| drop(told.send(catch_unwind(AssertUnwindSafe(|| look(next)))));
        self.wait(|reply| self.send(Work::Still(Box::new(look)), reply))?;
        let looked = heard.recv().ok().and_then(Result::ok);
        looked.ok_or_else(|| AppendError::Failed { reason: "looking at the view panicked".into() })
    }
}

/// A verification under way.
struct Check {
    core: Arc<Core>,
    second: Second,
    seen: HashSet<Digest>,
    /// Keys used before are forgotten, in one view sooner than in the other.
    horizon: DateTime<Utc>,
    found: Verified,
}

impl Check {
    fn begin(core: Arc<Core>, now: DateTime<Utc>) -> Result<Self, VerifyError> {
        let second = Second::begin(&core)?;
        Ok(Self { core, second, seen: HashSet::new(), horizon: now - KEY_LIFE, found: Verified::default() })
    }

    /// Brings the second view up to a sequence.
    fn follow(&mut self, until: u64, opening: Option<&Opening>) -> Result<(), VerifyError> {
        let mut catching = CatchUp::new(&self.second.view, &self.core.blobs, self.core.keys.as_deref())?;
        catching.chained = true;
        let mut spot = None;
        opening.iter().for_each(|opening| opening.begin(until));
        while catching.progress.next < until {
            let seq = catching.progress.next;
            let read = spot.map_or_else(|| self.core.journal.seek(seq), Ok).and_then(|at| self.core.journal.take(at));
            let (bytes, next) = match read {
                Ok(read) => read,
                Err(cause) => {
                    self.found
                        .broken
                        .push(Broken { seq, ticket: None, what: format!("日志从这里起读不到：{cause}") });
                    break;
                }
            };
            let offset = next.at.offset - (frame::HEADER + bytes.len()) as u64;
            let (id, at) = (EventId { epoch: next.epoch, seq }, Location { offset, ..next.at });
            catching.commit(id, at, next.seq, &bytes).map_err(stopped)?;
            self.found.commits += 1;
            for blob in references::of(&bytes) {
                if !self.seen.insert(blob.clone()) {
                    continue;
                }
                self.found.blobs += 1;
                if let Err(cause) = self.core.blobs.get(&blob) {
                    self.found
                        .broken
                        .push(Broken { seq, ticket: None, what: format!("长文{blob}读不到：{cause}") });
                }
            }
            opening.iter().for_each(|opening| opening.stand(next.seq));
            spot = Some(next);
        }
        catching.end(self.core.epoch)?;
        let unfit = std::mem::take(&mut catching.unfit).into_iter().map(|it| Broken {
            seq: it.seq,
            ticket: it.ticket.map(|id| id.to_string()),
            what: "接不上该工单的前一次提交".to_owned(),
        });
        self.found.broken.extend(unfit);
        Ok(())
    }

    /// Keys that differ, some of them because the one view is ahead of the other.
    fn compare(&mut self) -> Result<Vec<Vec<u8>>, VerifyError> {
        let (mut suspects, mut seen) = (Vec::new(), 0);
        compare::pairs(&self.core.view, &self.second.view, &mut |key, used, made| {
            seen += 1;
            if compare::differs(key, used, made, self.horizon) {
                suspects.push(key.to_vec());
            }
        })?;
        self.found.keys = seen;
        Ok(suspects)
    }

    /// What differs of some keys, both views being at the same sequence.
    fn settle(self, suspects: &[Vec<u8>]) -> Result<Verified, VerifyError> {
        let Self { core, second, horizon, mut found, .. } = self;
        for key in suspects {
            let (used, made) = (core.view.get(key)?, second.view.get(key)?);
            if compare::differs(key, used.as_deref(), made.as_deref(), horizon) {
                found.differing.push(Difference::of(key, used.as_deref(), made.as_deref()));
            }
        }
        Ok(found)
    }
}

fn stopped(error: WalkError) -> VerifyError {
    match error {
        WalkError::Io(cause) => VerifyError::Stopped(cause.to_string()),
        WalkError::View(error) => error.into(),
    }
}

/// The view beside: in a folder of its own that goes with it, or in memory as the store is.
struct Second {
    view: View,
    /// Dropped after the view: sled writes once more when it goes.
    _folder: Option<Folder>,
}

impl Second {
    fn begin(core: &Core) -> Result<Self, VerifyError> {
        let Some(dir) = core.space.dir().map(|dir| dir.join("view.check")) else {
            return Ok(Self { view: View::Memory(RwLock::default()), _folder: None });
        };
        match fs::remove_dir_all(&dir) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(VerifyError::Scratch { path: dir, cause });
            }
            _ => {}
        }
        Ok(Self { view: View::sled(&dir, CACHE, core.keys.clone())?, _folder: Some(Folder(dir)) })
    }
}

/// Removed when it is needed no more.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(dir = %self.0.display(), %error, "the second view was not removed");
        }
    }
}

/// Where keys of idempotency stand: these alone are forgotten as time goes by.
fn is_key_of_age(key: &[u8]) -> bool {
    key.starts_with(&keys::aged_until(0)[..1])
}
