//! The nearest misses: what in a text looks most like a word that is not in it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::text::Span;

/// A word that is not in the text, and what comes closest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InsightNear)]
pub struct Near {
    pub word: String,
    pub found: String,
    /// Where that stands in the text as sent.
    pub start: u32,
    pub end: u32,
    /// In hundredths; 100 would be the word itself.
    pub likeness: u8,
}

/// At least so alike, in hundredths: two of three characters.
const LEAST: usize = 60;
/// Characters of a text that are compared: a miss is looked for by a person, who sees the beginning.
const COMPARED: usize = 4_000;
const SHOWN: usize = 3;

/// The best misses of some words in a normalised text, the best first; places are those of the normalised text.
pub(super) fn nearest<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> Vec<(Near, Span)> {
    let chars: Vec<(usize, char)> = text.char_indices().take(COMPARED).collect();
    let mut found: Vec<(Near, Span)> = words.into_iter().filter_map(|word| nearest_of(text, &chars, word)).collect();
    found.sort_by(|(a, at), (b, other)| (b.likeness, at, &a.word).cmp(&(a.likeness, other, &b.word)));
    found.truncate(SHOWN);
    found
}

fn nearest_of(text: &str, chars: &[(usize, char)], word: &str) -> Option<(Near, Span)> {
    let wanted: Vec<char> = word.chars().collect();
    let mut best: Option<(usize, Span)> = None;
    for start in 0..chars.len() {
        for len in wanted.len().saturating_sub(1).max(2)..=wanted.len() + 1 {
            let Some(window) = chars.get(start..start + len) else { break };
            let Some(likeness) = likeness(&wanted, window).filter(|it| best.is_none_or(|(most, _)| *it > most)) else {
                continue;
            };
            let (last, c) = window[len - 1];
            best = Some((likeness, Span::new(chars[start].0, last + c.len_utf8())));
        }
    }
    let (likeness, at) = best?;
    let near = Near {
        word: word.to_owned(),
        found: at.of(text).to_owned(),
        start: at.start,
        end: at.end,
        likeness: likeness as u8,
    };
    Some((near, at))
}

/// In hundredths; `None`: too little, or the window runs over a stop.
fn likeness(wanted: &[char], window: &[(usize, char)]) -> Option<usize> {
    let shared = window.iter().filter(|(_, c)| wanted.contains(c)).count();
    let longer = wanted.len().max(window.len());
    // The distance is at least what is not shared: most windows end here.
    if shared * 100 < LEAST * longer || !window.iter().all(|(_, c)| c.is_alphanumeric()) {
        return None;
    }
    let found: Vec<char> = window.iter().map(|(_, c)| *c).collect();
    let distance = strsim::generic_damerau_levenshtein(wanted, &found);
    Some(100 * (longer - distance.min(longer)) / longer).filter(|it| *it >= LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_most_alike_is_found() {
        for (text, word, wanted) in [
            ("停车场乱收价了", "乱涨价", Some("乱收价")),
            ("有人在哄抬菜的价", "哄抬菜价", Some("哄抬菜的价")),
            ("白菜涨价乱得很", "乱涨价", Some("菜涨价")),
            ("一斤白菜", "停车", None),
            ("停车,费", "停车费", Some("停车")),
            ("", "停车费", None),
        ] {
            let found = nearest(text, [word]);
            assert_eq!(found.first().map(|(near, _)| near.found.as_str()), wanted, "{text} {word}");
        }
        let order: Vec<String> =
            nearest("乱收价很久", ["乱涨价", "乱收价格", "天价"]).into_iter().map(|(near, _)| near.word).collect();
        assert_eq!(order, ["乱收价格", "乱涨价"]);
    }
}
