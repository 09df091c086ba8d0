//! A draft: edits on top of a release, on their way to be one. Pure: who may do what next, and what becomes of it.
//!
//! editing → submitted → approved → published. Every edit makes it a draft again: what was approved is what goes live.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::trial::Tried;
use crate::digest::Digest;
use crate::triage::Files;

/// Path → text; `None` removes the file.
pub type Edits = BTreeMap<String, Option<String>>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Draft {
    pub id: String,
    pub jurisdiction: String,
    /// The release that it edits.
    #[schema(value_type = String)]
    pub parent: Digest,
    pub message: String,
    pub author: String,
    /// Everybody who edited it: none of them approves it.
    pub editors: BTreeSet<String>,
    /// 1, and one more with every change. A change names the version it was made on.
    pub version: u32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub stage: Stage,
    /// Files that it writes or removes.
    pub paths: Vec<String>,
    /// Where the store keeps the texts.
    #[schema(value_type = String)]
    pub edits: Digest,
    /// What the last backtest of these very edits said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backtest: Option<Tried>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    Editing,
    Submitted {
        by: String,
        at: DateTime<Utc>,
    },
    Approved {
        by: String,
        at: DateTime<Utc>,
    },
    /// Back to its author.
    Rejected {
        by: String,
        at: DateTime<Utc>,
        reason: String,
    },
    Published {
        #[schema(value_type = String)]
        digest: Digest,
        at: DateTime<Utc>,
    },
    Dropped {
        by: String,
        at: DateTime<Utc>,
    },
}

/// What can be done with a draft beside editing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Submit,
    Approve,
    Reject {
        reason: String,
    },
    Drop,
    /// It went live.
    Publish {
        digest: Digest,
    },
    /// A backtest was run on it.
    Backtest(Tried),
}

/// Why a draft stays as it is. Chinese: said to authors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    #[error("草稿“{id}”现在是“{stage}”，不能{act}")]
    Stage { id: String, stage: &'static str, act: &'static str },
    #[error("自己改过的草稿不能自己批准，请换一位同事审核")]
    OwnWork,
    #[error("本辖区的规则要由第二个人批准后才能发布：先提交（submit），再由没有改过它的人批准（approve）")]
    NotApproved,
}

impl Stage {
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Editing => "编辑中",
            Self::Submitted { .. } => "待批准",
            Self::Approved { .. } => "已批准",
            Self::Rejected { .. } => "已退回",
            Self::Published { .. } => "已发布",
            Self::Dropped { .. } => "已放弃",
        }
    }

    /// Nothing more can become of it.
    pub const fn ended(&self) -> bool {
        matches!(self, Self::Published { .. } | Self::Dropped { .. })
    }
}

impl Draft {
    /// The draft with other edits; whatever was approved no longer is.
    pub fn edited(
        &self,
        by: &str,
        message: Option<String>,
        paths: Vec<String>,
        edits: Digest,
        now: DateTime<Utc>,
    ) -> Result<Self, NotNow> {
        if self.stage.ended() {
            return Err(self.refuse("编辑"));
        }
        let same = edits == self.edits;
        let mut next = self.next(now);
        next.editors.insert(by.to_owned());
        next.message = message.unwrap_or(next.message);
        next.backtest = next.backtest.filter(|_| same);
        Ok(Self { paths, edits, stage: Stage::Editing, ..next })
    }

    /// The draft after an act, or why not.
    pub fn after(&self, act: Act, by: &str, now: DateTime<Utc>) -> Result<Self, NotNow> {
        let person = || by.to_owned();
        let stage = match (&self.stage, act) {
            (stage, Act::Drop) if !stage.ended() => Stage::Dropped { by: person(), at: now },
            (stage, Act::Publish { digest }) if !stage.ended() => Stage::Published { digest, at: now },
            (stage, Act::Backtest(tried)) if !stage.ended() => {
                return Ok(Self { backtest: Some(tried), ..self.next(now) });
            }
            (Stage::Editing | Stage::Rejected { .. }, Act::Submit) => Stage::Submitted { by: person(), at: now },
            (Stage::Submitted { .. }, Act::Approve) if self.editors.contains(by) => return Err(NotNow::OwnWork),
            (Stage::Submitted { .. }, Act::Approve) => Stage::Approved { by: person(), at: now },
            (Stage::Submitted { .. } | Stage::Approved { .. }, Act::Reject { reason }) => {
                Stage::Rejected { by: person(), at: now, reason }
            }
            (_, act) => return Err(self.refuse(act.title())),
        };
        Ok(Self { stage, ..self.next(now) })
    }

