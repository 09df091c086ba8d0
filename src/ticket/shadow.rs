//! What a release on trial would have decided, where that differs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::digest::Digest;
use crate::triage::{Decision, Outcome, Special, Warning};

/// The main points of the shadow's decision; those of the live one stand in `triaged`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shadowed {
    #[schema(value_type = String)]
    pub release: Digest,
    pub outcome: Outcome,
    pub lead: String,
    pub nature: String,
    pub category: String,
    pub special: Special,
    pub warning: Warning,
}

impl Shadowed {
    /// `None`: both decided alike.
    pub fn differing(live: &Decision, shadow: &Decision) -> Option<Self> {
        let points = |decision: &Decision| Self {
            release: shadow.made_with.release.clone(),
            outcome: decision.outcome,
            lead: decision.lead.value.clone(),
            nature: decision.axis("nature").to_owned(),
            category: decision.axis("category").to_owned(),
            special: decision.special,
            warning: decision.warning,
        };
        let (live, shadow) = (points(live), points(shadow));
        (live != shadow).then_some(shadow)
    }
}
