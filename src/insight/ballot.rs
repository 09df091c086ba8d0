//! The votes of a decision, each with what became of it.

use serde::Serialize;
use utoipa::ToSchema;

use super::sight::Sight;
use crate::rules::{Outcome, Verb};
use crate::triage::{Candidate, Obstacle, Remark, Ruling, Vote, so_far};

/// A vote with its group, and who outvoted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ballot {
    #[serde(flatten)]
    pub vote: Vote,
    pub group: String,
    /// The rule of the same group that speaks louder for (or against) the same candidate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outvoted_by: Option<String>,
}

/// One question with all that was said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InsightQuestion)]
pub struct Question {
    /// `nature`, …, `lead`.
    pub name: String,
    /// For people.
    pub title: &'static str,
    /// Empty when undecided.
    pub value: String,
    /// Nobody voted and the regulation's default holds.
    pub by_default: bool,
    pub ranking: Vec<Candidate>,
    /// What the first is ahead of the second, in thousandths.
    pub ahead: i32,
    pub votes: Vec<Ballot>,
}

/// Something a rule said that is no vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Remarked {
    #[serde(flatten)]
    pub remark: Remark,
    /// 特殊紧急事项, 建议不予受理（第 5 类）, 转人工, 配合.
    pub what: String,
    /// False for a refusal that an emergency cancelled.
    pub effective: bool,
}

/// For people.
pub(super) fn title(question: &str) -> &'static str {
    match question {
        "nature" => "性质",
        "category" => "类别",
        "topic" => "主题",
        "urgency" => "紧急",
        "impact" => "影响",
        "skill" => "坐席",
        "lead" => "主责",
        "warning" => "预警",
        _ => "受理",
    }
}

impl Sight<'_> {
    pub(super) fn question(&self, name: &str, ruling: &Ruling) -> Question {
        let weight = |at: usize| ruling.ranking.get(at).map_or(0, |it| it.weight.max(0));
        Question {
            name: name.to_owned(),
            title: title(name),
            value: ruling.value.clone(),
            by_default: ruling.votes.is_empty() && !ruling.value.is_empty(),
            ranking: ruling.ranking.clone(),
            ahead: weight(0) - weight(1),
            votes: self.ballots(&ruling.votes),
        }
    }

    pub(super) fn ballots(&self, votes: &[Vote]) -> Vec<Ballot> {
        let groups: Vec<String> = votes.iter().map(|vote| self.group(&vote.rule)).collect();
        let louder = |at: usize| {
            let (vote, group) = (&votes[at], &groups[at]);
            let same = |other: &Vote| {
                other.counted
                    && !other.veto
                    && other.candidate == vote.candidate
                    && (other.weight < 0) == (vote.weight < 0)
            };
            let of_group = votes.iter().zip(&groups).find(|(other, its)| *its == group && same(other));
            of_group.filter(|_| !vote.counted).map(|(other, _)| other.rule.clone())
        };
        let ballot = |at: usize| Ballot { vote: votes[at].clone(), group: groups[at].clone(), outvoted_by: louder(at) };
        (0..votes.len()).map(ballot).collect()
    }

    /// A vote that no rule cast is a group of its own.
    fn group(&self, rule: &str) -> String {
        self.release.rules.find(rule).map_or_else(|| rule.to_owned(), |rule| rule.group.clone())
    }

    /// What admit rules said, and those of other verbs that asked for a person.
    pub(super) fn remarks(&self) -> Vec<Remarked> {
        let decision = self.decision;
        let special = |remark: &Remark| Remarked {
            remark: remark.clone(),
            what: self.special_of(&remark.rule).to_owned(),
            effective: true,
        };
        let refusals = decision.refusals.iter().flat_map(|refusal| {
            refusal.said_by.iter().map(|remark| Remarked {
                remark: remark.clone(),
                what: format!("建议不予受理（第 {} 类 {}）", refusal.code, refusal.name),
                effective: !refusal.cancelled,
            })
        });
        let mut all: Vec<Remarked> = decision.specials.iter().map(special).chain(refusals).collect();
        all.extend(decision.obstacles.iter().filter_map(|obstacle| match obstacle {
            Obstacle::RuleAskedForPerson { rule, why } => Some(self.asked_for_person(rule, why)),
            _ => None,
        }));
        let side =
            |remark: &Remark| Remarked { remark: remark.clone(), what: "配合、跟进".to_owned(), effective: true };
        all.extend(decision.side_remarks.iter().map(side));
        all
    }

    /// Urgent or only special: the decision keeps the sum, the rule what it said itself.
    fn special_of(&self, rule: &str) -> &'static str {
        let ask = self.ask();
        let heard = self.release.rules.hear_one(rule, &ask, &so_far(Verb::Admit, self.decision));
        match heard.and_then(Result::ok).map(|voice| voice.outcome.into_owned()) {
            Some(Outcome::Special { .. }) => crate::triage::Special::Special.in_words(),
            _ => crate::triage::Special::SpecialUrgent.in_words(),
        }
    }

    fn asked_for_person(&self, id: &str, why: &str) -> Remarked {
        let rule = self.release.rules.find(id);
        let ask = self.ask();
        let heard = rule.and_then(|rule| {
            self.release.rules.hear_one(id, &ask, &so_far(rule.verb, self.decision)).and_then(Result::ok)
        });
        let remark = Remark {
            rule: id.to_owned(),
            file: rule.map(|rule| rule.file.to_string()).unwrap_or_default(),
            line: rule.map_or(0, |rule| rule.line),
            hits: heard.map(|voice| voice.hits).unwrap_or_default(),
            why: why.to_owned(),
            basis: rule.map(|rule| rule.basis.clone()).unwrap_or_default(),
            tell: String::new(),
        };
        Remarked { remark, what: "转人工".to_owned(), effective: true }
    }
}
