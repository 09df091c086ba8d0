//! Shares of a limit: each on the scale it is counted on.

use super::Kind::{CivilDays, Cutoff, Elapsed, ElapsedOnCalendar, WorkingDays};
use super::*;

/// Start, due, kind, share, instant.
/// Start, due, kind, share, instant.
type Share = (&'static str, &'static str, Kind, (u32, u32), &'static str);

const SHARES: [Share; 14] = [
    // CB-12: a promise of 72 h is blue at 48 h exactly.
    ("2022-10-01 02:00", "2022-10-04 02:00", Elapsed, (2, 3), "2022-10-03 02:00"),
    // 48 h on Friday 15:00 to Sunday 9 October 15:00: 32 h are 9 h of Friday and 23 h of Saturday the 8th.
    ("2022-09-30 15:00", "2022-10-09 15:00", ElapsedOnCalendar, (2, 3), "2022-10-08 23:00"),
    // 13.1: 2/3 of the working minutes. Friday from 10:00 has 6 h, then 3 days of 7 h: of 27 h, 18 h are 6 + 7 + 5.
    ("2022-09-30 10:00", "2022-10-10 17:30", WorkingDays, (2, 3), "2022-10-09 15:30"),
    // From an evening: 14 h, half of them is the whole of the first day.
    ("2022-10-10 20:00", "2022-10-12 17:30", WorkingDays, (1, 2), "2022-10-11 17:30"),
    // The end of the morning, not the start of the afternoon.
    ("2022-10-10 20:00", "2022-10-11 17:30", WorkingDays, (3, 7), "2022-10-11 12:00"),
    ("2022-09-30 15:00", "2022-10-09 00:00", CivilDays, (1, 2), "2022-10-04 19:30"),
    ("2022-10-10 15:00", "2022-10-10 17:00", Cutoff, (2, 3), "2022-10-10 16:20"),
    // Whole seconds, rounded down.
    ("2022-10-10 15:00", "2022-10-10 15:00:10", Elapsed, (2, 3), "2022-10-10 15:00:06"),
    ("2022-10-10 15:00", "2022-10-11 15:00", Elapsed, (0, 3), "2022-10-10 15:00"),
    ("2022-10-10 20:00", "2022-10-11 17:30", WorkingDays, (0, 3), "2022-10-10 20:00"),
    ("2022-10-10 15:00", "2022-10-11 15:00", Elapsed, (4, 3), "2022-10-11 15:00"),
    ("2022-10-10 15:00", "2022-10-11 15:00", Elapsed, (1, 0), "2022-10-11 15:00"),
    // Set by hand into a holiday: no working minute lies between, so the wall clock has to do.
    ("2022-10-01 10:00", "2022-10-02 10:00", WorkingDays, (1, 2), "2022-10-01 22:00"),
    // An end before the start.
    ("2022-10-02 10:00", "2022-10-01 10:00", Elapsed, (1, 2), "2022-10-01 10:00"),
];

#[test]
fn cb_12_two_thirds_on_the_scale_of_the_clock() {
    for (start, due, kind, (numerator, denominator), expected) in SHARES {
        let found = office().share(at(start), at(due), kind, numerator, denominator);
        assert_eq!(moment(found), moment(at(expected)), "{start} to {due} {kind:?} {numerator}/{denominator}");
    }
}

#[test]
fn used_in_thousandths() {
    let cases = [
        ("2022-10-01 02:00", "2022-10-04 02:00", Elapsed, "2022-10-03 02:00", 666),
        ("2022-10-01 02:00", "2022-10-04 02:00", Elapsed, "2022-09-30 02:00", 0),
        ("2022-10-01 02:00", "2022-10-04 02:00", Elapsed, "2022-10-04 02:00", 1_000),
        ("2022-10-01 02:00", "2022-10-04 02:00", Elapsed, "2022-10-07 02:00", 2_000),
        ("2022-10-01 02:00", "2022-10-01 02:01", Elapsed, "2026-10-01 02:00", u16::MAX),
        // The holiday uses nothing up.
        ("2022-09-30 15:00", "2022-10-09 15:00", ElapsedOnCalendar, "2022-10-01 00:00", 187),
        ("2022-09-30 15:00", "2022-10-09 15:00", ElapsedOnCalendar, "2022-10-07 23:00", 187),
        ("2022-10-10 20:00", "2022-10-12 17:30", WorkingDays, "2022-10-11 12:45", 214),
        ("2022-10-10 20:00", "2022-10-12 17:30", WorkingDays, "2022-10-12 17:30", 1_000),
        ("2022-10-10 20:00", "2022-10-12 17:30", WorkingDays, "2022-10-13 08:00", 1_000),
        ("2022-10-10 20:00", "2022-10-12 17:30", WorkingDays, "2022-10-13 17:30", 1_500),
        ("2022-10-10 20:00", "2022-10-10 20:00", Cutoff, "2022-10-10 19:59", 0),
        ("2022-10-10 20:00", "2022-10-10 20:00", Cutoff, "2022-10-10 20:00", 1_000),
    ];
    for (start, due, kind, now, expected) in cases {
        assert_eq!(office().used(at(start), at(due), kind, at(now)), expected, "{start} to {due} {kind:?} at {now}");
    }
}
