//! Where one entry stands: what is live, what is being written, what was withdrawn. A fold over its steps.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::version::{Act, Finding, Step};
use crate::calendar::local_date;
use crate::knowledge::{Entry, Published};
use crate::regulation::ReviewTerms;
use crate::ticket::Actor;

/// One entry through all its versions, without their texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Article {
    pub id: String,
    /// Question and owner of the last version, for lists.
    pub question: String,
    pub owner: String,
    /// Steps so far. A command names the revision it was decided on.
    pub revision: u32,
    /// Number of the last version.
    pub versions: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Live>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawn>,
}

/// The version that answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Live {
    pub version: u32,
    /// Who answers for it.
    pub owner: String,
    pub since: DateTime<Utc>,
    /// Published or confirmed.
    pub reviewed_at: DateTime<Utc>,
}

/// The version that is being written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Draft {
    pub version: u32,
    /// The live version it is to replace; absent: none was live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u32>,
    /// Everybody who wrote on it since the last publication: none of them approves it.
    pub editors: BTreeSet<String>,
    #[serde(flatten)]
    pub stage: Stage,
    /// Found when it was submitted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    Editing,
    InReview { by: String, at: DateTime<Utc> },
    Returned { by: String, at: DateTime<Utc>, reason: String },
}

impl Stage {
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Editing => "草稿",
            Self::InReview { .. } => "待审核",
            Self::Returned { .. } => "已退回",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Withdrawn {
    /// Empty: it left its pack.
    pub by: String,
    pub at: DateTime<Utc>,
    pub reason: String,
}

/// Where an entry stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Written, never published.
    Draft,
    InReview,
    Published,
    /// 复核到期: live, but no longer told by the machine.
    Due,
    /// Its validity is over.
    Expired,
    Withdrawn,
}

impl State {
    pub const ALL: [Self; 6] =
        [Self::Draft, Self::InReview, Self::Published, Self::Due, Self::Expired, Self::Withdrawn];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::InReview => "待审核",
            Self::Published => "已发布",
            Self::Due => "复核到期",
            Self::Expired => "已失效",
            Self::Withdrawn => "已撤下",
        }
    }

    /// Of a published entry.
    pub fn of(published: &Published, terms: ReviewTerms, today: NaiveDate) -> Self {
        if published.entry.ended_before(today) {
            Self::Expired
        } else if published.due(terms) < today {
            Self::Due
        } else {
            Self::Published
        }
    }
}

impl Article {
    /// The live version first; an article of which nothing is live is what its draft is.
    pub fn state(&self, published: Option<&Published>, terms: ReviewTerms, today: NaiveDate) -> State {
        match (published.filter(|_| self.live.is_some()), &self.draft) {
            (Some(published), _) => State::of(published, terms, today),
            (None, Some(Draft { stage: Stage::InReview { .. }, .. })) => State::InReview,
            (None, Some(_)) => State::Draft,
            (None, None) => State::Withdrawn,
        }
    }

    /// An entry that was live before its steps were kept: as if its pack had filed it.
    pub fn found(entry: &Entry, at: DateTime<Utc>) -> Self {
        Self::default().after(&Step::Filed { entry: Box::new(entry.clone()) }, &Actor::system(), at)
    }

    /// The article after a step that was decided on it.
    #[must_use]
    pub fn after(&self, step: &Step, actor: &Actor, at: DateTime<Utc>) -> Self {
        let mut next = self.clone();
        next.revision += 1;
        let by = || person(actor);
        match step {
            Step::Saved { entry, .. } => {
                next.number(entry);
                let mut editors = next.draft.take().map(|draft| draft.editors).unwrap_or_default();
                editors.insert(by());
                let base = next.live.as_ref().map(|live| live.version);
                let (version, stage, findings) = (next.versions, Stage::Editing, Vec::new());
                next.draft = Some(Draft { version, base, editors, stage, findings });
            }
            Step::Submitted { findings } => next.stage(Stage::InReview { by: by(), at }, Some(findings.clone())),
            Step::Returned { reason } => {
                next.stage(Stage::Returned { by: by(), at, reason: reason.clone() }, None);
            }
            Step::Published => {
                let version = next.draft.take().map_or(next.versions, |draft| draft.version);
                next.live = Some(Live { version, owner: next.owner.clone(), since: at, reviewed_at: at });
                next.withdrawn = None;
            }
            Step::Withdrawn { reason } => next.end(by(), at, reason),
            Step::Removed => next.end(String::new(), at, "词条包里已没有这一条"),
            Step::Confirmed => next.live.iter_mut().for_each(|live| live.reviewed_at = at),
            Step::Dropped => {
                next.draft = None;
                if next.live.is_none() && next.withdrawn.is_none() {
                    next.withdrawn = Some(Withdrawn { by: by(), at, reason: "草稿已放弃".to_owned() });
                }
            }
            Step::Filed { entry } => {
                next.number(entry);
                let (version, owner) = (next.versions, next.owner.clone());
                next.live = Some(Live { version, owner, since: at, reviewed_at: at });
                next.withdrawn = None;
            }
        }
        next
    }

    /// How the step that led here is remembered.
    pub fn act(&self, step: &Step, actor: &Actor, at: DateTime<Utc>) -> Act {
        let live = self.live.as_ref().map(|live| live.version);
        let version = match step {
            Step::Submitted { .. } | Step::Returned { .. } => self.draft.as_ref().map(|draft| draft.version),
            Step::Published | Step::Confirmed => live,
            _ => None,
        };
        Act {
            revision: self.revision,
            at,
            person: person(actor),
            unit: actor.unit.clone(),
            what: step.title().to_owned(),
            version: version.unwrap_or(self.versions),
            words: step.words().to_owned(),
        }
    }

    /// Whether a pack may no longer bring it back: people took it out.
    pub fn kept_out(&self) -> bool {
        self.live.is_none() && self.withdrawn.as_ref().is_some_and(|withdrawn| !withdrawn.by.is_empty())
    }

    /// Day of the last review.
    pub fn reviewed_on(&self) -> Option<NaiveDate> {
        self.live.as_ref().map(|live| local_date(live.reviewed_at))
    }

    fn number(&mut self, entry: &Entry) {
        self.versions += 1;
        self.id.clone_from(&entry.id);
        self.question.clone_from(&entry.question);
        self.owner.clone_from(&entry.owner);
    }

    fn stage(&mut self, stage: Stage, findings: Option<Vec<Finding>>) {
        if let Some(draft) = &mut self.draft {
            draft.stage = stage;
            draft.findings = findings.unwrap_or_else(|| std::mem::take(&mut draft.findings));
        }
    }

    fn end(&mut self, by: String, at: DateTime<Utc>, reason: &str) {
        self.live = None;
        self.withdrawn = Some(Withdrawn { by, at, reason: reason.to_owned() });
    }
}

/// Empty for the engine itself.
fn person(actor: &Actor) -> String {
    if *actor == Actor::system() { String::new() } else { actor.person.clone() }
}
