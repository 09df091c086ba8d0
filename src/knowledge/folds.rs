//! What normalising changed in a text, for people: 申報 was read as 申报.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::text::{OffsetMap, Span};

/// A stretch of the text that was read as another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fold {
    pub said: String,
    pub read: String,
    pub kind: FoldKind,
}

/// In which way they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoldKind {
    /// 繁体, 异体.
    Glyph,
    /// 全角, 兼容字符.
    Width,
    /// Capital letters.
    Case,
}

impl FoldKind {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Glyph => "繁体或异体",
            Self::Width => "全角",
            Self::Case => "大写",
        }
    }

    fn of(said: char) -> Self {
        match said {
            'A'..='Z' => Self::Case,
            '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' => Self::Glyph,
            _ => Self::Width,
        }
    }
}

/// Neighbouring characters that changed in one way make one stretch; white space is not shown.
pub(super) fn folds(raw: &str, normal: &str, offsets: &OffsetMap) -> Vec<Fold> {
    let mut found: Vec<Fold> = Vec::new();
    let mut touches = None;
    for (start, read) in normal.char_indices().filter(|(_, read)| !read.is_whitespace()) {
        let end = start + read.len_utf8();
        // Behind a character may stand others that were dropped.
        let behind = offsets.raw_span(Span::new(start, end)).of(raw);
        let Some(said) = behind.chars().next().filter(|said| *said != read) else { continue };
        let kind = FoldKind::of(said);
        match found.last_mut() {
            Some(last) if touches == Some(start) && last.kind == kind => {
                last.said.push(said);
                last.read.push(read);
            }
            _ => found.push(Fold { said: said.to_string(), read: read.to_string(), kind }),
        }
        touches = Some(end);
    }
    found.dedup();
    found
}
