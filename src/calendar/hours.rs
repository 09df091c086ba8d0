//! Office hours: working sessions of a day and the close of business.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Sessions of a working day, rising and not overlapping, and the close of business, not before their end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Written")]
pub struct Hours {
    #[schema(value_type = Vec<String>, example = json!(["09:00-12:00", "13:30-17:30"]))]
    working: Vec<Session>,
    close: TimeOfDay,
}

/// From one time of a day to a later one of the same day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Session {
    pub(super) from: TimeOfDay,
    pub(super) until: TimeOfDay,
}

/// Whole minutes since midnight in Asia/Shanghai, 00:00 to 24:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "17:30")]
pub struct TimeOfDay(u16);

/// Why something is not office hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    #[error("“{0}”不是时刻：写成 \"17:30\"，从 00:00 到 24:00")]
    Time(String),
    #[error("“{0}”不是时段：写成 \"09:00-12:00\"")]
    Session(String),
    #[error("时段“{0}”的结束不晚于开始：前后对调，或者改正时刻")]
    Backward(Session),
    #[error("没有写工作时段：working 至少写一段，例如 [\"09:00-12:00\", \"13:30-17:30\"]")]
    None,
    #[error("时段“{later}”早于前一段“{earlier}”的结束：按先后写，不要重叠")]
    Order { earlier: Session, later: Session },
    #[error("下班时刻 close = {close} 早于最后一段工作时间的结束 {end}：改为 {end} 或更晚，或者改短工作时段")]
    Close { close: TimeOfDay, end: TimeOfDay },
}

/// As it stands in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    working: Vec<Session>,
    close: Option<TimeOfDay>,
}

impl Hours {
    /// `close`: the end of the last session where it is not given.
    pub fn new(working: Vec<Session>, close: Option<TimeOfDay>) -> Result<Self, HoursError> {
        let end = working.last().ok_or(HoursError::None)?.until;
        if let Some(pair) = working.windows(2).find(|pair| pair[1].from < pair[0].until) {
            return Err(HoursError::Order { earlier: pair[0], later: pair[1] });
        }
        match close.unwrap_or(end) {
            close if close < end => Err(HoursError::Close { close, end }),
            close => Ok(Self { working, close }),
        }
    }

    pub fn sessions(&self) -> &[Session] {
        &self.working
    }

    pub fn close(&self) -> TimeOfDay {
        self.close
    }
}

/// Nothing is known: the whole day, until 24:00 (A-RC-2).
impl Default for Hours {
    fn default() -> Self {
        Self { working: vec![Session::WHOLE_DAY], close: TimeOfDay::MIDNIGHT }
    }
}

impl TryFrom<Written> for Hours {
    type Error = HoursError;

    fn try_from(written: Written) -> Result<Self, HoursError> {
        Self::new(written.working, written.close)
    }
}

impl Session {
    pub(super) const WHOLE_DAY: Self = Self { from: TimeOfDay(0), until: TimeOfDay::MIDNIGHT };
}

impl FromStr for Session {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let (from, until) = text.split_once('-').ok_or_else(|| HoursError::Session(short(text)))?;
        let session = Self { from: from.trim().parse()?, until: until.trim().parse()? };
        if session.from < session.until { Ok(session) } else { Err(HoursError::Backward(session)) }
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.until)
    }
}

impl TimeOfDay {
    pub(super) const MIDNIGHT: Self = Self(24 * 60);

    /// Since midnight.
    pub(super) fn seconds(self) -> i64 {
        i64::from(self.0) * 60
    }
}

impl FromStr for TimeOfDay {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let number = |part: &str, most| {
            let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u16>().ok().filter(|value| digits && *value <= most)
        };
        text.split_once(':')
            .filter(|(_, minute)| minute.len() == 2)
            .and_then(|(hour, minute)| Some(number(hour, 24)? * 60 + number(minute, 59)?))
            .map(Self)
            .filter(|time| *time <= Self::MIDNIGHT)
            .ok_or_else(|| HoursError::Time(short(text)))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Enough of a wrong text to recognise it.
pub(super) fn short(text: &str) -> String {
    text.chars().take(32).collect()
}

impl TryFrom<String> for Session {
    type Error = HoursError;

    fn try_from(text: String) -> Result<Self, HoursError> {
        text.parse()
    }
}

impl From<Session> for String {
    fn from(session: Session) -> Self {
        session.to_string()
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = HoursError;

    fn try_from(text: String) -> Result<Self, HoursError> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}
