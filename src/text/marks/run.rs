//! Runs of digits: mobile phones, landlines, identity cards, bank cards. Digits may be Chinese (幺三八…) and may
//! stand in groups (138 1234 5678, 138 - 1234 - 5678) or one by one (1 3 8 …). Checksums decide; a context word makes up
//! for a slip.

use super::super::glyphs::Glyphs;
use super::numeral::han_digit;
use super::{Found, MarkKind};

/// Digits looked at: the longest is a bank card with 19; one more shows that a run is too long.
const MOST_DIGITS: usize = 20;
/// 6222 0212 3456 7890 128 has five groups; no number is written in more, unless digit by digit.
const MOST_GROUPS: usize = 5;
/// Characters between two groups: a dash with blanks around it.
const WIDEST_GAP: usize = 3;
/// How far a context word may stand before the digits.
const REACH: usize = 12;
const ID_WORDS: [&str; 4] = ["身份证", "证件号", "身份号码", "身份信息"];
const CARD_WORDS: [&str; 7] = ["银行卡", "卡号", "账号", "帐号", "账户", "储蓄卡", "信用卡"];
const PHONE_WORDS: [&str; 9] = ["手机", "电话", "联系方式", "致电", "座机", "拨打", "微信", "号码", "联系"];
const LANDLINE_WORDS: [&str; 4] = ["电话", "座机", "致电", "传真"];

/// Digits from `start` on, with where each group of them ends.
struct Run {
    start: usize,
    digits: Vec<u8>,
    /// Index after each digit.
    ends: Vec<usize>,
    /// Number of digits at the end of each group.
    groups: Vec<usize>,
}

pub(super) fn find(glyphs: &Glyphs, at: usize) -> Option<Found> {
    if digit(glyphs.before(at)).is_some() {
        return None;
    }
    let start = if glyphs.at(at) == '+' { at + 1 } else { at };
    let run = Run::read(glyphs, start)?;
    run.lengths().find_map(|(count, groups)| run.classify(glyphs, count, groups)).map(|(kind, end, value)| Found {
        kind,
        start: at,
        end,
        value,
    })
}

fn digit(c: char) -> Option<u8> {
    if c.is_ascii_digit() { Some(c as u8 - b'0') } else { han_digit(c) }
}

impl Run {
    fn read(glyphs: &Glyphs, start: usize) -> Option<Self> {
        let mut run = Self { start, digits: Vec::new(), ends: Vec::new(), groups: Vec::new() };
        let mut at = start;
        while run.digits.len() < MOST_DIGITS {
            if let Some(value) = digit(glyphs.at(at)) {
                run.digits.push(value);
                at += 1;
                run.ends.push(at);
                continue;
            }
            run.groups.push(run.digits.len());
            let full = run.groups.len() >= MOST_GROUPS && !run.one_by_one(run.groups.len());
            let gap = (0..WIDEST_GAP).take_while(|&i| is_separator(glyphs.at(at + i))).count();
            if full || gap == 0 || digit(glyphs.at(at + gap)).is_none() {
                break;
            }
            at += gap;
        }
        // A run that is too long ends within a group.
        if run.groups.last() != Some(&run.digits.len()) {
            run.groups.push(run.digits.len());
        }
        // Two digits are no number of any kind, and most Chinese numerals are that short.
        (run.digits.len() >= 7).then_some(run)
    }

    /// Ways to end it: after the first group, the second …, longest first, so that 19 digits win over 16.
    fn lengths(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.groups.iter().enumerate().rev().map(|(index, &count)| (count, index + 1))
    }

    fn group(&self, index: usize) -> usize {
        let before = index.checked_sub(1).and_then(|i| self.groups.get(i)).copied().unwrap_or(0);
        self.groups.get(index).copied().unwrap_or(0).saturating_sub(before)
    }

    /// Each of the first groups is a single digit.
    fn one_by_one(&self, groups: usize) -> bool {
        self.groups.iter().take(groups).enumerate().all(|(index, &count)| count == index + 1)
    }

    fn text(&self, range: std::ops::Range<usize>) -> String {
        self.digits.get(range).unwrap_or(&[]).iter().map(|&d| char::from(b'0' + d)).collect()
    }

