//! Drafts, trials, models and the numbers of rules in the store. Journalled, so that a rebuilt view has them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Store;
use super::append::AppendError;
use super::committer::{Done, Work};
use super::inquiry::{self, InquiryChange};
use super::payload::Payload;
use super::plan::Plan;
use super::project;
use super::read::ReadError;
use super::view::layer::Layer;
use super::view::{Direction, ViewError, keys};
use crate::course::{InUse, Trained};
use crate::releases::{Draft, Edits, Trial};
use crate::ticket::Actor;

/// What rules did, on one day of one jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub day: NaiveDate,
    /// By rule id; what is added to what stands there.
    pub rules: Vec<(String, RuleCount)>,
}

/// What one rule did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleCount {
    /// Decisions in which it said something.
    pub fired: u64,
    /// Decisions in which what it said counted for what was decided.
    pub decided: u64,
    /// Decisions of those that a person changed later: another lead, or a return that was granted.
    pub overruled: u64,
    /// Times its functions ran, and nanoseconds they took together; 0 for a rule without functions.
    pub calls: u64,
    pub nanoseconds: u64,
}

impl RuleCount {
    pub fn add(&mut self, more: &Self) {
        self.fired += more.fired;
        self.decided += more.decided;
        self.overruled += more.overruled;
        self.calls += more.calls;
        self.nanoseconds += more.nanoseconds;
    }
}

