//! Cases beside the rules: text and facts → part of a decision. They run without the knowledge index, so that an edited
//! entry never fails a rule release; a case can state the best entry instead. TOML for authors, CSV for clerks.

mod names;
mod read;
mod run;
mod table;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Decision, Outcome};

pub(super) use self::names::check_names;
pub use self::read::parse_cases;
pub use self::run::{default_instant, outcome_name, run_case, special_name};

/// One case of `cases/*.toml` or one row of `cases/*.csv`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    #[serde(default)]
    pub title: String,
    pub text: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    requester: String,
    #[serde(default)]
    section: String,
    /// When it comes in; a Thursday afternoon in working hours unless stated.
    at: Option<DateTime<Utc>>,
    #[serde(default)]
    repeats: u32,
    #[serde(default)]
    repeat_open: u32,
    #[serde(default)]
    repeat_done: u32,
    #[serde(default)]
    same_matter: u32,
    #[serde(default)]
    terminated: bool,
    #[serde(default)]
    best_owner: String,
    #[serde(default)]
    best_confidence: f64,
    #[serde(default)]
    mark: String,
    #[serde(default)]
    clock: String,
    #[serde(default)]
    flags: Vec<String>,
    expect: Expect,
    #[serde(skip)]
    pub file: String,
    #[serde(skip)]
    pub line: u32,
}

/// Every key that is given is checked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    outcome: Option<Outcome>,
    nature: Option<String>,
    category: Option<String>,
    topic: Option<String>,
    urgency: Option<String>,
    impact: Option<String>,
    skill: Option<String>,
    lead: Option<String>,
    /// The unit that comes second in the ranking.
    second: Option<String>,
    #[serde(default)]
    assists: Vec<String>,
    #[serde(default)]
    followers: Vec<String>,
    warning: Option<String>,
    special: Option<String>,
    refuse: Option<Vec<u16>>,
    #[serde(default)]
    fires: Vec<String>,
    #[serde(default)]
    not_fires: Vec<String>,
    /// Codes of what must stand in the way of automatic dispatch, others may as well.
    #[serde(default)]
    obstacles: Vec<String>,
    /// Parts of what the requester is told.
    #[serde(default)]
    tell: Vec<String>,
}

/// What a case wanted and what came, with the decision that shows why.
#[derive(Clone, Debug)]
pub struct CaseFailure {
    pub name: String,
    pub file: String,
    pub line: u32,
    pub differences: Vec<Difference>,
    pub decision: Box<Decision>,
}

/// One key that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// As it is written in a case.
    pub key: &'static str,
    /// One line, Chinese.
    pub message: String,
    /// The rules that a `fires` or `not_fires` is about; otherwise empty.
    pub rules: Vec<String>,
}

impl Case {
    /// The units, values and rules that it expects: (key, name).
    pub fn names(&self) -> Vec<(&'static str, &str)> {
        let expect = &self.expect;
        let one = [
            ("channel", Some(&self.channel)),
            ("requester", Some(&self.requester)),
            ("section", Some(&self.section)),
            ("best_owner", Some(&self.best_owner)),
            ("nature", expect.nature.as_ref()),
            ("category", expect.category.as_ref()),
            ("topic", expect.topic.as_ref()),
            ("urgency", expect.urgency.as_ref()),
            ("impact", expect.impact.as_ref()),
            ("skill", expect.skill.as_ref()),
            ("lead", expect.lead.as_ref()),
            ("second", expect.second.as_ref()),
        ];
        let lists = [
            ("assists", &expect.assists),
            ("followers", &expect.followers),
            ("fires", &expect.fires),
            ("not_fires", &expect.not_fires),
        ];
        let one = one.into_iter().filter_map(|(key, name)| Some((key, name?.as_str())));
        let many = lists.into_iter().flat_map(|(key, names)| names.iter().map(move |name| (key, name.as_str())));
        one.chain(many).filter(|(_, name)| !name.is_empty()).collect()
    }

    /// The same case, wherever it stands: the same question with the same expectations.
    pub fn same_as(&self, other: &Self) -> bool {
        let placed = Self { file: other.file.clone(), line: other.line, ..self.clone() };
        placed == *other
    }
}
