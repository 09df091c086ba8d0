//! What a platform posts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A request as it was received, before anything is decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// One of the loaded jurisdictions, for example `longhua`.
    #[serde(default)]
    pub jurisdiction: String,
    #[serde(default)]
    pub title: String,
    /// The request in the requester's words, at most 64 KiB.
    pub text: String,
    /// A channel of the jurisdiction; the first one of its list when empty.
    #[serde(default)]
    pub channel: String,
    /// Section of the platform it was filed in (荣成); empty elsewhere.
    #[serde(default)]
    pub section: String,
    /// 大类 and 小类 as the requester chose them: a hint that rules may overrule (LH-13). Names of the jurisdiction.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// The item of the catalogue (事项), by id or name, where the requester chose one; empty: found in the text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub matter: String,
    #[serde(default)]
    pub requester: Requester,
    /// The platform's own reference, echoed everywhere.
    #[serde(default)]
    pub reference: String,
    /// 保密: the requester asks for it, or it is 不宜公开 (湖南 第三十二条). Its content is shown to its handlers only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confidential: bool,
}

/// 来件人. Identity is personal data: never in logs, lists or metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Requester {
    /// A requester kind of the jurisdiction (公民, 法人, …); the first one of its list when empty.
    pub kind: String,
    pub name: String,
    pub phone: String,
    /// 统一社会信用代码 or another stable id, where the platform knows it.
    pub id: String,
}

impl Request {
    /// Title and text as one string: what is analysed, and what offsets of hits refer to.
    pub fn whole_text(&self) -> String {
        if self.title.is_empty() { self.text.clone() } else { format!("{}\n{}", self.title, self.text) }
    }
}
