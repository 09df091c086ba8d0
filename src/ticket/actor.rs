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
    /// A handler of a unit.
    Unit,
    /// Writes and publishes rules.
    RuleAuthor,
    /// Writes and publishes knowledge entries.
    KnowledgeMaintainer,
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
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
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