    /// What the first `count` digits (in `groups` groups) are, where it ends, its value.
    fn classify(&self, glyphs: &Glyphs, count: usize, groups: usize) -> Option<(MarkKind, usize, String)> {
        let near = |words: &[&str]| glyphs.shortly_before(self.start, REACH, words);
        let end = *self.ends.get(count.checked_sub(1)?)?;
        let value = self.text(0..count);
        let apart = groups >= MOST_GROUPS && self.one_by_one(groups);
        let tidy = apart || (0..groups.saturating_sub(1)).all(|index| self.group(index) >= 3);
        if let Some(from) = self.mobile(count, if apart { 1 } else { groups }) {
            return Some((MarkKind::Phone, end, self.text(from..count)));
        }
        if let Some(kind) = self.landline(count, groups) {
            return Some((kind, end, value));
        }
        let x = count == 17 && glyphs.at(end) == 'x' && !glyphs.at(end + 1).is_ascii_alphanumeric();
        if x && ((tidy && self.is_id(count)) || near(&ID_WORDS)) {
            return Some((MarkKind::IdCard, end + 1, value + "X"));
        }
        if tidy && count != 17 && self.is_id(count) {
            return Some((MarkKind::IdCard, end, value));
        }
        if tidy && (16..=19).contains(&count) && luhn(&self.digits[..count]) && self.digits[0] != 0 {
            return Some((MarkKind::BankCard, end, value));
        }
        let kind = match count {
            15..=18 if near(&ID_WORDS) => MarkKind::IdCard,
            13..=19 if near(&CARD_WORDS) => MarkKind::BankCard,
            10..=12 if near(&PHONE_WORDS) => MarkKind::Phone,
            7..=8 if groups == 1 && near(&LANDLINE_WORDS) => MarkKind::Landline,
            _ => return None,
        };
        Some((kind, end, value))
    }

    /// 1[3-9] and nine more digits, after an optional 86; where the number proper begins.
    fn mobile(&self, count: usize, groups: usize) -> Option<usize> {
        let from = count.checked_sub(11)?;
        let country = matches!(&self.digits[..from], [] | [8, 6] | [0, 0, 8, 6] | [0]);
        // 138 1234 5678, 138-12345678, 1381234 5678: not the date and the number of 19991231 001.
        let tidy = from > 0
            || groups == 1
            || (groups <= 4 && matches!((self.group(0), self.group(1)), (3, _) | (7, 4) | (4, 3 | 4)));
        (country && tidy && groups <= 5 && self.digits[from] == 1 && self.digits[from + 1] >= 3).then_some(from)
    }

    fn landline(&self, count: usize, groups: usize) -> Option<MarkKind> {
        let digits = &self.digits[..count];
        match (digits, groups) {
            ([4 | 8, 0, 0, ..], 1..=3) if count == 10 => Some(MarkKind::Hotline),
            ([0, 1..=2, ..], 1) if (10..=11).contains(&count) => Some(MarkKind::Landline),
            ([0, 3..=9, ..], 1) if (11..=12).contains(&count) => Some(MarkKind::Landline),
            ([0, 1..=9, ..], 2) if matches!(self.group(0), 3 | 4) && matches!(self.group(1), 7 | 8) => {
                Some(MarkKind::Landline)
            }
            _ => None,
        }
    }

    fn is_id(&self, count: usize) -> bool {
        let digits = &self.digits[..count];
        match count {
            // 17 when X follows. A valid province and birthday are enough: a mistyped number is personal data still.
            17 | 18 => is_province(digits) && is_birthday(&digits[6..14]),
            15 => is_province(digits) && is_birthday(&[&[1, 9], &digits[6..12]].concat()),
            _ => false,
        }
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '·' | '‐'..='―' | '_' | '~')
}

/// GB/T 2260: 11–15, 21–23, 31–37, 41–46, 50–54, 61–65, 71, 81–83.
fn is_province(digits: &[u8]) -> bool {
    matches!(
        digits,
        [1, 1..=5, ..]
            | [2, 1..=3, ..]
            | [3, 1..=7, ..]
            | [4, 1..=6, ..]
            | [5, 0..=4, ..]
            | [6, 1..=5, ..]
            | [7, 1, ..]
            | [8, 1..=3, ..]
    )
}

/// `YYYYMMDD`, 1900–2099.
fn is_birthday(digits: &[u8]) -> bool {
    let number = |part: &[u8]| part.iter().fold(0_u32, |sum, &d| sum * 10 + u32::from(d));
    let [year @ .., m1, m2, d1, d2] = digits else { return false };
    let (year, month, day) = (number(year), number(&[*m1, *m2]), number(&[*d1, *d2]));
    (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// Luhn's sum over all digits, the check digit last.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| match (i % 2, u32::from(d)) {
            (0, d) => d,
            (_, d) if d > 4 => d * 2 - 9,
            (_, d) => d * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}
