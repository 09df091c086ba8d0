//! Days: what a year file says, and what is assumed without one.

use super::*;

#[test]
fn make_up_days_are_working_days() {
    let working = |text| PUBLISHED.day(date(text)).working;
    assert!(!working("2022-10-03"), "a Monday of the National Day week");
    assert!(working("2022-10-08"), "a Saturday made up for");
    assert!(!working("2022-10-15"), "an ordinary Saturday");
    assert!(working("2020-02-03"), "a Monday to which no weekend belongs, after the extended festival");
    assert!(!working("2020-01-31"), "the extension of the festival");
}

#[test]
fn why_a_day_is_off_depends_on_what_rests() {
    let cases = [
        ("2022-10-01", Some(Off::Holiday), Some(Off::Holiday)),
        ("2022-10-08", None, None),
        ("2022-10-10", None, None),
        ("2022-10-15", Some(Off::Weekend), None),
        ("2027-01-02", Some(Off::Weekend), None),
    ];
    for (day, all, public) in cases {
        assert_eq!(PUBLISHED.off(date(day), Rest::AllRest), all, "{day}");
        assert_eq!(PUBLISHED.off(date(day), Rest::PublicHolidays), public, "{day}");
    }
}

#[test]
fn an_unpublished_year_is_provisional() {
    assert_eq!(PUBLISHED.day(date("2027-01-04")), Day { working: true, provisional: true });
    assert!(!PUBLISHED.day(date("2026-12-31")).provisional);
}

#[test]
fn midnight_in_shanghai_is_the_next_day() {
    let at = "2022-09-30T16:00:00Z".parse().unwrap();
    assert_eq!(local_date(at), date("2022-10-01"));
    assert_eq!(local_hour(at), 0);
}

#[test]
fn the_ends_of_time_have_a_date() {
    assert_eq!(local_date(DateTime::<Utc>::MAX_UTC), NaiveDate::MAX);
    assert_eq!(local_date(DateTime::<Utc>::MIN_UTC), NaiveDate::MIN);
}
