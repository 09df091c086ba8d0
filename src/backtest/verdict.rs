//! What is compared of two decisions.

use serde::Serialize;
use utoipa::ToSchema;

use crate::triage::{Decision, Outcome, level_name};

/// What a decision comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestVerdict)]
pub struct Verdict {
    pub outcome: Outcome,
    /// Empty when undecided.
    pub lead: String,
    /// The strongest candidate for the lead, decided or not.
    pub first: String,
    pub assists: Vec<String>,
    pub followers: Vec<String>,
    pub nature: String,
    pub category: String,
    pub topic: String,
    pub urgency: String,
    pub impact: String,
    pub skill: String,
    /// `none`, `blue`, `yellow`, `red`.
    pub warning: &'static str,
    /// `""`, `special`, `special_urgent`.
    pub special: &'static str,
    /// Codes of the refusals that stand.
    pub refusals: Vec<u16>,
    /// The entry that answers.
    pub entry: String,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestChange)]
pub struct Change {
    pub field: &'static str,
    pub old: String,
    pub new: String,
}

/// The fields that have a matrix of changes, with what to call them.
pub(super) const COUNTED: [(&str, &str); 9] = [
    ("outcome", "结果"),
    ("lead", "主责单位"),
    ("nature", "性质"),
    ("category", "类别"),
    ("topic", "主题"),
    ("urgency", "紧急程度"),
    ("impact", "影响"),
    ("warning", "预警"),
    ("special", "特殊"),
];

impl Verdict {
    pub fn of(decision: &Decision) -> Self {
        let axis = |name| decision.axis(name).to_owned();
        let first = decision.lead.ranking.first().filter(|first| first.weight > 0 && !first.vetoed);
        let open = decision.refusals.iter().filter(|it| !it.cancelled).map(|it| it.code);
        Self {
            outcome: decision.outcome,
            lead: decision.lead.value.clone(),
            first: first.map(|first| first.name.clone()).unwrap_or_default(),
            assists: decision.assists.clone(),
            followers: decision.followers.clone(),
            nature: axis("nature"),
            category: axis("category"),
            topic: axis("topic"),
            urgency: axis("urgency"),
            impact: axis("impact"),
            skill: axis("skill"),
            warning: level_name(decision.warning),
            special: crate::triage::special_name(decision.special),
            refusals: open.collect(),
            entry: decision.answer.as_ref().map(|answer| answer.entry.clone()).unwrap_or_default(),
        }
    }

    /// The value of a counted field.
    pub(super) fn value(&self, field: &str) -> &str {
        match field {
            "outcome" => crate::triage::outcome_name(self.outcome),
            "lead" => &self.lead,
            "nature" => &self.nature,
            "category" => &self.category,
            "topic" => &self.topic,
            "urgency" => &self.urgency,
            "impact" => &self.impact,
            "warning" => self.warning,
            _ => self.special,
        }
    }

    /// What is otherwise in `new`.
    pub fn changes(&self, new: &Self) -> Vec<Change> {
        let counted =
            COUNTED.iter().map(|(field, _)| (*field, self.value(field).to_owned(), new.value(field).to_owned()));
        let codes = |list: &[u16]| list.iter().map(u16::to_string).collect::<Vec<_>>().join("、");
        let others = [
            ("first", self.first.clone(), new.first.clone()),
            ("assists", self.assists.join("、"), new.assists.join("、")),
            ("followers", self.followers.join("、"), new.followers.join("、")),
            ("skill", self.skill.clone(), new.skill.clone()),
            ("refusals", codes(&self.refusals), codes(&new.refusals)),
            ("entry", self.entry.clone(), new.entry.clone()),
        ];
        let all = counted.chain(others).filter(|(_, old, new)| old != new);
        all.map(|(field, old, new)| Change { field, old, new }).collect()
    }
}
