//! An event as others see it: CloudEvents 1.0, structured mode, personal data covered unless the receiver may see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::store::{Policy, Subscription};
use crate::ticket::{Actor, Event, Recorded, Sight, Ticket, Viewer, show_event};

/// A CloudEvent about a ticket, or about a policy.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Told {
    /// `1.0`.
    specversion: &'static str,
    /// Id of the event: `<epoch>-<sequence>`.
    pub id: String,
    /// `/paidan/<jurisdiction>`.
    source: String,
    /// `paidan.ticket.<kind>`, or `paidan.policy.published`.
    #[serde(rename = "type")]
    kind: String,
    /// Number of the ticket, or id of the entry.
    subject: String,
    time: DateTime<Utc>,
    /// `application/json`.
    datacontenttype: &'static str,
    /// Present and true: an earlier event of this ticket could not be delivered to this receiver.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    gap: bool,
    data: ToldData,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
enum ToldData {
    Ticket(Box<ToldTicket>),
    Policy(Box<ToldPolicy>),
}

/// A policy that went live, new or changed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
struct ToldPolicy {
    jurisdiction: String,
    entry: String,
    question: String,
    answer: String,
    topic: String,
    tags: Vec<String>,
    /// The unit that vouches for it.
    owner: String,
    basis: String,
    source: String,
    /// First and last day, `YYYY-MM-DD`; empty: open.
    valid_from: String,
    valid_until: String,
    /// Ids of the enterprises on record (一企一档) that have one of its tags, as of now; at most a thousand.
    enterprises: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
struct ToldTicket {
    ticket: String,
    /// 1 for the first event of a ticket, rising by one.
    version: u32,
    jurisdiction: String,
    /// As of now, not as of the event.
    category: String,
    /// The platform's own reference.
    reference: String,
    kind: &'static str,
    actor: Actor,
    /// Depends on `kind`; `{"withheld": true}` where the ticket is confidential and the receiver does not handle it.
    #[schema(value_type = Object)]
    event: Value,
}

/// `ticket`: the state of the ticket as it is now.
pub fn cloud_event(recorded: Recorded, ticket: &Ticket, viewer: &Viewer, gap: bool) -> Told {
    let kind = recorded.event.kind();
    let event = event_data(recorded.event, viewer, viewer.sight(ticket));
    Told {
        specversion: "1.0",
        id: recorded.id.to_string(),
        source: format!("/paidan/{}", ticket.jurisdiction),
        kind: format!("paidan.ticket.{kind}"),
        subject: recorded.ticket.to_string(),
        time: recorded.at,
        datacontenttype: "application/json",
        gap,
        data: ToldData::Ticket(Box::new(ToldTicket {
            ticket: recorded.ticket.to_string(),
            version: recorded.version,
            jurisdiction: ticket.jurisdiction.clone(),
            category: ticket.category.clone(),
            reference: ticket.reference.clone(),
            kind,
            actor: recorded.actor,
            event,
        })),
    }
}

/// What an event says to a viewer, without its kind.
pub fn event_data(event: Event, viewer: &Viewer, sight: Sight) -> Value {
    let Some(event) = show_event(event, viewer, sight) else { return json!({ "withheld": true }) };
    // An event has been JSON before.
    let mut event = serde_json::to_value(&event).unwrap_or_default();
    event.get_mut("data").map(Value::take).unwrap_or_default()
}

/// What is told of a policy that went live (RC-10, CB-24).
pub fn policy_event(policy: Policy) -> Told {
    let Policy { id, jurisdiction, at, entry, enterprises, .. } = policy;
    Told {
        specversion: "1.0",
        id: id.to_string(),
        source: format!("/paidan/{jurisdiction}"),
        kind: "paidan.policy.published".to_owned(),
        subject: entry.id.clone(),
        time: at,
        datacontenttype: "application/json",
        gap: false,
        data: ToldData::Policy(Box::new(ToldPolicy {
            jurisdiction,
            entry: entry.id,
            question: entry.question,
            answer: entry.answer,
            topic: entry.topic,
            tags: entry.tags,
            owner: entry.owner,
            basis: entry.basis,
            source: entry.source,
            valid_from: entry.valid_from,
            valid_until: entry.valid_until,
            enterprises,
        })),
    }
}

/// Whether a subscriber is to be told of a policy: its topic fits, and one of its tags.
pub fn wants_policy(subscription: &Subscription, policy: &Policy) -> bool {
    let entry = &policy.entry;
    let ours = subscription.jurisdiction.is_empty() || subscription.jurisdiction == policy.jurisdiction;
    let topic = subscription.topics.is_empty() || subscription.topics.contains(&entry.topic);
    let tagged = subscription.tags.is_empty() || subscription.tags.iter().any(|tag| entry.tags.contains(tag));
    subscription.wants_policies() && ours && topic && tagged
}

/// Whether a subscriber is to be told of an event.
pub fn wants(subscription: &Subscription, kind: &str, ticket: &Ticket) -> bool {
    let named = |list: &[String], name: &str| list.is_empty() || list.iter().any(|it| it == name);
    let ours = subscription.jurisdiction.is_empty() || subscription.jurisdiction == ticket.jurisdiction;
    let sees = subscription.viewer().sees(ticket);
    ours && sees && named(&subscription.kinds, kind) && named(&subscription.categories, &ticket.category)
}
