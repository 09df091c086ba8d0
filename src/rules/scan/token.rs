//! Rule files as tokens with places. Nothing is dropped silently: what makes no sense becomes a token of its own.

use crate::diagnostic::Place;

/// One token of a rule file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Token<'a> {
    pub(in crate::rules) kind: Kind,
    pub(in crate::rules) text: &'a str,
    /// Byte offset.
    pub(in crate::rules) at: usize,
    pub(in crate::rules) line: u32,
    pub(in crate::rules) column: u32,
    /// Nothing but blanks stands before it on its line.
    pub(in crate::rules) first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Kind {
    Name,
    Number,
    Text,
    Punctuation,
    /// A character that means nothing outside strings, or a run of words.
    Foreign,
    /// A string or comment without an end.
    Open,
    /// Not written, but meant: a bracket or a comma that was forgotten.
    Virtual,
}

impl Token<'_> {
    /// Up to the end of its first line.
    pub(in crate::rules) fn place(&self) -> Place {
        let text = if self.kind == Kind::Virtual { "" } else { self.text };
        let first = text.lines().next().unwrap_or("").trim_end_matches('\r');
        Place { line: self.line, column: self.column, end_column: self.column + first.chars().count() as u32 }
    }

    /// Byte offset behind it.
    pub(in crate::rules) fn end(&self) -> usize {
        if self.kind == Kind::Virtual { self.at } else { self.at + self.text.len() }
    }

    pub(in crate::rules) fn end_line(&self) -> u32 {
        self.line + if self.kind == Kind::Virtual { 0 } else { self.text.matches('\n').count() as u32 }
    }

    /// A text without its quotes, of whatever kind they are.
    pub(in crate::rules) fn content(&self) -> &str {
        let quote = |ch: char| matches!(ch, '"' | '\'' | '`') || half_width(ch.encode_utf8(&mut [0; 4])) == "\"";
        let inner = self.text.strip_prefix(quote).unwrap_or(self.text);
        inner.strip_suffix(quote).unwrap_or(inner)
    }

    pub(in crate::rules) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.kind, Kind::Punctuation | Kind::Virtual) && self.text == sign
    }

    pub(in crate::rules) fn opens(&self) -> bool {
        self.kind == Kind::Punctuation && matches!(self.text, "(" | "[" | "{" | "#{")
    }

    pub(in crate::rules) fn closes(&self) -> bool {
        matches!(self.kind, Kind::Punctuation | Kind::Virtual) && matches!(self.text, ")" | "]" | "}")
    }
}

pub(in crate::rules) fn tokenise(source: &str) -> Vec<Token<'_>> {
    let mut scanner = Scanner { source, at: 0, line: 1, column: 1, first: true };
    let mut tokens = Vec::new();
    while let Some(token) = scanner.next_token() {
        tokens.push(token);
    }
    tokens
}

struct Scanner<'a> {
    source: &'a str,
    at: usize,
    line: u32,
    column: u32,
    first: bool,
}

