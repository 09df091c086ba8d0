//! When limits end: every vector of section 8, and the festivals where such arithmetic goes wrong.

use super::Kind::{CivilDays, Cutoff, Elapsed, ElapsedOnCalendar, WorkingDays};
use super::*;

/// 2022: 1 to 7 October off, Saturday 8 and Sunday 9 October work.
#[test]
fn national_day_2022_rc_17_rc_19_rc_20_hn_13_hn_14_hn_16_hn_31_lh_22_lh_31_lh_33() {
    check(
        office(),
        &[
            ("RC-19 handle", "2022-09-30 10:00", WorkingDays, "3d", "2022-10-10 17:30"),
            ("RC-20 callback", "2022-10-10 17:30", WorkingDays, "2d", "2022-10-12 17:30"),
            ("RC-20 callback, handled in the morning", "2022-10-10 09:20", WorkingDays, "2d", "2022-10-12 17:30"),
            ("HN-13 sign", "2022-09-29 15:00", WorkingDays, "1d", "2022-09-30 17:30"),
            ("HN-16 return", "2022-09-29 15:00", WorkingDays, "2d", "2022-10-08 17:30"),
            ("HN-14 咨询", "2022-09-29 15:00", WorkingDays, "5d", "2022-10-11 17:30"),
            ("HN-14 投诉", "2022-09-29 15:00", WorkingDays, "10d", "2022-10-18 17:30"),
            ("LH-22 sign", "2022-09-30 15:00", ElapsedOnCalendar, "24h", "2022-10-08 15:00"),
            ("LH-31 咨询", "2022-09-30 15:00", ElapsedOnCalendar, "1d", "2022-10-08 15:00"),
            ("LH-33 服务", "2022-09-30 15:00", ElapsedOnCalendar, "2d", "2022-10-09 15:00"),
            ("LH-33 服务, strict", "2022-09-30 15:00", Elapsed, "2d", "2022-10-02 15:00"),
            ("LH-33 服务, 民法典", "2022-09-30 15:00", CivilDays, "2d", "2022-10-09 00:00"),
            ("RC-17 before the cutoff", "2022-09-29 16:59", Cutoff, "17:00", "2022-09-29 17:00"),
            ("RC-17 the last second", "2022-09-29 16:59:59", Cutoff, "17:00", "2022-09-29 17:00"),
            ("RC-17 at the cutoff", "2022-09-29 17:00", Cutoff, "17:00", "2022-09-30 17:00"),
            ("RC-17 on a rest day", "2022-10-01 09:00", Cutoff, "17:00", "2022-10-08 17:00"),
            ("RC-17 on a make-up day", "2022-10-08 09:00", Cutoff, "17:00", "2022-10-08 17:00"),
            ("HN-31 first response", "2022-10-01 02:00", Elapsed, "2h", "2022-10-01 04:00"),
            ("HN-31 progress", "2022-10-01 02:00", WorkingDays, "2d", "2022-10-09 17:30"),
            ("CB-12 promise", "2022-10-01 02:00", Elapsed, "72h", "2022-10-04 02:00"),
        ],
    );
}

#[test]
fn lh_45_an_extension_goes_on_from_the_due_instant() {
    let cases = [
        ("2022-10-09 15:00", ElapsedOnCalendar, "5d", "2022-10-14 15:00"),
        ("2022-10-14 15:00", ElapsedOnCalendar, "5d", "2022-10-21 15:00"),
        ("2022-10-18 17:30", WorkingDays, "10d", "2022-11-01 17:30"),
        // 24:00 of the 8th is midnight of the 9th, and still the 8th.
        ("2022-10-09 00:00", WorkingDays, "1d", "2022-10-09 17:30"),
        ("2022-10-09 00:00", CivilDays, "2d", "2022-10-11 00:00"),
        ("2022-10-09 00:00", ElapsedOnCalendar, "1d", "2022-10-10 00:00"),
        ("2022-10-02 15:00", Elapsed, "90m", "2022-10-02 16:30"),
        ("2022-09-30 17:00", Cutoff, "17:00", "2022-10-08 17:00"),
    ];
    for (due, kind, text, expected) in cases {
        let found = office().extend(at(due), kind, length(text)).at;
        assert_eq!(moment(found), moment(at(expected)), "{due} + {text} {kind:?}");
    }
}

