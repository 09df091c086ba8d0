//! How much of a limit is used, on the scale the limit is counted on: hours of working days for working days (13.1 on
//! section 8), counted days for a clock that stops on holidays, the wall clock for the others.

use chrono::{DateTime, Utc};

use super::scale::{Scale, instant, seconds};
use super::{Kind, WorkTime};

impl<'a> WorkTime<'a> {
    /// The instant at which this share of a limit is used, in whole seconds rounded down, never before `start` nor
    /// after `due`. More than the whole is the whole; so is a denominator of 0.
    pub fn share(
        self,
        start: DateTime<Utc>,
        due: DateTime<Utc>,
        kind: Kind,
        numerator: u32,
        denominator: u32,
    ) -> DateTime<Utc> {
        if denominator == 0 || numerator >= denominator {
            return due;
        }
        let (scale, whole) = self.measured(start, due, kind);
        let part = i128::from(whole) * i128::from(numerator) / i128::from(denominator);
        let part = i64::try_from(part).unwrap_or(whole);
        instant(scale.advance(seconds(start), part)).clamp(start.min(due), due)
    }

    /// Thousandths of a limit that are used; more than 1000 after its end, 0 before its start. For display: whether
    /// something is overdue is a question of instants.
    pub fn used(self, start: DateTime<Utc>, due: DateTime<Utc>, kind: Kind, now: DateTime<Utc>) -> u16 {
        let (scale, whole) = self.measured(start, due, kind);
        if whole == 0 {
            return if now < due { 0 } else { 1_000 };
        }
        let counted = i128::from(scale.between(seconds(start), seconds(now)));
        u16::try_from(counted * 1_000 / i128::from(whole)).unwrap_or(u16::MAX)
    }

    /// The scale, and how much of it lies between the two. Where nothing does (somebody set the end by hand, into a
    /// holiday), the wall clock has to do.
    fn measured(self, start: DateTime<Utc>, due: DateTime<Utc>, kind: Kind) -> (Scale<'a>, i64) {
        let (from, until) = (seconds(start), seconds(due));
        let scale = self.scale(kind);
        match scale.between(from, until) {
            0 => (Scale::WALL, Scale::WALL.between(from, until)),
            whole => (scale, whole),
        }
    }
}
