//! The shipped calendar and short ways to write instants; the tests themselves are beside this file, by question.

mod days;
mod due;
mod edges;
mod parse;
mod properties;
mod shares;
mod words;

use std::sync::LazyLock;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};

use super::*;

static PUBLISHED: LazyLock<Calendar> = LazyLock::new(|| {
    let files = [
        include_str!("../../rules/calendar/2019.toml"),
        include_str!("../../rules/calendar/2020.toml"),
        include_str!("../../rules/calendar/2021.toml"),
        include_str!("../../rules/calendar/2022.toml"),
        include_str!("../../rules/calendar/2023.toml"),
        include_str!("../../rules/calendar/2024.toml"),
        include_str!("../../rules/calendar/2025.toml"),
        include_str!("../../rules/calendar/2026.toml"),
    ];
    let mut calendar = Calendar::default();
    for (file, year) in files.into_iter().zip(2019..) {
        calendar.add(&format!("{year}.toml"), file).unwrap();
    }
    calendar
});

static OFFICE: LazyLock<Hours> =
    LazyLock::new(|| toml::from_str("working = [\"09:00-12:00\", \"13:30-17:30\"]").unwrap());

fn office() -> WorkTime<'static> {
    WorkTime { calendar: &PUBLISHED, hours: &OFFICE, rest: Rest::AllRest }
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// `2022-09-30 15:00` or `… 15:00:01`, in Asia/Shanghai.
fn at(text: &str) -> DateTime<Utc> {
    let full = if text.len() == "2022-09-30 15:00".len() { format!("{text}:00") } else { text.to_owned() };
    let local = NaiveDateTime::parse_from_str(&full, "%Y-%m-%d %H:%M:%S").expect(text);
    local.and_local_timezone(FixedOffset::east_opt(8 * 3_600).unwrap()).unwrap().to_utc()
}

fn length(text: &str) -> Length {
    text.parse().expect(text)
}

/// What, start, kind, length, due.
type Case = (&'static str, &'static str, Kind, &'static str, &'static str);

fn check(work: WorkTime, cases: &[Case]) {
    for (what, start, kind, text, due) in cases {
        kind.check(length(text)).expect(what);
        let found = work.due(at(start), *kind, length(text)).at;
        assert_eq!(moment(found), moment(at(due)), "{what}: {start} + {text} {kind:?}");
    }
}
