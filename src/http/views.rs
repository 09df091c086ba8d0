//! What callers see: shapes of their own, made by hand. Tickets, events and decisions leave only as `ticket::cover` shows them
//! to whoever asks.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{Dossier, RuleLine, Standing, Taken};
use crate::diagnostic::Diagnostic;
use crate::knowledge::{Entry, Published};
use crate::outbox::event_data;
use crate::releases::Report;
use crate::suggest::Suggestions;
use crate::ticket::{Actor, Phase, Recorded, Request, Sight, Ticket, Viewer, show_decision, show_ticket};
use crate::triage::{Answer, Candidate, Decision, Earlier, MadeWith, Match, Obstacle, Outcome, Part, Special, Warning};

/// What a posted request became.
#[derive(Serialize, ToSchema)]
pub(super) struct Receipt {
    /// Number of the ticket.
    id: String,
    /// The platform's own reference.
    reference: String,
    jurisdiction: String,
    phase: Phase,
    /// True: an earlier post with the same key made it.
    replayed: bool,
    received_at: DateTime<Utc>,
    outcome: Outcome,
    special: Special,
    warning: Warning,
    /// Decided values by axis: nature, category, topic, urgency, impact, skill.
    axes: BTreeMap<String, String>,
    lead: String,
    assists: Vec<String>,
    proposed_assists: Vec<String>,
    followers: Vec<String>,
    /// Candidates for the lead, strongest first.
    ranking: Vec<Candidate>,
    /// Why a person has to look; empty when none has to.
    obstacles: Vec<Obstacle>,
    /// Earlier tickets about the same matter: shown, never merged.
    earlier: Vec<Earlier>,
    /// 一事一单: the matters that a person may split it into.
    proposed_split: Vec<Part>,
    answer: Option<Answer>,
    /// To be told to the requester at once.
    tell: Vec<String>,
    made_with: MadeWith,
}

impl From<Taken> for Receipt {
    fn from(Taken { ticket, decision, replayed }: Taken) -> Self {
        let decided = decision.axes.into_iter().filter(|(_, ruling)| !ruling.value.is_empty());
        Self {
            id: ticket.id.to_string(),
            reference: ticket.reference,
            jurisdiction: ticket.jurisdiction,
            phase: ticket.phase,
            replayed,
            received_at: ticket.received_at,
            outcome: decision.outcome,
            special: decision.special,
            warning: decision.warning,
            axes: decided.map(|(axis, ruling)| (axis, ruling.value)).collect(),
            lead: decision.lead.value,
            assists: decision.assists,
            proposed_assists: decision.proposed_assists,
            followers: decision.followers,
            ranking: decision.lead.ranking,
            obstacles: decision.obstacles,
            earlier: decision.earlier,
            proposed_split: decision.proposed_split,
            answer: decision.answer,
            tell: decision.tell,
            made_with: decision.made_with,
        }
    }
}

/// One ticket with everything a person needs to decide it.
#[derive(Serialize, ToSchema)]
pub(super) struct Detail {
    ticket: Ticket,
    /// Title and text with personal data covered.
    masked_text: String,
    /// As it was sent; only for roles that may see personal data.
    request: Option<Request>,
    /// The last triage: candidates, votes, evidence, matches of the knowledge base.
    decision: Option<Decision>,
}

impl Detail {
    pub(super) fn new(dossier: Dossier, viewer: &Viewer) -> Self {
        let Dossier { ticket, request, masked_text, decision } = dossier;
        let sight = viewer.sight(&ticket);
        let decision = decision.and_then(|decision| show_decision(decision, viewer, sight)).map(|decision| *decision);
        let masked_text = if sight >= Sight::Covered { masked_text } else { String::new() };
        let request = request.filter(|_| sight == Sight::All);
        Self { ticket: show_ticket(ticket, viewer, sight), masked_text, request, decision }
    }
}

/// A ticket as a caller sees it.
pub(super) fn shown(ticket: Ticket, viewer: &Viewer) -> Ticket {
    let sight = viewer.sight(&ticket);
    show_ticket(ticket, viewer, sight)
}

/// The same in a list.
pub(super) fn listed(ticket: Ticket, viewer: &Viewer) -> Ticket {
    let sight = viewer.glimpse(&ticket);
    show_ticket(ticket, viewer, sight)
}

