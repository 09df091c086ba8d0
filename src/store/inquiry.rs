//! What was asked of the knowledge base: kept hit tests, regression questions and how they came out, questions from the open.
//! Journalled; of each kind the newest are kept.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Store;
use super::append::AppendError;
use super::read::ReadError;
use super::view::layer::Layer;
use super::view::{Direction, ViewError, keys};
use super::workbench::WorkbenchChange;
use crate::digest::Digest;
use crate::knowledge::regression::{Moved, Question, Stand, Tally};
use crate::matter::Signature;
use crate::ticket::{Actor, EventId};
use crate::triage::Thousandths;

/// Hit tests of a jurisdiction that are kept.
pub const HITS: u64 = 200;
/// Runs of the regression questions that are kept.
pub const RUNS: u64 = 50;
/// Questions from the open that are kept.
pub const OPEN_QUESTIONS: u64 = 1_000;

/// A hit test that somebody ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HitTest {
    /// Rising by one; given by the store.
    pub number: u64,
    pub at: DateTime<Utc>,
    pub person: String,
    /// Masked.
    pub text: String,
    /// The best entry; empty: nothing matched.
    pub entry: String,
    pub confidence: Thousandths,
    pub threshold: Thousandths,
    pub answered: bool,
    /// Why it was not answered, Chinese.
    pub why_not: String,
    /// Version of the knowledge that was asked.
    pub knowledge: String,
}

/// A regression question that somebody kept, beside those of the packs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptQuestion {
    pub id: String,
    #[serde(flatten)]
    pub question: Question,
    pub person: String,
    pub at: DateTime<Utc>,
}

/// One run of the regression questions, after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// Rising by one; given by the store.
    pub number: u64,
    pub at: DateTime<Utc>,
    /// Version of the knowledge.
    pub knowledge: String,
    /// Over everything that a run depends on: the same is not run again.
    #[schema(value_type = String)]
    pub basis: Digest,
    pub tally: Tally,
    /// The worst first; at most so many as fit.
    pub moved: Vec<Moved>,
    /// Of those that moved, how many are not shown.
    pub more: usize,
}

/// A question from the open that was not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenQuestion {
    pub at: DateTime<Utc>,
    /// Masked.
    pub text: String,
    pub signature: Signature,
    pub entry: String,
    pub confidence: Thousandths,
    pub unit: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InquiryChange {
    Hit(Box<HitTest>),
    Keep(Box<KeptQuestion>),
    Drop {
        id: String,
    },
    Ran {
        run: Box<Run>,
        /// Those that stand otherwise than before, by question.
        stands: Vec<(String, Stand)>,
        /// Questions that are asked no more.
        gone: Vec<String>,
    },
    Asked(Box<OpenQuestion>),
    /// Up to here, tickets became drafts; of all jurisdictions.
    Drafted(EventId),
}

/// Writing waits for the committer: call it from threads that may block.
impl Store {
    pub fn keep_hit(&self, jurisdiction: &str, hit: HitTest, actor: Actor) -> Result<(), AppendError> {
        let at = hit.at;
        self.inquire(jurisdiction, InquiryChange::Hit(Box::new(hit)), actor, at)
    }

    /// The newest first.
    pub fn hits(&self, jurisdiction: &str, limit: usize) -> Result<Vec<HitTest>, ReadError> {
        self.rows(&keys::hits(jurisdiction), &[], limit, Direction::Backward)
    }

    pub fn keep_question(&self, jurisdiction: &str, kept: KeptQuestion, actor: Actor) -> Result<(), AppendError> {
        let at = kept.at;
        self.inquire(jurisdiction, InquiryChange::Keep(Box::new(kept)), actor, at)
    }

