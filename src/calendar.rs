//! State Council working days: rest days, holidays and make-up working days (调休). Data, not a guess: a year that
//! is not published is told apart from one that is.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike, Utc, Weekday};
use serde::Deserialize;

use crate::diagnostic::Diagnostic;

/// Asia/Shanghai has had no daylight saving since 1991: a fixed offset says it all.
const SHANGHAI_SECONDS: i32 = 8 * 3_600;

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
                    Diagnostic::error(file, 1, format!("“{day}”不是 {} 年的日期", year.year)).help("写成 \"10-01\"")
                })?;
                if days.insert(date, working).is_some() {
                    return Err(Diagnostic::error(file, 1, format!("“{day}”写了两次")).help("每天只能写一次"));
                }
            }
        }
        self.years.insert(year.year, days);
        Ok(())
    }

    pub fn day(&self, date: NaiveDate) -> Day {
        let weekday = !matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        match self.years.get(&date.year()) {
            None => Day { working: weekday, provisional: true },
            Some(days) => Day { working: days.get(&date).copied().unwrap_or(weekday), provisional: false },
        }
    }

    /// Published years.
    pub fn years(&self) -> impl Iterator<Item = i32> {
        self.years.keys().copied()
    }
}

/// The date in Asia/Shanghai.
pub fn local_date(at: DateTime<Utc>) -> NaiveDate {
    local(at).date_naive()
}

/// The hour in Asia/Shanghai, 0..=23.
pub fn local_hour(at: DateTime<Utc>) -> u32 {
    local(at).hour()
}

fn local(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    let offset = FixedOffset::east_opt(SHANGHAI_SECONDS).expect("eight hours are a valid offset");
    at.with_timezone(&offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        let mut calendar = Calendar::default();
        let source = "year = 2022\nrest = [\"10-01\", \"10-03\"]\nwork = [\"10-08\", \"10-09\"]\nsource = \"test\"\n";
        calendar.add("2022.toml", source).unwrap();
        calendar
    }

    #[test]
    fn make_up_days_are_working_days() {
        let day = |m, d| calendar().day(NaiveDate::from_ymd_opt(2022, m, d).unwrap());
        assert!(!day(10, 3).working, "a Monday of the National Day week");
        assert!(day(10, 8).working, "a Saturday made up for");
        assert!(!day(10, 15).working, "an ordinary Saturday");
    }

    #[test]
    fn an_unpublished_year_is_provisional() {
        let day = calendar().day(NaiveDate::from_ymd_opt(2027, 1, 4).unwrap());
        assert_eq!(day, Day { working: true, provisional: true });
    }

    #[test]
    fn midnight_in_shanghai_is_the_next_day() {
        let at = "2022-09-30T16:00:00Z".parse().unwrap();
        assert_eq!(local_date(at), NaiveDate::from_ymd_opt(2022, 10, 1).unwrap());
        assert_eq!(local_hour(at), 0);
    }
}
