//! The arithmetic against counting by hand, day by day and minute by minute.

use proptest::prelude::*;

use super::Kind::{CivilDays, Cutoff, Elapsed, ElapsedOnCalendar, WorkingDays};
use super::*;

const MINUTE: TimeDelta = TimeDelta::minutes(1);
const DAY: TimeDelta = TimeDelta::days(1);

/// Any second of the published years and some months around them.
fn start() -> impl Strategy<Value = DateTime<Utc>> {
    let (first, last) = (at("2018-10-01 00:00").timestamp(), at("2027-04-01 00:00").timestamp());
    (first..last).prop_map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap())
}

fn rest() -> impl Strategy<Value = Rest> {
    prop_oneof![Just(Rest::AllRest), Just(Rest::PublicHolidays)]
}

/// A kind and two lengths that fit it, the shorter one first.
fn limits() -> impl Strategy<Value = (Kind, Length, Length)> {
    let minutes = |kind| {
        (1_u32..6_000, 0_u32..6_000).prop_map(move |(a, more)| {
            (kind, Length::Span { days: 0, minutes: a }, Length::Span { days: 0, minutes: a + more })
        })
    };
    let days = |kind| (1_u32..30, 0_u32..30).prop_map(move |(a, more)| (kind, Length::days(a), Length::days(a + more)));
    let times = (0_u32..24, 0_u32..60).prop_map(|(hour, minute)| {
        let time = Length::Until(format!("{hour:02}:{minute:02}").parse().unwrap());
        (Cutoff, time, time)
    });
    prop_oneof![minutes(Elapsed), minutes(ElapsedOnCalendar), days(WorkingDays), days(CivilDays), times]
}

fn work(rest: Rest) -> WorkTime<'static> {
    WorkTime { rest, ..office() }
}

/// The published years with further days off.
fn with_days_off(days: &[NaiveDate]) -> Calendar {
    let mut calendar = PUBLISHED.clone();
    for day in days {
        calendar.years.entry(day.year()).or_default().insert(*day, false);
    }
    calendar
}

/// Whether a working session is open during the minute from here on.
fn is_open(work: WorkTime, at: DateTime<Utc>) -> bool {
    let minute = i64::from(local(at).hour() * 60 + local(at).minute()) * 60;
    let open = |it: &Session| (it.from.seconds()..it.until.seconds()).contains(&minute);
    work.is_working(local_date(at)) && work.hours.sessions().iter().any(open)
}

