//! Personal data → what everybody may see: 138****1234.

use super::marks::{Mark, MarkKind, scan};
use super::normal::normalise;
use super::offsets::OffsetMap;

/// Any text with what is recognised as personal data covered: for what officials write by hand.
pub fn mask_text(raw: &str) -> String {
    let normal = normalise(raw);
    mask(raw, &normal.offsets, &scan(&normal.text))
}

/// Any text with the numbers of persons covered and those of offices left: for what is told to everybody.
pub fn cover_private(raw: &str) -> String {
    private(raw, cover)
}

/// The same with nothing left of them: for a text that goes where nobody knows who asked.
pub fn remove_private(raw: &str) -> String {
    private(raw, |_| "〔略〕".to_owned())
}

fn private(raw: &str, instead: impl Fn(&Mark) -> String) -> String {
    let normal = normalise(raw);
    let mut marks = scan(&normal.text);
    marks.retain(|mark| !matches!(mark.kind, MarkKind::Landline | MarkKind::CreditCode));
    replace(raw, &normal.offsets, &marks, instead)
}

/// `raw` with the personal marks of its normalised text replaced.
pub(super) fn mask(raw: &str, offsets: &OffsetMap, marks: &[Mark]) -> String {
    // What a mask leaves may form a new number with its neighbours (…1234 5678 9012 …): look again, a few times.
    const ROUNDS: usize = 3;
    let mut masked = replace(raw, offsets, marks, cover);
    if !marks.iter().any(|mark| mark.kind.personal()) {
        return masked;
    }
    for _ in 0..ROUNDS {
        let normal = normalise(&masked);
        let found = scan(&normal.text);
        if !found.iter().any(|mark| mark.kind.personal()) {
            break;
        }
        masked = replace(&masked, &normal.offsets, &found, cover);
    }
    masked
}

fn replace(raw: &str, offsets: &OffsetMap, marks: &[Mark], instead: impl Fn(&Mark) -> String) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut from = 0;
    for mark in marks.iter().filter(|mark| mark.kind.personal()) {
        let span = offsets.raw_span(mark.span);
        out.push_str(raw.get(from..span.start as usize).unwrap_or(""));
        out.push_str(&instead(mark));
        from = span.end as usize;
    }
    out.push_str(raw.get(from..).unwrap_or(""));
    out
}

/// The covered form of one value. At most six characters at the front and four at the end stay.
fn cover(mark: &Mark) -> String {
    let value = mark.value.as_str();
    match mark.kind {
        MarkKind::Phone => kept(value, 3, 4),
        MarkKind::IdCard | MarkKind::BankCard | MarkKind::CreditCode => kept(value, 6, 4),
        MarkKind::Email => {
            let (name, host) = value.split_once('@').unwrap_or((value, ""));
            format!("{}@{host}", kept(name, 1, 0))
        }
        MarkKind::Plate => kept(value, 2, 2),
        _ => kept(value, value.len().saturating_sub(8), 2),
    }
}

/// At least a third of it is covered, however short it is.
fn kept(value: &str, front: usize, back: usize) -> String {
    let chars: Vec<char> = value.chars().collect();
    let open = chars.len() * 2 / 3;
    let front = front.min(open);
    let back = back.min(open - front.min(open));
    let covered = chars.len() - front - back;
    let mut out: String = chars.iter().take(front).collect();
    out.extend(std::iter::repeat_n('*', covered.max(1)));
    out.extend(chars.iter().skip(front + covered));
    out
}
