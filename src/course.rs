//! Training as a matter of record: what a model is trained on, what was left out and why, what came of it, and which model
//! decides. A model never goes live by being trained: a person puts it into use, and may go back to an older one.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::digest::Digest;
use crate::learn::{Example, Model, Report, TrainError};
use crate::lesson::{Dropped, Given, Lesson, settle};
use crate::regulation::NATURES;
use crate::triage::{Release, Thousandths};

/// Dropped lessons that are kept with a record.
const SHOWN: usize = 100;

/// What a model tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ModelTarget)]
pub enum Target {
    /// Which unit a ticket belongs to.
    #[default]
    Unit,
    /// What its nature is. Tickets do not teach it: rules decide it. A file does.
    Nature,
}

impl Target {
    pub const ALL: [Self; 2] = [Self::Unit, Self::Nature];

    /// A stable name, the same as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Nature => "nature",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Unit => "承办单位",
            Self::Nature => "来件性质",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    /// The one name of a label; `None`: it is none of this jurisdiction's.
    pub(crate) fn label(self, release: &Release, label: &str) -> Option<String> {
        match self {
            Self::Unit => release.units.find(label).map(|unit| unit.name.clone()),
            Self::Nature => NATURES.contains(&label).then(|| label.to_owned()),
        }
    }
}

/// Where the examples come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = ModelSource)]
pub enum Origin {
    /// Decided tickets of the store.
    Tickets { tickets: usize },
    /// Lines that were sent.
    Lines { lines: usize },
}

/// What is taught.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    pub target: Target,
    pub origin: Origin,
    pub examples: Vec<Example>,
    /// Contradicted by the majority.
    pub dropped: Vec<Dropped>,
    /// Labels that mean nothing in this jurisdiction, with their numbers.
    pub unknown: BTreeMap<String, usize>,
}

/// Why there is no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTrained {
    #[error("可用的例子有 {have} 件，regulation.toml 的 [learning] 要求至少 {needed} 件，没有训练")]
    TooFew { have: usize, needed: usize },
    #[error("没有训练：{0}")]
    Failed(#[from] TrainError),
}

impl Course {
    /// From decided tickets.
    pub fn of_lessons(release: &Release, lessons: Vec<Lesson>) -> Self {
        let origin = Origin::Tickets { tickets: lessons.len() };
        let settled = settle(lessons);
        let taught = settled.lessons.into_iter().map(|lesson| (lesson.text, lesson.unit));
        Self { dropped: settled.dropped, ..Self::of(release, Target::Unit, origin, taught) }
    }

    /// From a city's own history.
    pub fn of_lines(release: &Release, target: Target, lines: Vec<Given>) -> Self {
        let origin = Origin::Lines { lines: lines.len() };
        Self::of(release, target, origin, lines.into_iter().map(|line| (line.whole_text(), line.label)))
    }

    fn of(release: &Release, target: Target, origin: Origin, taught: impl Iterator<Item = (String, String)>) -> Self {
        let mut course = Self { target, origin, examples: Vec::new(), dropped: Vec::new(), unknown: BTreeMap::new() };
        for (text, label) in taught {
            match target.label(release, &label) {
                Some(label) => course.examples.push(Example { text, label }),
                None => *course.unknown.entry(label).or_default() += 1,
            }
        }
        course
    }

    /// Trains; seconds. The same examples in the same order give the same model.
    ///
    /// # Errors
    /// Fewer examples than the regulation asks for, or than a model can be made of.
    pub fn train(&self, release: &Release) -> Result<Model, NotTrained> {
        let learning = &release.regulation.learning;
        let (have, needed) = (self.examples.len(), learning.least_examples);
        if have < needed {
            return Err(NotTrained::TooFew { have, needed });
        }
        Ok(Model::train(&self.examples, learning.wanted(), &release.lexicon)?)
    }
}

/// One model as it is on record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ModelRecord)]
pub struct Trained {
    pub jurisdiction: String,
    /// Counts up within a jurisdiction.
    pub number: u64,
    pub target: Target,
    /// Of the model: decisions name it.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// Of its bytes.
    #[schema(value_type = String)]
    pub blob: Digest,
    pub trained_at: DateTime<Utc>,
    pub trained_by: String,
    pub origin: Origin,
    pub examples: usize,
    /// Lessons that the majority contradicted, and some of them.
    pub contradicted: usize,
    pub dropped: Vec<Dropped>,
    /// Labels that mean nothing in this jurisdiction, with their numbers.
    pub unknown: BTreeMap<String, usize>,
    /// How often an automatic dispatch was to be right, in thousandths.
    pub wanted: Thousandths,
    /// By cross-validation.
    pub report: Report,
    /// Nobody wants it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discarded: Option<Signed>,
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ModelSigned)]
pub struct Signed {
    pub by: String,
    pub at: DateTime<Utc>,
}

/// Which model decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ModelInUse)]
pub struct InUse {
    pub target: Target,
    /// Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    #[serde(flatten)]
    pub signed: Signed,
}

impl Trained {
    /// The record of a model. The store gives `blob`.
    pub fn new(release: &Release, number: u64, course: &Course, model: &Model, signed: Signed) -> Self {
        Self {
            jurisdiction: release.jurisdiction.clone(),
            number,
            target: course.target,
            digest: model.digest().clone(),
            blob: Digest::default(),
            trained_at: signed.at,
            trained_by: signed.by,
            origin: course.origin.clone(),
            examples: course.examples.len(),
            contradicted: course.dropped.len(),
            dropped: course.dropped.iter().take(SHOWN).cloned().collect(),
            unknown: course.unknown.clone(),
            wanted: release.regulation.learning.wanted(),
            report: model.report().clone(),
            discarded: None,
        }
    }
}
