//! The parts that lifecycle events and the state are made of.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Role, TicketId};
use crate::calendar::{Kind, Skipped};
use crate::regulation::{Action, ClockRole, Holder};
use crate::triage::Warning;

/// 证据: a file the platform keeps; we keep what proves that it is the same one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    pub name: String,
    /// Bytes.
    #[serde(default)]
    pub size: u64,
    /// SM3 of the content, 64 hex digits.
    #[serde(default)]
    pub sm3: String,
    /// Where the platform keeps it.
    #[serde(default)]
    pub url: String,
}

/// What a unit answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Reply {
    pub text: String,
    /// 处理依据 (LH-59).
    pub basis: String,
    pub evidence: Vec<Evidence>,
    /// Fields that the jurisdiction asks for (HN-22, LH-37).
    pub fields: BTreeMap<String, String>,
    pub unit: String,
    pub person: String,
    #[schema(value_type = Option<String>)]
    pub at: Option<DateTime<Utc>>,
}

/// One clock on a ticket. Everything that explains it is in it: a changed regulation never changes the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Clock {
    pub id: String,
    pub name: String,
    /// The assisting unit, for a sub-clock; else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// 1, and one more at each restart.
    pub round: u32,
    pub role: ClockRole,
    pub holder: Holder,
    #[schema(value_type = String)]
    pub kind: Kind,
    /// `24h`, `5d`, `17:00`.
    pub length: String,
    pub start: DateTime<Utc>,
    /// What started it.
    pub started_by: String,
    pub due: DateTime<Utc>,
    /// What other readings say, where that is another instant; the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alt: Vec<Alternative>,
    /// A day of it lies in a year whose holidays are not published yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// Days that did not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub skipped: Vec<Skipped>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    pub state: Run,
    /// When it passed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<DateTime<Utc>>,
    /// It was no fault of the unit after all (A-HN-19).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub excused: bool,
    pub article: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ours: bool,
}

/// What another reading of the article would say: warned of, never overdue by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Alternative {
    pub due: DateTime<Utc>,
    pub kind: Kind,
}

/// A point of a clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mark {
    pub id: String,
    pub at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Done>,
}

/// What became of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    Reached,
    /// A later mark had come before anything could be done about it.
    Missed,
}

/// Whether a clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Run {
    Running,
    Met { at: DateTime<Utc> },
    Stopped { at: DateTime<Utc> },
}

/// A granted extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Extension {
    pub length: String,
    pub granted_at: DateTime<Utc>,
    pub before: DateTime<Utc>,
}

/// An application that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Application {
    pub clock: String,
    pub length: String,
    pub ground: String,
    pub reason: String,
    pub at: DateTime<Utc>,
    pub person: String,
    /// The rule that it was taken under.
    pub rule: String,
}

/// Whoever works on it besides the lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assist {
    pub unit: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub task: String,
    pub state: AssistState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssistState {
    /// Named by the machine; somebody confirms (LH-20).
    Proposed,
    Working,
    Done,
}

/// 满意度.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// 满意.
    Satisfied,
    /// 基本满意.
    Basic,
    /// 不满意.
    Dissatisfied,
}

impl Rating {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Satisfied => "满意",
            Self::Basic => "基本满意",
            Self::Dissatisfied => "不满意",
        }
    }
}

/// Where a rating comes from. The phone survey governs 荣成第十七条 (A-RC-9); both are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RatedBy {
    #[default]
    Online,
    Phone,
    Sms,
    Window,
    /// Silence (HN-34).
    Deemed,
}

/// One rating: as a whole and on three sides (CB-18).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Score {
    pub rating: Rating,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Rating>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Rating>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Rating>,
    #[serde(default)]
    pub source: RatedBy,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The unit that was rated.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// False: kept, but another source decides what follows (A-RC-9).
    #[serde(default = "yes")]
    pub governs: bool,
}

fn yes() -> bool {
    true
}

/// Whom an enterprise has on the government's side: 服务专员, 项目管家 and the like (RC-08).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// 服务专员, 项目管家 …
    pub title: String,
    pub person: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// Topics of the jurisdiction that are this officer's; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
}

impl Officer {
    pub fn serves(&self, topic: &str) -> bool {
        self.topics.is_empty() || self.topics.iter().any(|it| it == topic)
    }

    /// As notices and lists name one.
    pub fn called(&self) -> String {
        format!("{}{}", self.title, self.person)
    }

    /// Who it is, and nothing more.
    pub fn named(&self) -> Self {
        Self { title: self.title.clone(), person: self.person.clone(), ..Self::default() }
    }

    /// For everybody: without the telephone number.
    pub fn covered(&self) -> Self {
        Self { phone: String::new(), ..self.clone() }
    }
}

/// 督办.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Supervision {
    pub ground: String,
    pub since: DateTime<Utc>,
    /// Letter, on site, meeting … (HN-42, HK-04).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub measure: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stated: bool,
}

/// A message to somebody, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// `n<version>`, unique on the ticket.
    pub id: String,
    /// The rule or the act that sent it.
    pub kind: String,
    pub to: Vec<String>,
    pub channels: Vec<String>,
    pub text: String,
    pub at: DateTime<Utc>,
    /// Quiet hours: not to be sent earlier (HN-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<DateTime<Utc>>,
    /// Channel → when it arrived.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub delivered: BTreeMap<String, DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub article: String,
}

/// 催办 / 督办 / 专办 that was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Urge {
    pub action: Action,
    /// What caused it: a mark, a colour, a count.
    pub cause: String,
    pub grade: u32,
    pub to: Vec<String>,
    pub at: DateTime<Utc>,
    pub unit: String,
}

/// Why a ticket has its colour.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Cause {
    /// A rule's id, or a floor's.
    pub id: String,
    pub level: Warning,
    pub why: String,
    /// `clock/mark` that it was asked at; empty for flags and intake.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mark: String,
    /// From the intake: stands until the ticket is closed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub intake: bool,
}

/// Something put on record by name (LH-35: a preliminary reply, a visit, the next step).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Register {
    pub what: String,
    pub role: Role,
    pub at: DateTime<Utc>,
}

/// Another ticket that belongs to this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Link {
    pub ticket: TicketId,
    pub relation: String,
}

/// How a ticket ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct End {
    pub code: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    pub at: DateTime<Utc>,
}

/// Applications for the extension of one clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Applications {
    pub submitted: u32,
    pub granted: u32,
    /// Granted in all; a day is 1,440.
    pub minutes: u64,
}

/// How often something happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tally {
    pub total: u32,
    /// Since the last dispatch.
    pub fresh: u32,
    pub last: Option<DateTime<Utc>>,
    /// Lead unit → times.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_unit: BTreeMap<String, u32>,
}