impl<'a> Scanner<'a> {
    fn next_token(&mut self) -> Option<Token<'a>> {
        self.skip_blank();
        let rest = &self.source[self.at..];
        let first = rest.chars().next()?;
        let (kind, len) = match first {
            '"' | '`' | '\'' => quoted(rest, first),
            '/' if rest.starts_with("/*") => match comment_len(rest) {
                Some(len) => {
                    self.advance(len);
                    return self.next_token();
                }
                None => (Kind::Open, rest.len()),
            },
            // A comment behind full-width strokes is one token: its words are nobody's mistake.
            '／' if rest.starts_with("／／") => (Kind::Foreign, rest.find('\n').unwrap_or(rest.len())),
            '#' if rest.starts_with("#{") => (Kind::Punctuation, 2),
            '|' if rest.starts_with("||") => (Kind::Punctuation, 2),
            _ if first.is_ascii_alphabetic() || first == '_' => {
                (Kind::Name, span(rest, |ch| ch.is_ascii_alphanumeric() || ch == '_'))
            }
            _ if first.is_ascii_digit() => (Kind::Number, number(rest)),
            _ if first.is_ascii_punctuation() => (Kind::Punctuation, 1),
            _ if is_blank(first) => (Kind::Foreign, span(rest, is_blank)),
            _ if is_wordlike(first) => (Kind::Foreign, span(rest, is_wordlike)),
            _ => (Kind::Foreign, first.len_utf8()),
        };
        let token = Token {
            kind,
            text: &rest[..len],
            at: self.at,
            line: self.line,
            column: self.column,
            first: std::mem::take(&mut self.first),
        };
        self.advance(len);
        Some(token)
    }

    /// White space and line comments.
    fn skip_blank(&mut self) {
        loop {
            let rest = &self.source[self.at..];
            let len = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else {
                span(rest, |ch| ch.is_ascii_whitespace())
            };
            if len == 0 {
                return;
            }
            self.advance(len);
        }
    }

    fn advance(&mut self, len: usize) {
        let passed = &self.source[self.at..self.at + len];
        self.line += passed.matches('\n').count() as u32;
        let tail = match passed.rfind('\n') {
            Some(newline) => {
                self.column = 1;
                self.first = true;
                &passed[newline + 1..]
            }
            None => passed,
        };
        self.column += tail.chars().count() as u32;
        self.at += len;
    }
}

/// Blanks that Rhai does not take for such.
fn is_blank(ch: char) -> bool {
    ch == '\u{3000}' || ch == '\u{a0}'
}

/// A part of a word written without quotes, as against full-width punctuation and signs.
pub(super) fn is_wordlike(ch: char) -> bool {
    !ch.is_ascii() && ch.is_alphanumeric()
}

/// `12`, `1_000`, `0x1f`, `3.5`, but not `0..3` nor `3.max(x)`.
fn number(rest: &str) -> usize {
    let digits = |text: &str| span(text, |ch| ch.is_ascii_alphanumeric() || ch == '_');
    let whole = digits(rest);
    let fraction = rest[whole..].strip_prefix('.').filter(|after| after.starts_with(|ch: char| ch.is_ascii_digit()));
    whole + fraction.map_or(0, |after| 1 + digits(after))
}

fn span(text: &str, inside: impl Fn(char) -> bool) -> usize {
    text.find(|ch| !inside(ch)).unwrap_or(text.len())
}

/// A quoted text. Only back-quoted ones may span lines; an open one ends where its line ends, so that the rest of the
/// file is still looked at.
fn quoted(rest: &str, quote: char) -> (Kind, usize) {
    let mut escaped = false;
    for (at, ch) in rest.char_indices().skip(1) {
        match ch {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            '\n' if quote != '`' => return (Kind::Open, at),
            _ if ch == quote => return (Kind::Text, at + ch.len_utf8()),
            _ => {}
        }
    }
    (Kind::Open, rest.find('\n').unwrap_or(rest.len()))
}

/// Block comments nest.
fn comment_len(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
    None
}

/// The half-width signs that were meant; empty when it is no full-width punctuation.
pub(super) fn half_width(text: &str) -> &'static str {
    match text.chars().next() {
        Some('“' | '”' | '＂' | '〃' | '「' | '」' | '『' | '』' | '‘' | '’' | '＇') => "\"",
        Some('，' | '、') => ",",
        Some('：') => ":",
        Some('；') => ";",
        Some('（') => "(",
        Some('）') => ")",
        Some('【' | '［' | '〔') => "[",
        Some('】' | '］' | '〕') => "]",
        Some('｛') => "{",
        Some('｝') => "}",
        Some('＃') => "#",
        Some('｜') => "|",
        Some('＝') => "=",
        Some('＞' | '》') => ">",
        Some('＜' | '《') => "<",
        Some('！') => "!",
        Some('＆') => "&",
        Some('。' | '．') => ".",
        Some('＋') => "+",
        Some('－' | '—' | '–' | '−') => "-",
        Some('×' | '＊') => "*",
        Some('÷') => "/",
        Some('≥') => ">=",
        Some('≤') => "<=",
        Some('≠') => "!=",
        Some('／') if text.starts_with("／／") => "//",
        Some('／') => "/",
        Some('\u{3000}' | '\u{a0}') => " ",
        _ => "",
    }
}
