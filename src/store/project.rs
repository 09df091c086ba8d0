//! From a commit to what changes in the view. Live and at replay the same function, so that a rebuilt view is equal.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::earlier;
use super::editorial::{self, Taken};
use super::enterprise;
use super::envelope::KeyId;
use super::journal::Location;
use super::outbox;
use super::payload::{Change, KnowledgeCommit, Origin, Payload, ReleaseCommit, TicketCommit, TicketHead};
use super::view::layer::Layer;
use super::view::{ViewError, keys};
use super::workbench;
use crate::calendar::local_date;
use crate::digest::Digest;
use crate::editorial::Step;
use crate::knowledge::Entry;
use crate::releases::Record;
use crate::ticket::{Actor, Claim, Event, EventId, Phase, Recorded, Ticket, TicketId, apply};
use crate::triage::Warning;

/// How long an idempotency key is remembered.
pub(crate) const KEY_LIFE: TimeDelta = TimeDelta::days(30);

/// Where the commit at hand stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Of its first event.
    pub(crate) id: EventId,
    pub(crate) at: Location,
}

/// How far the view is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) epoch: u64,
    pub(crate) next: u64,
    /// Of the program that made the view: one of another layout is made anew.
    #[serde(default)]
    pub(crate) layout: u32,
}

/// What rows look like; one more whenever the same events make other rows. Views of before layouts were counted have 0.
const LAYOUT: u32 = 1;

impl Progress {
    pub(crate) fn at(epoch: u64, next: u64) -> Self {
        Self { epoch, next, layout: LAYOUT }
    }

    pub(crate) fn is_of_this_layout(self) -> bool {
        self.layout == LAYOUT
    }
}

/// A ticket in the view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) ticket: Ticket,
    /// Its last frame; earlier ones are chained.
    pub(crate) last: Location,
    /// What its events are sealed under.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) keys: Vec<KeyId>,
}

/// A waiting ticket, as small as picking the next one allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct QueueItem {
    pub(crate) id: TicketId,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) skill: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) skipped_by: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) claim: Option<Claim>,
}

/// How many tickets of a jurisdiction are in a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PhaseCount {
    pub(crate) jurisdiction: String,
    pub(crate) phase: Phase,
    pub(crate) tickets: u64,
}

/// What an idempotency key was used for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeyRow {
    pub(crate) body: Digest,
    pub(crate) ticket: TicketId,
    pub(crate) first: EventId,
    pub(crate) last: EventId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fence: Option<u64>,
    pub(crate) at: DateTime<Utc>,
}

/// An entry in the view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredEntry {
    pub entry: Entry,
    pub origin: Origin,
    /// The event that last changed it.
    pub version: EventId,
    pub updated_at: DateTime<Utc>,
    /// When its owner last said that it is still right, if that was after the last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_at: Option<DateTime<Utc>>,
}

impl StoredEntry {
    /// The day for which its owner vouches, Asia/Shanghai.
    pub fn as_of(&self) -> NaiveDate {
        local_date(self.reviewed_at.unwrap_or(self.updated_at))
    }
}

/// A jurisdiction's knowledge as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct KnowledgeHead {
    pub(crate) version: EventId,
    #[serde(default)]
    pub(crate) imported: Option<Digest>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReleaseRow {
    pub(crate) blob: Digest,
    pub(crate) jurisdiction: String,
    pub(crate) at: DateTime<Utc>,
}

/// A commit does not follow from what the view holds: only damage can cause it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProjectError {
    #[error(transparent)]
    View(#[from] ViewError),
    #[error("ticket {ticket} has version {actual}, the next commit is for {expected}")]
    Gap { ticket: TicketId, expected: u32, actual: u32 },
}

pub(crate) fn payload(layer: &mut Layer<'_>, place: Place, payload: Payload) -> Result<(), ProjectError> {
    match payload {
        Payload::Ticket(commit) => ticket(layer, place, commit).map(drop),
        Payload::Knowledge(commit) => Ok(knowledge(layer, place, commit)?),
        Payload::Release(commit) => Ok(release(layer, *commit)?),
        Payload::Outbox(commit) => Ok(outbox::project(layer, place, commit)?),
        Payload::Enterprise(commit) => Ok(enterprise::project(layer, &commit)?),
        Payload::Workbench(commit) => Ok(workbench::project(layer, commit)?),
    }
}

