//! 时限: one clock of a jurisdiction as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{Action, Moment, Recipient, When};
use crate::calendar::{Kind, Length, LengthError};

/// A limit, a window or a task. Several rules may share an id: the first whose `when` fits the ticket holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockRule {
    pub id: String,
    /// For people: 签收, 办结.
    pub name: String,
    /// What starts it, and starts it anew while it runs.
    pub from: Vec<Start>,
    /// What meets it.
    pub until: Vec<Moment>,
    /// What makes a clock that was met run on to the same due instant (a rework).
    #[serde(default)]
    pub resume: Vec<Moment>,
    /// What ends it without being met.
    #[serde(default)]
    pub void: Vec<Moment>,
    pub kind: Kind,
    pub length: Lengths,
    /// Other readings of the same length: warned of when the earliest is due, never overdue by them.
    #[serde(default)]
    pub alt: Vec<Kind>,
    #[serde(default)]
    pub marks: Vec<MarkRule>,
    /// What passing the due instant causes.
    #[serde(default)]
    pub at_due: Vec<Action>,
    /// Who is told when it passes.
    #[serde(default)]
    pub to: Vec<Recipient>,
    #[serde(default)]
    pub holder: Holder,
    #[serde(default)]
    pub role: ClockRole,
    /// The clock runs from so long after the starting moment, unless `advance_on` comes first (A-HN-11).
    #[serde(default)]
    pub delay: Option<Length>,
    #[serde(default)]
    pub advance_on: Option<Moment>,
    /// The notice whose delivery is meant; empty: any.
    #[serde(default)]
    pub advance_notice: String,
    /// Starts once for a ticket, never anew.
    #[serde(default)]
    pub once: bool,
    /// One for each assisting unit.
    #[serde(default)]
    pub per_assist: bool,
    /// Runs on when the ticket is closed.
    #[serde(default)]
    pub after_close: bool,
    /// Runs on when the ticket is archived (retention, HN-39).
    #[serde(default)]
    pub after_archive: bool,
    #[serde(default)]
    pub when: When,
    /// Named readings behind it.
    #[serde(default)]
    pub readings: Vec<String>,
    pub article: String,
    /// Our number, not the regulation's: said wherever it is shown.
    #[serde(default)]
    pub ours: bool,
    #[serde(default)]
    pub off: bool,
}

/// What a clock is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockRole {
    /// An obligation.
    #[default]
    Limit,
    /// The obligation that colours and overdue marks stand on: 办结.
    Main,
    /// Time within which something may be done; passing it is nobody's fault.
    Window,
    /// Something to be done and confirmed (`confirm`).
    Task,
    /// A target of ours: alarmed, never overdue.
    Target,
}

/// Who owes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The lead unit.
    #[default]
    Unit,
    Assist,
    Center,
    Requester,
}

impl Holder {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Unit => "主责单位",
            Self::Assist => "配合单位",
            Self::Center => "平台管理",
            Self::Requester => "来件人",
        }
    }
}

/// What starts a clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Start {
    On(Moment),
    /// `due:<clock>`: the due instant of another clock (an unsigned ticket counts as received then, A-LH-3).
    Due(String),
}

impl TryFrom<String> for Start {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.strip_prefix("due:") {
            Some(clock) => Ok(Self::Due(clock.to_owned())),
            None => text.parse().map(Self::On),
        }
    }
}

impl From<Start> for String {
    fn from(start: Start) -> Self {
        match start {
            Start::On(moment) => moment.name().to_owned(),
            Start::Due(clock) => format!("due:{clock}"),
        }
    }
}

/// One length, or one for each special level, category or nature; `*` for all others. `promise` is that of the matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Lengths {
    One(Amount),
    By(BTreeMap<String, Amount>),
}

fn read(text: &str) -> Result<Length, String> {
    text.parse().map_err(|err: LengthError| err.to_string())
}

/// A length, or the promised time of the matter with what holds for an unknown one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Amount {
    Fixed(Length),
    /// `promise|72h`.
    Promise(Length),
}

impl TryFrom<String> for Amount {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.strip_prefix("promise|") {
            Some(default) => read(default).map(Self::Promise),
            None => read(&text).map(Self::Fixed),
        }
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        match amount {
            Amount::Fixed(length) => length.to_string(),
            Amount::Promise(default) => format!("promise|{default}"),
        }
    }
}

impl Lengths {
    /// The amount for the first of `names` that is listed; `None`: the clock does not run for such a ticket.
    pub fn of(&self, names: &[&str]) -> Option<&Amount> {
        match self {
            Self::One(amount) => Some(amount),
            Self::By(map) => names.iter().find_map(|name| map.get(*name)).or_else(|| map.get("*")),
        }
    }

    pub fn all(&self) -> impl Iterator<Item = &Amount> {
        let (one, many) = match self {
            Self::One(amount) => (Some(amount), None),
            Self::By(map) => (None, Some(map.values())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

/// A point on a clock at which something happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkRule {
    pub id: String,
    pub at: At,
    #[serde(default, rename = "do")]
    pub actions: Vec<Action>,
    #[serde(default)]
    pub to: Vec<Recipient>,
    /// The grade of a reminder (LH-47); 0: none.
    #[serde(default)]
    pub grade: u32,
    /// For people; the id if empty.
    #[serde(default)]
    pub name: String,
}

/// Where a mark stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum At {
    /// `2/3`: a share on the clock's own scale.
    Share(u32, u32),
    /// `-120m`: before the due instant, on the wall clock.
    Before(Length),
    /// `+15m`: after it, on the wall clock.
    After(Length),
    /// `imminent`: when no more than min(max(2 h, a tenth), a third) is left (A-CB-2).
    Imminent,
}

impl TryFrom<String> for At {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("“{text}”不是时点：写成 2/3、-120m、+15m 或 imminent");
        if text == "imminent" {
            return Ok(Self::Imminent);
        }
        if let Some(length) = text.strip_prefix('-') {
            return read(length).map(Self::Before);
        }
        if let Some(length) = text.strip_prefix('+') {
            return read(length).map(Self::After);
        }
        let (share, whole) = text.split_once('/').ok_or_else(wrong)?;
        match (share.parse(), whole.parse()) {
            (Ok(share), Ok(whole)) if share <= whole && whole > 0 => Ok(Self::Share(share, whole)),
            _ => Err(wrong()),
        }
    }
}

impl From<At> for String {
    fn from(at: At) -> Self {
        match at {
            At::Share(share, whole) => format!("{share}/{whole}"),
            At::Before(length) => format!("-{length}"),
            At::After(length) => format!("+{length}"),
            At::Imminent => "imminent".to_owned(),
        }
    }
}
