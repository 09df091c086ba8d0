//! Releases in the store: the files by digest, so that a restart with a broken file serves the last good one.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::append::AppendError;
use super::payload::{Payload, ReleaseCommit};
use super::plan::Plan;
use super::project;
use super::view::keys;
use crate::digest::Digest;
use crate::ticket::{Actor, EventId};

/// Path inside the jurisdiction's rules → text.
pub type ReleaseFiles = BTreeMap<String, String>;

pub(crate) struct ReleaseWork {
    pub(crate) jurisdiction: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: Actor,
    pub(crate) digest: Digest,
    /// On the disk already.
    pub(crate) blob: Digest,
}

/// `None`: it is the last release already.
pub(crate) fn plan(plan: &mut Plan<'_>, work: ReleaseWork) -> Result<Option<EventId>, AppendError> {
    let last: Option<Digest> = plan.layer.get(&keys::last_release(&work.jurisdiction))?;
    if last.as_ref() == Some(&work.digest) {
        return Ok(None);
    }
    let ReleaseWork { jurisdiction, at, actor, digest, blob } = work;
    let payload = Payload::Release(ReleaseCommit { jurisdiction, at, actor, digest, blob });
    let bytes = serde_json::to_vec(&payload).map_err(|error| AppendError::Failed { reason: error.to_string() })?;
    let place = plan.check(&bytes, 1)?;
    project::payload(&mut plan.layer, place, payload)?;
    plan.push(&bytes, 1, at);
    Ok(Some(place.id))
}