/// The ticket after the commit, and the events as they are published.
pub(crate) fn ticket(
    layer: &mut Layer<'_>,
    place: Place,
    commit: TicketCommit,
) -> Result<(Ticket, Vec<Recorded>), ProjectError> {
    let old: Option<Row> = layer.get(&keys::ticket(&commit.head.ticket))?;
    let actual = old.as_ref().map_or(0, |row| row.ticket.version);
    if actual + 1 != commit.head.version {
        let (ticket, expected) = (commit.head.ticket, commit.head.version - 1);
        return Err(ProjectError::Gap { ticket, expected, actual });
    }
    let mut new = match &old {
        Some(row) => row.ticket.clone(),
        None => Ticket::new(commit.head.ticket.clone()),
    };
    let head = commit.head.clone();
    let recorded: Vec<Recorded> = commit.recorded(place.id).collect();
    for event in &recorded {
        apply(&mut new, event);
    }
    reindex(layer, old.as_ref().map(|row| &row.ticket), &new)?;
    count(layer, old.as_ref().map(|row| &row.ticket), &new)?;
    if old.is_none() {
        earlier::index(layer, &new, &recorded)?;
    }
    if recorded.iter().any(|recorded| matches!(recorded.event, Event::Erased { .. })) {
        earlier::forget(layer, &new)?;
    }
    count_claims(layer, &new, &recorded)?;
    remember_key(layer, &head, &new, &recorded)?;
    let mut sealed_by = old.map(|row| row.keys).unwrap_or_default();
    if let Some(key) = head.sealed_by.filter(|key| !sealed_by.contains(key)) {
        sealed_by.push(key);
    }
    layer.put(keys::ticket(&new.id), &Row { ticket: new.clone(), last: place.at, keys: sealed_by })?;
    Ok((new, recorded))
}

/// The keys that end with these events of one ticket. Whoever projects them destroys the keys before the view says that it
/// went so far, so that a crash in between is made good at the next start.
pub(crate) fn erased_by(layer: &Layer<'_>, events: &[Recorded]) -> Result<Vec<KeyId>, ViewError> {
    let erased = events.iter().find(|recorded| matches!(recorded.event, Event::Erased { .. }));
    let row = erased.map(|recorded| layer.get::<Row>(&keys::ticket(&recorded.ticket))).transpose()?.flatten();
    Ok(row.map(|row| row.keys).unwrap_or_default())
}

/// Where lists and the queue find a ticket.
fn reindex(layer: &mut Layer<'_>, old: Option<&Ticket>, new: &Ticket) -> Result<(), ViewError> {
    if old.is_none() {
        layer.put(keys::order(keys::millis(new.received_at), new.first.seq), &new.id)?;
        if !new.reference.is_empty() {
            layer.put(keys::reference(new), &new.id)?;
        }
        layer.put(keys::series(new.id.series()), &new.id.number())?;
    }
    follow_time(layer, old, new)?;
    let waiting = |ticket: &Ticket| ticket.waiting.as_ref().map(|waiting| keys::queued_by_risk(ticket, waiting.risk));
    let (before, after) = (old.and_then(waiting), waiting(new));
    if let Some((old, key)) = old.zip(before).filter(|(_, key)| Some(key) != after.as_ref()) {
        layer.remove(key);
        layer.remove(keys::queued_by_age(old));
    }
    if let (Some(key), Some(waiting)) = (after, &new.waiting) {
        let item = QueueItem {
            id: new.id.clone(),
            skill: waiting.skill.clone(),
            skipped_by: waiting.skipped_by.clone(),
            claim: new.claim.clone(),
        };
        layer.put(key, &item)?;
        layer.put(keys::queued_by_age(new), &item)?;
    }
    Ok(())
}

/// Where the ticker, the board and a newly published calendar find a ticket.
fn follow_time(layer: &mut Layer<'_>, old: Option<&Ticket>, new: &Ticket) -> Result<(), ViewError> {
    let due = |ticket: &Ticket| ticket.next_due().map(|at| keys::due(at, &ticket.id));
    let warned = |ticket: &Ticket| (ticket.warning != Warning::None && !ticket.ended()).then(|| keys::warned(ticket));
    let waits = |ticket: &Ticket| {
        let provisional = ticket.life.clocks.iter().any(|clock| clock.running() && clock.provisional);
        provisional.then(|| keys::provisional(&ticket.id))
    };
    for key in [&due as &dyn Fn(&Ticket) -> Option<Vec<u8>>, &warned, &waits] {
        let (before, after) = (old.and_then(key), key(new));
        if before == after {
            continue;
        }
        if let Some(before) = before {
            layer.remove(before);
        }
        if let Some(after) = after {
            layer.put(after, &new.id)?;
        }
    }
    Ok(())
}

fn count(layer: &mut Layer<'_>, old: Option<&Ticket>, new: &Ticket) -> Result<(), ViewError> {
    let before = old.map(|ticket| ticket.phase);
    if before == Some(new.phase) {
        return Ok(());
    }
    let mut add = |phase: Phase, change: fn(u64) -> u64| -> Result<(), ViewError> {
        let (jurisdiction, key) = (new.jurisdiction.clone(), keys::count(&new.jurisdiction, phase));
        let now = layer.get(&key)?.map_or(0, |row: PhaseCount| row.tickets);
        layer.put(key, &PhaseCount { jurisdiction, phase, tickets: change(now) })
    };
    before.map_or(Ok(()), |phase| add(phase, |tickets| tickets.saturating_sub(1)))?;
    add(new.phase, |tickets| tickets + 1)
}

