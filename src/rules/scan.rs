//! A small scanner of rule files with positions. Rhai reports only its first syntax error, in English; this finds what
//! authors really get wrong: full-width punctuation, an open quote or bracket, a misspelt verb or fact.

use super::facts::FACTS;
use super::rule::Verb;

pub(super) mod token;

use crate::diagnostic::{Diagnostic, nearest};
use token::{Kind, Token, half_width, tokenise};

/// Everything that can be said about a file without running it.
pub(super) fn check(file: &str, source: &str) -> Vec<Diagnostic> {
    let tokens = tokenise(source);
    let mut found = Vec::new();
    found.extend(tokens.iter().filter_map(|token| foreign(file, token)));
    found.extend(brackets(file, &tokens));
    if found.is_empty() {
        found.extend(statements(file, &tokens));
        found.extend(slips(file, &tokens));
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

/// Habits from elsewhere that Rhai would answer with a riddle.
fn slips(file: &str, tokens: &[Token<'_>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (idx, token) in tokens.iter().enumerate() {
        let before = idx.checked_sub(1).map_or("", |at| tokens[at].text);
        let after = tokens.get(idx + 1).map_or("", |next| next.text);
        let (message, help) = match token.text {
            "and" | "or" | "not" if token.kind == Kind::Name && after != ":" && before != "." => {
                let sign = match token.text {
                    "and" => "&&",
                    "or" => "||",
                    _ => "!",
                };
                (format!("不能写“{}”", token.text), format!("改成 {sign}"))
            }
            text if text.starts_with('\'') && text.chars().count() > 3 => {
                ("文字用了单引号".to_owned(), "改成双引号：\"…\"".to_owned())
            }
            "{" if before == "," && is_verb_call(tokens, idx) => {
                ("花括号前面少了 #".to_owned(), "写成 #{ … }".to_owned())
            }
            word if RESERVED.contains(&word) && after == ":" && token.kind == Kind::Name => {
                (format!("“{word}”是保留字，不能当键"), "换一个键名；键名照着 docs/rules.md 写".to_owned())
            }
            _ => continue,
        };
        found.push(Diagnostic::error(file, token.line, message).column(token.column).help(help));
    }
    found
}

/// Words that Rhai keeps for itself.
const RESERVED: [&str; 18] = [
    "until", "is", "with", "in", "if", "else", "for", "case", "default", "match", "use", "new", "package", "thread",
    "goto", "private", "while", "loop",
];

/// `route("id", {`
fn is_verb_call(tokens: &[Token<'_>], idx: usize) -> bool {
    let at = |back: usize| idx.checked_sub(back).map_or("", |at| tokens[at].text);
    at(3) == "(" && Verb::ALL.iter().any(|verb| verb.name() == at(4))
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
