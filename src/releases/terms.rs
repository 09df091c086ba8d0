//! Where the rules of a jurisdiction are edited, and on whose word they go live.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The one source of truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EditedIn {
    /// The folder: a saved file goes live after check and cases. The API publishes nothing.
    #[default]
    Disk,
    /// The API: the folder is an export and not watched.
    Api,
}

/// How releases of a jurisdiction come to be live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Terms {
    pub source: EditedIn,
    /// A second person has to approve a draft before it is published.
    pub approval: bool,
}

/// Terms of one jurisdiction where they differ from those of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnTerms {
    pub source: Option<EditedIn>,
    pub approval: Option<bool>,
}

/// The terms of all jurisdictions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub all: Terms,
    pub own: BTreeMap<String, OwnTerms>,
}

impl Policy {
    pub fn of(&self, jurisdiction: &str) -> Terms {
        let own = self.own.get(jurisdiction).copied().unwrap_or_default();
        Terms { source: own.source.unwrap_or(self.all.source), approval: own.approval.unwrap_or(self.all.approval) }
    }
}
