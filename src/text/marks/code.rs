//! Codes with letters: 统一社会信用代码, plates, e-mail addresses.

use super::super::glyphs::Glyphs;
use super::{Found, MarkKind};

const CREDIT_WORDS: [&str; 3] = ["信用代码", "税号", "机构代码"];
const CREDIT_ALPHABET: &str = "0123456789abcdefghjklmnpqrtuwxy";
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
const PLATE_ENDS: &str = "学警挂港澳领使";

/// 18 letters and digits of a company.
pub(super) fn credit(glyphs: &Glyphs, at: usize) -> Option<Found> {
    let code = |i: usize| glyphs.at(at + i).is_ascii_alphanumeric();
    if glyphs.before(at).is_ascii_alphanumeric() || !(0..18).all(code) || code(18) {
        return None;
    }
    let text = glyphs.string(at, at + 18);
    if !is_credit_code(&text) && !glyphs.shortly_before(at, 12, &CREDIT_WORDS) {
        return None;
    }
    Some(Found { kind: MarkKind::CreditCode, start: at, end: at + 18, value: text.to_ascii_uppercase() })
}

/// GB 32100: Σ value · 3^i, modulo 31.
fn is_credit_code(text: &str) -> bool {
    let values: Option<Vec<usize>> = text.chars().map(|c| CREDIT_ALPHABET.find(c)).collect();
    let Some(values) = values else { return false };
    let Some((&check, body)) = values.split_last() else { return false };
    let sum = body.iter().fold((0, 1), |(sum, weight), value| (sum + value * weight, weight * 3 % 31)).0;
    (31 - sum % 31) % 31 == check
}

/// 琼A12345, 琼A·D12345, 粤B12345港.
pub(super) fn plate(glyphs: &Glyphs, at: usize) -> Option<Found> {
    if !PROVINCES.contains(glyphs.at(at)) || !glyphs.at(at + 1).is_ascii_alphabetic() {
        return None;
    }
    let from = at + 2 + usize::from(matches!(glyphs.at(at + 2), '·' | ' ' | '-' | '.'));
    let count = (from..from + 7).take_while(|&i| glyphs.at(i).is_ascii_alphanumeric()).count();
    let tail = PLATE_ENDS.contains(glyphs.at(from + count));
    let digits = glyphs.slice(from, from + count).iter().filter(|c| c.is_ascii_digit()).count();
    if !(matches!(count, 5 | 6) || (count == 4 && tail)) || digits < 2 {
        return None;
    }
    let end = from + count + usize::from(tail && count < 6);
    let value = glyphs.slice(at, end).iter().filter(|c| c.is_alphanumeric()).collect::<String>().to_ascii_uppercase();
    Some(Found { kind: MarkKind::Plate, start: at, end, value })
}

/// `name@host.tld`; the local part at most 64 characters, as mail allows.
pub(super) fn email(glyphs: &Glyphs, at: usize) -> Option<Found> {
    let local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%');
    if local(glyphs.before(at)) && glyphs.before(at) != '-' {
        return None;
    }
    let sign = (at..=at + 64).find(|&i| !local(glyphs.at(i)))?;
    if glyphs.at(sign) != '@' {
        return None;
    }
    let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let end = (sign + 1..sign + 80).find(|&i| !host(glyphs.at(i)))?;
    let end = (sign + 1..end).rev().find(|&i| glyphs.at(i).is_ascii_alphanumeric())? + 1;
    let domain = glyphs.string(sign + 1, end);
    let (name, top) = domain.rsplit_once('.')?;
    let known = !name.is_empty() && top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic());
    known.then(|| Found { kind: MarkKind::Email, start: at, end, value: glyphs.string(at, end) })
}
