//! Knowledge entries in the store: put, remove, import a pack. The search index is made from them elsewhere.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::append::AppendError;
use super::editorial::{self, Wanted};
use super::payload::{Change, KnowledgeCommit, Origin, Payload};
use super::plan::Plan;
use super::project::{self, KnowledgeHead, StoredEntry};
use super::view::layer::{Layer, parse};
use super::view::{LARGEST_VALUE, ViewError, keys};
use crate::digest::Digest;
use crate::knowledge::Entry;
use crate::ticket::{Actor, EventId};

/// Changes in one frame at most.
const CHUNK: usize = 1000;
/// Beside an entry its row holds a little more.
const LARGEST_ENTRY: usize = LARGEST_VALUE - 1024;

pub(crate) struct KnowledgeWork {
    pub(crate) jurisdiction: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: Actor,
    pub(crate) edit: Edit,
}

pub(crate) enum Edit {
    Put(Box<Entry>),
    PutAll(Vec<Entry>),
    Remove(String),
    Import { digest: Digest, entries: Vec<Entry> },
    Act(Wanted),
}

/// What became of an edit or of a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The jurisdiction's knowledge version now.
    pub version: EventId,
    pub put: usize,
    pub removed: usize,
    /// Entries of the pack that differ from what maintainers made of them: not overwritten.
    pub kept: Vec<String>,
}

pub(crate) fn plan(plan: &mut Plan<'_>, work: KnowledgeWork) -> Result<Imported, AppendError> {
    let head: KnowledgeHead = plan.layer.get(&keys::knowledge(&work.jurisdiction))?.unwrap_or_default();
    let mut done = Imported { version: head.version, ..Imported::default() };
    let (changes, imported) = match work.edit {
        Edit::Put(entry) => (vec![Change::Put { entry, origin: Origin::Api, kept: true }], None),
        Edit::PutAll(entries) => {
            let put = |entry| Change::Put { entry: Box::new(entry), origin: Origin::Api, kept: true };
            (entries.into_iter().map(put).collect(), None)
        }
        Edit::Remove(id) => match stored(&plan.layer, &work.jurisdiction)?.contains_key(&id) {
            true => (vec![Change::Removed { id, kept: true }], None),
            false => return Ok(done),
        },
        Edit::Import { digest, .. } if head.imported.as_ref() == Some(&digest) => return Ok(done),
        Edit::Import { digest, entries } => {
            let known = stored(&plan.layer, &work.jurisdiction)?;
            let mut changes = difference(&known, entries, &mut done.kept);
            keep_out(&plan.layer, &work.jurisdiction, &mut changes, &mut done.kept)?;
            (changes, Some(digest))
        }
        Edit::Act(wanted) => {
            let id = wanted.id.clone();
            let step = editorial::plan(&plan.layer, &work.jurisdiction, wanted, &work.actor)?;
            (vec![Change::Step { id, step: Box::new(step) }], None)
        }
    };
    done.removed = changes.iter().filter(|change| matches!(change, Change::Removed { .. })).count();
    done.put = changes.iter().filter(|change| matches!(change, Change::Put { .. })).count();
    changes.iter().try_for_each(small)?;
    let commit = |changes, imported| KnowledgeCommit {
        jurisdiction: work.jurisdiction.clone(),
        at: work.at,
        actor: work.actor.clone(),
        changes,
        imported,
    };
    let mut rest = changes;
    while rest.len() > CHUNK {
        let tail = rest.split_off(CHUNK);
        push(plan, commit(rest, None))?;
        rest = tail;
    }
    done.version = push(plan, commit(rest, imported))?;
    Ok(done)
}

/// What a pack changes: entries that only packs wrote follow it, entries that people wrote stay.
fn difference(known: &BTreeMap<String, StoredEntry>, entries: Vec<Entry>, kept: &mut Vec<String>) -> Vec<Change> {
    let entries: BTreeMap<String, Entry> = entries.into_iter().map(|entry| (entry.id.clone(), entry)).collect();
    let gone = |(id, stored): (&String, &StoredEntry)| {
        let gone = stored.origin == Origin::Pack && !entries.contains_key(id);
        gone.then(|| Change::Removed { id: id.clone(), kept: true })
    };
    let mut changes: Vec<Change> = known.iter().filter_map(gone).collect();
    for (id, entry) in entries {
        match known.get(&id) {
            Some(stored) if stored.entry == entry => {}
            Some(stored) if stored.origin == Origin::Api => kept.push(id),
            _ => changes.push(Change::Put { entry: Box::new(entry), origin: Origin::Pack, kept: true }),
        }
    }
    changes
}

/// What people withdrew, no pack brings back.
fn keep_out(
    layer: &Layer<'_>,
    jurisdiction: &str,
    changes: &mut Vec<Change>,
    kept: &mut Vec<String>,
) -> Result<(), ViewError> {
    let mut out = Vec::new();
    for change in changes.iter() {
        let Change::Put { entry, .. } = change else { continue };
        if editorial::kept_out(layer, jurisdiction, &entry.id)? {
            out.push(entry.id.clone());
        }
    }
    changes.retain(|change| !matches!(change, Change::Put { entry, .. } if out.contains(&entry.id)));
    kept.append(&mut out);
    Ok(())
}

fn stored(layer: &Layer<'_>, jurisdiction: &str) -> Result<BTreeMap<String, StoredEntry>, ViewError> {
    let prefix = keys::entries(jurisdiction);
    let mut found = Vec::new();
    layer.scan(&prefix, &keys::after(&prefix), &mut |key, value| {
        found.push(parse::<StoredEntry>(key, value));
        std::ops::ControlFlow::Continue(())
    })?;
    found.into_iter().map(|stored| stored.map(|stored| (stored.entry.id.clone(), stored))).collect()
}

fn small(change: &Change) -> Result<(), AppendError> {
    let bytes = serde_json::to_vec(change).map_err(|error| AppendError::Failed { reason: error.to_string() })?.len();
    if bytes > LARGEST_ENTRY {
        return Err(AppendError::TooLarge { what: "知识条目", bytes, most: LARGEST_ENTRY });
    }
    Ok(())
}

fn push(plan: &mut Plan<'_>, commit: KnowledgeCommit) -> Result<EventId, AppendError> {
    let (at, count) = (commit.at, commit.changes.len().max(1));
    let payload = Payload::Knowledge(commit);
    let bytes = serde_json::to_vec(&payload).map_err(|error| AppendError::Failed { reason: error.to_string() })?;
    let place = plan.check(&bytes, count)?;
    project::payload(&mut plan.layer, place, payload)?;
    plan.check_values()?;
    plan.push(&bytes, count, at);
    Ok(EventId { seq: plan.next - 1, ..place.id })
}
