//! One jurisdiction's data: categories, channels, thresholds, refusal classes and units. Everything that differs
//! between jurisdictions is here as a value; nothing here decides anything.

mod duties;
mod units;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use duties::{Duties, DutyMatch};
pub use units::{Unit, Units};

use crate::diagnostic::{Diagnostic, nearest};

/// The closed set of natures; each jurisdiction maps them to its own categories.
pub const NATURES: [&str; 7] = ["咨询", "求助", "投诉", "举报", "建议", "服务", "其他"];

/// The nature that the knowledge base may answer by itself.
pub const CONSULT: &str = "咨询";

/// `regulation.toml`, parsed and checked.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Regulation {
    pub id: String,
    pub name: String,
    /// Prefix of ticket numbers, unique per jurisdiction.
    pub code: String,
    /// The document this data carries out.
    pub source: String,
    /// First day in force, `YYYY-MM-DD`.
    pub effective_from: String,
    /// Last day in force; empty when open.
    #[serde(default)]
    pub effective_until: String,
    /// The unit that receives, dispatches and supervises.
    pub center: String,
    pub categories: Vec<String>,
    pub category_of: BTreeMap<String, String>,
    /// The first one is meant when a request names none.
    pub channels: Vec<String>,
    #[serde(default)]
    pub sections: Vec<String>,
    /// The first one is meant when a request names none.
    pub requesters: Vec<String>,
    #[serde(default)]
    pub topics: Vec<String>,
    /// Rising; the first one holds when no rule votes.
    pub urgencies: Vec<String>,
    /// Rising; the first one holds when no rule votes.
    pub impacts: Vec<String>,
    #[serde(default)]
    pub skills: Vec<String>,
    pub unit_kinds: Vec<String>,
    pub triage: Thresholds,
    /// Numbers that scripts read as `t.limit("…")`.
    #[serde(default)]
    pub limits: BTreeMap<String, f64>,
    #[serde(default)]
    pub refusal: Vec<RefusalClass>,
}

/// When the machine may act by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Confidence (0..1) from which a 咨询 is answered.
    pub answer_threshold: f64,
    /// Votes a lead needs.
    pub least_weight: f64,
    /// Votes a lead must be ahead of the second.
    pub least_margin: f64,
}

/// A class of requests that the regulation does not accept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusalClass {
    pub code: u16,
    pub name: String,
    pub article: String,
}

impl Regulation {
    /// Parses and checks one `regulation.toml`; every problem is reported, not only the first.
    pub fn parse(file: &str, source: &str) -> Result<Self, Vec<Diagnostic>> {
        let regulation: Self = toml::from_str(source).map_err(|err| vec![Diagnostic::from_toml(file, source, &err)])?;
        let problems = regulation.problems();
        if problems.is_empty() {
            return Ok(regulation);
        }
        Err(problems.into_iter().map(|(message, help)| Diagnostic::error(file, 1, message).help(help)).collect())
    }

    fn problems(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        for (name, list) in [
            ("categories", &self.categories),
            ("channels", &self.channels),
            ("requesters", &self.requesters),
            ("urgencies", &self.urgencies),
            ("impacts", &self.impacts),
        ] {
            if list.is_empty() {
                problems.push((format!("`{name}` 是空的"), format!("在 {name} = [ … ] 里至少写一项")));
            }
        }
        for nature in NATURES {
            match self.category_of.get(nature) {
                None => problems.push((
                    format!("[category_of] 缺少性质“{nature}”"),
                    format!("加一行：\"{nature}\" = \"某个类别\""),
                )),
                Some(category) if !self.categories.contains(category) => problems.push((
                    format!("[category_of] 中“{nature}”对应的类别“{category}”不在 categories 里"),
                    nearest(category, self.categories.iter().map(String::as_str)),
                )),
                Some(_) => {}
            }
        }
        for unknown in self.category_of.keys().filter(|key| !NATURES.contains(&key.as_str())) {
            problems.push((format!("[category_of] 中的“{unknown}”不是性质"), nearest(unknown, NATURES)));
        }
        if !(0.0..=1.0).contains(&self.triage.answer_threshold) {
            problems.push(("answer_threshold 必须在 0 到 1 之间".into(), "例如 answer_threshold = 0.8".into()));
        }
        if self.triage.least_weight <= 0.0 || self.triage.least_margin < 0.0 {
            problems.push(("least_weight 必须大于 0，least_margin 不能为负".into(), "例如 3 和 1".into()));
        }
        problems
    }

    /// The category that a nature belongs to.
    pub fn category_of(&self, nature: &str) -> &str {
        self.category_of.get(nature).map_or("", String::as_str)
    }

    pub fn refusal(&self, code: u16) -> Option<&RefusalClass> {
        self.refusal.iter().find(|class| class.code == code)
    }
}
