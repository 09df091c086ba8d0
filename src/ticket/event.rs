//! What happened to a ticket: the only thing that is stored for ever, so variants and fields are added, never changed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Actor, EventId, Request, TicketId};
use crate::triage::{Answer, Decision, Outcome, Warning};

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Machine,
    Person,
}

/// One thing that happened. Serialised as `{"kind": "claimed", "data": {…}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// The request as it was sent. `request` holds personal data; lists and indexes use `masked_text` and `summary`.
    Received {
        request: Request,
        /// Title + "\n" + text with personal data masked.
        masked_text: String,
        /// The beginning of `masked_text`, for lists.
        summary: String,
    },
    /// The machine's proposal. The first one stays for ever.
    Triaged {
        decision: Box<Decision>,
    },
    Answered {
        by: By,
        answer: Answer,
    },
    Dispatched {
        by: By,
        lead: String,
        assists: Vec<String>,
        followers: Vec<String>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// Waits for a person, in the order of `risk`.
    Queued {
        risk: Warning,
        /// The seat it needs (坐席); empty: any.
        skill: String,
    },
    /// `fence` numbers the claim; whoever renews, releases, skips or decides must carry it.
    Claimed {
        fence: u64,
        lease_s: u32,
    },
    /// The lease ran out, noticed when somebody else took the ticket.
    ClaimExpired {
        fence: u64,
        person: String,
    },
    Renewed {
        fence: u64,
        lease_s: u32,
    },
    Released {
        fence: u64,
    },
    Skipped {
        fence: u64,
        reason: String,
    },
    Refused {
        by: By,
        code: u16,
        article: String,
        reason: String,
    },
}

/// An event with its place in history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    pub id: EventId,
    pub ticket: TicketId,
    /// 1 for the first event of a ticket, then rising by one.
    pub version: u32,
    pub at: DateTime<Utc>,
    pub actor: Actor,
    pub event: Event,
}

impl Event {
    /// A stable name, the same as `kind` in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Received { .. } => "received",
            Self::Triaged { .. } => "triaged",
            Self::Answered { .. } => "answered",
            Self::Dispatched { .. } => "dispatched",
            Self::Queued { .. } => "queued",
            Self::Claimed { .. } => "claimed",
            Self::ClaimExpired { .. } => "claim_expired",
            Self::Renewed { .. } => "renewed",
            Self::Released { .. } => "released",
            Self::Skipped { .. } => "skipped",
            Self::Refused { .. } => "refused",
        }
    }

    /// Whether a queued ticket may take this event only from the person who holds its claim.
    pub fn needs_claim(&self) -> bool {
        match self {
            Self::Claimed { .. }
            | Self::ClaimExpired { .. }
            | Self::Renewed { .. }
            | Self::Released { .. }
            | Self::Skipped { .. } => true,
            Self::Answered { by, .. } | Self::Dispatched { by, .. } | Self::Refused { by, .. } => *by == By::Person,
            Self::Received { .. } | Self::Triaged { .. } | Self::Queued { .. } => false,
        }
    }
}

/// Characters of the masked text that lists show.
const SUMMARY: usize = 120;

/// The first events of a ticket: what was sent, what the machine proposes, and what becomes of it.
pub fn intake(request: Request, masked_text: String, decision: Decision) -> Vec<Event> {
    let summary = masked_text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SUMMARY).collect();
    let next = consequence(&decision);
    vec![Event::Received { request, masked_text, summary }, Event::Triaged { decision: Box::new(decision) }, next]
}

/// A proposed refusal waits for a person like everything else that is not certain.
fn consequence(decision: &Decision) -> Event {
    match (decision.outcome, &decision.answer) {
        (Outcome::Answered, Some(answer)) => Event::Answered { by: By::Machine, answer: answer.clone() },
        (Outcome::Dispatched, _) if !decision.lead.value.is_empty() => Event::Dispatched {
            by: By::Machine,
            lead: decision.lead.value.clone(),
            assists: decision.assists.clone(),
            followers: decision.followers.clone(),
            reason: String::new(),
        },
        _ => Event::Queued { risk: decision.warning, skill: decision.axis("skill").to_owned() },
    }
}
