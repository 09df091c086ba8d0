//! One item in full: both decisions seen through, and the votes that make the difference.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::Backtest;
use super::agreement::{Grade, Settled};
use super::item::Item;
use super::verdict::{Change, Verdict};
use crate::insight::{Sight, Why, why};
use crate::triage::{Decision, Vote};

/// One item under both releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestDrill)]
pub struct Drill {
    pub id: String,
    pub changes: Vec<Change>,
    /// Votes that are there on one side only, or otherwise.
    pub votes: Vec<VoteShift>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_grade: Option<Grade>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_grade: Option<Grade>,
    pub old: Why,
    pub new: Why,
}

/// A vote of a rule on both sides; absent where it was not cast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestVoteShift)]
pub struct VoteShift {
    pub question: String,
    pub rule: String,
    pub candidate: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Cast>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Cast>,
}

/// How a vote was cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestCast)]
pub struct Cast {
    pub weight: i32,
    pub veto: bool,
    pub counted: bool,
}

/// Decides an item under both releases and shows everything.
pub fn drill(backtest: &Backtest, item: &Item) -> Drill {
    let (old, new) = (backtest.old.decide(item, backtest.mode), backtest.new.decide(item, backtest.mode));
    let text = item.request.whole_text();
    let (before, after) = (Verdict::of(&old), Verdict::of(&new));
    let grade = |side, verdict| item.settled.as_ref().map(|settled| settled.grade(side, verdict));
    Drill {
        id: item.id.clone(),
        changes: before.changes(&after),
        votes: shifts(&old, &new),
        settled: item.settled.clone(),
        old_grade: grade(&backtest.old, &before),
        new_grade: grade(&backtest.new, &after),
        old: why(&Sight::new(&backtest.old.release, &old, &text)),
        new: why(&Sight::new(&backtest.new.release, &new, &text)),
    }
}

/// (question, rule, candidate).
type Key<'a> = (&'a str, &'a str, &'a str);

/// What differs between the votes and remarks of two decisions, by question and rule.
pub(super) fn shifts(old: &Decision, new: &Decision) -> Vec<VoteShift> {
    let (before, after) = (votes(old), votes(new));
    let shift = |key: &Key<'_>| {
        let (old, new) = (before.get(key).copied(), after.get(key).copied());
        let (question, rule, candidate) = *key;
        (old != new).then(|| VoteShift {
            question: question.to_owned(),
            rule: rule.to_owned(),
            candidate: candidate.to_owned(),
            old,
            new,
        })
    };
    let added = after.keys().filter(|key| !before.contains_key(*key));
    let mut found: Vec<VoteShift> = before.keys().chain(added).filter_map(shift).collect();
    found.sort_by(|a, b| (&a.question, &a.rule, &a.candidate).cmp(&(&b.question, &b.rule, &b.candidate)));
    found
}

fn votes(decision: &Decision) -> BTreeMap<Key<'_>, Cast> {
    fn all<'a>(question: &'a str, votes: &'a [Vote]) -> impl Iterator<Item = (Key<'a>, Cast)> {
        votes.iter().map(move |vote| {
            let cast = Cast { weight: vote.weight, veto: vote.veto, counted: vote.counted };
            ((question, vote.rule.as_str(), vote.candidate.as_str()), cast)
        })
    }
    let remark = Cast { weight: 0, veto: false, counted: true };
    let axes = decision.axes.iter().flat_map(|(axis, ruling)| all(axis, &ruling.votes));
    let specials = decision.specials.iter().map(|it| (("special", it.rule.as_str(), ""), remark));
    let refusals = decision.refusals.iter().flat_map(|refusal| {
        let cast = Cast { counted: !refusal.cancelled, ..remark };
        refusal.said_by.iter().map(move |it| (("refusal", it.rule.as_str(), refusal.name.as_str()), cast))
    });
    let side = decision.side_remarks.iter().map(|it| (("assist", it.rule.as_str(), ""), remark));
    let lead = all("lead", &decision.lead.votes).chain(all("warning", &decision.warnings));
    axes.chain(lead).chain(specials).chain(refusals).chain(side).collect()
}
