//! A problem of the scanner: what is wrong, and where the source can be read as it was meant.

use super::token::Token;
use crate::diagnostic::{Code, Diagnostic, Place};

/// A change of the source that makes a statement readable, so that what else is wrong in it shows as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// Byte offset and length of what is replaced.
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) with: String,
}

impl Edit {
    pub(super) fn replace(token: &Token<'_>, with: &str) -> Self {
        Self { at: token.at, len: token.end() - token.at, with: with.to_owned() }
    }

    pub(super) fn insert(at: usize, with: &str) -> Self {
        Self { at, len: 0, with: with.to_owned() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: Code,
    pub(super) place: Place,
    /// Byte offset, to find the statement by.
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) help: String,
    /// How the statement can be read; `None`: not at all.
    pub(super) meant: Option<Vec<Edit>>,
}

impl Problem {
    pub(super) fn new(code: Code, token: &Token<'_>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, place: token.place(), at: token.at, message: message.into(), help: help.into(), meant: None }
    }

    pub(super) fn meant(mut self, edits: impl IntoIterator<Item = Edit>) -> Self {
        self.meant = Some(edits.into_iter().collect());
        self
    }

    /// Extends the place to the end of another token, when that is on the same line.
    pub(super) fn up_to(mut self, token: &Token<'_>) -> Self {
        if token.line == self.place.line {
            self.place.end_column = token.place().end_column.max(self.place.end_column);
        }
        self
    }

    pub(super) fn diagnostic(&self, file: &str, source: &str) -> Diagnostic {
        Diagnostic::error(file, self.place.line, &self.message)
            .code(self.code)
            .at(self.place)
            .help(&self.help)
            .excerpt(source)
    }
}
