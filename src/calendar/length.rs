//! How long a limit is, and on which scale it is counted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::hours::{HoursError, TimeOfDay, short};

const MINUTES_OF_DAY: u32 = 24 * 60;

/// The scale a limit is counted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Day and night, every day.
    Elapsed,
    /// The 24 hours of each working day; other days do not count (A-LH-2, the default of 龙华).
    ElapsedOnCalendar,
    /// The first day is excluded; due at close of business of the last working day.
    WorkingDays,
    /// 民法典: the first day is excluded, natural days; only a last day that is a rest day moves. Ends 24:00.
    CivilDays,
    /// A time of day: the same day before it on a working day, else the next working day.
    Cutoff,
    /// A time of day, on rest days too: the same day before it, else the next day (A-RC-1, the other reading).
    CutoffDaily,
}

/// `40m`, `24h`, `5d`, `1d12h` or, for a cutoff, `17:00`. Equal when written alike: `24h` is not `1d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Length {
    Span { days: u32, minutes: u32 },
    Until(TimeOfDay),
}

/// Why a length is none, or does not fit its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LengthError {
    #[error(
        "“{0}”不是时限：写成 \"40m\"（分钟）、\"24h\"（小时）、\"5d\"（天）、\"1d12h\"（1天12小时）或 \"17:00\"（时刻）"
    )]
    Text(String),
    #[error(transparent)]
    Time(#[from] HoursError),
    #[error("时限“{0}”是零：时限必须大于零")]
    Zero(String),
    #[error("时限“{0}”太长：最长 {max} 天", max = Length::MAX_DAYS)]
    Long(String),
    #[error("“{0}”不是整天：按工作日或自然日计算的时限写成 \"5d\"")]
    NotDays(Length),
    #[error("“{0}”是时刻：只有 cutoff 用时刻，其他时限写成 \"24h\" 或 \"5d\"")]
    NotASpan(Length),
    #[error("“{0}”不是时刻：cutoff 写成 \"17:00\"")]
    NotATime(Length),
}

impl Kind {
    /// Whether a limit of this kind can have this length.
    pub fn check(self, length: Length) -> Result<(), LengthError> {
        match (self, length) {
            (Self::Cutoff | Self::CutoffDaily, Length::Span { .. }) => Err(LengthError::NotATime(length)),
            (Self::Cutoff | Self::CutoffDaily, Length::Until(_)) => Ok(()),
            (_, Length::Until(_)) => Err(LengthError::NotASpan(length)),
            (Self::WorkingDays | Self::CivilDays, Length::Span { minutes, .. }) if minutes > 0 => {
                Err(LengthError::NotDays(length))
            }
            _ => Ok(()),
        }
    }
}

impl Length {
    /// Ten years. Anything longer is a slip of the pen.
    pub const MAX_DAYS: u32 = 3_660;

    /// As if every day had 24 hours; 0 for a time of day. To compare lengths, not to reckon with them.
    pub fn minutes(self) -> u64 {
        match self {
            Self::Span { days, minutes } => u64::from(days) * u64::from(MINUTES_OF_DAY) + u64::from(minutes),
            Self::Until(_) => 0,
        }
    }

    pub const fn days(days: u32) -> Self {
        Self::Span { days, minutes: 0 }
    }

    /// As an official reads it.
    pub fn words(self, kind: Kind) -> String {
        let (days, minutes) = match self {
            Self::Until(time) => return format!("当日{time}前"),
            Self::Span { days, minutes } => (days, minutes),
        };
        let unit = match kind {
            Kind::WorkingDays => "个工作日",
            Kind::CivilDays => "个自然日",
            Kind::Elapsed | Kind::ElapsedOnCalendar | Kind::Cutoff | Kind::CutoffDaily => "天",
        };
        parts(days, minutes, [unit, "小时", "分钟"])
    }
}

impl FromStr for Length {
    type Err = LengthError;

    fn from_str(text: &str) -> Result<Self, LengthError> {
        if text.contains(':') {
            return Ok(Self::Until(text.parse()?));
        }
        let wrong = || LengthError::Text(short(text));
        let mut rest = text;
        let mut take = |unit: char| -> Result<u64, LengthError> {
            let Some((number, tail)) = rest.split_once(unit) else { return Ok(0) };
            rest = tail;
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            number.parse().ok().filter(|value| digits && *value <= u64::from(u32::MAX)).ok_or_else(wrong)
        };
        let (days, hours, minutes) = (take('d')?, take('h')?, take('m')?);
        if !rest.is_empty() || text.is_empty() {
            return Err(wrong());
        }
        let minutes = hours * 60 + minutes;
        match days * u64::from(MINUTES_OF_DAY) + minutes {
            0 => Err(LengthError::Zero(short(text))),
            total if total > u64::from(Self::MAX_DAYS * MINUTES_OF_DAY) => Err(LengthError::Long(short(text))),
            // Both fit: they are parts of a total that does.
            _ => Ok(Self::Span { days: days as u32, minutes: minutes as u32 }),
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Span { days, minutes } => f.write_str(&parts(days, minutes, ["d", "h", "m"])),
            Self::Until(time) => time.fmt(f),
        }
    }
}

/// Days, hours and minutes with their units; what is zero stays away, except where all is.
fn parts(days: u32, minutes: u32, units: [&str; 3]) -> String {
    let numbers = [days, minutes / 60, minutes % 60];
    let text: String =
        numbers.iter().zip(units).filter(|(n, _)| **n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if text.is_empty() { format!("0{}", units[2]) } else { text }
}

impl TryFrom<String> for Length {
    type Error = LengthError;

    fn try_from(text: String) -> Result<Self, LengthError> {
        text.parse()
    }
}

impl From<Length> for String {
    fn from(length: Length) -> Self {
        length.to_string()
    }
}

/// The derived schema would describe the parts, but it travels as text.
impl PartialSchema for Length {
    fn schema() -> RefOr<Schema> {
        String::schema()
    }
}

impl ToSchema for Length {}
