//! State Council working days: rest days, holidays and make-up working days (调休), and the arithmetic of limits on
//! them. Data, not a guess: a year that is not published is told apart from one that is.

mod hours;
mod length;
mod scale;
mod share;
#[cfg(test)]
mod tests;
mod words;
mod work_time;

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc, Weekday};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use hours::{Hours, HoursError, Session, TimeOfDay};
pub use length::{Kind, Length, LengthError};
pub use words::{deadline, moment};
pub use work_time::{Due, Skipped, WorkTime};

use crate::diagnostic::Diagnostic;

/// Asia/Shanghai has had no daylight saving since 1991: a fixed offset says it all.
const SHANGHAI_SECONDS: i64 = 8 * 3_600;

/// Published days that differ from the weekly rhythm, by year.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    years: BTreeMap<i32, BTreeMap<NaiveDate, bool>>,
}

/// What kind of day it is, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub working: bool,
    /// The year is not published: Monday to Friday was assumed.
    pub provisional: bool,
}

/// Why a day is not a working day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Off {
    /// An ordinary Saturday or Sunday.
    Weekend,
    /// Published as a day off, be it a weekend day or not.
    Holiday,
}

/// Which days stop a clock (A-LH-19: does 节假日 include ordinary weekends?).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// Weekends and holidays; make-up days work.
    #[default]
    AllRest,
    /// Only published days off; an ordinary weekend counts like any other day.
    PublicHolidays,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearFile {
    year: i32,
    /// Days off that would be working days or weekends, `MM-DD`.
    rest: Vec<String>,
    /// Make-up working days, `MM-DD`. They need not be weekend days (2020-02-03 was a Monday).
    work: Vec<String>,
    source: String,
}

impl Calendar {
    /// Adds one `YYYY.toml`.
    pub fn add(&mut self, file: &str, source: &str) -> Result<(), Diagnostic> {
        let year: YearFile = toml::from_str(source).map_err(|err| Diagnostic::from_toml(file, source, &err))?;
        if year.rest.is_empty() || year.source.is_empty() {
            return Err(Diagnostic::error(file, 1, "日历是空的或没有写明出处").help("填写 rest、work 和 source"));
        }
        let mut days = BTreeMap::new();
        for (list, working) in [(&year.rest, false), (&year.work, true)] {
            for day in list {
                let date = NaiveDate::parse_from_str(&format!("{}-{day}", year.year), "%Y-%m-%d").map_err(|_| {
                    Diagnostic::error(file, 1, format!("“{day}”不是 {} 年的日期", year.year))
                        .at_text(source, &format!("\"{day}\""))
                        .help("只写月和日，例如 \"10-01\"")
                })?;
                if days.insert(date, working).is_some() {
                    return Err(Diagnostic::error(file, 1, format!("“{day}”写了两次"))
                        .at_text(source, &format!("\"{day}\""))
                        .help("每天只能写一次，删去其中一处"));
                }
            }
        }
        self.years.insert(year.year, days);
        Ok(())
    }

    pub fn day(&self, date: NaiveDate) -> Day {
        Day { working: self.off(date, Rest::AllRest).is_none(), provisional: !self.is_published(date.year()) }
    }

    /// Why this day does not count; `None` for a day that does.
    pub fn off(&self, date: NaiveDate, rest: Rest) -> Option<Off> {
        let listed = self.years.get(&date.year()).and_then(|days| days.get(&date));
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        match listed {
            Some(true) => None,
            Some(false) => Some(Off::Holiday),
            None => (weekend && rest == Rest::AllRest).then_some(Off::Weekend),
        }
    }

    /// Whether the State Council's arrangement of this year is known.
    pub fn is_published(&self, year: i32) -> bool {
        self.years.contains_key(&year)
    }

    /// Published years.
    pub fn years(&self) -> impl Iterator<Item = i32> {
        self.years.keys().copied()
    }
}

/// The date in Asia/Shanghai.
pub fn local_date(at: DateTime<Utc>) -> NaiveDate {
    local(at).date()
}

/// The instant of a time of day in Asia/Shanghai.
pub fn local_instant(day: NaiveDate, time: TimeOfDay) -> DateTime<Utc> {
    scale::instant(scale::instant_on(day, time))
}

/// The hour in Asia/Shanghai, 0..=23.
pub fn local_hour(at: DateTime<Utc>) -> u32 {
    local(at).hour()
}

/// The end of time for an instant that has no local one.
fn local(at: DateTime<Utc>) -> NaiveDateTime {
    at.naive_utc().checked_add_signed(TimeDelta::seconds(SHANGHAI_SECONDS)).unwrap_or(NaiveDateTime::MAX)
}
