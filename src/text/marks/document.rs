//! Document numbers: 海龙府〔2019〕17号, (2024)琼01民终123号, GB/T 22239-2019.

use super::super::glyphs::Glyphs;
use super::{Found, MarkKind};

/// The issuing organ's short form (机关代字) has at most this many characters.
const LONGEST_ORGAN: usize = 10;
/// Where the short form cannot go on to the left: 根据海龙府〔2019〕17号.
const NOT_ORGAN: &str = "据按照见的和与及了是在由为对依于但被,.。、;:!?《》“”\"'()[]【】 \n";
const NOT_ORGAN_WORDS: [&str; 7] = ["执行", "印发", "发布", "文件", "通知", "规定", "参照"];

/// A bracketed year at `at`, with the organ before it and the number behind it.
pub(super) fn find(glyphs: &Glyphs, at: usize, free_from: usize) -> Option<Found> {
    let year = (at + 1..at + 5).all(|i| glyphs.at(i).is_ascii_digit());
    if !year || !matches!(glyphs.at(at + 1), '1' | '2') || !matches!(glyphs.at(at + 5), '〕' | ']' | ')' | '】') {
        return None;
    }
    let (end, case) = serial(glyphs, at + 6)?;
    let start = if case { at } else { organ(glyphs, at, free_from) };
    let value = format!(
        "{}〔{}〕{}",
        glyphs.string(start, at),
        glyphs.string(at + 1, at + 5),
        glyphs.string(at + 6, end).replace([' ', '第'], "")
    );
    Some(Found { kind: MarkKind::DocumentNumber, start, end, value })
}

/// 17号, 第17号, 琼01民终123号 → the end, and whether it is a court's case number.
fn serial(glyphs: &Glyphs, from: usize) -> Option<(usize, bool)> {
    let from = from + usize::from(glyphs.at(from) == ' ');
    let from = from + usize::from(glyphs.at(from) == '第');
    let digits = (from..from + 6).take_while(|&i| glyphs.at(i).is_ascii_digit()).count();
    if digits > 0 && digits < 6 && glyphs.at(from + digits) == '号' {
        return Some((from + digits + 1, false));
    }
    let end = (from..from + 20).find(|&i| glyphs.at(i) == '号')?;
    let body = glyphs.slice(from, end);
    let case = body.iter().all(|&c| c.is_ascii_digit() || is_ideograph(c))
        && body.first().is_some_and(|&c| is_ideograph(c))
        && body.last().is_some_and(char::is_ascii_digit)
        && body.iter().any(|c| "民刑行执商破赔调财".contains(*c));
    case.then_some((end + 1, true))
}

fn organ(glyphs: &Glyphs, at: usize, free_from: usize) -> usize {
    let mut start = at;
    while start > free_from && at - start < LONGEST_ORGAN {
        let c = glyphs.at(start - 1);
        let word = start >= 2 && NOT_ORGAN_WORDS.iter().any(|word| glyphs.starts_with(start - 2, word));
        if !is_ideograph(c) || NOT_ORGAN.contains(c) || word {
            break;
        }
        start -= 1;
    }
    start
}

fn is_ideograph(c: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&c)
}

/// Standards: gb 50016-2014, gb/t 22239-2019, db44/t 2479-2024.
pub(super) fn standard(glyphs: &Glyphs, at: usize) -> Option<Found> {
    if glyphs.before(at).is_ascii_alphanumeric() {
        return None;
    }
    let mut i = at + glyphs.any_of(at, &["gb", "db", "jgj", "cjj"])?;
    i +=
        (i..i + 6).take_while(|&i| glyphs.at(i).is_ascii_digit()).count().min(if glyphs.at(at) == 'd' { 6 } else { 0 });
    i += glyphs.any_of(i, &["/t", "/z"]).unwrap_or(0);
    i += usize::from(glyphs.at(i) == ' ');
    let number = (i..i + 8).take_while(|&i| matches!(glyphs.at(i), '0'..='9' | '.')).count();
    let dash = i + number;
    let year = (dash + 1..dash + 6).take_while(|&i| glyphs.at(i).is_ascii_digit()).count();
    let whole = number >= 2 && matches!(glyphs.at(dash), '-' | '—') && matches!(year, 2 | 4);
    whole.then(|| {
        let value = glyphs.string(at, dash + 1 + year).to_ascii_uppercase();
        Found { kind: MarkKind::DocumentNumber, start: at, end: dash + 1 + year, value }
    })
}
