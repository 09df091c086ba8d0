//! Typed spans: what must stay one word (document numbers, phones, plates, ids, amounts), dates and times,
//! and the personal data to mask. Every recogniser looks a bounded number of characters around, so a scan is linear.

mod amount;
mod code;
mod date;
mod document;
mod numeral;
mod run;

#[cfg(test)]
mod tests;

use super::glyphs::Glyphs;
use super::offsets::Span;

/// A typed span of the normalised text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub kind: MarkKind,
    pub span: Span,
    /// The plain form: digits of a phone, `2024-05-01` of a date, `海龙府〔2019〕17号` of a document number.
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarkKind {
    /// 手机号, value: 11 digits.
    Phone,
    /// 座机, value: digits.
    Landline,
    /// 公开的服务热线: 400, 800.
    Hotline,
    /// 身份证号, 18 or 15 places.
    IdCard,
    /// 统一社会信用代码, upper case.
    CreditCode,
    /// 银行卡号.
    BankCard,
    Email,
    /// 车牌, upper case.
    Plate,
    /// 文号、案号.
    DocumentNumber,
    /// Whole yuan, rounded down; of a vague amount (几千块) the least it can mean.
    Amount {
        yuan: i64,
    },
    /// `2024-05-01`, `2024-05`, `2024`, `--05-01`, `--05`.
    Date,
    /// `15:30`.
    Time,
    /// A number with a decimal point, thousands or a percent sign. Plain integers are left to the segmenter.
    Number,
}

impl MarkKind {
    /// Whether it tells who somebody is, so that it has to be masked.
    pub fn personal(self) -> bool {
        use MarkKind::*;
        matches!(self, Phone | Landline | IdCard | CreditCode | BankCard | Email | Plate)
    }
}

/// A recogniser's find, in characters.
struct Found {
    kind: MarkKind,
    start: usize,
    end: usize,
    value: String,
}

/// All marks, from left to right, none overlapping.
pub(super) fn scan(normal: &str) -> Vec<Mark> {
    let glyphs = Glyphs::new(normal);
    let mut marks = Vec::new();
    let (mut at, mut free_from) = (0, 0);
    while at < glyphs.len() {
        match recognise(&glyphs, at, free_from) {
            Some(found) if found.end > at && found.start >= free_from && !hides(&glyphs, &found) => {
                let span = Span::new(glyphs.byte(found.start), glyphs.byte(found.end));
                marks.push(Mark { kind: found.kind, span, value: found.value });
                at = found.end;
                free_from = at;
            }
            _ => at += 1,
        }
    }
    marks
}

/// Whether the number of a person begins within something that is of nobody: 1，138 1234 5678 is no number of thousands.
fn hides(glyphs: &Glyphs, found: &Found) -> bool {
    let begins = |at| run::find(glyphs, at).is_some_and(|inner| inner.kind.personal() && inner.end > found.end);
    !found.kind.personal() && (found.start + 1..found.end).any(begins)
}

/// What begins at `at` (a document number may begin earlier, but not before `free_from`).
fn recognise(glyphs: &Glyphs, at: usize, free_from: usize) -> Option<Found> {
    let c = glyphs.at(at);
    match c {
        '〔' | '[' | '(' | '【' => document::find(glyphs, at, free_from),
        '0'..='9' | '+' => code::email(glyphs, at)
            .or_else(|| run::find(glyphs, at))
            .or_else(|| code::credit(glyphs, at))
            .or_else(|| date::find(glyphs, at))
            .or_else(|| date::time(glyphs, at))
            .or_else(|| amount::find(glyphs, at))
            .or_else(|| amount::number(glyphs, at)),
        'a'..='z' => code::email(glyphs, at)
            .or_else(|| code::credit(glyphs, at))
            .or_else(|| document::standard(glyphs, at))
            .or_else(|| amount::find(glyphs, at)),
        '¥' => amount::find(glyphs, at),
        _ if c < '\u{3007}' => None,
        _ if numeral::is_han_numeral(c) => run::find(glyphs, at)
            .or_else(|| date::find(glyphs, at))
            .or_else(|| date::time(glyphs, at))
            .or_else(|| amount::find(glyphs, at)),
        // Only what can begin a mark goes on: most characters end here.
        '大' | '前' | '昨' | '今' | '明' | '后' | '上' | '这' | '本' | '下' | '去' => {
            date::relative(glyphs, at).or_else(|| date::time(glyphs, at))
        }
        '凌' | '清' | '早' | '中' | '傍' | '晚' | '夜' | '半' | '深' => date::time(glyphs, at),
        '人' => amount::find(glyphs, at),
        _ if glyphs.at(at + 1).is_ascii_alphabetic() => code::plate(glyphs, at),
        _ => None,
    }
}