proptest! {
    #[test]
    fn due_is_after_its_start_and_monotone(
        start in start(), later in 0_i64..3_000_000, (kind, short, long) in limits(), rest in rest(),
    ) {
        let work = work(rest);
        let due = work.due(start, kind, short).at;
        prop_assert!(due > start);
        prop_assert!(due <= work.due(start, kind, long).at);
        prop_assert!(due <= work.due(start + TimeDelta::seconds(later), kind, short).at);
        prop_assert_eq!(due.timestamp_subsec_nanos(), 0);
    }

    #[test]
    fn working_days_are_counted_one_by_one(start in start(), days in 1_u32..60, rest in rest()) {
        let work = work(rest);
        let (mut day, mut left) = (local_date(start), days);
        while left > 0 {
            day = day.succ_opt().unwrap();
            left -= u32::from(work.is_working(day));
        }
        let expected = at(&format!("{day} 17:30"));
        prop_assert_eq!(work.due(start, WorkingDays, Length::days(days)).at, expected);
    }

    #[test]
    fn calendar_hours_are_counted_minute_by_minute(start in start(), minutes in 1_u32..8_000, rest in rest()) {
        let work = work(rest);
        // Whole minutes, so that a step never straddles midnight.
        let start = start - TimeDelta::seconds(start.timestamp().rem_euclid(60));
        let (mut now, mut left) = (start, minutes);
        while left > 0 {
            left -= u32::from(work.is_working(local_date(now)));
            now += MINUTE;
        }
        prop_assert_eq!(work.due(start, ElapsedOnCalendar, Length::Span { days: 0, minutes }).at, now);
    }

    #[test]
    fn civil_days_end_on_the_first_working_day_from_the_nominal_one(start in start(), days in 1_u32..60) {
        let mut day = local_date(start) + DAY * days as i32;
        while !office().is_working(day) {
            day = day.succ_opt().unwrap();
        }
        let expected = at(&format!("{day} 00:00")) + DAY;
        prop_assert_eq!(office().due(start, CivilDays, Length::days(days)).at, expected);
    }

    #[test]
    fn extending_is_adding(start in start(), a in 1_u32..20, b in 1_u32..20, rest in rest(), whole in any::<bool>()) {
        let hours = if whole { Hours::default() } else { OFFICE.clone() };
        let work = WorkTime { hours: &hours, ..work(rest) };
        for kind in [Elapsed, ElapsedOnCalendar, WorkingDays] {
            let first = work.due(start, kind, Length::days(a)).at;
            let second = work.extend(first, kind, Length::days(b)).at;
            prop_assert_eq!(second, work.due(start, kind, Length::days(a + b)).at, "{:?}", kind);
        }
    }

    #[test]
    fn shares_rise_within_the_limit(
        start in start(), (kind, length, _) in limits(), (a, b) in (0_u32..1_000, 0_u32..1_000), rest in rest(),
    ) {
        let work = work(rest);
        let due = work.due(start, kind, length).at;
        let share = |part| work.share(start, due, kind, part, 1_000);
        prop_assert!((start..=due).contains(&share(a)));
        prop_assert!(share(a.min(b)) <= share(a.max(b)));
        prop_assert_eq!((share(0), share(1_000)), (start, due));
    }

    #[test]
    fn what_a_share_says_is_what_is_used(start in start(), (kind, length, _) in limits(), part in 0_u32..=1_000) {
        let due = office().due(start, kind, length).at;
        prop_assume!(office().scale(kind).between(start.timestamp(), due.timestamp()) >= 1_000);
        let used = |at| office().used(start, due, kind, at);
        let found = u32::from(used(office().share(start, due, kind, part, 1_000)));
        // Both round down.
        prop_assert!(found <= part && found + 1 >= part, "{} of {}", found, part);
        prop_assert_eq!(used(due), 1_000);
        prop_assert_eq!(used(start), 0);
    }

    #[test]
    fn working_minutes_are_counted_one_by_one(start in start(), days in 1_u32..4, percent in 0_u32..=100) {
        let start = start - TimeDelta::seconds(start.timestamp().rem_euclid(60));
        let due = office().due(start, WorkingDays, Length::days(days)).at;
        let minutes = |until: DateTime<Utc>| {
            (0..(until - start).num_minutes()).filter(|n| is_open(office(), start + MINUTE * *n as i32)).count()
        };
        let now = start + (due - start) * percent as i32 / 100;
        let now = now - TimeDelta::seconds(now.timestamp().rem_euclid(60));
        let expected = minutes(now) * 1_000 / minutes(due);
        prop_assert_eq!(usize::from(office().used(start, due, WorkingDays, now)), expected);
    }

    #[test]
    fn more_days_off_never_make_it_earlier(
        start in start(), (kind, length, _) in limits(), rest in rest(),
        ahead in prop::collection::vec(0_i32..90, 0..12),
    ) {
        let days: Vec<NaiveDate> = ahead.into_iter().map(|n| local_date(start) + DAY * n).collect();
        let calendar = with_days_off(&days);
        let before = work(rest).due(start, kind, length).at;
        let after = WorkTime { calendar: &calendar, ..work(rest) }.due(start, kind, length).at;
        prop_assert!(after >= before);
    }

    #[test]
    fn skipped_days_are_exactly_the_rest_days_on_the_way(start in start(), days in 1_u32..40, rest in rest()) {
        let work = work(rest);
        let due = work.due(start, WorkingDays, Length::days(days));
        let days = |from: NaiveDate, until: NaiveDate| from.iter_days().take_while(move |day| *day <= until);
        let expected: Vec<NaiveDate> =
            days(local_date(start), local_date(due.at)).filter(|day| !work.is_working(*day)).collect();
        let told: Vec<NaiveDate> = due.skipped.iter().flat_map(|run| days(run.from, run.until)).collect();
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn lengths_survive_their_text((_, length, _) in limits()) {
        prop_assert_eq!(length.to_string().parse::<Length>().unwrap(), length);
    }

    #[test]
    fn no_text_is_too_strange(text in "[0-9dhm:天 +-]{0,12}|.{0,8}") {
        let _ = text.parse::<Length>();
        let _ = text.parse::<Session>();
    }
}
