//! Agreement with what people decided.

use serde::Serialize;
use utoipa::ToSchema;

use super::side::Side;
use super::verdict::Verdict;
use crate::regulation::NATURES;
use crate::triage::{Outcome, Release};

/// What people made of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = BacktestSettled)]
pub enum Settled {
    /// This unit handles it.
    Lead {
        lead: String,
    },
    Refused {
        code: u16,
    },
    /// Answered without a unit.
    Answered {},
    /// Only the nature is known.
    Nature {
        nature: String,
    },
    /// Only the outcome is known.
    Outcome {
        outcome: Outcome,
    },
}

/// How a proposal stands to what people decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BacktestGrade)]
pub enum Grade {
    Wrong,
    /// Left to a person; the strongest candidate is not what the person chose.
    Queued,
    /// Left to a person, who chose the strongest candidate.
    QueuedRight,
    Right,
}

/// Numbers of requests on which people have decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestScore)]
pub struct Score {
    pub right: u64,
    pub wrong: u64,
    pub queued: u64,
    /// Of those queued: the strongest candidate was right.
    pub queued_right: u64,
}

/// Before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestAgreement)]
pub struct Agreement {
    /// Requests on which a person decided.
    pub items: u64,
    pub old: Score,
    pub new: Score,
    /// Graded better, and worse, than before.
    pub better: u64,
    pub worse: u64,
}

impl Settled {
    /// A label of a corpus: a unit of the jurisdiction by any of its names, or a nature; `None`: neither.
    pub fn of_label(release: &Release, label: &str) -> Option<Self> {
        match release.units.find(label) {
            Some(unit) => Some(Self::Lead { lead: unit.name.clone() }),
            None => NATURES.contains(&label).then(|| Self::Nature { nature: label.to_owned() }),
        }
    }

    pub(super) fn grade(&self, side: &Side, verdict: &Verdict) -> Grade {
        let right = |is: bool| if is { Grade::Right } else { Grade::Wrong };
        match (self, verdict.outcome) {
            (Self::Outcome { outcome }, found) if *outcome == found => Grade::Right,
            (Self::Lead { lead }, Outcome::Queued) if side.same_unit(lead, &verdict.first) => Grade::QueuedRight,
            (Self::Nature { .. }, _) if verdict.nature.is_empty() => Grade::Queued,
            (Self::Nature { nature }, _) => right(*nature == verdict.nature),
            (_, Outcome::Queued) => Grade::Queued,
            (Self::Lead { lead }, Outcome::Dispatched) => right(side.same_unit(lead, &verdict.lead)),
            (Self::Refused { code }, Outcome::RefusalProposed) => right(verdict.refusals.contains(code)),
            (Self::Answered {}, found) => right(found == Outcome::Answered),
            _ => Grade::Wrong,
        }
    }
}

impl Agreement {
    pub(super) fn add(&mut self, old: Grade, new: Grade) {
        self.items += 1;
        self.old.add(old);
        self.new.add(new);
        self.better += u64::from(new > old);
        self.worse += u64::from(new < old);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.items += other.items;
        self.old.merge(other.old);
        self.new.merge(other.new);
        self.better += other.better;
        self.worse += other.worse;
    }
}

impl Score {
    fn add(&mut self, grade: Grade) {
        match grade {
            Grade::Right => self.right += 1,
            Grade::Wrong => self.wrong += 1,
            Grade::Queued | Grade::QueuedRight => self.queued += 1,
        }
        self.queued_right += u64::from(grade == Grade::QueuedRight);
    }

    fn merge(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.queued += other.queued;
        self.queued_right += other.queued_right;
    }
}
