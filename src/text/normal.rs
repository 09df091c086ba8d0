//! The one normaliser, for requests, entries and the words of rules: width, case, compatibility forms, 繁→简,
//! invisible characters, white space. Every normal character stands for exactly one raw character (a run of
//! white space counts as one), so that hits can be shown in the original.

use super::offsets::{OffsetMap, Tracked};
use super::simplify::{is_traditional, simplify, unify};

/// A normalised text and the way back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Normal {
    pub text: String,
    pub offsets: OffsetMap,
}

/// Linear in the length of `raw`. Its result is a fixed point: normalising it again changes nothing.
pub fn normalise(raw: &str) -> Normal {
    let mut tracked = Tracked::with_capacity(raw.len());
    let mut space: Option<(char, usize, usize)> = None;
    let mut traditional = false;
    for (start, c) in raw.char_indices() {
        let end = start + c.len_utf8();
        if c.is_whitespace() {
            let line = is_line_end(c) || matches!(space, Some(('\n', ..)));
            let from = space.map_or(start, |(_, from, _)| from);
            space = Some((if line { '\n' } else { ' ' }, from, end));
        } else if !is_invisible(c) {
            if let Some((blank, from, to)) = space.take().filter(|_| !tracked.is_empty()) {
                tracked.push(blank, from, to);
            }
            let folded = fold(c);
            traditional |= is_traditional(folded);
            tracked.push(folded, start, end);
        }
    }
    let (text, offsets) = tracked.finish();
    if traditional { simplified(&text, &offsets) } else { Normal { text, offsets } }
}

/// The same for a word of a rule, an entry or a dictionary.
pub fn normalise_word(word: &str) -> String {
    normalise(word).text
}

fn simplified(text: &str, offsets: &OffsetMap) -> Normal {
    let mut tracked = Tracked::with_capacity(text.len());
    let simple = simplify(text);
    for ((start, old), new) in text.char_indices().zip(simple.chars()) {
        let raw_start = offsets.raw(start as u32) as usize;
        let raw_end = offsets.raw((start + old.len_utf8()) as u32) as usize;
        tracked.push(new, raw_start, raw_end);
    }
    let (text, offsets) = tracked.finish();
    Normal { text, offsets }
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters that leave no ink: controls, zero-width and direction marks, variation selectors, tags.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{20E3}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Width, case and compatibility forms that have a one-character counterpart.
fn fold(c: char) -> char {
    match c {
        '\0'..='\u{7F}' => c.to_ascii_lowercase(),
        '\u{4E00}'..='\u{9FFF}' => unify(c),
        '\u{FF01}'..='\u{FF5E}' => shifted(c, '\u{FF01}', '!').to_ascii_lowercase(),
        '￥' => '¥',
        '￠' => '¢',
        '￡' => '£',
        '｡' => '。',
        '｢' => '「',
        '｣' => '」',
        '､' => '、',
        '･' | '•' | '‧' | '∙' | '・' => '·',
        '﹐' => ',',
        '﹒' => '.',
        '﹔' => ';',
        '﹕' | '︰' => ':',
        '﹖' => '?',
        '﹗' => '!',
        '﹙' => '(',
        '﹚' => ')',
        '﹝' | '﹛' => '〔',
        '﹞' | '﹜' => '〕',
        '‐'..='–' | '−' | '﹣' => '-',
        '〜' => '~',
        '\u{2E80}'..='\u{2EFF}' => fold_radical(c),
        _ => fold_digit(c).or_else(|| fold_letter(c)).unwrap_or_else(|| unify(c)),
    }
}

/// Digits in circles, brackets, small print and mathematical fonts: people hide phone numbers in them.
fn fold_digit(c: char) -> Option<char> {
    Some(match c {
        '²' => '2',
        '³' => '3',
        '¹' => '1',
        '⁰' | '⁴'..='⁹' => shifted(c, '⁰', '0'),
        '₀'..='₉' => shifted(c, '₀', '0'),
        '①'..='⑨' => shifted(c, '①', '1'),
        '⑴'..='⑼' => shifted(c, '⑴', '1'),
        '⒈'..='⒐' => shifted(c, '⒈', '1'),
        '⓵'..='⓽' => shifted(c, '⓵', '1'),
        '❶'..='❾' => shifted(c, '❶', '1'),
        '➀'..='➈' => shifted(c, '➀', '1'),
        '➊'..='➒' => shifted(c, '➊', '1'),
        '⓪' | '⓿' => '0',
        '\u{660}'..='\u{669}' => shifted(c, '\u{660}', '0'),
        '\u{6F0}'..='\u{6F9}' => shifted(c, '\u{6F0}', '0'),
        '\u{1D7CE}'..='\u{1D7FF}' => cycled(c, '\u{1D7CE}', 10, '0'),
        '\u{1FBF0}'..='\u{1FBF9}' => shifted(c, '\u{1FBF0}', '0'),
        _ => return None,
    })
}

/// Radicals that documents copied from print hold in place of the whole character; OpenCC knows only some.
fn fold_radical(c: char) -> char {
    match c {
        '⺠' => '民',
        '⻄' => '西',
        '⻘' => '青',
        '⻝' => '食',
        '⻢' => '马',
        '⻣' => '骨',
        '⻬' => '齐',
        '⻮' => '齿',
        '⻰' => '龙',
        '⻓' => '长',
        _ => unify(c),
    }
}

fn fold_letter(c: char) -> Option<char> {
    Some(match c {
        'Ⓐ'..='Ⓩ' => shifted(c, 'Ⓐ', 'a'),
        'ⓐ'..='ⓩ' => shifted(c, 'ⓐ', 'a'),
        '\u{1D400}'..='\u{1D6A3}' => cycled(c, '\u{1D400}', 26, 'a'),
        '\u{1F130}'..='\u{1F149}' => shifted(c, '\u{1F130}', 'a'),
        _ => return None,
    })
}

fn shifted(c: char, from: char, to: char) -> char {
    char::from_u32(c as u32 - from as u32 + to as u32).unwrap_or(c)
}

fn cycled(c: char, from: char, period: u32, to: char) -> char {
    char::from_u32((c as u32 - from as u32) % period + to as u32).unwrap_or(c)
}
