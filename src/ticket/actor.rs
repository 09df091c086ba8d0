//! Who does something.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a person (or a machine) is on the platform. What each role may do is decided where the command is decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The engine itself.
    #[default]
    System,
    /// The calling platform (a machine with a key).
    Platform,
    /// 派单员.
    Dispatcher,
    /// 联动中心 / 平台管理.
    Center,
    /// 来件人, through a platform that knows who it is.
    Requester,
    /// 承办单位; what a person there may do depends on the [`Post`].
    Unit,
    /// 领导小组办公室: reads all, supervises.
    Office,
    /// Writes and publishes rules.
    RuleAuthor,
    /// Writes and publishes knowledge entries.
    KnowledgeMaintainer,
    /// 纪检监察: reads, changes nothing.
    Auditor,
    /// Runs the machine.
    Admin,
}

/// 岗位: what a person of a unit does there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Post {
    #[default]
    None,
    /// 联络员 / 管理员.
    Liaison,
    /// 经办人.
    Handler,
    /// 分管领导.
    Deputy,
    /// 单位主要负责人.
    Head,
    /// 审核人 (of knowledge, of rules).
    Reviewer,
}

impl Post {
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Liaison => "联络员",
            Self::Handler => "经办人",
            Self::Deputy => "分管领导",
            Self::Head => "单位主要负责人",
            Self::Reviewer => "审核人",
        }
    }
}

/// The author of an event. `person` is an id, never a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    pub person: String,
    pub role: Role,
    /// Empty: every jurisdiction.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub jurisdiction: String,
    /// The one name of a unit; empty for everybody who belongs to none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    #[serde(default, skip_serializing_if = "Post::is_none")]
    pub post: Post,
}

impl Actor {
    /// The engine itself.
    pub fn system() -> Self {
        Self { person: "system".into(), ..Self::default() }
    }

    /// Whether this actor works in `jurisdiction` at all.
    pub fn serves(&self, jurisdiction: &str) -> bool {
        self.jurisdiction.is_empty() || self.jurisdiction == jurisdiction
    }
}
