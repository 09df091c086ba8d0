//! Cuts an analysed text into the pieces that are compared and indexed: words (canonical synonyms and
//! sub-words), pairs of neighbouring characters and single characters, so that a word cut differently still meets.
//! Stop words, courtesies and personal data leave no piece. Analyses nothing itself.

use tantivy::tokenizer::{PreTokenizedString, Token};

use crate::text::{Analysis, Span};

/// What a piece is. A word is one term of the analysis, a pair or single is read off the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Word,
    Pair,
    Single,
}

/// One thing to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    /// Place in the normalised text.
    pub(super) span: Span,
    /// Ordinal of its word; pieces that share a word share it.
    pub(super) position: u32,
    /// How much it counts beside its rarity, in thousandths.
    pub(super) share: u16,
}

/// A pair says less than a word of the same rarity, and a single character less still; all three overlap.
const PAIR_SHARE: u16 = 500;
const SINGLE_SHARE: u16 = 250;

/// The pieces of an analysed text, words first, in order of appearance.
pub(super) fn pieces(analysis: &Analysis) -> Vec<Piece<'_>> {
    let mut pieces = words(analysis);
    for run in runs(&pieces) {
        let units = units(&analysis.normal, run.0, run.1);
        let part =
            |kind, span: Span, share| Piece { kind, text: slice(&analysis.normal, span), span, position: 0, share };
        pieces.extend(units.iter().map(|unit| part(Kind::Single, *unit, SINGLE_SHARE)));
        let pairs = units.windows(2).map(|pair| Span { start: pair[0].start, end: pair[1].end });
        pieces.extend(pairs.map(|span| part(Kind::Pair, span, PAIR_SHARE)));
    }
    pieces
}

/// Tokens for tantivy out of the pieces of one question: words with their positions, or pairs in their order.
/// `prefix` keeps the jurisdictions of one index apart.
pub(super) fn tokens(pieces: &[Piece<'_>], kind: Kind, prefix: &str) -> PreTokenizedString {
    let chosen = pieces.iter().filter(|piece| piece.kind == kind).enumerate();
    let tokens = chosen.map(|(order, piece)| Token {
        offset_from: piece.span.start as usize,
        offset_to: piece.span.end as usize,
        position: if kind == Kind::Word { piece.position as usize } else { order },
        text: indexed(prefix, piece.text),
        position_length: 1,
    });
    PreTokenizedString { text: String::new(), tokens: tokens.collect() }
}

/// A piece as it stands in the index.
pub(super) fn indexed(prefix: &str, text: &str) -> String {
    format!("{prefix}\u{1f}{text}")
}

fn words(analysis: &Analysis) -> Vec<Piece<'_>> {
    let terms = || analysis.terms.iter().filter(|term| term.weight > 0);
    let mut words: Vec<Piece<'_>> = terms()
        .map(|term| Piece {
            kind: Kind::Word,
            text: term.text.as_str(),
            span: term.span,
            position: term.position,
            share: term.weight,
        })
        .collect();
    words.sort_by_key(|word| (word.position, word.span.start, std::cmp::Reverse(word.span.end)));
    for of_one_word in words.chunk_by_mut(|a, b| a.position == b.position) {
        split_share(of_one_word);
    }
    words
}

/// A word with sub-words counts as one word: half for the whole, half for the parts.
fn split_share(of_one_word: &mut [Piece<'_>]) {
    let parts = of_one_word.len() - 1;
    if parts == 0 {
        return;
    }
    let length = |piece: &Piece<'_>| piece.span.end - piece.span.start;
    let longest = of_one_word.iter().map(length).max().unwrap_or(0);
    let mut whole_seen = false;
    for piece in of_one_word {
        let whole = !whole_seen && length(piece) == longest;
        whole_seen |= whole;
        piece.share /= if whole { 2 } else { u16::try_from(2 * parts).unwrap_or(u16::MAX) };
    }
}

/// Stretches of text that words cover without a gap, so that no pair reaches over a stop word.
fn runs(words: &[Piece<'_>]) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for word in words {
        match runs.last_mut() {
            Some(run) if word.span.start <= run.1 => run.1 = run.1.max(word.span.end),
            _ => runs.push((word.span.start, word.span.end)),
        }
    }
    runs
}

/// What pairs are made of: a CJK character, or a whole stretch of Latin letters and digits.
fn units(normal: &str, start: u32, end: u32) -> Vec<Span> {
    let mut units: Vec<Span> = Vec::new();
    let mut in_latin = false;
    let mut at = start;
    for c in slice(normal, Span { start, end }).chars() {
        let next = at + u32::try_from(c.len_utf8()).unwrap_or(4);
        let latin = c.is_ascii_alphanumeric();
        match units.last_mut() {
            Some(unit) if latin && in_latin => unit.end = next,
            _ if c.is_alphanumeric() => units.push(Span { start: at, end: next }),
            _ => {}
        }
        in_latin = latin;
        at = next;
    }
    units
}

fn slice(text: &str, span: Span) -> &str {
    text.get(span.start as usize..span.end as usize).unwrap_or_default()
}
