//! Which seconds count: a line of time with the parts cut out that stop a clock. Everything here is Unix seconds,
//! kept between 1900 and 2900 so that no sum overflows and no walk is endless.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Calendar, Rest, SHANGHAI_SECONDS, Session, TimeOfDay};

/// 1900-01-01T00:00:00Z.
const FIRST: i64 = -2_208_988_800;
/// 2900-01-01T00:00:00Z.
pub(super) const LAST: i64 = 29_348_006_400;
const DAY: i64 = 24 * 3_600;

/// The same sessions on every day that counts.
#[derive(Clone, Copy)]
pub(super) struct Scale<'a> {
    pub(super) sessions: &'a [Session],
    /// Rest days do not count; `None`: every day does.
    pub(super) rest: Option<(&'a Calendar, Rest)>,
}

impl<'a> Scale<'a> {
    pub(super) const WALL: Scale<'static> = Scale { sessions: &[Session::WHOLE_DAY], rest: None };

    /// The earliest instant at which `seconds` have counted since `from`.
    pub(super) fn advance(self, from: i64, seconds: i64) -> i64 {
        if seconds <= 0 {
            return from;
        }
        let mut left = seconds;
        for (start, end) in self.spans(from) {
            if left <= end - start {
                return start + left;
            }
            left -= end - start;
        }
        LAST
    }

    /// Seconds that count between two instants; 0 when `until` is not after `from`.
    pub(super) fn between(self, from: i64, until: i64) -> i64 {
        self.spans(from).take_while(|(start, _)| *start < until).map(|(start, end)| end.min(until) - start).sum()
    }

    /// What counts from an instant on, in order.
    fn spans(self, from: i64) -> impl Iterator<Item = (i64, i64)> + 'a {
        days_from(day_of(from))
            .filter(move |day| self.rest.is_none_or(|(calendar, rest)| calendar.off(*day, rest).is_none()))
            .flat_map(move |day| {
                let at = move |time| instant_on(day, time);
                self.sessions.iter().map(move |session| (at(session.from).max(from), at(session.until)))
            })
            .filter(|(start, end)| start < end)
    }
}

/// Whole seconds, rounded down.
pub(super) fn seconds(at: DateTime<Utc>) -> i64 {
    at.timestamp().clamp(FIRST, LAST)
}

pub(super) fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The day in Asia/Shanghai.
pub(super) fn day_of(seconds: i64) -> NaiveDate {
    let days = (seconds + SHANGHAI_SECONDS).div_euclid(DAY);
    i32::try_from(days).ok().and_then(NaiveDate::from_epoch_days).unwrap_or(NaiveDate::MAX)
}

/// A time of day in Asia/Shanghai.
pub(super) fn instant_on(day: NaiveDate, time: TimeOfDay) -> i64 {
    i64::from(day.to_epoch_days()) * DAY - SHANGHAI_SECONDS + time.seconds()
}

/// A day and all after it, to the end of time.
pub(super) fn days_from(day: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let last = day_of(LAST);
    day.iter_days().take_while(move |day| *day <= last)
}
