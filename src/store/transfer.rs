//! The whole history as lines of JSON, and back: for another system, another machine, another format of files. What it
//! says is in docs/formats.md.

mod import;

use std::collections::BTreeMap;
use std::io::{self, Write};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::import::{ImportError, import};

use super::outbox::Secret;
use super::payload::{OutboxChange, Payload};
use super::read::ReadError;
use super::{Store, references};
use crate::digest::Digest;
use crate::ticket::{conceal, cover};

const FORMAT: &str = "paidan-export";
const VERSION: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
    program: String,
    made_at: DateTime<Utc>,
    /// The newest one.
    epoch: u64,
    /// The sequence after the last line's.
    next: u64,
    /// False: personal data are covered, and it cannot be imported.
    personal: bool,
}

/// Every other line: one commit.
#[derive(Serialize, Deserialize)]
struct Line {
    epoch: u64,
    /// Of its first event.
    seq: u64,
    /// How many sequences it takes.
    count: u64,
    commit: Payload,
    /// Texts that the commit names by their digest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    blobs: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("写不出去：{0}")]
    Out(io::Error),
    #[error("日志在第{seq}个序号读不到：{cause}")]
    Journal { seq: u64, cause: io::Error },
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Store {
    /// Writes the history as it is now; how many commits. `each` hears the sequence reached and the last one.
    pub fn export(
        &self,
        out: &mut dyn Write,
        personal: bool,
        now: DateTime<Utc>,
        each: &mut dyn FnMut(u64, u64),
    ) -> Result<u64, ExportError> {
        let next = self.reached().map_err(ReadError::from)?.next;
        let head = Head {
            format: FORMAT.to_owned(),
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: now,
            epoch: self.0.core.epoch,
            next,
            personal,
        };
        line(out, &head)?;
        let journal = &self.0.core.journal;
        let (mut spot, mut seq, mut commits) = (None, 1, 0);
        while seq < next {
            let read = spot.map_or_else(|| journal.seek(seq), Ok).and_then(|at| journal.take(at));
            let (bytes, after) = read.map_err(|cause| ExportError::Journal { seq, cause })?;
            let told = self.told(&bytes, personal).map_err(|cause| ExportError::Journal { seq, cause })?;
            let (commit, blobs) = told;
            line(out, &Line { epoch: after.epoch, seq, count: after.seq - seq, commit, blobs })?;
            (seq, commits, spot) = (after.seq, commits + 1, Some(after));
            each(seq, next);
        }
        out.flush().map_err(ExportError::Out)?;
        Ok(commits)
    }

    /// A commit with its texts, and the texts that it names.
    fn told(&self, bytes: &[u8], personal: bool) -> io::Result<(Payload, BTreeMap<String, String>)> {
        let blobs = &self.0.core.blobs;
        let mut commit = self.0.core.decode(bytes)?;
        if let Payload::Ticket(commit) = &mut commit {
            // Where it stood and under which key means nothing elsewhere.
            (commit.head.prev, commit.head.sealed_by, commit.sealed) = (None, None, None);
        }
        if !personal {
            self.hide(&mut commit)?;
        }
        let text =
            |blob: &Digest| Ok((blob.to_string(), String::from_utf8(blobs.get(blob)?).map_err(io::Error::other)?));
        // Those that are texts of the commit stand in it.
        let own = serde_json::to_vec(&commit)?;
        let texts = references::of(&own).iter().map(text).collect::<io::Result<_>>()?;
        Ok((commit, texts))
    }

    /// Takes personal data and secrets out; of a ticket that is confidential now, everything that anybody wrote.
    fn hide(&self, commit: &mut Payload) -> io::Result<()> {
        match commit {
            Payload::Ticket(commit) => {
                let row = self.0.core.row(&commit.head.ticket).map_err(io::Error::other)?;
                let confidential = row.is_some_and(|row| row.ticket.confidential);
                commit.events.iter_mut().for_each(if confidential { conceal } else { cover });
            }
            Payload::Enterprise(commit) => {
                commit.enterprise.officers = commit.enterprise.officers.iter().map(|it| it.covered()).collect();
            }
            Payload::Outbox(commit) => {
                if let OutboxChange::Subscribed(subscription) = &mut commit.change {
                    subscription.secret = Secret(String::new());
                }
            }
            Payload::Knowledge(_) | Payload::Release(_) | Payload::Workbench(_) => {}
        }
        Ok(())
    }
}

fn line(out: &mut dyn Write, value: &impl Serialize) -> Result<(), ExportError> {
    let written = serde_json::to_vec(value).map_err(io::Error::from).and_then(|mut text| {
        text.push(b'\n');
        out.write_all(&text)
    });
    written.map_err(ExportError::Out)
}
