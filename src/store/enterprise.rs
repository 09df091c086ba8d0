//! 一企一档 in the store: the record of an enterprise, beside its tickets under the same digest. Journalled, so that a
//! rebuilt view has it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Store;
use super::append::AppendError;
use super::committer::{Done, Work};
use super::payload::{EnterpriseCommit, Payload};
use super::plan::Plan;
use super::project;
use super::read::{Cursor, Page, ReadError};
use super::view::layer::Layer;
use super::view::{Direction, ViewError, keys};
use crate::digest::Digest;
use crate::ticket::{Actor, Officer, Viewer};

/// What a jurisdiction keeps of an enterprise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enterprise {
    pub jurisdiction: String,
    /// 统一社会信用代码 as it was given: it is public.
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub officers: Vec<Officer>,
    /// What it is, in words that policies are tagged with: 高新技术企业, 专精特新.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// 1, and one more with every change. Given by the store.
    pub version: u32,
    pub updated_at: DateTime<Utc>,
}

pub(crate) struct EnterpriseWork {
    pub(crate) actor: Actor,
    pub(crate) key: Digest,
    pub(crate) enterprise: Enterprise,
}

impl Store {
    /// Puts a record in the place of what is there; the same once more changes nothing. `key`: the requester's digest.
    /// The record with its version. Waits for the committer: call it from threads that may block.
    pub fn put_enterprise(&self, key: &Digest, new: Enterprise, actor: Actor) -> Result<Enterprise, AppendError> {
        let work = Box::new(EnterpriseWork { actor, key: key.clone(), enterprise: new });
        match self.wait(|reply| self.send(Work::Enterprise(work), reply))? {
            Done::Enterprise(stored) => Ok(*stored),
            _ => Err(AppendError::Closed),
        }
    }

    pub fn enterprise(&self, jurisdiction: &str, key: &Digest) -> Result<Option<Enterprise>, ReadError> {
        Ok(self.value(&keys::enterprise(jurisdiction, key))?)
    }

    /// The records of a jurisdiction in a fixed order, behind the one of `after`.
    pub fn enterprises(
        &self,
        jurisdiction: &str,
        after: Option<&Digest>,
        limit: usize,
    ) -> Result<Vec<Enterprise>, ReadError> {
        let after = after.map_or_else(Vec::new, |key| keys::enterprise(jurisdiction, key));
        self.rows(&keys::enterprises(jurisdiction), &after, limit, Direction::Forward)
    }

    /// The tickets of a requester, newest first.
    pub fn tickets_of(
        &self,
        jurisdiction: &str,
        key: &Digest,
        viewer: &Viewer,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, ReadError> {
        Ok(self.0.core.tickets_of(jurisdiction, key, viewer, cursor, limit)?)
    }
}

pub(crate) fn plan(plan: &mut Plan<'_>, work: EnterpriseWork) -> Result<Enterprise, AppendError> {
    let EnterpriseWork { actor, key, mut enterprise } = work;
    let old: Option<Enterprise> = plan.layer.get(&keys::enterprise(&enterprise.jurisdiction, &key))?;
    if let Some(old) = old {
        enterprise.version = old.version;
        if (Enterprise { updated_at: old.updated_at, ..enterprise.clone() }) == old {
            return Ok(old);
        }
    } else {
        enterprise.version = 0;
    }
    enterprise.version += 1;
    let (stored, at) = (enterprise.clone(), enterprise.updated_at);
    let payload = Payload::Enterprise(EnterpriseCommit { actor, key, enterprise });
    let bytes = serde_json::to_vec(&payload).map_err(|error| AppendError::Failed { reason: error.to_string() })?;
    let place = plan.check(&bytes, 1)?;
    project::payload(&mut plan.layer, place, payload)?;
    plan.check_values()?;
    plan.push(&bytes, 1, at);
    Ok(stored)
}

/// The one way from a change to the view.
pub(crate) fn project(layer: &mut Layer<'_>, commit: &EnterpriseCommit) -> Result<(), ViewError> {
    layer.put(keys::enterprise(&commit.enterprise.jurisdiction, &commit.key), &commit.enterprise)
}
