//! Lengths, kinds and hours as they stand in files.

use super::Kind::{CivilDays, Cutoff, Elapsed, ElapsedOnCalendar, WorkingDays};
use super::*;

#[test]
fn lengths_are_shown_as_they_are_written() {
    for text in ["40m", "24h", "5d", "1d12h", "1d30m", "2h30m", "17:00", "24:00", "3660d"] {
        assert_eq!(length(text).to_string(), text);
        assert_eq!(
            serde_json::from_str::<Length>(&serde_json::to_string(&length(text)).unwrap()).unwrap(),
            length(text)
        );
    }
    assert_eq!(length("90m").to_string(), "1h30m");
    assert_eq!(length("9:05").to_string(), "09:05");
}

#[test]
fn a_wrong_length_is_explained() {
    let cases = [
        ("", "不是时限"),
        ("5", "不是时限"),
        ("5天", "不是时限"),
        ("d", "不是时限"),
        ("12h1d", "不是时限"),
        ("1d1d", "不是时限"),
        ("+5d", "不是时限"),
        ("-5d", "不是时限"),
        ("1.5d", "不是时限"),
        (" 5d", "不是时限"),
        ("99999999999999999999999d", "不是时限"),
        ("4294967296d", "不是时限"),
        ("0d", "大于零"),
        ("0h0m", "大于零"),
        ("3661d", "最长 3660 天"),
        ("4294967295d4294967295h4294967295m", "最长 3660 天"),
        ("25:00", "不是时刻"),
        ("24:01", "不是时刻"),
        ("17:60", "不是时刻"),
        ("17:0", "不是时刻"),
        ("17:00:00", "不是时刻"),
    ];
    for (text, said) in cases {
        let error = text.parse::<Length>().expect_err(text).to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn kinds_take_the_lengths_that_fit() {
    let cases = [
        (Elapsed, "24h", ""),
        (Elapsed, "2d", ""),
        (ElapsedOnCalendar, "1d12h", ""),
        (WorkingDays, "5d", ""),
        (CivilDays, "5d", ""),
        (Cutoff, "17:00", ""),
        (WorkingDays, "48h", "不是整天"),
        (CivilDays, "1d12h", "不是整天"),
        (Elapsed, "17:00", "只有 cutoff"),
        (WorkingDays, "17:00", "只有 cutoff"),
        (Cutoff, "24h", "cutoff 写成"),
    ];
    for (kind, text, said) in cases {
        let error = kind.check(length(text)).err().map(|it| it.to_string()).unwrap_or_default();
        assert!(error.contains(said) && error.is_empty() == said.is_empty(), "{kind:?} {text}: {error}");
    }
    assert_eq!(serde_json::to_string(&ElapsedOnCalendar).unwrap(), "\"elapsed_on_calendar\"");
}

#[test]
fn lengths_in_words() {
    let cases = [
        (Elapsed, "24h", "24小时"),
        (Elapsed, "40m", "40分钟"),
        (ElapsedOnCalendar, "2d", "2天"),
        (ElapsedOnCalendar, "1d12h", "1天12小时"),
        (WorkingDays, "5d", "5个工作日"),
        (CivilDays, "2d", "2个自然日"),
        (Cutoff, "17:00", "当日17:00前"),
    ];
    for (kind, text, words) in cases {
        assert_eq!(length(text).words(kind), words);
    }
}

#[test]
fn hours_close_with_the_last_session() {
    let hours = |source: &str| toml::from_str::<Hours>(source).unwrap();
    assert_eq!(OFFICE.close().to_string(), "17:30");
    assert_eq!(hours("working = [\"9:00-12:00\", \"12:00-18:00\"]\nclose = \"24:00\"").close().to_string(), "24:00");
    let json = serde_json::to_string(&*OFFICE).unwrap();
    assert_eq!(json, r#"{"working":["09:00-12:00","13:30-17:30"],"close":"17:30"}"#);
    assert_eq!(serde_json::from_str::<Hours>(&json).unwrap(), *OFFICE);
}

#[test]
fn wrong_hours_are_explained() {
    let cases = [
        ("working = []", "没有写工作时段"),
        ("working = [\"09:00\"]", "不是时段"),
        ("working = [\"09:00-25:00\"]", "不是时刻"),
        ("working = [\"12:00-09:00\"]", "结束不晚于开始"),
        ("working = [\"09:00-09:00\"]", "结束不晚于开始"),
        ("working = [\"09:00-12:00\", \"11:59-17:30\"]", "早于前一段"),
        ("working = [\"13:30-17:30\", \"09:00-12:00\"]", "早于前一段"),
        ("working = [\"09:00-12:00\"]\nclose = \"11:00\"", "早于最后一段"),
        ("working = [\"09:00-12:00\"]\nopen = \"11:00\"", "unknown field"),
    ];
    for (source, said) in cases {
        let error = toml::from_str::<Hours>(source).expect_err(source).to_string();
        assert!(error.contains(said), "{source}: {error}");
    }
}