#[test]
fn spring_festivals() {
    check(
        office(),
        &[
            // 2019: 4 to 10 February off, Saturday 2 and Sunday 3 work.
            ("2019", "2019-02-01 10:00", WorkingDays, "3d", "2019-02-11 17:30"),
            ("2019, hours", "2019-02-03 10:00", ElapsedOnCalendar, "24h", "2019-02-11 10:00"),
            // 2020: from 24 January, extended to 2 February; Monday 3 February works.
            ("2020", "2020-01-23 10:00", WorkingDays, "1d", "2020-02-03 17:30"),
            ("2020, hours", "2020-01-23 10:00", ElapsedOnCalendar, "1d12h", "2020-02-03 22:00"),
            ("2020, cutoff", "2020-01-31 10:00", Cutoff, "17:00", "2020-02-03 17:00"),
            ("2020, nominal end in the extension", "2020-01-29 10:00", CivilDays, "2d", "2020-02-04 00:00"),
            // 2024: 10 to 17 February off, Sunday 4 and Sunday 18 work.
            ("2024, in", "2024-02-02 10:00", WorkingDays, "1d", "2024-02-04 17:30"),
            ("2024, out", "2024-02-09 10:00", WorkingDays, "1d", "2024-02-18 17:30"),
            // 2026: 15 to 23 February off, Saturdays 14 and 28 work.
            ("2026", "2026-02-13 10:00", WorkingDays, "2d", "2026-02-24 17:30"),
            ("2026, last day", "2026-02-14 18:00", ElapsedOnCalendar, "24h", "2026-02-24 18:00"),
        ],
    );
}

#[test]
fn leap_days_year_ends_and_weekends() {
    check(
        office(),
        &[
            ("to the leap day", "2024-02-28 10:00", WorkingDays, "1d", "2024-02-29 17:30"),
            ("over it", "2024-02-28 23:30", Elapsed, "1d1h", "2024-03-01 00:30"),
            ("on it", "2024-02-29 10:00", ElapsedOnCalendar, "48h", "2024-03-04 10:00"),
            ("new year 2025 is a Wednesday off", "2024-12-31 16:00", WorkingDays, "1d", "2025-01-02 17:30"),
            ("new year 2024 joins a weekend", "2023-12-29 16:00", ElapsedOnCalendar, "24h", "2024-01-02 16:00"),
            ("2022 ends with a day off", "2022-12-30 16:00", WorkingDays, "1d", "2023-01-03 17:30"),
            ("an ordinary weekend", "2022-10-14 18:00", WorkingDays, "1d", "2022-10-17 17:30"),
            ("a rest day is the excluded day", "2022-10-15 10:00", WorkingDays, "1d", "2022-10-17 17:30"),
            ("civil days that end on a working day", "2022-09-28 10:00", CivilDays, "2d", "2022-10-01 00:00"),
            ("civil days over a holiday", "2022-09-30 10:00", CivilDays, "8d", "2022-10-09 00:00"),
        ],
    );
}

/// A-LH-19: an ordinary weekend counts, a published day off does not.
#[test]
fn public_holidays_leave_weekends_alone() {
    let work = WorkTime { rest: Rest::PublicHolidays, ..office() };
    check(
        work,
        &[
            ("over a weekend", "2022-10-14 15:00", ElapsedOnCalendar, "24h", "2022-10-15 15:00"),
            ("over National Day", "2022-09-30 15:00", ElapsedOnCalendar, "2d", "2022-10-09 15:00"),
            ("cutoff on a Saturday", "2022-10-15 09:00", Cutoff, "17:00", "2022-10-15 17:00"),
        ],
    );
}

/// A-RC-2: where nothing is set, the day closes at 24:00.
#[test]
fn without_office_hours_the_day_ends_at_midnight() {
    let hours = Hours::default();
    let work = WorkTime { hours: &hours, ..office() };
    check(work, &[("RC-19", "2022-09-30 10:00", WorkingDays, "3d", "2022-10-11 00:00")]);
    let due = work.due(at("2022-09-30 10:00"), WorkingDays, length("3d"));
    assert_eq!(deadline(due.at), "2022年10月10日（周一）24:00");
    check(work, &[("RC-20, from 24:00", "2022-10-11 00:00", WorkingDays, "2d", "2022-10-14 00:00")]);
    let callback = work.extend(due.at, WorkingDays, length("2d"));
    assert_eq!(deadline(callback.at), "2022年10月12日（周三）24:00");
}