    pub fn drop_question(
        &self,
        jurisdiction: &str,
        id: &str,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<(), AppendError> {
        self.inquire(jurisdiction, InquiryChange::Drop { id: id.to_owned() }, actor, at)
    }

    pub fn questions(&self, jurisdiction: &str) -> Result<Vec<KeptQuestion>, ReadError> {
        self.rows(&keys::questions(jurisdiction), &[], usize::MAX, Direction::Forward)
    }

    /// Notes a run; `stands`: questions that stand otherwise than before.
    pub fn keep_run(
        &self,
        jurisdiction: &str,
        run: Run,
        stands: Vec<(String, Stand)>,
        gone: Vec<String>,
    ) -> Result<(), AppendError> {
        let at = run.at;
        self.inquire(jurisdiction, InquiryChange::Ran { run: Box::new(run), stands, gone }, Actor::system(), at)
    }

    /// The newest first.
    pub fn runs(&self, jurisdiction: &str, limit: usize) -> Result<Vec<Run>, ReadError> {
        self.rows(&keys::runs(jurisdiction), &[], limit, Direction::Backward)
    }

    /// How the questions stood in the last run, by question.
    pub fn stands(&self, jurisdiction: &str) -> Result<Vec<(String, Stand)>, ReadError> {
        self.rows(&keys::stands(jurisdiction), &[], usize::MAX, Direction::Forward)
    }

    pub fn keep_open_question(&self, jurisdiction: &str, asked: OpenQuestion) -> Result<(), AppendError> {
        let at = asked.at;
        self.inquire(jurisdiction, InquiryChange::Asked(Box::new(asked)), Actor::system(), at)
    }

    /// The newest first.
    pub fn open_questions(&self, jurisdiction: &str, limit: usize) -> Result<Vec<OpenQuestion>, ReadError> {
        self.rows(&keys::open_questions(jurisdiction), &[], limit, Direction::Backward)
    }

    /// The last event that was looked at for drafts.
    pub fn drafted_until(&self) -> Result<Option<EventId>, ReadError> {
        Ok(self.value(&keys::drafted())?)
    }

    pub fn remember_drafted(&self, until: EventId, at: DateTime<Utc>) -> Result<(), AppendError> {
        self.inquire("", InquiryChange::Drafted(until), Actor::system(), at)
    }

    fn inquire(
        &self,
        jurisdiction: &str,
        change: InquiryChange,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<(), AppendError> {
        self.change(jurisdiction.to_owned(), WorkbenchChange::Inquiry(change), actor, at)
    }
}

/// The one way from a change to the view.
pub(crate) fn project(layer: &mut Layer<'_>, jurisdiction: &str, change: InquiryChange) -> Result<(), ViewError> {
    match change {
        InquiryChange::Hit(hit) => {
            numbered(layer, &keys::hits(jurisdiction), HITS, |number| HitTest { number, ..*hit })
        }
        InquiryChange::Keep(kept) => layer.put(keys::question(jurisdiction, &kept.id), &kept),
        InquiryChange::Drop { id } => {
            layer.remove(keys::question(jurisdiction, &id));
            Ok(())
        }
        InquiryChange::Ran { run, stands, gone } => {
            for id in gone {
                layer.remove(keys::stand(jurisdiction, &id));
            }
            for (id, stand) in stands {
                layer.put(keys::stand(jurisdiction, &id), &(id, stand))?;
            }
            numbered(layer, &keys::runs(jurisdiction), RUNS, |number| Run { number, ..*run })
        }
        InquiryChange::Drafted(until) => layer.put(keys::drafted(), &until),
        InquiryChange::Asked(asked) => numbered(layer, &keys::open_questions(jurisdiction), OPEN_QUESTIONS, |_| *asked),
    }
}

/// Puts a row under the next number of its kind; the one that is one too many goes.
fn numbered<T: Serialize>(
    layer: &mut Layer<'_>,
    kind: &[u8],
    most: u64,
    row: impl FnOnce(u64) -> T,
) -> Result<(), ViewError> {
    let count = keys::inquiry_count(kind);
    let number = layer.get::<u64>(&count)?.unwrap_or_default() + 1;
    layer.put(count, &number)?;
    if let Some(old) = number.checked_sub(most).filter(|old| *old > 0) {
        layer.remove(keys::inquiry(kind, old));
    }
    layer.put(keys::inquiry(kind, number), &row(number))
}
