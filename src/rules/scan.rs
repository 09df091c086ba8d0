//! A small scanner of rule files with positions. Rhai reports only its first syntax error, in English; this finds what
//! authors really get wrong: full-width punctuation, an open quote or bracket, a misspelt verb or fact.

use super::facts::FACTS;
use super::rule::Verb;
use crate::diagnostic::{Diagnostic, nearest};

/// One token of a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    line: u32,
    column: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Name,
    Number,
    Text,
    Punctuation,
    /// A character that means nothing outside strings.
    Foreign,
    /// A string or comment without an end.
    Open,
}

/// Everything that can be said about a file without running it.
pub(super) fn check(file: &str, source: &str) -> Vec<Diagnostic> {
    let tokens = tokenise(source);
    let mut found = Vec::new();
    found.extend(tokens.iter().filter_map(|token| foreign(file, token)));
    found.extend(brackets(file, &tokens));
    if found.is_empty() {
        found.extend(statements(file, &tokens));
        found.extend(facts(file, &tokens));
    }
    found.into_iter().map(|diagnostic| diagnostic.excerpt(source)).collect()
}

fn foreign(file: &str, token: &Token<'_>) -> Option<Diagnostic> {
    let (message, help) = match token.kind {
        Kind::Foreign => {
            let half = half_width(token.text);
            let what = if half.is_empty() { "不认识的字符" } else { "全角标点" };
            let help = if half.is_empty() {
                "中文词语要写在双引号里：\"词语\"".to_owned()
            } else {
                format!("改成半角 {half}（引号里面的中文标点不受影响）")
            };
            (format!("{what}“{}”", token.text.chars().take(12).collect::<String>()), help)
        }
        Kind::Open => {
            let (what, end) = if token.text.starts_with('/') { ("注释", "*/") } else { ("引号", &token.text[..1]) };
            (format!("这里开始的{what}没有结束"), format!("在该行末尾补上 {end}"))
        }
        _ => return None,
    };
    Some(Diagnostic::error(file, token.line, message).column(token.column).help(help))
}

fn half_width(text: &str) -> &'static str {
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

