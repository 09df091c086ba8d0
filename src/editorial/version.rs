//! What happens to an entry, and the versions that come of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::knowledge::Entry;
use crate::triage::Thousandths;

/// One wording of an entry. Never changed, but for the note that it was published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// 1, and one more with every save.
    pub number: u32,
    pub entry: Entry,
    /// Empty: a pack that came with the program or was laid beside it.
    pub author: String,
    pub at: DateTime<Utc>,
    /// What the change is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The version whose wording this is once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<u32>,
    /// Who reviewed it; absent: never published, or published without a review (packs, 提前报备).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<DateTime<Utc>>,
}

/// Something that happened to an entry: the result of a command, and what the store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A new version, as a draft.
    Saved {
        entry: Box<Entry>,
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        restored: Option<u32>,
    },
    /// To a second person, with what stood beside it.
    Submitted {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        findings: Vec<Finding>,
    },
    Returned {
        reason: String,
    },
    /// Approved, and so live.
    Published,
    Withdrawn {
        reason: String,
    },
    /// 复核: still right.
    Confirmed,
    /// The draft was given up; its versions stay.
    Dropped,
    /// Live without a review: a pack or a 提前报备.
    Filed {
        entry: Box<Entry>,
    },
    /// No longer in its pack.
    Removed,
}

impl Step {
    /// For people.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Saved { .. } => "保存草稿",
            Self::Submitted { .. } => "提交审核",
            Self::Returned { .. } => "退回修改",
            Self::Published => "审核通过并发布",
            Self::Withdrawn { .. } => "撤下",
            Self::Confirmed => "复核无误",
            Self::Dropped => "放弃草稿",
            Self::Filed { .. } => "直接生效",
            Self::Removed => "随词条包移除",
        }
    }

    /// Whether it changes what answers.
    pub const fn shows(&self) -> bool {
        !matches!(self, Self::Saved { .. } | Self::Submitted { .. } | Self::Returned { .. } | Self::Dropped)
    }

    /// A reason or a message, where there is one.
    pub fn words(&self) -> &str {
        match self {
            Self::Saved { message: words, .. }
            | Self::Returned { reason: words }
            | Self::Withdrawn { reason: words } => words,
            _ => "",
        }
    }
}

/// A step as it is remembered: who, when, and which version it was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Act {
    /// 1 for the first step, rising by one.
    pub revision: u32,
    pub at: DateTime<Utc>,
    /// Empty: the engine, for a pack.
    pub person: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// What was done, for people.
    pub what: String,
    pub version: u32,
    /// The message or the reason that was given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
}

/// Something about an entry that its reviewer should look at. It forbids nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    pub kind: FindingKind,
    /// The other entry.
    pub entry: String,
    pub owner: String,
    /// The question of this entry, and the one of the other that is about the same.
    pub question: String,
    pub other_question: String,
    /// How alike the questions are, 0..=1000, as a search says it.
    pub confidence: Thousandths,
    /// What the answers say differently, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differing: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// 重复: another live entry answers the same question.
    Duplicate,
    /// 矛盾: another live entry answers it differently.
    Contradiction,
}

impl FindingKind {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Duplicate => "重复",
            Self::Contradiction => "矛盾",
        }
    }
}
