//! What a scenario file says. Times without a zone are Asia/Shanghai.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::Error as _;
use toml::Value;

use super::check::Check;
use crate::calendar::Length;
use crate::diagnostic::{Diagnostic, nearest};
use crate::ticket::{Actor, COMMANDS, Command, Post, Request, Requester, Role, Ticket};
use crate::triage::Special;

/// One ticket from its receipt on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    #[serde(default)]
    pub name: String,
    pub jurisdiction: String,
    pub ticket: Opening,
    #[serde(default)]
    pub step: Vec<Step>,
    /// Years that are published while the scenario runs.
    #[serde(default)]
    pub calendar: Vec<Published>,
    #[serde(default)]
    pub check: Vec<Check>,
    /// How long time runs on after the last step; the last step or check if absent.
    #[serde(default)]
    pub until: Option<At>,
}

/// The request as the platform sends it, and what the scenario takes for decided instead of the triage's own result.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    pub at: At,
    #[serde(default)]
    title: String,
    text: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    section: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    matter: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    requester: Requester,
    #[serde(default)]
    confidential: bool,
    #[serde(default)]
    pub decided: Decided,
}

impl Opening {
    pub(super) fn request(&self, jurisdiction: &str) -> Request {
        let Self { title, text, channel, section, category, topic, matter, reference, requester, .. } = self.clone();
        let (jurisdiction, confidential) = (jurisdiction.to_owned(), self.confidential);
        let request = Request { jurisdiction, title, text, channel, section, category, ..Request::default() };
        Request { topic, matter, requester, reference, confidential, ..request }
    }
}

/// What is set by the scenario; everything else is as the rules decide.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Decided {
    /// A lead: the ticket is dispatched.
    pub lead: String,
    pub assists: Vec<String>,
    pub nature: String,
    pub category: String,
    pub topic: String,
    pub urgency: String,
    pub impact: String,
    pub special: Option<Special>,
    /// `queued`: a person decides; `answered` needs a text that the knowledge base answers.
    pub outcome: String,
}

/// A time, or a length after the step before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Instant(DateTime<Utc>),
    After(TimeDelta),
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::String(text) => text,
            Value::Datetime(at) => at.to_string(),
            other => return Err(D::Error::custom(format!("{other} 不是时间"))),
        };
        At::parse(&text).map_err(D::Error::custom)
    }
}

impl At {
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(length) = text.strip_prefix('+') {
            let (length, seconds) = match length.strip_suffix('s') {
                Some(seconds) => (None, seconds.parse::<i64>().ok()),
                None => (length.parse::<Length>().ok(), None),
            };
            return match (length, seconds) {
                (_, Some(seconds)) => Ok(Self::After(TimeDelta::seconds(seconds))),
                (Some(length), _) => Ok(Self::After(TimeDelta::minutes(length.minutes() as i64))),
                (None, None) => Err(wrong(text)),
            };
        }
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::Instant(at.to_utc()));
        }
        let local = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN)))
            .or_else(|| {
                let day = text.strip_suffix(" 24:00")?;
                let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
                Some(day.succ_opt()?.and_time(NaiveTime::MIN))
            });
        local.map(|local| Self::Instant(local.and_utc() - TimeDelta::hours(8))).ok_or_else(|| wrong(text))
    }

    pub(super) fn after(self, before: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Instant(at) => at,
            Self::After(length) => before + length,
        }
    }
}

fn wrong(text: &str) -> String {
    format!("“{text}”不是时间：写成 \"2022-09-30 15:00\"（北京时间）、\"2022-09-30T07:00:00Z\" 或相对上一步的 \"+2h\"")
}

/// A year that the State Council publishes at some time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    pub at: At,
    pub year: i32,
    pub rest: Vec<String>,
    #[serde(default)]
    pub work: Vec<String>,
}

/// Somebody does something, or time passes.
#[derive(Clone, Debug)]
pub struct Step {
    pub at: At,
    pub by: Option<By>,
    pub command: Option<Command>,
    /// The code it should be refused with.
    pub refused: Option<String>,
    /// The version that the person has seen, to try out stale ones.
    pub version: Option<u32>,
}

/// Who acts: a word, or a full actor.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum By {
    Word(String),
    Actor(Actor),
}

