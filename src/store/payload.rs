//! What a frame of the journal means, as JSON; long texts go to blobs and leave their digest.

use std::io;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::blobs::Blobs;
use super::enterprise::Enterprise;
use super::envelope::{Content, KeyId, Keys, Sealed};
use super::journal::Location;
use super::outbox::{Saved, Subscription};
use super::workbench::WorkbenchCommit;
use crate::digest::Digest;
use crate::editorial::Step;
use crate::knowledge::Entry;
use crate::releases::Note;
use crate::ticket::{self, Actor, Event, EventId, Recorded, TicketId};

/// Strings longer than this (bytes) become blobs.
const LONGEST_TEXT: usize = 16 * 1024;
const MARK: &str = "$blob";

/// One commit: everything in it happened together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Payload {
    Ticket(TicketCommit),
    Knowledge(KnowledgeCommit),
    Release(Box<ReleaseCommit>),
    Outbox(OutboxCommit),
    Enterprise(EnterpriseCommit),
    Workbench(WorkbenchCommit),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TicketCommit {
    pub(crate) head: TicketHead,
    /// In the journal of an encrypted store covered, where there is something to cover.
    pub(crate) events: Vec<Event>,
    /// Then the events as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sealed: Option<Sealed>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TicketHead {
    pub(crate) ticket: TicketId,
    /// Of the first event.
    pub(crate) version: u32,
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: Actor,
    /// The ticket's frame before this one: its history is a chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prev: Option<Location>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<KeyUse>,
    /// Under which the events are sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sealed_by: Option<KeyId>,
}

/// An idempotency key and what it was used for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeyUse {
    pub(crate) client: String,
    pub(crate) key: String,
    pub(crate) body: Digest,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KnowledgeCommit {
    pub(crate) jurisdiction: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: Actor,
    pub(crate) changes: Vec<Change>,
    /// The pack whose import is complete with this commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) imported: Option<Digest>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Put {
        entry: Box<Entry>,
        origin: Origin,
        /// It is remembered as a step; what earlier versions wrote is not.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        kept: bool,
    },
    Removed {
        id: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        kept: bool,
    },
    Step {
        id: String,
        step: Box<Step>,
    },
}

/// Where an entry's text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Shipped in `kb-index/`.
    Pack,
    /// Edited by a maintainer: no import overwrites it.
    Api,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReleaseCommit {
    pub(crate) jurisdiction: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: Actor,
    pub(crate) digest: Digest,
    /// The files, path → text, as a JSON object.
    pub(crate) blob: Digest,
    /// Absent in what earlier versions wrote.
    #[serde(default)]
    pub(crate) note: Note,
    /// False: kept to be tried.
    #[serde(default = "yes")]
    pub(crate) live: bool,
}

fn yes() -> bool {
    true
}

/// Of the subscriptions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OutboxCommit {
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: Actor,
    pub(crate) change: OutboxChange,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutboxChange {
    Subscribed(Box<Subscription>),
    Removed {
        id: String,
    },
    Ended {
        id: String,
        reason: String,
    },
    Saved {
        id: String,
        saved: Box<Saved>,
    },
    /// One dead letter, or all.
    Resend {
        id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<EventId>,
    },
}

/// The record of an enterprise as it is from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EnterpriseCommit {
    pub(crate) actor: Actor,
    /// The digest by which its tickets are found.
    pub(crate) key: Digest,
    pub(crate) enterprise: Enterprise,
}

impl Payload {
    /// Whether the keys of its ticket end here.
    pub(crate) fn erases(&self) -> bool {
        matches!(self, Self::Ticket(commit) if commit.events.iter().any(|event| matches!(event, Event::Erased { .. })))
    }

    /// When it was stored.
    pub(crate) fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Ticket(commit) => commit.head.at,
            Self::Knowledge(commit) => commit.at,
            Self::Release(commit) => commit.at,
            Self::Outbox(commit) => commit.at,
            Self::Enterprise(commit) => commit.enterprise.updated_at,
            Self::Workbench(commit) => commit.at,
        }
    }
}

/// Whether a payload is a ticket's, from its first bytes.
pub(crate) fn is_ticket(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{\"ticket\":")
}

impl TicketCommit {
    /// The events with their places in history; `first` is the id of the first one.
    pub(crate) fn recorded(self, first: EventId) -> impl Iterator<Item = Recorded> {
        let Self { head, events, .. } = self;
        events.into_iter().zip(0_u32..).map(move |(event, n)| Recorded {
            id: EventId { seq: first.seq + u64::from(n), ..first },
            ticket: head.ticket.clone(),
            version: head.version + n,
            at: head.at,
            actor: head.actor.clone(),
            event,
        })
    }
}