    /// Who approved it, where that is needed.
    pub fn approval(&self, needed: bool) -> Result<Option<String>, NotNow> {
        match &self.stage {
            stage if stage.ended() => Err(self.refuse("发布")),
            Stage::Approved { by, .. } => Ok(Some(by.clone())),
            _ if needed => Err(NotNow::NotApproved),
            _ => Ok(None),
        }
    }

    fn next(&self, now: DateTime<Utc>) -> Self {
        Self { version: self.version + 1, updated_at: now, ..self.clone() }
    }

    fn refuse(&self, act: &'static str) -> NotNow {
        NotNow::Stage { id: self.id.clone(), stage: self.stage.title(), act }
    }
}

impl Act {
    const fn title(&self) -> &'static str {
        match self {
            Self::Submit => "提交",
            Self::Approve => "批准",
            Self::Reject { .. } => "退回",
            Self::Drop => "放弃",
            Self::Publish { .. } => "发布",
            Self::Backtest(_) => "回测",
        }
    }
}

/// The files of a release with edits on top.
pub fn edit(files: &Files, edits: &Edits) -> Files {
    let mut edited = files.clone();
    for (path, text) in edits {
        match text {
            Some(text) => edited.insert(path.clone(), text.clone()),
            None => edited.remove(path),
        };
    }
    edited
}

/// The edits that make one set of files of another.
pub fn difference(files: &Files, wanted: &Files) -> Edits {
    let gone = files.keys().filter(|path| !wanted.contains_key(*path)).map(|path| (path.clone(), None));
    let new = wanted.iter().filter(|(path, text)| files.get(*path) != Some(*text));
    gone.chain(new.map(|(path, text)| (path.clone(), Some(text.clone())))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn draft() -> Draft {
        Draft {
            id: "d-1".into(),
            jurisdiction: "demo".into(),
            parent: Digest::of(b"parent"),
            message: String::new(),
            author: "甲".into(),
            editors: ["甲".to_owned()].into(),
            version: 1,
            created_at: NOW,
            updated_at: NOW,
            stage: Stage::Editing,
            paths: Vec::new(),
            edits: Digest::of(b""),
            backtest: None,
        }
    }

    #[test]
    fn a_second_person_approves_what_goes_live() {
        let submitted = draft().after(Act::Submit, "甲", NOW).unwrap();
        assert_eq!(submitted.after(Act::Approve, "甲", NOW), Err(NotNow::OwnWork));
        assert_eq!(submitted.approval(true), Err(NotNow::NotApproved));
        let approved = submitted.after(Act::Approve, "乙", NOW).unwrap();
        assert_eq!((approved.approval(true), approved.version), (Ok(Some("乙".into())), 3));
        let edited = approved.edited("乙", None, Vec::new(), Digest::of(b"x"), NOW).unwrap();
        assert_eq!(edited.approval(true), Err(NotNow::NotApproved));
        let again = edited.after(Act::Submit, "甲", NOW).unwrap();
        assert_eq!(again.after(Act::Approve, "乙", NOW), Err(NotNow::OwnWork));
    }

    #[test]
    fn what_has_ended_stays_as_it_is() {
        let dropped = draft().after(Act::Drop, "甲", NOW).unwrap();
        let acts = [Act::Submit, Act::Approve, Act::Drop, Act::Publish { digest: Digest::of(b"x") }];
        assert!(acts.into_iter().all(|act| dropped.after(act, "乙", NOW).is_err()));
        assert!(
            dropped.edited("甲", None, Vec::new(), Digest::of(b"x"), NOW).is_err() && dropped.approval(false).is_err()
        );
        assert_eq!(draft().approval(false), Ok(None));
    }
}
