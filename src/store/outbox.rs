//! Subscriptions in the store: who is told, how far each one is, what could not be delivered, what was confirmed.
//!
//! All of it is journalled, so that a rebuilt view knows it. How far a subscriber is is saved now and then only: after a
//! crash it gets some events again, which is what at least once means.

use std::fmt;
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::Store;
use super::append::AppendError;
use super::committer::{Done, Work};
use super::payload::{OutboxChange, OutboxCommit, Payload};
use super::plan::Plan;
use super::project::{self, Place};
use super::read::ReadError;
use super::view::layer::{Layer, parse};
use super::view::{Direction, ViewError, keys};
use crate::ticket::{Actor, EventId, Role, TicketId, Viewer};

/// Signs what a subscriber gets. Never shown after its creation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Somebody who is told what happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// `sub-<sequence>`, given by the store.
    pub id: String,
    pub url: String,
    pub secret: Secret,
    /// What it may see.
    pub role: Role,
    /// For the role of a unit: which. Without one, such a receiver is told of no ticket.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Who subscribed it: of confidential tickets it is told what that platform posted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Empty: all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub jurisdiction: String,
    /// Kinds of events; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Categories of tickets; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Topics, and tags, of policies; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    pub created_at: DateTime<Utc>,
    /// It is told nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

impl Subscription {
    /// The kind of event that a policy is. It is told to those alone who name it: to others tickets are all there is.
    pub const POLICY: &str = "policy_published";

    /// How it sees tickets. A center's or a dispatcher's eyes are not a platform's to give away: of confidential tickets the
    /// receiver sees what the platform sees that subscribed it.
    pub fn viewer(&self) -> Viewer {
        let role = match self.role {
            Role::Center | Role::Dispatcher => Role::Platform,
            role => role,
        };
        let Self { jurisdiction, unit, by, .. } = self.clone();
        Viewer { role: Some(role), jurisdiction, unit, person: by, covered: false }
    }

    pub fn wants_policies(&self) -> bool {
        self.kinds.iter().any(|kind| kind == Self::POLICY)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub at: DateTime<Utc>,
    pub reason: String,
}

/// How far a subscriber is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Every event up to it is delivered, not meant for this subscriber, given up, or waits in `waiting`.
    pub cursor: EventId,
    /// At most one per ticket.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
    /// Why the last try failed; empty after a success.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trouble: String,
}

/// The first event of a ticket that is not delivered; later ones wait behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub ticket: TicketId,
    pub event: EventId,
    /// Failed tries so far.
    pub attempts: u32,
    /// The first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    pub next: DateTime<Utc>,
    /// There may be events of this ticket behind it, up to the cursor.
    #[serde(default)]
    pub more: bool,
}

/// An event that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    pub ticket: TicketId,
    pub event: EventId,
    pub kind: String,
    pub attempts: u32,
    pub since: DateTime<Utc>,
    pub died_at: DateTime<Utc>,
    pub reason: String,
    /// To be sent again.
    #[serde(default)]
    pub resend: bool,
}

/// A receiver's own reference for what it took over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    pub ticket: TicketId,
    pub event: EventId,
    pub reference: String,
    pub at: DateTime<Utc>,
}

/// What a subscriber's task has to remember.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub checkpoint: Checkpoint,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dead: Vec<DeadLetter>,
    /// Dead letters that were delivered after all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revived: Vec<(TicketId, EventId)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<Confirmation>,
}

pub(crate) struct OutboxWork {
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: Actor,
    pub(crate) change: OutboxChange,
}

/// What became of a change.
#[derive(Default)]
pub(crate) struct Noted {
    /// `None`: there is no such subscription.
    pub(crate) subscription: Option<Subscription>,
    /// Dead letters that are to be sent again.
    pub(crate) letters: usize,
}

/// Writing waits for the committer: call it from threads that may block.
impl Store {
    /// The subscription with its id; it is told what happens from now on.
    pub fn subscribe(&self, new: Subscription, actor: Actor) -> Result<Subscription, AppendError> {
        let at = new.created_at;
        let noted = self.outbox(OutboxWork { at, actor, change: OutboxChange::Subscribed(Box::new(new)) })?;
        noted.subscription.ok_or(AppendError::Closed)
    }