fn count_claims(layer: &mut Layer<'_>, ticket: &Ticket, events: &[Recorded]) -> Result<(), ViewError> {
    let claims = events.iter().filter(|recorded| matches!(recorded.event, Event::Claimed { .. })).count() as u64;
    if claims > 0 {
        let key = keys::claims(&ticket.jurisdiction);
        let before: u64 = layer.get(&key)?.unwrap_or_default();
        layer.put(key, &(before + claims))?;
    }
    Ok(())
}

fn remember_key(
    layer: &mut Layer<'_>,
    head: &TicketHead,
    ticket: &Ticket,
    events: &[Recorded],
) -> Result<(), ViewError> {
    let (Some(used), Some(first), Some(last)) = (&head.key, events.first(), events.last()) else { return Ok(()) };
    let fence = events.iter().find_map(|recorded| match recorded.event {
        Event::Claimed { fence, .. } => Some(fence),
        _ => None,
    });
    let row = KeyRow {
        body: used.body.clone(),
        ticket: ticket.id.clone(),
        first: first.id,
        last: last.id,
        fence,
        at: head.at,
    };
    layer.put(keys::idempotency(&used.client, &used.key), &row)?;
    layer.put(keys::aged(keys::millis(head.at), &used.client, &used.key), &(&used.client, &used.key))
}

pub(crate) fn knowledge(layer: &mut Layer<'_>, place: Place, commit: KnowledgeCommit) -> Result<(), ViewError> {
    let jurisdiction = &commit.jurisdiction;
    let mut head: KnowledgeHead = layer.get(&keys::knowledge(jurisdiction))?.unwrap_or_default();
    for (change, n) in commit.changes.into_iter().zip(0..) {
        let version = EventId { seq: place.id.seq + n, ..place.id };
        let taken = |id| Taken { jurisdiction, id, actor: &commit.actor, at: commit.at, version };
        let shown = match change {
            Change::Put { entry, origin, kept } => {
                let id = entry.id.clone();
                if kept || editorial::known(layer, jurisdiction, &id)? {
                    editorial::project(layer, &taken(&id), &Step::Filed { entry: entry.clone() })?;
                }
                let stored = StoredEntry { entry: *entry, origin, version, updated_at: commit.at, reviewed_at: None };
                layer.put(keys::entry(jurisdiction, &id), &stored)?;
                true
            }
            Change::Removed { id, kept } => {
                if kept || editorial::known(layer, jurisdiction, &id)? {
                    editorial::project(layer, &taken(&id), &Step::Removed)?;
                }
                layer.remove(keys::entry(jurisdiction, &id));
                true
            }
            Change::Step { id, step } => {
                editorial::project(layer, &taken(&id), &step)?;
                step.shows()
            }
        };
        if shown {
            head.version = version;
        }
    }
    if commit.imported.is_some() {
        head.imported = commit.imported;
    }
    layer.put(keys::knowledge(jurisdiction), &head)
}

pub(crate) fn release(layer: &mut Layer<'_>, commit: ReleaseCommit) -> Result<(), ViewError> {
    let row = ReleaseRow { blob: commit.blob, jurisdiction: commit.jurisdiction.clone(), at: commit.at };
    layer.put(keys::release(commit.digest.as_str()), &row)?;
    if !commit.live {
        return Ok(());
    }
    layer.put(keys::last_release(&commit.jurisdiction), &commit.digest)?;
    let count = keys::record_count(&commit.jurisdiction);
    let number = layer.get::<u64>(&count)?.unwrap_or_default() + 1;
    let ReleaseCommit { jurisdiction, at, actor, digest, note, .. } = commit;
    let author = if actor == Actor::system() { String::new() } else { actor.person };
    layer.put(count, &number)?;
    layer.put(
        keys::record(&jurisdiction, number),
        &Record { number, digest, at, author, note, jurisdiction: jurisdiction.clone() },
    )
}

/// Forgets keys whose time is over: a few at each commit, so that it never takes long.
pub(crate) fn forget_keys(layer: &mut Layer<'_>, now: DateTime<Utc>) -> Result<(), ViewError> {
    const AT_ONCE: usize = 32;
    let mut old = Vec::new();
    let until = keys::aged_until(keys::millis(now - KEY_LIFE));
    layer.scan(&keys::aged_until(0), &until, &mut |key, value| {
        old.push((key.to_vec(), value.to_vec()));
        if old.len() < AT_ONCE { std::ops::ControlFlow::Continue(()) } else { std::ops::ControlFlow::Break(()) }
    })?;
    for (key, value) in old {
        let (client, name): (String, String) = super::view::layer::parse(&key, &value)?;
        let used = keys::idempotency(&client, &name);
        // The key may have been used anew since.
        if layer.get::<KeyRow>(&used)?.is_some_and(|row| row.at <= now - KEY_LIFE) {
            layer.remove(used);
        }
        layer.remove(key);
    }
    Ok(())
}
