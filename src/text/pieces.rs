//! The pieces that texts are compared by: words (canonical synonyms and sub-words), pairs of neighbouring characters
//! and single characters, so that a word cut differently still meets. Personal data leaves no piece.

use super::Analysis;
use super::offsets::Span;

/// What a piece is. A word is one term of the analysis, a pair or single is read off the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Word,
    Pair,
    Single,
    /// The name of a group of related words, `≈` before it.
    Related,
}

/// One thing to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// Place in the normalised text.
    pub span: Span,
    /// Ordinal of its word; pieces that share a word share it.
    pub position: u32,
    /// How much it counts beside its rarity, in thousandths.
    pub share: u16,
}

/// A character or a pair says less than a word of the same rarity; all three overlap.
const CHARACTER_SHARE: u16 = 500;
/// A related word is not the same word.
const RELATED_SHARE: u16 = 700;
/// A place says where, not what: in percent.
const PLACE_SHARE: u16 = 30;

/// The pieces of an analysed text: words, characters, pairs, each in order of appearance. Characters are
/// taken from stop words too: what is common is worth little anyway, and no stop list knows every case.
pub fn pieces(analysis: &Analysis) -> Vec<Piece<'_>> {
    let units = units(analysis);
    let character =
        |kind, span: Span| Piece { kind, text: span.of(&analysis.normal), span, position: 0, share: CHARACTER_SHARE };
    let mut pieces = words(analysis);
    pieces.extend(units.iter().map(|unit| character(Kind::Single, *unit)));
    pieces.extend(related(analysis));
    let neighbours = units.windows(2).filter(|pair| pair[0].end == pair[1].start);
    pieces.extend(neighbours.map(|pair| character(Kind::Pair, Span { start: pair[0].start, end: pair[1].end })));
    for piece in &mut pieces {
        if analysis.places.iter().any(|place| place.span.contains(piece.span)) {
            piece.share = piece.share * PLACE_SHARE / 100;
        }
    }
    pieces
}

fn words(analysis: &Analysis) -> Vec<Piece<'_>> {
    let told = analysis.terms.iter().filter(|term| term.weight > 0);
    told.map(|term| Piece {
        kind: Kind::Word,
        text: term.text.as_str(),
        span: term.span,
        position: term.position,
        share: term.weight,
    })
    .collect()
}

fn related(analysis: &Analysis) -> impl Iterator<Item = Piece<'_>> {
    let open = analysis.related.iter().filter(|it| !is_personal(analysis, it.span));
    open.map(|it| Piece { kind: Kind::Related, text: &it.name, span: it.span, position: 0, share: RELATED_SHARE })
}

fn is_personal(analysis: &Analysis, span: Span) -> bool {
    analysis.marks.iter().any(|mark| mark.kind.personal() && mark.span.contains(span))
}

/// What characters and pairs are made of: a CJK character, or a whole stretch of Latin letters and digits.
fn units(analysis: &Analysis) -> Vec<Span> {
    let mut units: Vec<Span> = Vec::new();
    let mut in_latin = false;
    for (at, c) in analysis.normal.char_indices() {
        let span = Span::new(at, at + c.len_utf8());
        let latin = c.is_ascii_alphanumeric();
        match units.last_mut() {
            Some(unit) if latin && in_latin => unit.end = span.end,
            _ if c.is_alphanumeric() => units.push(span),
            _ => {}
        }
        in_latin = latin;
    }
    units.retain(|unit| !is_personal(analysis, *unit));
    units
}