    /// Forgets it with everything that belongs to it. `false`: there is none.
    pub fn unsubscribe(&self, id: &str, actor: Actor, at: DateTime<Utc>) -> Result<bool, AppendError> {
        let change = OutboxChange::Removed { id: id.to_owned() };
        Ok(self.outbox(OutboxWork { at, actor, change })?.subscription.is_some())
    }

    /// It wants nothing more, but is still shown.
    pub fn end_subscription(&self, id: &str, reason: String, at: DateTime<Utc>) -> Result<bool, AppendError> {
        let change = OutboxChange::Ended { id: id.to_owned(), reason };
        Ok(self.outbox(OutboxWork { at, actor: Actor::system(), change })?.subscription.is_some())
    }

    /// Marks one dead letter, or all, to be sent again. How many were marked; `None`: there is no such subscription.
    pub fn resend(
        &self,
        id: &str,
        event: Option<EventId>,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Option<usize>, AppendError> {
        let change = OutboxChange::Resend { id: id.to_owned(), event };
        let noted = self.outbox(OutboxWork { at, actor, change })?;
        Ok(noted.subscription.map(|_| noted.letters))
    }

    /// `false`: the subscription is gone.
    pub fn save_checkpoint(&self, id: &str, saved: Saved, at: DateTime<Utc>) -> Result<bool, AppendError> {
        let change = OutboxChange::Saved { id: id.to_owned(), saved: Box::new(saved) };
        let work = OutboxWork { at, actor: Actor::system(), change };
        match self.wait(|reply| self.send(Work::Outbox(work.into()), reply))? {
            Done::Outbox(noted) => Ok(noted.subscription.is_some()),
            _ => Err(AppendError::Closed),
        }
    }

    fn outbox(&self, work: OutboxWork) -> Result<Noted, AppendError> {
        match self.wait(|reply| self.send(Work::Outbox(work.into()), reply))? {
            Done::Outbox(noted) => {
                self.0.core.subscriptions.send_modify(|changes| *changes += 1);
                Ok(*noted)
            }
            _ => Err(AppendError::Closed),
        }
    }
}

/// Reading.
impl Store {
    /// Wakes when somebody subscribes, leaves, or wants dead letters sent again.
    pub fn subscription_changes(&self) -> watch::Receiver<u64> {
        self.0.core.subscriptions.subscribe()
    }

    pub fn subscriptions(&self) -> Result<Vec<Subscription>, ReadError> {
        let mut all: Vec<Subscription> = self.rows(&keys::subscriptions(), &[], usize::MAX, Direction::Forward)?;
        all.sort_by_key(|subscription| subscription.created_at);
        Ok(all)
    }

    pub fn subscription(&self, id: &str) -> Result<Option<Subscription>, ReadError> {
        Ok(self.value(&keys::subscription(id))?)
    }

    pub fn checkpoint(&self, id: &str) -> Result<Option<Checkpoint>, ReadError> {
        Ok(self.value(&keys::checkpoint(id))?)
    }

