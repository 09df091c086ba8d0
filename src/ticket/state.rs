//! The state of a ticket: everything that lists, queues and commands need, without personal data and long texts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::{By, Event, Recorded};
use super::forget::forget;
use super::life::{Life, dispatched, live};
use super::sight::origin;
use super::{EventId, Request, TicketId};
use crate::digest::Digest;
use crate::triage::{Decision, Obstacle, Outcome, Special, Warning};

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Received, nothing decided yet.
    #[default]
    Received,
    /// In the manual dispatch queue.
    Queued,
    /// By the knowledge base or by a person, without a unit: as good as closed.
    Answered,
    /// With a unit that has not signed for it yet.
    Dispatched,
    Refused,
    /// A unit works on it.
    Handling,
    /// The unit asks to return it.
    Returning,
    /// A reply is being reviewed.
    Reviewing,
    /// The reply holds; feedback, follow-up or closing are owed.
    Approved,
    Closed,
    Archived,
    Terminated,
}

impl Phase {
    pub const ALL: [Self; 12] = [
        Self::Received,
        Self::Queued,
        Self::Answered,
        Self::Dispatched,
        Self::Refused,
        Self::Handling,
        Self::Returning,
        Self::Reviewing,
        Self::Approved,
        Self::Closed,
        Self::Archived,
        Self::Terminated,
    ];

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Received => "已接收",
            Self::Queued => "待人工派单",
            Self::Answered => "已答复",
            Self::Dispatched => "已派单",
            Self::Refused => "不予受理",
            Self::Handling => "办理中",
            Self::Returning => "退件待审",
            Self::Reviewing => "审核中",
            Self::Approved => "审核通过",
            Self::Closed => "已结案",
            Self::Archived => "已归档",
            Self::Terminated => "已终结",
        }
    }

    /// A stable name, the same as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Queued => "queued",
            Self::Answered => "answered",
            Self::Dispatched => "dispatched",
            Self::Refused => "refused",
            Self::Handling => "handling",
            Self::Returning => "returning",
            Self::Reviewing => "reviewing",
            Self::Approved => "approved",
            Self::Closed => "closed",
            Self::Archived => "archived",
            Self::Terminated => "terminated",
        }
    }
}

/// What the machine proposed first. Never overwritten: it is what people's decisions are measured against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Proposal {
    #[schema(value_type = String)]
    pub event: EventId,
    pub outcome: Outcome,
    /// The winner, or empty when nothing was certain.
    pub lead: String,
    pub assists: Vec<String>,
    pub category: String,
    pub nature: String,
    pub warning: Warning,
    #[schema(value_type = String)]
    pub release: Digest,
    pub knowledge: String,
}

/// What makes a ticket wait in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    pub risk: Warning,
    pub skill: String,
    pub since: DateTime<Utc>,
    /// Persons who skipped it: it is offered to them again only when nothing else is left.
    pub skipped_by: Vec<String>,
    /// The last skip's reason.
    pub skip_reason: String,
}

/// Somebody works on it. Whether the lease still runs, only the store knows (monotonic time).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claim {
    pub person: String,
    pub fence: u64,
    pub lease_s: u32,
    /// When it was claimed or renewed.
    pub since: DateTime<Utc>,
}

/// Not accepted, and by which article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refusal {
    pub code: u16,
    pub article: String,
    pub reason: String,
}

/// A ticket as of its last event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ticket {
    pub id: TicketId,
    /// Number of events.
    pub version: u32,
    /// Id of the first event; its sequence orders tickets that came in the same millisecond.
    #[schema(value_type = String)]
    pub first: EventId,
    #[schema(value_type = String)]
    pub last: EventId,
    pub jurisdiction: String,
    pub channel: String,
    pub section: String,
    pub reference: String,
    pub requester: String,
    /// The beginning of the masked text.
    pub summary: String,
    pub received_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub phase: Phase,
    pub special: Special,
    /// 保密: its content is for its handlers only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confidential: bool,
    pub warning: Warning,
    pub nature: String,
    pub category: String,
    pub topic: String,
    pub proposal: Option<Proposal>,
    pub obstacles: Vec<Obstacle>,
    pub lead: String,
    pub assists: Vec<String>,
    pub followers: Vec<String>,
    /// Who answered, dispatched or refused it.
    pub decided_by: Option<By>,
    /// The entry that answered it.
    pub entry: String,
    pub refusal: Option<Refusal>,
    pub waiting: Option<Waiting>,
    pub claim: Option<Claim>,
    /// Its personal data were destroyed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
    /// What happens after the dispatch, and the clocks.
    #[serde(default)]
    pub life: Life,
}

impl Ticket {
    /// Before the first event.
    pub fn new(id: TicketId) -> Self {
        Self {
            id,
            version: 0,
            first: EventId::default(),
            last: EventId::default(),
            jurisdiction: String::new(),
            channel: String::new(),
            section: String::new(),
            reference: String::new(),
            requester: String::new(),
            summary: String::new(),
            received_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            phase: Phase::Received,
            special: Special::None,
            confidential: false,
            warning: Warning::None,
            nature: String::new(),
            category: String::new(),
            topic: String::new(),
            proposal: None,
            obstacles: Vec::new(),
            lead: String::new(),
            assists: Vec::new(),
            followers: Vec::new(),
            decided_by: None,
            entry: String::new(),
            refusal: None,
            waiting: None,
            claim: None,
            erased: false,
            life: Life::default(),
        }
    }
}

