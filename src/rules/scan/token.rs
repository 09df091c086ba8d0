//! Rule files as tokens with places. Nothing is dropped silently: what makes no sense becomes a token of its own.

/// One token of a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Token<'a> {
    pub(in crate::rules) kind: Kind,
    pub(in crate::rules) text: &'a str,
    pub(in crate::rules) line: u32,
    pub(super) column: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Kind {
    Name,
    Number,
    Text,
    Punctuation,
    /// A character that means nothing outside strings.
    Foreign,
    /// A string or comment without an end.
    Open,
}

pub(in crate::rules) fn tokenise(source: &str) -> Vec<Token<'_>> {
    let mut scanner = Scanner { source, at: 0, line: 1, column: 1 };
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
            '#' if rest.starts_with("#{") => (Kind::Punctuation, 2),
            '|' if rest.starts_with("||") => (Kind::Punctuation, 2),
            _ if first.is_ascii_alphabetic() || first == '_' => {
                (Kind::Name, span(rest, |ch| ch.is_ascii_alphanumeric() || ch == '_'))
            }
            _ if first.is_ascii_digit() => (Kind::Number, span(rest, |ch| ch.is_ascii_alphanumeric() || ch == '_')),
            _ if first.is_ascii_punctuation() => (Kind::Punctuation, 1),
            _ if half_width(rest).is_empty() => {
                // A control character is no part of a word: it still has to be passed.
                (Kind::Foreign, span(rest, |ch| !ch.is_ascii() && is_wordlike(ch)).max(first.len_utf8()))
            }
            _ => (Kind::Foreign, first.len_utf8()),
        };
        let token = Token { kind, text: &rest[..len], line: self.line, column: self.column };
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
                span(rest, |ch| ch.is_ascii_whitespace() || ch == '\u{feff}')
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
                &passed[newline + 1..]
            }
            None => passed,
        };
        self.column += tail.chars().count() as u32;
        self.at += len;
    }
}

/// Part of a word written without quotes, as against full-width punctuation.
fn is_wordlike(ch: char) -> bool {
    let mut buffer = [0; 4];
    half_width(ch.encode_utf8(&mut buffer)).is_empty()
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
    (Kind::Open, rest.len())
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

/// The half-width sign that was meant; empty when it is no full-width punctuation.
pub(super) fn half_width(text: &str) -> &'static str {
    match text.chars().next() {
        Some('“' | '”' | '＂' | '〃') => "\"",
        Some('‘' | '’' | '＇') => "'",
        Some('，' | '、') => ",",
        Some('：') => ":",
        Some('；') => ";",
        Some('（') => "(",
        Some('）') => ")",
        Some('【' | '［') => "[",
        Some('】' | '］') => "]",
        Some('｛') => "{",
        Some('｝') => "}",
        Some('＃') => "#",
        Some('｜') => "|",
        Some('＝') => "=",
        Some('＞' | '》') => ">",
        Some('＜' | '《') => "<",
        Some('！') => "!",
        Some('。') => ".",
        Some('\u{3000}' | '\u{a0}') => "空格",
        _ => "",
    }
}
