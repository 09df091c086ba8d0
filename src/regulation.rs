//! One jurisdiction's data: categories, channels, thresholds, refusal classes and units. Everything that differs
//! between jurisdictions is here as a value; nothing here decides anything.

mod check;
mod clock;
mod duties;
mod learning;
mod lifecycle;
mod matters;
mod merge;
mod units;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use clock::{Amount, At, ClockRole, ClockRule, Holder, Lengths, MarkRule, Start};
pub use duties::{Duties, DutyMatch};
pub use learning::Learning;
pub use lifecycle::{
    AssistPolicy, CloseCode, Closing, ContactPolicy, CountRule, Counted, ExtensionRule, Floor, Ground, GuardRule, Late,
    Lifecycle, NoticeRule, Per, Reading, Review, ReviewTerms, Reviewer, Strategy,
};
pub use matters::{Matter, Matters};
pub use units::{Unit, Units};
pub use words::{Action, Moment, Need, Recipient, When};

use crate::diagnostic::{Diagnostic, nearest};

/// The closed set of natures; each jurisdiction maps them to its own categories.
pub const NATURES: [&str; 7] = ["咨询", "求助", "投诉", "举报", "建议", "服务", "其他"];

/// The nature that the knowledge base may answer by itself.
pub const CONSULT: &str = "咨询";

/// `regulation.toml`, parsed and checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    /// The article that wants records kept for good; empty: there is none, and a requester may have them erased.
    #[serde(default)]
    pub kept_for_good: String,
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
    /// What happens after the triage, over the common defaults.
    #[serde(skip)]
    pub life: Lifecycle,
    #[serde(skip)]
    pub learning: Learning,
    /// `matters.toml`.
    #[serde(skip)]
    pub matters: Matters,
}

/// Keys of `regulation.toml` besides the lifecycle's.
const KEYS: [&str; 20] = [
    "kept_for_good",
    "id",
    "name",
    "code",
    "source",
    "effective_from",
    "effective_until",
    "center",
    "categories",
    "category_of",
    "channels",
    "sections",
    "requesters",
    "topics",
    "urgencies",
    "impacts",
    "skills",
    "unit_kinds",
    "triage",
    "limits",
];

/// One file of a release: its path and its text.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    pub path: &'a str,
    pub text: &'a str,
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

fn read<T: serde::de::DeserializeOwned>(file: Text<'_>) -> Result<T, Vec<Diagnostic>> {
    toml::from_str(file.text).map_err(|err| vec![Diagnostic::from_toml(file.path, file.text, &err)])
}

fn unknown_keys(file: Text<'_>, own: &[&str]) -> Vec<Diagnostic> {
    let known = || own.iter().copied().chain(["refusal"].into_iter().filter(|_| !own.is_empty())).chain(merge::KEYS);
    let table: toml::Table = toml::from_str(file.text).unwrap_or_default();
    let unknown = table.keys().filter(|key| !known().any(|it| it == key.as_str()));
    let line = |key: &str| file.text.lines().position(|line| line.trim_start_matches('[').starts_with(key));
    unknown
        .map(|key| {
            let line = line(key).map_or(1, |at| at as u32 + 1);
            let help = nearest(key, known());
            Diagnostic::error(file.path, line, format!("没有名为“{key}”的设置")).help(help).excerpt(file.text)
        })
        .collect()
}

/// Where a rule with this id stands.
fn line_of(text: &str, id: &str) -> Option<u32> {
    let wanted = format!("id = \"{id}\"");
    text.lines().position(|line| line.trim_start().starts_with(&wanted)).map(|at| at as u32 + 1)
}

impl Regulation {
    /// Parses and checks one `regulation.toml` over the common defaults; every problem is reported, not only the first.
    pub fn parse(own: Text<'_>, common: Option<Text<'_>>, matters: Option<Text<'_>>) -> Result<Self, Vec<Diagnostic>> {
        let mut regulation: Self = read(own)?;
        let sections: merge::Sections = read(own)?;
        let mut wrong = unknown_keys(own, &KEYS);
        let defaults = match common {
            Some(common) => {
                wrong.extend(unknown_keys(common, &[]));
                read(common).unwrap_or_else(|err: Vec<Diagnostic>| {
                    wrong.extend(err);
                    merge::Sections::default()
                })
            }
            None => merge::Sections::default(),
        };
        regulation.learning = defaults.learning_under(&sections);
        regulation.life = defaults.under(&sections);
        if let Some(matters) = matters {
            match Matters::parse(matters.path, matters.text) {
                Ok(matters) => regulation.matters = matters,
                Err(err) => wrong.extend(err),
            }
        }
        let plain = regulation.problems().into_iter();
        wrong
            .extend(plain.map(|(message, help)| Diagnostic::error(own.path, 1, message).help(help).at_named(own.text)));
        for check::Found { id, problem: (message, help) } in check::lifecycle(&regulation) {
            let place =
                [Some(own), common].into_iter().flatten().find_map(|text| Some((text, line_of(text.text, &id)?)));
            let (text, line) = place.unwrap_or((own, 1));
            wrong.push(Diagnostic::error(text.path, line, message).help(help).excerpt(text.text));
        }
        if wrong.is_empty() { Ok(regulation) } else { Err(wrong) }
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
        problems.extend(self.learning.problem());
        problems
    }

    /// Numbers that scripts may ask for: the limits, and what a lead needs.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let Thresholds { least_weight, least_margin, .. } = self.triage;
        let mut numbers = self.limits.clone();
        for (name, value) in [("least_weight", least_weight), ("least_margin", least_margin)] {
            numbers.entry(name.to_owned()).or_insert(value);
        }
        numbers
    }

    /// What to tell people once the last day in force has passed (A-HN-12: it goes on being applied).
    pub fn lapsed(&self, today: chrono::NaiveDate) -> Option<String> {
        let until = chrono::NaiveDate::parse_from_str(&self.effective_until, "%Y-%m-%d").ok()?;
        (today > until).then(|| format!("{}已于{until}期满，仍在沿用，请确认是否续行", self.source))
    }

    /// The category that a nature belongs to.
    pub fn category_of(&self, nature: &str) -> &str {
        self.category_of.get(nature).map_or("", String::as_str)
    }

    pub fn refusal(&self, code: u16) -> Option<&RefusalClass> {
        self.refusal.iter().find(|class| class.code == code)
    }
}

#[cfg(test)]
mod tests;
