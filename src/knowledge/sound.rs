//! Words by their sound: 伸报 is heard as 申报, `zhejiang` as 浙江. Only where the text has no word of its own, and
//! worth less than what was written.

use std::collections::HashMap;

use pinyin::ToPinyin as _;

use crate::text::{Analysis, Kind, Piece, Span};

/// Words of questions, by the letters they are spoken with. No tones: nobody types them.
#[derive(Default)]
pub(super) struct Sounds(HashMap<String, Vec<Box<str>>>);

/// A word that a stretch of the text sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Heard<'a> {
    pub(super) word: &'a str,
    pub(super) span: Span,
}

/// Characters of a word that is listened for.
const LONGEST: usize = 4;
/// Letters of such a word at most: `zhuang` four times. A longer stretch than several of them is no pinyin.
const MOST_LETTERS: usize = 24;
const LONGEST_STRETCH: usize = 4 * MOST_LETTERS;
/// Shorter stretches of Latin letters are names of things (ETC, app) oftener than pinyin.
const FEWEST_LETTERS: usize = 4;
/// A heard word counts in percent of a written one; its characters half of that, as characters do.
const HEARD_SHARE: u16 = 600;

impl Sounds {
    pub(super) fn learn(&mut self, word: &str) {
        let Some(letters) = letters(word) else { return };
        let words = self.0.entry(letters).or_default();
        if !words.iter().any(|known| **known == *word) {
            words.push(word.into());
        }
    }

    /// What the text sounds like beyond what it says, by place.
    pub(super) fn heard<'a>(&'a self, analysis: &Analysis) -> Vec<Heard<'a>> {
        let mut heard = Vec::new();
        for (at, word) in analysis.words.iter().enumerate() {
            let text = word.span.of(&analysis.normal);
            if (FEWEST_LETTERS..=LONGEST_STRETCH).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_lowercase())
            {
                self.spelt(text, word.span, &mut heard);
            } else {
                self.slipped(analysis, at, &mut heard);
            }
        }
        heard
    }

    /// Several words in a row that together sound like one: what a slip of the pen is cut into.
    fn slipped<'a>(&'a self, analysis: &Analysis, from: usize, heard: &mut Vec<Heard<'a>>) {
        let mut sound = String::new();
        let mut length = 0;
        for (count, word) in (1..).zip(&analysis.words[from..]) {
            let text = word.span.of(&analysis.normal);
            length += text.chars().count();
            let Some(letters) = letters(text).filter(|_| length <= LONGEST) else { return };
            sound.push_str(&letters);
            if count > 1 {
                let span = Span { start: analysis.words[from].span.start, end: word.span.end };
                heard.extend(self.like(&sound).map(|word| Heard { word, span }));
            }
        }
    }

    /// Pinyin written out: the longest words first, from left to right.
    fn spelt<'a>(&'a self, text: &str, span: Span, heard: &mut Vec<Heard<'a>>) {
        let mut from = 0;
        while from + FEWEST_LETTERS <= text.len() {
            let mut ends = (from + FEWEST_LETTERS..=text.len().min(from + MOST_LETTERS)).rev();
            match ends.find(|end| self.0.contains_key(&text[from..*end])) {
                Some(end) => {
                    heard.extend(self.like(&text[from..end]).map(|word| Heard { word, span }));
                    from = end;
                }
                None => from += 1,
            }
        }
    }

    fn like(&self, letters: &str) -> impl Iterator<Item = &str> {
        self.0.get(letters).into_iter().flatten().map(|word| &**word)
    }
}

impl<'a> Heard<'a> {
    /// The word, its characters and their pairs.
    pub(super) fn pieces(self) -> Vec<Piece<'a>> {
        let piece = |kind, text, share| Piece { kind, text, span: self.span, position: 0, share };
        let ends: Vec<usize> = self.word.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
        let starts: Vec<usize> = self.word.char_indices().map(|(at, _)| at).collect();
        let mut pieces = vec![piece(Kind::Word, self.word, HEARD_SHARE)];
        let stretch = |kind, start: usize, end: usize| piece(kind, &self.word[start..end], HEARD_SHARE / 2);
        pieces.extend(starts.iter().zip(&ends).map(|(start, end)| stretch(Kind::Single, *start, *end)));
        pieces.extend(starts.iter().zip(ends.iter().skip(1)).map(|(start, end)| stretch(Kind::Pair, *start, *end)));
        pieces
    }
}

/// What a word of Chinese characters is spelt with; nothing for anything else.
fn letters(word: &str) -> Option<String> {
    let spoken: Option<Vec<&str>> = word.chars().map(|c| Some(c.to_pinyin()?.plain())).collect();
    spoken.filter(|syllables| !syllables.is_empty()).map(|syllables| syllables.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Gazetteer, Lexicon, analyse};

    fn heard(text: &str) -> Vec<String> {
        let mut sounds = Sounds::default();
        ["申报", "浙江", "公积金", "提取", "公证", "身份证"].into_iter().for_each(|word| sounds.learn(word));
        let analysis = analyse(Lexicon::plain(), &Gazetteer::default(), text);
        let mut words: Vec<String> = sounds.heard(&analysis).into_iter().map(|it| it.word.to_owned()).collect();
        words.dedup();
        words
    }

    #[test]
    fn slips_and_pinyin_are_heard_and_words_are_not() {
        for (text, expected) in [
            ("怎么伸报", vec!["申报"]),
            ("浙将人", vec!["浙江"]),
            ("zhejiang在哪", vec!["浙江"]),
            ("gongjijintiqu", vec!["公积金", "提取"]),
            // A word of its own: who writes 公正 may well mean it.
            ("公正执法", vec![]),
            ("申报", vec![]),
            ("ETC怎么办", vec![]),
            (&"a".repeat(100_000), vec![]),
            (&"gongjijin".repeat(20), vec![]),
            ("", vec![]),
        ] {
            assert_eq!(heard(text), expected, "{text}");
        }
    }
}
