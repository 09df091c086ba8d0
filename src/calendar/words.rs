//! Instants and skipped days in the words of clerks.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc, Weekday};

use super::{Due, Off, Skipped, local};

/// More runs than this are not read by anybody.
const MOST_RUNS: usize = 6;

/// `2022年10月8日（周六）15:00`, in Asia/Shanghai; seconds only where there are some.
pub fn moment(at: DateTime<Utc>) -> String {
    let local = local(at);
    format!("{}{}", day(local.date()), time(local.time()))
}

/// An instant at which something ends: midnight is 24:00 of the day that ends.
pub fn deadline(at: DateTime<Utc>) -> String {
    let local = local(at);
    match local.date().pred_opt() {
        Some(before) if local.time() == NaiveTime::MIN => format!("{}24:00", day(before)),
        _ => moment(at),
    }
}

impl Due {
    /// `10月1日至7日放假顺延`, and a warning where the end may still move. Empty when there is nothing to say.
    pub fn explain(&self) -> String {
        let mut runs: Vec<String> = self.skipped.iter().take(MOST_RUNS).map(|run| run.words()).collect();
        let more = self.skipped.len() > MOST_RUNS;
        let mut said = Vec::new();
        if let Some(last) = runs.last_mut() {
            last.push_str(if more { "等顺延" } else { "顺延" });
            said.push(runs.join("、"));
        }
        if self.provisional {
            said.push("部分日期的放假安排尚未公布，暂按星期推算".to_owned());
        }
        said.join("；")
    }
}

impl Skipped {
    fn words(&self) -> String {
        let (from, until) = (self.from, self.until);
        let mut text = String::new();
        let years = from.year() != until.year();
        if years {
            let _ = write!(text, "{}年", from.year());
        }
        let _ = write!(text, "{}月{}日", from.month(), from.day());
        if from != until {
            text.push('至');
            if years {
                let _ = write!(text, "{}年", until.year());
            }
            if from.month() != until.month() || years {
                let _ = write!(text, "{}月", until.month());
            }
            let _ = write!(text, "{}日", until.day());
        }
        text.push_str(match self.why {
            Off::Weekend => "周末",
            Off::Holiday => "放假",
        });
        text
    }
}

fn day(date: NaiveDate) -> String {
    format!("{}年{}月{}日（{}）", date.year(), date.month(), date.day(), weekday(date))
}

fn time(time: NaiveTime) -> String {
    match time.second() {
        0 => format!("{:02}:{:02}", time.hour(), time.minute()),
        second => format!("{:02}:{:02}:{second:02}", time.hour(), time.minute()),
    }
}

fn weekday(date: NaiveDate) -> &'static str {
    match date.weekday() {
        Weekday::Mon => "周一",
        Weekday::Tue => "周二",
        Weekday::Wed => "周三",
        Weekday::Thu => "周四",
        Weekday::Fri => "周五",
        Weekday::Sat => "周六",
        Weekday::Sun => "周日",
    }
}