/// One row of the numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleDay {
    pub day: NaiveDate,
    pub rule: String,
    pub count: RuleCount,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WorkbenchCommit {
    pub(crate) jurisdiction: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: Actor,
    pub(crate) change: WorkbenchChange,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WorkbenchChange {
    Draft(Box<Draft>),
    Trial(Box<Trial>),
    Numbers(Vec<Day>),
    Inquiry(InquiryChange),
    Model(Box<Trained>),
    UseModel(InUse),
}

impl Store {
    /// Puts a draft in the place of its version before; the first version is 1. Its edits are on the disk when this returns.
    /// Waits for the committer, as all below that write: call it from threads that may block.
    pub fn put_draft(
        &self,
        mut draft: Draft,
        edits: &Edits,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Draft, AppendError> {
        self.stopped().map_or(Ok(()), Err)?;
        let failed = |reason: String| AppendError::Failed { reason };
        let text = serde_json::to_vec(edits).map_err(|error| failed(error.to_string()))?;
        draft.edits = self.0.core.blobs.put(&text).map_err(|error| failed(error.to_string()))?;
        self.move_draft(draft, actor, at)
    }

    /// The same where the edits are those of the version before.
    pub fn move_draft(&self, draft: Draft, actor: Actor, at: DateTime<Utc>) -> Result<Draft, AppendError> {
        let jurisdiction = draft.jurisdiction.clone();
        self.change(jurisdiction, WorkbenchChange::Draft(Box::new(draft.clone())), actor, at)?;
        Ok(draft)
    }

    pub fn draft(&self, jurisdiction: &str, id: &str) -> Result<Option<Draft>, ReadError> {
        Ok(self.value(&keys::draft(jurisdiction, id))?)
    }

    /// Newest first.
    pub fn drafts(&self, jurisdiction: &str) -> Result<Vec<Draft>, ReadError> {
        let mut drafts: Vec<Draft> = self.rows(&keys::drafts(jurisdiction), &[], usize::MAX, Direction::Forward)?;
        drafts.sort_by(|a, b| (b.updated_at, &b.id).cmp(&(a.updated_at, &a.id)));
        Ok(drafts)
    }

    pub fn edits(&self, draft: &Draft) -> Result<Edits, ReadError> {
        let read = || Ok(serde_json::from_slice(&self.0.core.blobs.get(&draft.edits)?)?);
        read().map_err(|cause| ReadError::Release { digest: draft.edits.to_string(), cause })
    }

    pub fn put_trial(&self, trial: Trial, actor: Actor, at: DateTime<Utc>) -> Result<(), AppendError> {
        self.change(trial.jurisdiction.clone(), WorkbenchChange::Trial(Box::new(trial)), actor, at)
    }

    /// Oldest first; at most one of them has not ended.
    pub fn trials(&self, jurisdiction: &str) -> Result<Vec<Trial>, ReadError> {
        let mut trials: Vec<Trial> = self.rows(&keys::trials(jurisdiction), &[], usize::MAX, Direction::Forward)?;
        trials.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
        Ok(trials)
    }

    /// Adds to the numbers of rules.
    pub fn add_numbers(&self, jurisdiction: &str, days: Vec<Day>, at: DateTime<Utc>) -> Result<(), AppendError> {
        self.change(jurisdiction.to_owned(), WorkbenchChange::Numbers(days), Actor::system(), at)
    }

    /// The numbers of rules from one day to another, both included, by day and rule.
    pub fn numbers(&self, jurisdiction: &str, from: NaiveDate, until: NaiveDate) -> Result<Vec<RuleDay>, ReadError> {
        let (first, last) = (keys::numbers(jurisdiction, from), keys::after(&keys::numbers(jurisdiction, until)));
        let mut found = Vec::new();
        self.0.core.view.scan(&first, &last, Direction::Forward, &mut |key, value| {
            found.push(super::view::layer::parse(key, value));
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(found.into_iter().collect::<Result<_, ViewError>>()?)
    }

    pub(super) fn change(
        &self,
        jurisdiction: String,
        change: WorkbenchChange,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<(), AppendError> {
        let work = Box::new(WorkbenchCommit { jurisdiction, at, actor, change });
        match self.wait(|reply| self.send(Work::Workbench(work), reply))? {
            Done::Empty => Ok(()),
            _ => Err(AppendError::Closed),
        }
    }
}

pub(crate) fn plan(plan: &mut Plan<'_>, commit: WorkbenchCommit) -> Result<(), AppendError> {
    check(plan, &commit)?;
    let at = commit.at;
    let payload = Payload::Workbench(commit);
    let bytes = serde_json::to_vec(&payload).map_err(|error| AppendError::Failed { reason: error.to_string() })?;
    let place = plan.check(&bytes, 1)?;
    project::payload(&mut plan.layer, place, payload)?;
    plan.check_values()?;
    plan.push(&bytes, 1, at);
    Ok(())
}

/// The second of two who changed the same version is told.
fn check(plan: &Plan<'_>, commit: &WorkbenchCommit) -> Result<(), AppendError> {
    let jurisdiction = &commit.jurisdiction;
    let (what, version, actual) = match &commit.change {
        WorkbenchChange::Draft(draft) => {
            let old: Option<Draft> = plan.layer.get(&keys::draft(jurisdiction, &draft.id))?;
            ("草稿", draft.version, old.map_or(0, |old| old.version))
        }
        WorkbenchChange::Trial(trial) => {
            let old: Option<Trial> = plan.layer.get(&keys::trial(jurisdiction, &trial.id))?;
            ("试运行", trial.version, old.map_or(0, |old| old.version))
        }
        WorkbenchChange::Numbers(_)
        | WorkbenchChange::Inquiry(_)
        | WorkbenchChange::Model(_)
        | WorkbenchChange::UseModel(_) => return Ok(()),
    };
    if version == actual + 1 { Ok(()) } else { Err(AppendError::Moved { what, seen: version - 1, actual }) }
}

/// The one way from a change to the view.
pub(crate) fn project(layer: &mut Layer<'_>, commit: WorkbenchCommit) -> Result<(), ViewError> {
    let jurisdiction = &commit.jurisdiction;
    match commit.change {
        WorkbenchChange::Draft(draft) => layer.put(keys::draft(jurisdiction, &draft.id), &draft),
        WorkbenchChange::Trial(trial) => layer.put(keys::trial(jurisdiction, &trial.id), &trial),
        WorkbenchChange::Inquiry(change) => inquiry::project(layer, jurisdiction, change),
        WorkbenchChange::Model(trained) => layer.put(keys::model(jurisdiction, trained.number), &trained),
        WorkbenchChange::UseModel(in_use) => layer.put(keys::model_in_use(jurisdiction, in_use.target.name()), &in_use),
        WorkbenchChange::Numbers(days) => {
            for Day { day, rules } in days {
                for (rule, more) in rules {
                    let key = keys::number_of(jurisdiction, day, &rule);
                    let mut count = layer.get::<RuleDay>(&key)?.map_or_else(RuleCount::default, |row| row.count);
                    count.add(&more);
                    layer.put(key, &RuleDay { day, rule, count })?;
                }
            }
            Ok(())
        }
    }
}
