//! Dates and times of day as they are written; nothing is resolved, for the core has no clock.

use super::super::glyphs::Glyphs;
use super::numeral::{self, han_digit};
use super::{Found, MarkKind};

const RELATIVE: [&str; 24] = [
    "大前天",
    "前天",
    "昨天",
    "昨晚",
    "昨日",
    "今天",
    "今早",
    "今晚",
    "今日",
    "明天",
    "后天",
    "上个月",
    "上月",
    "这个月",
    "本月",
    "下个月",
    "上周",
    "本周",
    "这周",
    "下周",
    "去年",
    "前年",
    "今年",
    "明年",
];
const PART_OF_DAY: [&str; 12] =
    ["凌晨", "清晨", "早上", "早晨", "上午", "中午", "下午", "傍晚", "晚上", "夜里", "半夜", "深夜"];

/// 2024年5月1日, 2024-05-01, 2024.5.1, 5月1日, 二〇二四年, 2024年.
pub(super) fn find(glyphs: &Glyphs, at: usize) -> Option<Found> {
    if glyphs.before(at).is_ascii_alphanumeric() {
        return None;
    }
    let (end, value) = year_first(glyphs, at).or_else(|| month_first(glyphs, at))?;
    Some(Found { kind: MarkKind::Date, start: at, end, value })
}

fn year_first(glyphs: &Glyphs, at: usize) -> Option<(usize, String)> {
    let year = four_digits(glyphs, at).filter(|year| (1900..2100).contains(year))?;
    let sign = glyphs.at(at + 4);
    match sign {
        '年' => {
            let from = at + 5 + usize::from(glyphs.at(at + 5) == '度');
            match month_first(glyphs, from) {
                Some((end, rest)) => Some((end, format!("{year}{}", &rest[1..]))),
                None => Some((from, year.to_string())),
            }
        }
        '-' | '/' | '.' => {
            let (month, end) = small(glyphs, at + 5, 12)?;
            if glyphs.at(end) != sign {
                return None;
            }
            let (day, end) = small(glyphs, end + 1, 31)?;
            let closed = !glyphs.at(end).is_ascii_digit();
            closed.then(|| (end, format!("{year}-{month:02}-{day:02}")))
        }
        _ => None,
    }
}

/// 5月1日, 5月1号, 五月: `--05-01`, `--05`. Not 5个月.
fn month_first(glyphs: &Glyphs, at: usize) -> Option<(usize, String)> {
    let (month, end) = small(glyphs, at, 12)?;
    if glyphs.at(end) != '月' {
        return None;
    }
    let end = end + 1 + usize::from(glyphs.at(end + 1) == '份');
    match small(glyphs, end, 31) {
        Some((day, after)) if matches!(glyphs.at(after), '日' | '号') => {
            Some((after + 1, format!("--{month:02}-{day:02}")))
        }
        _ => Some((end, format!("--{month:02}"))),
    }
}

/// 昨天, 上个月: the word itself is the value.
pub(super) fn relative(glyphs: &Glyphs, at: usize) -> Option<Found> {
    let length = glyphs.any_of(at, &RELATIVE)?;
    Some(Found { kind: MarkKind::Date, start: at, end: at + length, value: glyphs.string(at, at + length) })
}

/// 15:30, 下午3点, 晚上10点半, 3点20分. A bare 3点 may be three points of an argument.
pub(super) fn time(glyphs: &Glyphs, at: usize) -> Option<Found> {
    if glyphs.before(at).is_ascii_alphanumeric() {
        return None;
    }
    let part = glyphs.any_of(at, &PART_OF_DAY).unwrap_or(0);
    let from = at + part;
    let (hour, end) = small(glyphs, from, 24)?;
    let (minute, end) = match glyphs.at(end) {
        ':' => two_digits(glyphs, end + 1)?,
        '点' | '时' => after_hour(glyphs, end, part > 0)?,
        _ => return None,
    };
    let hour = if is_later(glyphs.at(at), hour) { hour + 12 } else { hour };
    Some(Found { kind: MarkKind::Time, start: at, end, value: format!("{hour:02}:{minute:02}") })
}

/// 下午3点 is 15:00, 晚上10点 22:00; 深夜2点 is after midnight.
fn is_later(part: char, hour: u32) -> bool {
    match part {
        '下' | '傍' => hour < 12,
        '晚' | '夜' | '深' => (6..12).contains(&hour),
        _ => false,
    }
}

fn after_hour(glyphs: &Glyphs, sign: usize, certain: bool) -> Option<(u32, usize)> {
    let next = sign + 1;
    if glyphs.at(next) == '半' {
        return Some((30, next + 1));
    }
    if glyphs.at(next) == '钟' {
        return Some((0, next + 1));
    }
    match small(glyphs, next, 59) {
        Some((minute, end)) if glyphs.at(end) == '分' => Some((minute, end + 1)),
        _ => certain.then_some((0, next)),
    }
}

fn four_digits(glyphs: &Glyphs, at: usize) -> Option<u32> {
    let value = |c: char| c.to_digit(10).or_else(|| han_digit(c).map(u32::from));
    let next = glyphs.at(at + 4);
    if value(next).is_some() {
        return None;
    }
    (at..at + 4).try_fold(0, |sum, i| value(glyphs.at(i)).map(|d| sum * 10 + d))
}

/// `:30` of a time, with seconds passed over.
fn two_digits(glyphs: &Glyphs, at: usize) -> Option<(u32, usize)> {
    let pair = |at: usize| Some(glyphs.at(at).to_digit(6)? * 10 + glyphs.at(at + 1).to_digit(10)?);
    let minute = pair(at)?;
    let end = if glyphs.at(at + 2) == ':' && pair(at + 3).is_some() { at + 5 } else { at + 2 };
    (!glyphs.at(end).is_ascii_digit()).then_some((minute, end))
}

/// A number from 1 to `most` (0 counts as an hour), Arabic with one or two digits or Chinese.
fn small(glyphs: &Glyphs, at: usize, most: u32) -> Option<(u32, usize)> {
    let first = glyphs.at(at);
    let (value, end) = if let Some(high) = first.to_digit(10) {
        match glyphs.at(at + 1).to_digit(10) {
            Some(low) => (high * 10 + low, at + 2),
            None => (high, at + 1),
        }
    } else if numeral::is_han_numeral(first) {
        let numeral = numeral::read(glyphs, at)?;
        (u32::try_from(numeral.times(1)).ok()?, numeral.end)
    } else {
        return None;
    };
    (value <= most && (value > 0 || most == 24 || most == 59)).then_some((value, end))
}