    /// By ticket, then by event, after a place in that order.
    pub fn dead_letters(
        &self,
        id: &str,
        after: Option<(&TicketId, EventId)>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, ReadError> {
        let after = after.map_or_else(Vec::new, |(ticket, event)| keys::dead_letter(id, ticket, event));
        self.rows(&keys::dead_letters(id), &after, limit, Direction::Forward)
    }

    /// Of one ticket, or of all: the newest tickets first.
    pub fn confirmations(
        &self,
        id: &str,
        ticket: Option<&TicketId>,
        limit: usize,
    ) -> Result<Vec<Confirmation>, ReadError> {
        let prefix = ticket.map_or_else(|| keys::confirmations(id), |ticket| keys::confirmations_of(id, ticket));
        self.rows(&prefix, &[], limit, Direction::Backward)
    }

    /// The rows under a prefix, behind a key.
    pub(super) fn rows<T: serde::de::DeserializeOwned>(
        &self,
        prefix: &[u8],
        after: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<T>, ReadError> {
        let from = if after.is_empty() { prefix.to_vec() } else { [after, &[0]].concat() };
        let mut found = Vec::new();
        self.0.core.view.scan(&from, &keys::after(prefix), direction, &mut |key, value| {
            found.push(parse(key, value));
            if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(found.into_iter().collect::<Result<_, ViewError>>()?)
    }
}

pub(crate) fn plan(plan: &mut Plan<'_>, work: OutboxWork) -> Result<Noted, AppendError> {
    let OutboxWork { at, actor, mut change } = work;
    let mut noted = Noted::default();
    match &mut change {
        OutboxChange::Subscribed(new) => {
            new.id = format!("sub-{}", plan.next);
            noted.subscription = Some((**new).clone());
        }
        OutboxChange::Removed { id }
        | OutboxChange::Ended { id, .. }
        | OutboxChange::Saved { id, .. }
        | OutboxChange::Resend { id, .. } => noted.subscription = plan.layer.get(&keys::subscription(id))?,
    }
    if let OutboxChange::Resend { id, event } = &change {
        noted.letters = letters(&plan.layer, id, *event)?.len();
    }
    let nothing = matches!(change, OutboxChange::Resend { .. }) && noted.letters == 0;
    if noted.subscription.is_none() || nothing {
        return Ok(noted);
    }
    let payload = Payload::Outbox(OutboxCommit { at, actor, change });
    let bytes = serde_json::to_vec(&payload).map_err(|error| AppendError::Failed { reason: error.to_string() })?;
    let place = plan.check(&bytes, 1)?;
    project::payload(&mut plan.layer, place, payload)?;
    plan.check_values()?;
    plan.push(&bytes, 1, at);
    Ok(noted)
}

/// The one way from a change to the view.
pub(crate) fn project(layer: &mut Layer<'_>, place: Place, commit: OutboxCommit) -> Result<(), ViewError> {
    match commit.change {
        OutboxChange::Subscribed(new) => {
            layer.put(keys::subscription(&new.id), &new)?;
            layer.put(keys::checkpoint(&new.id), &Checkpoint { cursor: place.id, ..Checkpoint::default() })
        }
        OutboxChange::Removed { id } => {
            layer.remove(keys::subscription(&id));
            layer.remove(keys::checkpoint(&id));
            for prefix in [keys::dead_letters(&id), keys::confirmations(&id)] {
                for key in keys_under(layer, &prefix)? {
                    layer.remove(key);
                }
            }
            Ok(())
        }
        OutboxChange::Ended { id, reason } => {
            let Some(mut row) = layer.get::<Subscription>(&keys::subscription(&id))? else { return Ok(()) };
            row.ended = Some(Ended { at: commit.at, reason });
            layer.put(keys::subscription(&id), &row)
        }
        OutboxChange::Resend { id, event } => {
            for letter in letters(layer, &id, event)? {
                let letter = DeadLetter { resend: true, ..letter };
                layer.put(keys::dead_letter(&id, &letter.ticket, letter.event), &letter)?;
            }
            Ok(())
        }
        OutboxChange::Saved { id, saved } => save(layer, &id, &saved),
    }
}

fn save(layer: &mut Layer<'_>, id: &str, saved: &Saved) -> Result<(), ViewError> {
    layer.put(keys::checkpoint(id), &saved.checkpoint)?;
    for (ticket, event) in &saved.revived {
        layer.remove(keys::dead_letter(id, ticket, *event));
    }
    for letter in &saved.dead {
        layer.put(keys::dead_letter(id, &letter.ticket, letter.event), letter)?;
    }
    for confirmed in &saved.confirmed {
        layer.put(keys::confirmation(id, &confirmed.ticket, confirmed.event), confirmed)?;
    }
    Ok(())
}

/// The dead letters that a wish to send again means: those that are not marked yet.
fn letters(layer: &Layer<'_>, id: &str, event: Option<EventId>) -> Result<Vec<DeadLetter>, ViewError> {
    let prefix = keys::dead_letters(id);
    let mut found = Vec::new();
    layer.scan(&prefix, &keys::after(&prefix), &mut |key, value| {
        found.push(parse::<DeadLetter>(key, value));
        ControlFlow::Continue(())
    })?;
    let meant = |letter: &DeadLetter| !letter.resend && event.is_none_or(|event| event == letter.event);
    found.into_iter().filter(|letter| letter.as_ref().map_or(true, meant)).collect()
}

fn keys_under(layer: &Layer<'_>, prefix: &[u8]) -> Result<Vec<Vec<u8>>, ViewError> {
    let mut found = Vec::new();
    layer.scan(prefix, &keys::after(prefix), &mut |key, _| {
        found.push(key.to_vec());
        ControlFlow::Continue(())
    })?;
    Ok(found)
}
