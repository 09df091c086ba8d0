//! What is wrong with a dictionary or a list of places, for the official who wrote it.

use std::fmt;

/// One finding. The rest of the file is used all the same unless the reader of the file says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// From 1; 0 when it concerns the whole file.
    pub line: u32,
    /// In Chinese, what is wrong.
    pub message: String,
    /// In Chinese, what to do about it; may be empty.
    pub help: String,
}

impl Problem {
    pub fn new(file: &str, line: u32, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into(), help: help.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "（{}）", self.help) }
    }
}
