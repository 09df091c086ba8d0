//! What a dispatcher sees beside a claimed ticket: units that it may belong to, each with what speaks for it, and decided tickets
//! that are alike. It proposes; the person decides.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::learn::Likely;
use crate::similar::Hit;
use crate::ticket::TicketId;
use crate::triage::{Decision, Thousandths};

/// Units and tickets that are shown.
const UNITS: usize = 5;
const TICKETS: usize = 8;
/// Reasons of one unit.
const REASONS: usize = 8;

/// What is proposed for one ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Suggestions {
    /// The likeliest first.
    pub units: Vec<UnitSuggestion>,
    /// Decided tickets, the most alike first.
    pub similar: Vec<SimilarTicket>,
}

/// A unit, and what speaks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnitSuggestion {
    pub unit: String,
    /// Votes of the rules in thousandths, as the decision has them.
    pub votes: Thousandths,
    /// A rule says that it is not this one.
    pub vetoed: bool,
    /// How well its duties fit, in thousandths; 0 where others fit better.
    pub duty: Thousandths,
    /// Decided tickets that are alike and went there, and that it gave back.
    pub similar: u32,
    pub returned: u32,
    /// How sure the model is of it, in thousandths.
    pub learned: Thousandths,
    /// The model is as sure as automatic dispatch asks for.
    pub sure: bool,
    /// All this in words, the strongest first.
    pub reasons: Vec<String>,
}

/// A decided ticket that is alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SimilarTicket {
    #[schema(value_type = String)]
    pub ticket: TicketId,
    pub unit: String,
    pub category: String,
    pub nature: String,
    pub decided_at: DateTime<Utc>,
    /// Whole days ago.
    pub days_ago: i64,
    /// Thousandths.
    pub likeness: Thousandths,
    /// Units that gave it back.
    pub returned: Vec<String>,
    /// The beginning of its text, personal data covered.
    pub text: String,
}

/// Puts together what the decision, the decided tickets and the model say. `likely`: what the model in use makes of the text;
/// without one, what a model said when the ticket came stands.
pub fn suggest(decision: Option<&Decision>, hits: &[Hit], likely: &[Likely], now: DateTime<Utc>) -> Suggestions {
    let mut units: BTreeMap<&str, (UnitSuggestion, Thousandths)> = BTreeMap::new();
    if let Some(decision) = decision {
        for candidate in decision.lead.ranking.iter().filter(|it| it.weight > 0) {
            let (unit, _) = units.entry(&candidate.name).or_default();
            (unit.votes, unit.vetoed) = (candidate.weight, candidate.vetoed);
        }
        let facts = &decision.facts;
        if !facts.duty_unit.is_empty() {
            units.entry(&facts.duty_unit).or_default().0.duty = facts.duty_score;
        }
        if !facts.learned.unit.is_empty() && likely.is_empty() {
            let (unit, _) = units.entry(&facts.learned.unit).or_default();
            (unit.learned, unit.sure) = (facts.learned.confidence, facts.learned.sure);
        }
    }
    for likely in likely {
        let (unit, _) = units.entry(&likely.label).or_default();
        (unit.learned, unit.sure) = (likely.confidence, likely.sure);
    }
    for hit in hits {
        let (unit, alike) = units.entry(&hit.decided.unit).or_default();
        unit.similar += 1;
        *alike += hit.likeness;
        for returned in &hit.decided.returned {
            let (unit, alike) = units.entry(returned).or_default();
            unit.returned += 1;
            *alike -= hit.likeness;
        }
    }
    let mut ranked: Vec<(&str, (UnitSuggestion, Thousandths))> = units.into_iter().collect();
    ranked.retain(|(_, (unit, alike))| unit.votes > 0 || unit.duty > 0 || *alike > 0 || unit.learned > 0);
    // A vote and a full confidence weigh the same: what nobody has a rule for is still shown.
    ranked.sort_by_key(|(name, (unit, alike))| {
        let strength = unit.votes + unit.learned + (*alike).min(1_000) + unit.duty / 2;
        (unit.vetoed, std::cmp::Reverse(strength), (*name).to_owned())
    });
    let told = |(name, (unit, _)): (&str, (UnitSuggestion, Thousandths))| {
        let unit = UnitSuggestion { unit: name.to_owned(), ..unit };
        UnitSuggestion { reasons: reasons(&unit, decision), ..unit }
    };
    Suggestions {
        units: ranked.into_iter().take(UNITS).map(told).collect(),
        similar: hits.iter().take(TICKETS).map(|hit| SimilarTicket::of(hit, now)).collect(),
    }
}

fn reasons(unit: &UnitSuggestion, decision: Option<&Decision>) -> Vec<String> {
    let mut reasons = Vec::new();
    let percent = |thousandths: Thousandths| thousandths / 10;
    if unit.learned > 0 {
        let sure = if unit.sure { "，达到自动派单要求的准确率" } else { "" };
        reasons.push(format!("历史工单学到的：可信度 {}%{sure}", percent(unit.learned)));
    }
    if unit.similar > 0 {
        reasons.push(format!("{} 件相似工单由它办理", unit.similar));
    }
    if unit.returned > 0 {
        reasons.push(format!("{} 件相似工单被它退回", unit.returned));
    }
    if unit.duty > 0 {
        reasons.push(format!("文字与它的职责吻合 {}%", percent(unit.duty)));
    }
    let votes = decision.into_iter().flat_map(|decision| &decision.lead.votes);
    let mut votes: Vec<_> = votes.filter(|vote| vote.counted && vote.candidate == unit.unit).collect();
    votes.sort_by_key(|vote| std::cmp::Reverse((vote.veto, vote.weight.abs())));
    reasons.extend(votes.into_iter().map(|vote| {
        let said = if vote.why.is_empty() { &vote.basis } else { &vote.why };
        match vote.veto {
            true => format!("规则 {} 否决：{said}", vote.rule),
            false => format!("规则 {} {:+} 票：{said}", vote.rule, f64::from(vote.weight) / 1_000.0),
        }
    }));
    reasons.truncate(REASONS);
    reasons
}

impl SimilarTicket {
    fn of(hit: &Hit, now: DateTime<Utc>) -> Self {
        let Hit { decided, likeness } = hit;
        Self {
            ticket: decided.ticket.clone(),
            unit: decided.unit.clone(),
            category: decided.category.clone(),
            nature: decided.nature.clone(),
            decided_at: decided.decided_at,
            days_ago: (now - decided.decided_at).num_days().max(0),
            likeness: *likeness,
            returned: decided.returned.clone(),
            text: decided.snippet.clone(),
        }
    }
}
