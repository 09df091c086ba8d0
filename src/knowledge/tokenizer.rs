//! Pieces as tokens of the index.

use tantivy::tokenizer::{PreTokenizedString, Token};

use crate::text::{Kind, Piece};

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
