//! When a limit ends: six kinds of clock on the State Council's days.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::scale::{LAST, Scale, day_of, days_from, instant, instant_on, seconds};
use super::{Calendar, Hours, Kind, Length, Off, Rest, TimeOfDay};

/// A calendar, the office hours of a jurisdiction and the days that stop its clocks. Instants are whole seconds;
/// what lies outside 1900 to 2900 is taken as the nearer end.
#[derive(Clone, Copy, Debug)]
pub struct WorkTime<'a> {
    pub calendar: &'a Calendar,
    pub hours: &'a Hours,
    pub rest: Rest,
}

/// When a limit ends, and why then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Due {
    pub at: DateTime<Utc>,
    /// Some day on the way lies in a year that is not published: the instant may still move.
    pub provisional: bool,
    /// Days that did not count, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
}

/// Days in a row that did not count, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Skipped {
    pub from: NaiveDate,
    pub until: NaiveDate,
    pub why: Off,
}

impl<'a> WorkTime<'a> {
    /// The end of a limit that starts now. Later than its start for every pair that [`Kind::check`] accepts; a pair
    /// that it refuses is rounded up to whole days, and a time of day is a cutoff whatever the kind.
    pub fn due(self, start: DateTime<Utc>, kind: Kind, length: Length) -> Due {
        let from = seconds(start);
        self.count(from, day_of(from), kind, length).not_before(start)
    }

    /// The same scale, going on from an instant that is itself due: a limit that ended at 24:00 ended on that day,
    /// not on the next one.
    pub fn extend(self, due: DateTime<Utc>, kind: Kind, length: Length) -> Due {
        let from = seconds(due);
        self.count(from, day_of(from - 1), kind, length).not_before(due)
    }

    pub fn is_working(self, day: NaiveDate) -> bool {
        self.calendar.off(day, self.rest).is_none()
    }

    /// The line of time a kind is measured on.
    pub(super) fn scale(self, kind: Kind) -> Scale<'a> {
        match kind {
            Kind::Elapsed | Kind::CivilDays | Kind::Cutoff | Kind::CutoffDaily => Scale::WALL,
            Kind::ElapsedOnCalendar => Scale { rest: Some((self.calendar, self.rest)), ..Scale::WALL },
            Kind::WorkingDays => Scale { sessions: self.hours.sessions(), rest: Some((self.calendar, self.rest)) },
        }
    }

    /// `first`: the day that is excluded where the first day is.
    fn count(self, from: i64, first: NaiveDate, kind: Kind, length: Length) -> Due {
        let today = day_of(from);
        let (days, minutes) = match length {
            Length::Until(time) if kind == Kind::CutoffDaily => {
                return self.found(kind, today, today, daily(from, time));
            }
            Length::Until(time) => return self.found(kind, today, today, self.cutoff(from, time)),
            Length::Span { days, minutes } => (days, minutes),
        };
        match kind {
            Kind::Elapsed | Kind::ElapsedOnCalendar | Kind::Cutoff | Kind::CutoffDaily => {
                let length = i64::from(days) * 24 * 3_600 + i64::from(minutes) * 60;
                self.found(kind, today, today, self.scale(kind).advance(from, length))
            }
            Kind::WorkingDays => {
                let last = self.working_day_after(first, whole_days(days, minutes));
                self.found(kind, today, today, instant_on(last, self.hours.close()))
            }
            Kind::CivilDays => {
                let ahead = TimeDelta::days(whole_days(days, minutes) as i64);
                let nominal = first.checked_add_signed(ahead).map_or(day_of(LAST), |day| day.min(day_of(LAST)));
                let last = self.working_day_from(nominal);
                self.found(kind, today, nominal, instant_on(last, TimeOfDay::MIDNIGHT))
            }
        }
    }

    fn cutoff(self, from: i64, time: TimeOfDay) -> i64 {
        let today = day_of(from);
        if self.is_working(today) && from < instant_on(today, time) {
            return instant_on(today, time);
        }
        instant_on(self.working_day_after(today, 1), time)
    }

    /// The `n`-th working day after a day, from 1.
    fn working_day_after(self, day: NaiveDate, n: usize) -> NaiveDate {
        days_from(day).skip(1).filter(|day| self.is_working(*day)).nth(n.saturating_sub(1)).unwrap_or(day_of(LAST))
    }

    /// The day itself when it is a working day, else the next one.
    fn working_day_from(self, day: NaiveDate) -> NaiveDate {
        days_from(day).find(|day| self.is_working(*day)).unwrap_or(day_of(LAST))
    }

    /// `since`: the first day that would have counted.
    fn found(self, kind: Kind, start: NaiveDate, since: NaiveDate, at: i64) -> Due {
        // What ends at 24:00 ends on that day.
        let last = day_of(at - 1).max(start);
        // No publication can move a clock that every day counts on.
        let calendar_matters = !matches!(kind, Kind::Elapsed | Kind::CutoffDaily);
        let provisional =
            calendar_matters && (start.year()..=last.year()).any(|year| !self.calendar.is_published(year));
        let skipped = if calendar_matters { self.skipped(since, last) } else { Vec::new() };
        Due { at: instant(at), provisional, skipped }
    }

    fn skipped(self, since: NaiveDate, last: NaiveDate) -> Vec<Skipped> {
        let mut runs: Vec<Skipped> = Vec::new();
        for day in since.iter_days().take_while(|day| *day <= last) {
            let Some(why) = self.calendar.off(day, self.rest) else { continue };
            match runs.last_mut() {
                Some(run) if run.why == why && run.until.succ_opt() == Some(day) => run.until = day,
                _ => runs.push(Skipped { from: day, until: day, why }),
            }
        }
        runs
    }
}

impl Due {
    /// Only an absurd start, outside the range of the arithmetic, is later than what was found.
    fn not_before(mut self, start: DateTime<Utc>) -> Self {
        self.at = self.at.max(start);
        self
    }
}

/// At least one; a part of a day is a day.
fn whole_days(days: u32, minutes: u32) -> usize {
    (days as usize + minutes.div_ceil(24 * 60) as usize).max(1)
}

/// A time of day, whatever day it is.
fn daily(from: i64, time: TimeOfDay) -> i64 {
    let today = day_of(from);
    let at = instant_on(today, time);
    if from < at { at } else { today.succ_opt().map_or(at, |tomorrow| instant_on(tomorrow, time)) }
}
