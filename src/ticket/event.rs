//! What happened to a ticket: the only thing that is stored for ever, so variants and fields are added, never changed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parts::{AssistState, Cause, Clock, Evidence, Notice, Officer, Reply, Score, Urge};
use super::{Actor, EventId, Request, Shadowed, TicketId};
use crate::regulation::Reviewer;
use crate::triage::{Answer, Decision, Outcome, Special, Warning};

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
    /// A release on trial in the shadow of the live one decided otherwise. Nothing follows from it.
    Shadowed {
        shadowed: Shadowed,
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
    Signed {
        unit: String,
    },
    ReturnRequested {
        unit: String,
        reason: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        basis: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Evidence>,
        /// After the window; counted as overdue where it is taken at all (HN-16).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    ReturnDecided {
        granted: bool,
        reason: String,
    },
    Contacted {
        channel: String,
        reached: bool,
        note: String,
    },
    /// A first or interim reply, not the completion.
    Replied {
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Evidence>,
    },
    /// The requester was told the result.
    Informed {
        channel: String,
        text: String,
    },
    Registered {
        what: String,
        note: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Evidence>,
    },
    Progressed {
        note: String,
    },
    ExtensionRequested {
        rule: String,
        clock: String,
        length: String,
        ground: String,
        reason: String,
        consents: Vec<String>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        fields: BTreeMap<String, String>,
        /// Why more is asked for than holds 一般.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        override_reason: String,
    },
    ExtensionDecided {
        clock: String,
        granted: bool,
        length: String,
        reason: String,
    },
    AssistAdded {
        unit: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        task: String,
        state: AssistState,
    },
    AssistConfirmed {
        unit: String,
    },
    AssistDone {
        unit: String,
        note: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Evidence>,
    },
    LinkageFailed {
        reason: String,
    },
    Flagged {
        flag: String,
        up: bool,
        reason: String,
    },
    /// Urgency and impact as a person sees them.
    Graded {
        urgency: String,
        impact: String,
        reason: String,
    },
    SpecialSet {
        special: Special,
        reason: String,
    },
    /// 保密 set or lifted by a person; when it came, the request says it.
    ConfidentialSet {
        confidential: bool,
        reason: String,
    },
    Completed {
        reply: Reply,
    },
    Reviewed {
        step: Reviewer,
        passed: bool,
        /// No further step follows.
        last: bool,
        reason: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        checks: Vec<String>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        missing_content: bool,
    },
    FedBack {
        channel: String,
        text: String,
    },
    FollowedUp {
        automatic: bool,
        channel: String,
        /// False: nobody answered.
        reached: bool,
        note: String,
    },
    Rated {
        score: Score,
    },
    Supervised {
        ground: String,
        reason: String,
        measure: String,
        by: By,
    },
    /// A person decides whether it is supervised.
    SupervisionProposed {
        ground: String,
        reason: String,
    },
    Stated {
        text: String,
    },
    HardCase {
        reason: String,
    },
    DeemedLate {
        reason: String,
    },
    Terminated {
        ground: String,
        opinion: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Evidence>,
    },
    Closed {
        by: By,
        code: String,
        reason: String,
    },
    Archived {
        by: By,
    },
    Reopened {
        reason: String,
    },
    Linked {
        ticket: TicketId,
        relation: String,
        note: String,
    },
    Noticed {
        notice: Notice,
    },
    Delivered {
        notice: String,
        channel: String,
    },
    Acknowledged {},
    /// A task is done: `clock` is its id.
    Confirmed {
        clock: String,
        note: String,
    },
    Noted {
        text: String,
    },
    /// A limit that says 一般 or 原则上 was passed over by a center, with its reason.
    Overridden {
        code: String,
        article: String,
        reason: String,
    },
    FollowerAdded {
        follower: String,
    },
    /// Those of the enterprise who serve the ticket's topic, as the record had them when the ticket came (RC-08).
    OfficersNamed {
        officers: Vec<Officer>,
    },
    /// The personal data were destroyed at the requester's wish: what came before can be read covered only.
    Erased {
        reason: String,
    },
    /// A draft for the knowledge base (LH-08); somebody reviews it.
    EntryDrafted {
        question: String,
        answer: String,
        owner: String,
    },
    ClockStarted {
        clock: Box<Clock>,
    },
    ClockMet {
        clock: String,
        unit: String,
        at: DateTime<Utc>,
    },
    ClockStopped {
        clock: String,
        unit: String,
        why: String,
    },
    /// It runs on to the same due instant.
    ClockResumed {
        clock: String,
        unit: String,
    },
    /// Extension, a later delivery, a newly published calendar.
    ClockMoved {
        clock: Box<Clock>,
        why: String,
    },
    MarkReached {
        clock: String,
        unit: String,
        mark: String,
        at: DateTime<Utc>,
        /// Noticed more than a minute after it came.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    MarkMissed {
        clock: String,
        unit: String,
        mark: String,
        at: DateTime<Utc>,
    },
    ClockPassed {
        clock: String,
        unit: String,
        due: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    /// It was no fault of the unit after all (A-HN-19).
    ClockExcused {
        clock: String,
        unit: String,
        why: String,
    },
    Warned {
        level: Warning,
        before: Warning,
        causes: Vec<Cause>,
    },
    Urged {
        urge: Urge,
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
            Self::Shadowed { .. } => "shadowed",
            Self::Answered { .. } => "answered",
            Self::Dispatched { .. } => "dispatched",
            Self::Queued { .. } => "queued",
            Self::Claimed { .. } => "claimed",
            Self::ClaimExpired { .. } => "claim_expired",
            Self::Renewed { .. } => "renewed",
            Self::Released { .. } => "released",
            Self::Skipped { .. } => "skipped",
            Self::Refused { .. } => "refused",
            Self::Signed { .. } => "signed",
            Self::ReturnRequested { .. } => "return_requested",
            Self::ReturnDecided { .. } => "return_decided",
            Self::Contacted { .. } => "contacted",
            Self::Replied { .. } => "replied",
            Self::Informed { .. } => "informed",
            Self::Registered { .. } => "registered",
            Self::Progressed { .. } => "progressed",
            Self::ExtensionRequested { .. } => "extension_requested",
            Self::ExtensionDecided { .. } => "extension_decided",
            Self::AssistAdded { .. } => "assist_added",
            Self::AssistConfirmed { .. } => "assist_confirmed",
            Self::AssistDone { .. } => "assist_done",
            Self::LinkageFailed { .. } => "linkage_failed",
            Self::Flagged { .. } => "flagged",
            Self::Graded { .. } => "graded",
            Self::SpecialSet { .. } => "special_set",
            Self::ConfidentialSet { .. } => "confidential_set",
            Self::Completed { .. } => "completed",
            Self::Reviewed { .. } => "reviewed",
            Self::FedBack { .. } => "fed_back",
            Self::FollowedUp { .. } => "followed_up",
            Self::Rated { .. } => "rated",
            Self::Supervised { .. } => "supervised",
            Self::SupervisionProposed { .. } => "supervision_proposed",
            Self::Stated { .. } => "stated",
            Self::HardCase { .. } => "hard_case",
            Self::DeemedLate { .. } => "deemed_late",
            Self::Terminated { .. } => "terminated",
            Self::Closed { .. } => "closed",
            Self::Archived { .. } => "archived",
            Self::Reopened { .. } => "reopened",
            Self::Erased { .. } => "erased",
            Self::Linked { .. } => "linked",
            Self::Noticed { .. } => "noticed",
            Self::Delivered { .. } => "delivered",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Confirmed { .. } => "confirmed",
            Self::Noted { .. } => "noted",
            Self::Overridden { .. } => "overridden",
            Self::FollowerAdded { .. } => "follower_added",
            Self::OfficersNamed { .. } => "officers_named",
            Self::EntryDrafted { .. } => "entry_drafted",
            Self::ClockStarted { .. } => "clock_started",
            Self::ClockMet { .. } => "clock_met",
            Self::ClockStopped { .. } => "clock_stopped",
            Self::ClockResumed { .. } => "clock_resumed",
            Self::ClockMoved { .. } => "clock_moved",
            Self::MarkReached { .. } => "mark_reached",
            Self::MarkMissed { .. } => "mark_missed",
            Self::ClockPassed { .. } => "clock_passed",
            Self::ClockExcused { .. } => "clock_excused",
            Self::Warned { .. } => "warned",
            Self::Urged { .. } => "urged",
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
            _ => false,
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