const STEP_KEYS: [&str; 4] = ["at", "actor", "refused", "version"];

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(deserializer)?;
        let mut own: Vec<Option<Value>> = STEP_KEYS.iter().map(|key| table.remove(*key)).collect();
        let mut take = |at: usize| own.get_mut(at).and_then(Option::take);
        let at = take(0).ok_or_else(|| D::Error::custom("每一步要有 at"))?;
        let at = At::deserialize(at).map_err(D::Error::custom)?;
        let by = take(1).map(By::deserialize).transpose().map_err(D::Error::custom)?;
        let refused = take(2).map(String::deserialize).transpose().map_err(D::Error::custom)?;
        let version = take(3).map(u32::deserialize).transpose().map_err(D::Error::custom)?;
        let command = if table.is_empty() { None } else { Some(command(table).map_err(D::Error::custom)?) };
        Ok(Self { at, by, command, refused, version })
    }
}

fn command(table: toml::Table) -> Result<Command, String> {
    let name = table.get("command").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !COMMANDS.contains(&name.as_str()) {
        return Err(format!("没有操作“{name}”；{}", nearest(&name, COMMANDS)));
    }
    Command::deserialize(Value::Table(table)).map_err(|err| format!("操作“{name}”：{err}"))
}

impl Scenario {
    pub fn parse(file: &str, source: &str) -> Result<Self, Diagnostic> {
        toml::from_str(source).map_err(|err| Diagnostic::from_toml(file, source, &err))
    }
}

impl By {
    /// The actor that a word stands for on this ticket.
    pub(super) fn actor(&self, ticket: &Ticket) -> Result<Actor, String> {
        let word = match self {
            Self::Actor(actor) => return Ok(Actor { jurisdiction: ticket.jurisdiction.clone(), ..actor.clone() }),
            Self::Word(word) => word,
        };
        let (kind, unit) = word.split_once(':').map_or((word.as_str(), None), |(kind, unit)| (kind, Some(unit)));
        let of_unit = |post| {
            let unit = unit.unwrap_or(&ticket.lead).to_owned();
            Actor { person: format!("{unit}{word}"), role: Role::Unit, unit, post, ..Actor::default() }
        };
        let plain = |role| Actor { person: word.clone(), role, ..Actor::default() };
        let actor = match kind {
            "unit" | "handler" | "lead" => of_unit(Post::Handler),
            "liaison" => of_unit(Post::Liaison),
            "deputy" => of_unit(Post::Deputy),
            "head" => of_unit(Post::Head),
            "assist" => {
                let first = ticket.life.assists.first().map(|it| it.unit.as_str());
                let unit = unit.or(first).unwrap_or_default().to_owned();
                Actor {
                    person: format!("{unit}assist"),
                    role: Role::Unit,
                    unit,
                    post: Post::Handler,
                    ..Actor::default()
                }
            }
            "center" => plain(Role::Center),
            "dispatcher" => plain(Role::Dispatcher),
            "platform" => plain(Role::Platform),
            "requester" => plain(Role::Requester),
            "office" => plain(Role::Office),
            "auditor" => plain(Role::Auditor),
            _ => {
                let known = [
                    "handler",
                    "liaison",
                    "deputy",
                    "head",
                    "assist",
                    "center",
                    "dispatcher",
                    "platform",
                    "requester",
                    "office",
                    "auditor",
                ];
                return Err(format!("没有人员“{word}”；{}", nearest(word, known)));
            }
        };
        Ok(Actor { jurisdiction: ticket.jurisdiction.clone(), ..actor })
    }

    /// Who usually gives a command.
    pub(super) fn usual(command: &Command, ticket: &Ticket) -> Self {
        let word = match command {
            Command::Review { .. } if ticket.life.reviews_passed == 0 => "deputy",
            Command::AssistDone { .. } => "assist",
            Command::Rate { .. } | Command::Acknowledge {} => "requester",
            Command::Deliver { .. } => "platform",
            Command::Sign {}
            | Command::Return { .. }
            | Command::Contact { .. }
            | Command::Reply { .. }
            | Command::Inform { .. }
            | Command::Progress { .. }
            | Command::RequestExtension { .. }
            | Command::AddAssist { .. }
            | Command::ConfirmAssist { .. }
            | Command::Flag { .. }
            | Command::Register { .. }
            | Command::Complete { .. }
            | Command::LinkageFailed { .. }
            | Command::Statement { .. } => "handler",
            _ => "center",
        };
        Self::Word(word.to_owned())
    }
}