#[derive(Serialize, ToSchema)]
pub(super) struct TicketPage {
    /// Newest first.
    pub(super) tickets: Vec<Ticket>,
    /// Give it as `cursor` for what comes next; absent at the end. A page may be short or empty and still have it.
    pub(super) next: Option<String>,
}

/// One thing that happened to a ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct EventView {
    /// `<epoch>-<sequence>`.
    id: String,
    ticket: String,
    /// 1 for the first event of a ticket, rising by one.
    version: u32,
    at: DateTime<Utc>,
    actor: Actor,
    kind: &'static str,
    /// Depends on `kind`; `{"withheld": true}` where the ticket is confidential and the caller does not handle it.
    #[schema(value_type = Object)]
    data: serde_json::Value,
}

impl EventView {
    pub(super) fn new(recorded: Recorded, viewer: &Viewer, sight: Sight) -> Self {
        let kind = recorded.event.kind();
        let data = event_data(recorded.event, viewer, sight);
        let (id, ticket) = (recorded.id.to_string(), recorded.ticket.to_string());
        Self { id, ticket, version: recorded.version, at: recorded.at, actor: recorded.actor, kind, data }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct QueueItem {
    pub(super) ticket: Ticket,
    /// Seconds that somebody still holds it; absent: free.
    pub(super) lease_left_s: Option<u64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct QueuePage {
    /// In the order in which they are offered: by risk, then by age.
    pub(super) tickets: Vec<QueueItem>,
}

/// A ticket that now is the caller's for a while.
#[derive(Serialize, ToSchema)]
pub(super) struct ClaimView {
    /// Number of the claim: every further step must carry it.
    pub(super) fence: u64,
    /// Seconds it holds; renew in time.
    pub(super) lease_s: u32,
    /// Units that it may belong to, and decided tickets that are alike.
    pub(super) suggestions: Suggestions,
    #[serde(flatten)]
    pub(super) detail: Detail,
}

/// A published entry.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryView {
    jurisdiction: String,
    /// Day of the last change, Asia/Shanghai.
    as_of: String,
    entry: Entry,
}

impl From<Published> for EntryView {
    fn from(published: Published) -> Self {
        let Published { jurisdiction, entry, as_of } = published;
        Self { jurisdiction: jurisdiction.to_string(), as_of: as_of.to_string(), entry }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct EntryPage {
    /// By id.
    pub(super) entries: Vec<EntryView>,
    /// Give it as `cursor` for what comes next; absent at the end.
    pub(super) next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SearchResult {
    /// Best first.
    pub(super) matches: Vec<Match>,
    /// What a 咨询 with these words would be answered.
    pub(super) answer: Option<Answer>,
    /// Why there is no answer.
    pub(super) abstained: Option<String>,
    /// Version of the knowledge that was asked.
    pub(super) knowledge: String,
}

/// How the rules of one jurisdiction stand.
#[derive(Serialize, ToSchema)]
pub(super) struct StandingView {
    #[serde(flatten)]
    report: Report,
    /// Rules out of service because they overran or kept failing.
    suspended: Vec<String>,
    /// Knowledge entries.
    entries: usize,
    /// Set when the regulation's last day has passed: it is still applied, and somebody has to confirm that.
    #[serde(skip_serializing_if = "Option::is_none")]
    lapsed: Option<String>,
}

impl From<Standing> for StandingView {
    fn from(Standing { report, suspended, entries, lapsed }: Standing) -> Self {
        Self { report, suspended, entries, lapsed }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct Standings {
    pub(super) jurisdictions: BTreeMap<String, StandingView>,
    /// Problems of the shipped entries.
    pub(super) entries: Vec<Diagnostic>,
    /// Counts up with every round over changed files.
    pub(super) round: u64,
}

/// A rule that is live.
#[derive(Serialize, ToSchema)]
pub(super) struct RuleView {
    id: String,
    /// admit, classify, route or warn.
    verb: &'static str,
    group: String,
    file: String,
    line: u32,
    basis: String,
    /// False: its outcome is never automatic.
    auto: bool,
    suspended: bool,
}

impl From<RuleLine> for RuleView {
    fn from(rule: RuleLine) -> Self {
        let RuleLine { id, verb, group, file, line, basis, auto, suspended } = rule;
        Self { id, verb, group, file, line, basis, auto, suspended }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct RuleList {
    pub(super) jurisdiction: String,
    /// Digest of the release; empty: there is none, everything goes to the queue.
    pub(super) release: String,
    pub(super) rules: Vec<RuleView>,
}
