//! One knowledge entry, as maintainers write it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A question with its answer. The owner unit vouches for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub id: String,
    pub question: String,
    #[serde(default)]
    pub similar: Vec<String>,
    pub answer: String,
    #[serde(default)]
    pub basis: String,
    #[serde(default)]
    pub source: String,
    /// A unit of the jurisdiction.
    pub owner: String,
    #[serde(default)]
    pub category: String,
    #[serde(default)]
    pub topic: String,
    /// First and last day of validity, `YYYY-MM-DD`, Asia/Shanghai; open when empty.
    #[serde(default)]
    pub valid_from: String,
    #[serde(default)]
    pub valid_until: String,
}