/// The bracket that was opened and never closed, or closed without being opened.
fn brackets(file: &str, tokens: &[Token<'_>]) -> Option<Diagnostic> {
    let mut open: Vec<&Token<'_>> = Vec::new();
    for token in tokens.iter().filter(|token| token.kind == Kind::Punctuation) {
        let closes = match token.text {
            "(" | "[" | "{" | "#{" => {
                open.push(token);
                continue;
            }
            ")" => "(",
            "]" => "[",
            "}" => "{",
            _ => continue,
        };
        match open.pop() {
            Some(opener) if opener.text.ends_with(closes) => {}
            Some(opener) => return Some(unclosed(file, opener)),
            None => {
                return Some(
                    Diagnostic::error(file, token.line, format!("多出一个“{}”", token.text))
                        .column(token.column)
                        .help("删去它，或者检查前面是不是少了左括号"),
                );
            }
        }
    }
    open.first().map(|opener| unclosed(file, opener))
}

fn unclosed(file: &str, opener: &Token<'_>) -> Diagnostic {
    let end = match opener.text {
        "(" => ")",
        "[" => "]",
        _ => "}",
    };
    Diagnostic::error(file, opener.line, format!("这里的“{}”没有配对的“{end}”", opener.text))
        .column(opener.column)
        .help(format!("在这条规则结束前补上 {end}；每条规则以 }}); 结尾"))
}

/// Only verb calls, `let` / `const` lists and `fn` may stand at the top of a file.
fn statements(file: &str, tokens: &[Token<'_>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut depth = 0_u32;
    let mut starts = true;
    for (idx, token) in tokens.iter().enumerate() {
        if starts && depth == 0 && token.text != ";" {
            found.extend(statement(file, token, tokens.get(idx + 1)));
            starts = false;
        }
        match token.text {
            "(" | "[" | "{" | "#{" if token.kind == Kind::Punctuation => depth += 1,
            ")" | "]" | "}" if token.kind == Kind::Punctuation => {
                depth = depth.saturating_sub(1);
                starts = depth == 0 && token.text == "}" || starts;
            }
            ";" if depth == 0 => starts = true,
            _ => {}
        }
    }
    found
}

fn statement(file: &str, token: &Token<'_>, next: Option<&Token<'_>>) -> Option<Diagnostic> {
    let verbs = Verb::ALL.iter().map(|verb| verb.name()).chain(["off"]);
    let known =
        matches!(token.text, "let" | "const" | "fn" | "private") || verbs.clone().any(|verb| verb == token.text);
    if known && token.kind == Kind::Name {
        return None;
    }
    let (message, help) = if token.kind == Kind::Name && next.is_some_and(|next| next.text == "(") {
        (format!("不认识的动词“{}”", token.text), nearest(token.text, verbs))
    } else {
        (
            format!("文件最外层不能写“{}”", token.text.chars().take(20).collect::<String>()),
            "最外层只能写 admit / classify / route / warn / off 的调用、let 或 const 定义的词表、fn 函数".to_owned(),
        )
    };
    Some(Diagnostic::error(file, token.line, message).column(token.column).help(help))
}

/// `t.amuont`: a fact that does not exist, on a parameter of an anonymous function.
fn facts(file: &str, tokens: &[Token<'_>]) -> Vec<Diagnostic> {
    let parameters: Vec<&str> = tokens
        .windows(3)
        .filter(|w| w[0].text == "|" && w[1].kind == Kind::Name && w[2].text == "|")
        .map(|w| w[1].text)
        .collect();
    let mut found = Vec::new();
    for (idx, w) in tokens.windows(3).enumerate() {
        let follows_dot = idx > 0 && tokens[idx - 1].text == ".";
        let is_fact = w[1].text == "." && w[2].kind == Kind::Name && parameters.contains(&w[0].text) && !follows_dot;
        if is_fact && !FACTS.contains(&w[2].text) {
            found.push(
                Diagnostic::error(file, w[2].line, format!("没有名为“{}”的事实", w[2].text))
                    .column(w[2].column)
                    .help(nearest(w[2].text, FACTS.iter().copied())),
            );
        }
    }
    found
}

fn tokenise(source: &str) -> Vec<Token<'_>> {
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
            _ if half_width(rest).is_empty() => (Kind::Foreign, span(rest, |ch| !ch.is_ascii() && is_wordlike(ch))),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_one(source: &str, place: (u32, u32), message: &str, help: &str) {
        let found = check("a.rhai", source);
        let first = found.first().unwrap_or_else(|| panic!("nothing found in {source}"));
        assert_eq!((first.line, first.column), place, "{first:?}");
        assert!(first.message.contains(message), "{first:?}");
        assert!(first.help.contains(help), "{first:?}");
    }

    #[test]
    fn what_authors_get_wrong() {
        check_one("route(“a.b”, #{});", (1, 7), "全角标点", "\"");
        check_one("route(\"a.b\", #{ any: [\"x\"，\"y\"] });", (1, 26), "全角标点“，”", "半角 ,");
        check_one("route(\"a.b\", #{ any: [\"停车] });", (1, 23), "引号没有结束", "\"");
        check_one("\nroute(\"a.b\", #{ any: [\"xy\"] );\n", (2, 14), "没有配对", "}");
        check_one("rout(\"a.b\", #{});", (1, 1), "不认识的动词“rout”", "route");
        check_one("if true { }", (1, 1), "最外层不能写“if”", "词表");
        check_one("route(\"a.b\", #{ when: |t| t.amuont > 3 });", (1, 29), "没有名为“amuont”的事实", "amount");
        check_one("route(\"a.b\", #{ any: [停车] });", (1, 23), "不认识的字符“停车", "双引号");
        check_one("/* abc", (1, 1), "注释没有结束", "*/");
    }

    #[test]
    fn good_files_are_left_alone() {
        let source = "// 注释：全角没有关系\nlet 词 = 1;";
        assert!(!check("a.rhai", source).is_empty(), "a Chinese name is not a name in Rhai");
        let source = "/* a /* b */ c */ const WORDS = [\"哄抬，物价\"];\nfn big(t) { t.amount > 3 }\n\
            route(\"a.b\", #{ any: WORDS, when: |t| t.best.owner == \"甲\", then: |t| #{ lead: `乙${t.amount}` } });\noff(\"x.y\", \"z\");";
        assert_eq!(check("a.rhai", source), vec![]);
    }
}