/// Events as they go into the journal, and the key that seals them.
#[derive(Default)]
pub(crate) struct Encoded {
    events: Vec<u8>,
    sealed: Option<Vec<u8>>,
    pub(crate) key: Option<KeyId>,
}

/// Events as JSON, long texts replaced. Blobs are on the disk when this returns. With keys, what is personal is sealed: under
/// `key`, or under a new one where there is none yet.
pub(crate) fn encode_events(
    events: &[Event],
    blobs: &Blobs,
    keys: Option<&Keys>,
    key: Option<KeyId>,
) -> io::Result<Encoded> {
    let plain = || Ok(Encoded { events: encode(events, blobs)?, ..Encoded::default() });
    let Some(keys) = keys else { return plain() };
    let mut covered = events.to_vec();
    covered.iter_mut().for_each(ticket::conceal);
    if covered == events {
        return plain();
    }
    let key = key.map_or_else(|| keys.fresh(), Ok)?;
    let sealed = keys.seal(key, &serde_json::to_vec(events)?)?;
    let (events, sealed) = (encode(&covered, blobs)?, encode(&sealed, blobs)?);
    Ok(Encoded { events, sealed: Some(sealed), key: Some(key) })
}

fn encode(value: &(impl Serialize + ?Sized), blobs: &Blobs) -> io::Result<Vec<u8>> {
    let bytes = serde_json::to_vec(value)?;
    if bytes.len() <= LONGEST_TEXT {
        return Ok(bytes);
    }
    let mut value: Value = serde_json::from_slice(&bytes)?;
    let mut replaced = false;
    replace(&mut value, &mut |text| {
        replaced = true;
        blobs.put(text.as_bytes())
    })?;
    if replaced { Ok(serde_json::to_vec(&value)?) } else { Ok(bytes) }
}

/// A ticket's frame, around events that are encoded already.
pub(crate) fn encode_ticket(head: &TicketHead, encoded: &Encoded) -> io::Result<Vec<u8>> {
    let mut out = b"{\"ticket\":{\"head\":".to_vec();
    serde_json::to_writer(&mut out, head)?;
    out.extend_from_slice(b",\"events\":");
    out.extend_from_slice(&encoded.events);
    if let Some(sealed) = &encoded.sealed {
        out.extend_from_slice(b",\"sealed\":");
        out.extend_from_slice(sealed);
    }
    out.extend_from_slice(b"}}");
    Ok(out)
}

/// The payload with its long texts, sealed events opened. What cannot be opened any more stays covered.
pub(crate) fn decode(bytes: &[u8], blobs: &Blobs, keys: Option<&Keys>) -> io::Result<Payload> {
    let mut payload = parse(bytes, Some(blobs))?;
    if let (Payload::Ticket(commit), Some(keys)) = (&mut payload, keys)
        && let (Some(sealed), Some(key)) = (&commit.sealed, commit.head.sealed_by)
        && let Content::Open(events) = keys.unseal(key, sealed)?
    {
        commit.events = serde_json::from_slice(&events)?;
    }
    Ok(payload)
}

/// The payload without its long texts, and as covered as it stands there: enough for whoever asks when, or who.
pub(crate) fn outline(bytes: &[u8]) -> io::Result<Payload> {
    parse(bytes, None)
}

fn parse(bytes: &[u8], blobs: Option<&Blobs>) -> io::Result<Payload> {
    // In a text the quotes would be escaped: these bytes are only ever a key.
    let mark = b"\"$blob\":";
    if !bytes.windows(mark.len()).any(|window| window == mark) {
        return Ok(serde_json::from_slice(bytes)?);
    }
    let mut value: Value = serde_json::from_slice(bytes)?;
    restore(&mut value, blobs)?;
    Ok(serde_json::from_value(value)?)
}

fn replace(value: &mut Value, put: &mut dyn FnMut(&str) -> io::Result<Digest>) -> io::Result<()> {
    match value {
        Value::String(text) if text.len() > LONGEST_TEXT => {
            let digest = put(text)?;
            *value = serde_json::json!({ MARK: digest });
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| replace(item, put)),
        Value::Object(fields) => fields.values_mut().try_for_each(|field| replace(field, put)),
        _ => Ok(()),
    }
}

fn restore(value: &mut Value, blobs: Option<&Blobs>) -> io::Result<()> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|item| restore(item, blobs)),
        Value::Object(fields) => match fields.get(MARK).filter(|_| fields.len() == 1) {
            Some(digest) => {
                let digest: Digest = serde_json::from_value(digest.clone())?;
                let text = blobs.map_or(Ok(Vec::new()), |blobs| blobs.get(&digest))?;
                *value = Value::String(String::from_utf8(text).map_err(io::Error::other)?);
                Ok(())
            }
            None => fields.values_mut().try_for_each(|field| restore(field, blobs)),
        },
        _ => Ok(()),
    }
}
