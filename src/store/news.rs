//! Policies that went live, out of the commits of the knowledge base: what subscribers of topics and tags are told.

use std::io;

use chrono::{DateTime, Utc};

use super::Store;
use super::payload::{self, Change, KnowledgeCommit, Payload};
use super::read::ReadError;
use crate::calendar::local_date;
use crate::editorial::Step;
use crate::knowledge::Entry;
use crate::ticket::{EventId, Recorded, TicketId};

/// One thing that happened, as subscribers are told.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    /// To a ticket.
    Ticket(Box<Recorded>),
    Policy(Box<Policy>),
}

/// An entry that tells a policy went live, new or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub id: EventId,
    /// `KB-<day>-<sequence>`: what it is delivered and kept under, as others are under the number of their ticket.
    pub subject: TicketId,
    pub jurisdiction: String,
    pub at: DateTime<Utc>,
    /// As it is now, where it went live by a review.
    pub entry: Entry,
    /// Ids of the enterprises on record that one of its tags is for, as they are now; at most a thousand.
    pub enterprises: Vec<String>,
}

/// How the subjects of policies begin; no jurisdiction's tickets do.
const CODE: &str = "KB";
/// Enterprises named with a policy.
const MOST_ENTERPRISES: usize = 1_000;

impl Happened {
    pub fn id(&self) -> EventId {
        match self {
            Self::Ticket(recorded) => recorded.id,
            Self::Policy(policy) => policy.id,
        }
    }
}

/// Whether a payload is of the knowledge base, from its first bytes.
pub(super) fn is_knowledge(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{\"knowledge\":")
}

impl Store {
    /// A policy by its event; `None`: there is none, or its entry is gone.
    pub fn policy(&self, id: EventId) -> Result<Option<Policy>, ReadError> {
        let find = || {
            let journal = &self.0.core.journal;
            let spot = journal.seek(id.seq)?;
            let (bytes, _) = journal.take(spot)?;
            if !is_knowledge(&bytes) {
                return Ok(None);
            }
            let Payload::Knowledge(commit) = payload::outline(&bytes)? else { return Ok(None) };
            let all = self.policies(EventId { seq: spot.seq, ..id }, commit)?;
            Ok(all.into_iter().find(|policy| policy.id == id))
        };
        find().map_err(|cause| ReadError::History { id, cause })
    }

    /// Of one commit; `first` is the id of its first change.
    pub(super) fn policies(&self, first: EventId, commit: KnowledgeCommit) -> io::Result<Vec<Policy>> {
        let KnowledgeCommit { jurisdiction, at, changes, .. } = commit;
        let mut found = Vec::new();
        for (change, n) in changes.into_iter().zip(0..) {
            let entry = match change {
                Change::Put { entry, .. } => Some(*entry),
                Change::Step { id, step } if matches!(*step, Step::Published) => {
                    let live = self.entry(&jurisdiction, &id).map_err(io::Error::other)?;
                    live.map(|stored| stored.entry)
                }
                _ => None,
            };
            let id = EventId { seq: first.seq + n, ..first };
            let subject = TicketId::new(CODE, local_date(at), id.seq).ok();
            if let (Some(entry), Some(subject)) = (entry.filter(|entry| entry.policy), subject) {
                let enterprises = self.tagged(&jurisdiction, &entry.tags).map_err(io::Error::other)?;
                found.push(Policy { id, subject, jurisdiction: jurisdiction.clone(), at, entry, enterprises });
            }
        }
        Ok(found)
    }

    fn tagged(&self, jurisdiction: &str, tags: &[String]) -> Result<Vec<String>, ReadError> {
        if tags.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.enterprises(jurisdiction, None, usize::MAX)?.into_iter();
        let meant = known.filter(|it| it.tags.iter().any(|tag| tags.contains(tag)));
        Ok(meant.map(|it| it.id).take(MOST_ENTERPRISES).collect())
    }
}
