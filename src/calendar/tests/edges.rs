//! Boundaries: midnight, cutoff and close to the second, unpublished years, skipped days, absurd input.

use super::Kind::{CivilDays, Cutoff, Elapsed, ElapsedOnCalendar, WorkingDays};
use super::*;

const KINDS: [Kind; 5] = [Elapsed, ElapsedOnCalendar, WorkingDays, CivilDays, Cutoff];

#[test]
fn to_the_second() {
    check(
        office(),
        &[
            ("close of business", "2022-10-10 17:30", WorkingDays, "1d", "2022-10-11 17:30"),
            ("after it counts as that day", "2022-10-10 17:30:01", WorkingDays, "1d", "2022-10-11 17:30"),
            ("the last second", "2022-10-10 23:59:59", WorkingDays, "1d", "2022-10-11 17:30"),
            ("midnight is the next day", "2022-10-11 00:00", WorkingDays, "1d", "2022-10-12 17:30"),
            ("a whole day from midnight", "2022-10-10 00:00", ElapsedOnCalendar, "24h", "2022-10-11 00:00"),
            (
                "it ends at 24:00, not after the holiday",
                "2022-09-30 00:00",
                ElapsedOnCalendar,
                "24h",
                "2022-10-01 00:00",
            ),
            ("one second more", "2022-09-30 00:00:01", ElapsedOnCalendar, "24h", "2022-10-08 00:00:01"),
            ("from a rest day", "2022-10-01 09:00", ElapsedOnCalendar, "40m", "2022-10-08 00:40"),
            ("seconds are kept", "2022-10-10 10:00:07", Elapsed, "40m", "2022-10-10 10:40:07"),
            ("a cutoff at 24:00", "2022-10-10 23:59:59", Cutoff, "24:00", "2022-10-11 00:00"),
            ("from midnight", "2022-10-10 00:00", CivilDays, "1d", "2022-10-12 00:00"),
        ],
    );
}

#[test]
fn fractions_of_a_second_are_dropped() {
    let start = at("2022-10-10 10:00") + TimeDelta::milliseconds(999);
    assert_eq!(office().due(start, Elapsed, length("40m")).at, at("2022-10-10 10:40"));
}

#[test]
fn what_touches_an_unpublished_year_is_provisional() {
    let cases = [
        ("2026-12-30 10:00", WorkingDays, "1d", false),
        ("2026-12-31 10:00", WorkingDays, "1d", true),
        ("2026-12-31 10:00", ElapsedOnCalendar, "20h", true),
        // Due at 24:00 of the last published day.
        ("2026-12-31 00:00", ElapsedOnCalendar, "24h", false),
        ("2026-12-30 10:00", CivilDays, "1d", false),
        ("2026-12-31 18:00", Cutoff, "17:00", true),
        ("2027-03-01 10:00", WorkingDays, "1d", true),
        ("2018-12-31 10:00", WorkingDays, "1d", true),
        // No calendar moves this one.
        ("2027-03-01 10:00", Elapsed, "24h", false),
    ];
    for (start, kind, text, provisional) in cases {
        assert_eq!(office().due(at(start), kind, length(text)).provisional, provisional, "{start} {kind:?}");
    }
    // Monday to Friday is assumed, and said to be.
    assert_eq!(office().due(at("2027-01-01 10:00"), WorkingDays, length("1d")).at, at("2027-01-04 17:30"));
    let nothing = Calendar::default();
    let due = WorkTime { calendar: &nothing, ..office() }.due(at("2022-09-30 10:00"), WorkingDays, length("3d"));
    assert_eq!((due.at, due.provisional), (at("2022-10-05 17:30"), true));
}

#[test]
fn skipped_days_are_told() {
    let (holiday, weekend) = (Off::Holiday, Off::Weekend);
    /// From, until, why.
    type Skips<'a> = &'a [(&'a str, &'a str, Off)];
    let cases: [(&str, Kind, &str, Skips<'_>); 8] = [
        ("2022-09-30 10:00", WorkingDays, "3d", &[("2022-10-01", "2022-10-07", holiday)]),
        (
            "2022-09-29 15:00",
            WorkingDays,
            "10d",
            &[("2022-10-01", "2022-10-07", holiday), ("2022-10-15", "2022-10-16", weekend)],
        ),
        ("2022-09-30 15:00", ElapsedOnCalendar, "1d", &[("2022-10-01", "2022-10-07", holiday)]),
        ("2022-09-30 00:00", ElapsedOnCalendar, "24h", &[]),
        ("2022-10-03 09:00", Cutoff, "17:00", &[("2022-10-03", "2022-10-07", holiday)]),
        ("2022-09-30 15:00", Elapsed, "2d", &[]),
        // Only the last day moves.
        ("2022-09-30 15:00", CivilDays, "2d", &[("2022-10-02", "2022-10-07", holiday)]),
        ("2022-09-30 15:00", CivilDays, "9d", &[]),
    ];
    for (start, kind, text, expected) in cases {
        let found: Vec<_> =
            office().due(at(start), kind, length(text)).skipped.iter().map(|it| (it.from, it.until, it.why)).collect();
        let expected: Vec<_> = expected.iter().map(|(from, until, why)| (date(from), date(until), *why)).collect();
        assert_eq!(found, expected, "{start} {text} {kind:?}");
    }
}

#[test]
fn absurd_instants_and_lengths_have_an_answer() {
    let instants = [DateTime::<Utc>::MIN_UTC, DateTime::UNIX_EPOCH, at("2899-12-31 23:00"), DateTime::<Utc>::MAX_UTC];
    let lengths = [
        length("1h"),
        length("17:00"),
        length("3660d"),
        Length::days(0),
        Length::Span { days: 1_000_000, minutes: 1_000_000 },
    ];
    for start in instants {
        for kind in KINDS {
            for length in lengths {
                let due = office().due(start, kind, length).at;
                assert!(due >= start, "{start} {kind:?} {length:?}");
                assert!(office().extend(start, kind, length).at >= start, "{start} {kind:?} {length:?}");
                assert!((start..=due).contains(&office().share(start, due, kind, 2, 3)));
            }
            office().used(start, start, kind, DateTime::<Utc>::MAX_UTC);
        }
    }
}

#[test]
fn a_pair_that_does_not_fit_is_rounded_not_refused() {
    let start = at("2022-10-10 10:00");
    assert_eq!(office().due(start, WorkingDays, length("25h")), office().due(start, WorkingDays, length("2d")));
    assert_eq!(office().due(start, WorkingDays, Length::days(0)), office().due(start, WorkingDays, length("1d")));
    assert_eq!(office().due(start, Elapsed, length("17:00")).at, at("2022-10-10 17:00"));
    assert_eq!(office().due(start, Cutoff, length("2h")).at, at("2022-10-10 12:00"));
}

/// A calendar on which nobody ever works again must not hang or panic.
#[test]
fn a_year_without_working_days_is_walked_over() {
    let mut calendar = PUBLISHED.clone();
    let days: Vec<String> =
        date("2022-01-01").iter_days().take(365).map(|day| format!("\"{}\"", day.format("%m-%d"))).collect();
    let source = format!("year = 2022\nrest = [{}]\nwork = []\nsource = \"test\"\n", days.join(","));
    calendar.add("2022.toml", &source).unwrap();
    let due = WorkTime { calendar: &calendar, ..office() }.due(at("2022-01-04 10:00"), WorkingDays, length("1d"));
    assert_eq!(due.at, at("2023-01-03 17:30"));
}