/// The state after all `events`; `None` without any.
pub fn fold<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Option<Ticket> {
    let mut ticket: Option<Ticket> = None;
    for recorded in events {
        apply(ticket.get_or_insert_with(|| Ticket::new(recorded.ticket.clone())), recorded);
    }
    ticket
}

/// Takes over what the event says; computes nothing, so that a changed rule or calendar never changes the past.
pub fn apply(ticket: &mut Ticket, recorded: &Recorded) {
    if recorded.version == 1 {
        ticket.first = recorded.id;
        ticket.received_at = recorded.at;
    }
    ticket.version = recorded.version;
    ticket.last = recorded.id;
    ticket.updated_at = recorded.at;
    live(ticket, recorded);
    match &recorded.event {
        Event::Received { request, summary, .. } => {
            receive(ticket, request, summary);
            origin(&recorded.actor.person).clone_into(&mut ticket.life.posted_by);
        }
        Event::Triaged { decision } => propose(ticket, recorded.id, decision),
        Event::Queued { risk, skill } => queue(ticket, *risk, skill, recorded.at),
        Event::Answered { by, answer } => {
            settle(ticket, Phase::Answered, *by);
            ticket.entry.clone_from(&answer.entry);
        }
        Event::Dispatched { by, lead, assists, followers, .. } => {
            settle(ticket, Phase::Dispatched, *by);
            dispatched(ticket, lead, assists);
            ticket.lead.clone_from(lead);
            ticket.assists.clone_from(assists);
            ticket.followers.clone_from(followers);
        }
        Event::Refused { by, code, article, reason } => {
            settle(ticket, Phase::Refused, *by);
            ticket.refusal = Some(Refusal { code: *code, article: article.clone(), reason: reason.clone() });
        }
        Event::Erased { .. } => forget(ticket),
        Event::Shadowed { .. }
        | Event::Claimed { .. }
        | Event::ClaimExpired { .. }
        | Event::Renewed { .. }
        | Event::Released { .. }
        | Event::Skipped { .. } => hold(ticket, recorded),
        _ => {}
    }
}

fn receive(ticket: &mut Ticket, request: &Request, summary: &str) {
    ticket.jurisdiction.clone_from(&request.jurisdiction);
    ticket.channel.clone_from(&request.channel);
    ticket.section.clone_from(&request.section);
    ticket.reference.clone_from(&request.reference);
    ticket.requester.clone_from(&request.requester.kind);
    ticket.confidential = request.confidential;
    summary.clone_into(&mut ticket.summary);
}

fn propose(ticket: &mut Ticket, event: EventId, decision: &Decision) {
    ticket.special = decision.special;
    ticket.warning = decision.warning;
    decision.axis("nature").clone_into(&mut ticket.nature);
    decision.axis("category").clone_into(&mut ticket.category);
    decision.axis("topic").clone_into(&mut ticket.topic);
    decision.axis("urgency").clone_into(&mut ticket.life.urgency);
    decision.axis("impact").clone_into(&mut ticket.life.impact);
    ticket.life.matter.clone_from(&decision.matter);
    ticket.obstacles.clone_from(&decision.obstacles);
    ticket.proposal.get_or_insert_with(|| Proposal {
        event,
        outcome: decision.outcome,
        lead: decision.lead.value.clone(),
        assists: decision.assists.clone(),
        category: decision.axis("category").to_owned(),
        nature: decision.axis("nature").to_owned(),
        warning: decision.warning,
        release: decision.made_with.release.clone(),
        knowledge: decision.made_with.knowledge.clone(),
    });
}

fn queue(ticket: &mut Ticket, risk: Warning, skill: &str, since: DateTime<Utc>) {
    ticket.phase = Phase::Queued;
    ticket.claim = None;
    ticket.waiting =
        Some(Waiting { risk, skill: skill.to_owned(), since, skipped_by: Vec::new(), skip_reason: String::new() });
}

/// Leaves the queue.
fn settle(ticket: &mut Ticket, phase: Phase, by: By) {
    ticket.phase = phase;
    ticket.decided_by = Some(by);
    ticket.waiting = None;
    ticket.claim = None;
}

fn hold(ticket: &mut Ticket, recorded: &Recorded) {
    match &recorded.event {
        Event::Claimed { fence, lease_s } => {
            let person = recorded.actor.person.clone();
            ticket.claim = Some(Claim { person, fence: *fence, lease_s: *lease_s, since: recorded.at });
        }
        Event::Renewed { lease_s, .. } => {
            if let Some(claim) = &mut ticket.claim {
                claim.lease_s = *lease_s;
                claim.since = recorded.at;
            }
        }
        Event::Skipped { reason, .. } => {
            ticket.claim = None;
            if let Some(waiting) = &mut ticket.waiting {
                if !waiting.skipped_by.contains(&recorded.actor.person) {
                    waiting.skipped_by.push(recorded.actor.person.clone());
                }
                waiting.skip_reason.clone_from(reason);
            }
        }
        _ => ticket.claim = None,
    }
}
