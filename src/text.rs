//! Raw text → [`Analysis`]. Total: any input gives an analysis, never an error, in linear time.
//! It decides nothing and opens nothing: dictionaries and places come in as values.

mod gazetteer;
mod glyphs;
mod lexicon;
mod marks;
mod mask;
mod normal;
mod offsets;
mod pieces;
mod sentences;
mod simplify;
mod terms;

#[cfg(test)]
mod tests;

pub use gazetteer::{Gazetteer, PlaceHit};
pub use lexicon::{File, Lexicon, LexiconSource, Related, Spellings};
pub use marks::{Mark, MarkKind};
pub use mask::{cover_private, mask_text, remove_private};
pub use normal::{Normal, normalise, normalise_word};
pub use offsets::{OffsetMap, Span};
pub use pieces::{Kind, Piece, pieces};
pub use sentences::sentences;
pub use terms::{Term, Word};

/// Everything the later stages see of a text. Spans are byte offsets into `normal`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    pub raw: String,
    pub normal: String,
    /// From `normal` to `raw`.
    pub offsets: OffsetMap,
    /// Words, signs and white space: they tile `normal`.
    pub words: Vec<Word>,
    pub sentences: Vec<Span>,
    /// In order of their words.
    pub terms: Vec<Term>,
    /// From left to right, none overlapping; each is one word.
    pub marks: Vec<Mark>,
    /// Words that are often meant alike, from left to right.
    pub related: Vec<Related>,
    /// Thousandths: how like something people say who want nothing.
    pub small_talk: u16,
    /// One for each place, in order of appearance.
    pub places: Vec<PlaceHit>,
}

pub fn analyse(lexicon: &Lexicon, gazetteer: &Gazetteer, raw: &str) -> Analysis {
    let Normal { text: normal, offsets } = normalise(raw);
    let marks = marks::scan(&normal);
    let (words, terms) = terms::cut(lexicon, &normal, &marks);
    let related = lexicon.related().find(&normal);
    let small_talk = lexicon.small_talk().likeness(&normal);
    let places = gazetteer.find(&normal, &terms::ends(&words));
    let sentences = sentences(&normal);
    Analysis { raw: raw.to_owned(), normal, offsets, words, sentences, terms, marks, related, small_talk, places }
}

impl Analysis {
    /// Byte ends of the words in `normal`, rising.
    pub fn cuts(&self) -> Vec<u32> {
        terms::ends(&self.words)
    }

    /// The raw text with personal data covered.
    pub fn masked(&self) -> String {
        mask::mask(&self.raw, &self.offsets, &self.marks)
    }

    /// Whole yuan, largest first.
    pub fn amounts(&self) -> Vec<i64> {
        let mut amounts: Vec<i64> = self
            .marks
            .iter()
            .filter_map(|mark| match mark.kind {
                MarkKind::Amount { yuan } => Some(yuan),
                _ => None,
            })
            .collect();
        amounts.sort_unstable_by(|a, b| b.cmp(a));
        amounts
    }
}
