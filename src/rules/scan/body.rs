//! What stands in functions and conditions: habits from elsewhere, facts and functions that do not exist. Rhai would find
//! them only when the line runs, if at all.

use super::problem::{Edit, Problem};
use super::token::{Kind, Token};
use crate::diagnostic::{Code, Place, nearest};
use crate::rules::facts::{BEST, DUTY, FACTS, LEARNED, SIMILAR};
use crate::rules::functions::FUNCTIONS;

/// Signs that other languages use.
pub(super) fn slips(tokens: &[Token<'_>], found: &mut Vec<Problem>) {
    for (idx, token) in tokens.iter().enumerate() {
        let before = idx.checked_sub(1).map_or("", |at| tokens[at].text);
        let after = tokens.get(idx + 1);
        let named = token.kind == Kind::Name && before != ".";
        if named && matches!(token.text, "True" | "False" | "TRUE" | "FALSE") {
            let lower = token.text.to_lowercase();
            let problem =
                Problem::new(Code::WrongType, token, format!("不认识“{}”", token.text), format!("写成小写 {lower}"));
            found.push(problem.meant([Edit::replace(token, &lower)]));
            continue;
        }
        if named && matches!(token.text, "null" | "None" | "nil" | "NULL" | "undefined") {
            let help = "没有空值：不需要的键整个删去；文字为空写 \"\"";
            found.push(Problem::new(Code::WrongType, token, format!("没有“{}”这个值", token.text), help));
            continue;
        }
        let map =
            after.is_some_and(|it| it.kind == Kind::Name) && tokens.get(idx + 2).is_some_and(|it| it.is_sign(":"));
        if token.text == "{" && token.opens() && before == "|" && map {
            let problem = Problem::new(Code::MissingHash, token, "花括号前面少了 #", "写成 #{ … }");
            found.push(problem.meant([Edit::insert(token.at, "#")]));
            continue;
        }
        let sign = match token.text {
            "and" => "&&",
            "or" => "||",
            "not" => "!",
            _ => continue,
        };
        let key = after.is_some_and(|next| next.is_sign(":") || next.is_sign("="));
        if token.kind == Kind::Name && !key && before != "." {
            let problem =
                Problem::new(Code::WrongOperator, token, format!("不能写“{}”", token.text), format!("改成 {sign}"));
            found.push(problem.meant([Edit::replace(token, sign)]));
        }
    }
}

/// The parameters of a statement's functions that are the facts: all of anonymous functions, `t` of named ones, and
/// whatever a named one is called with a fact parameter for.
pub(super) struct Parameters<'a> {
    names: Vec<&'a str>,
}

impl<'a> Parameters<'a> {
    pub(super) fn of(tokens: &[Token<'a>], passed: &[(&str, usize)]) -> Self {
        let closures = tokens.windows(3).filter(|w| w[0].text == "|" && w[1].kind == Kind::Name && w[2].text == "|");
        let mut names: Vec<&str> = closures.map(|w| w[1].text).collect();
        let at = tokens.iter().position(|token| token.text == "fn").filter(|&at| at <= 1);
        if let Some(function) = at.and_then(|at| tokens.get(at + 1..)) {
            let name = function.first().map_or("", |token| token.text);
            let list = function.iter().skip(2).take_while(|token| !token.is_sign(")"));
            let parameters: Vec<&str> = list.filter(|token| token.kind == Kind::Name).map(|token| token.text).collect();
            for (index, parameter) in parameters.into_iter().enumerate() {
                if parameter == "t" || passed.contains(&(name, index)) {
                    names.push(parameter);
                }
            }
        }
        Self { names }
    }
}

/// Calls that pass a closure's parameter on: function and position.
pub(super) fn passed_on<'a>(tokens: &[Token<'a>]) -> Vec<(&'a str, usize)> {
    let facts = Parameters::of(tokens, &[]);
    let mut found = Vec::new();
    for (idx, w) in tokens.windows(2).enumerate() {
        if w[0].kind != Kind::Name || !w[1].is_sign("(") || is_method(tokens, idx) {
            continue;
        }
        let (mut depth, mut position) = (0_usize, 0);
        for inner in tokens[idx + 1..].windows(3) {
            if inner[0].opens() {
                depth += 1;
            } else if inner[0].closes() {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            if depth == 1 && inner[0].is_sign(",") {
                position += 1;
            }
            let alone =
                (inner[0].is_sign(",") || inner[0].is_sign("(")) && (inner[2].is_sign(",") || inner[2].is_sign(")"));
            if depth == 1 && alone && facts.names.contains(&inner[1].text) {
                found.push((w[0].text, position));
            }
        }
    }
    found
}

/// `t.amuont`, `t.best.ownr`
pub(super) fn facts(tokens: &[Token<'_>], parameters: &Parameters<'_>, found: &mut Vec<Problem>) {
    for (idx, w) in tokens.windows(3).enumerate() {
        let is_fact = parameters.names.contains(&w[0].text) && w[1].is_sign(".") && w[2].kind == Kind::Name;
        if !is_fact || is_method(tokens, idx) {
            continue;
        }
        if !FACTS.contains(&w[2].text) {
            found.push(unknown_fact(&w[2], FACTS));
            continue;
        }
        compared(tokens, idx, found);
        if w[2].text == "has"
            && let Some([open, name]) = tokens.get(idx + 3..idx + 5)
            && open.is_sign("(")
            && name.kind == Kind::Text
            && !FACTS.contains(&name.content())
        {
            let message = format!("没有名为“{}”的事实", name.content());
            found.push(Problem::new(Code::UnknownFact, name, message, nearest(name.content(), FACTS.iter().copied())));
        }
        let parts = match w[2].text {
            "best" => BEST,
            "duty" => DUTY,
            "similar" => SIMILAR,
            "learned" => LEARNED,
            _ => continue,
        };
        if let Some([dot, part]) = tokens.get(idx + 3..idx + 5)
            && dot.is_sign(".")
            && !parts.contains(&part.text)
        {
            found.push(unknown_fact(part, parts));
        }
    }
}

/// Facts that are numbers; the other plain ones are texts.
const NUMBERS: [&str; 7] = ["amount", "length", "repeats", "repeat_open", "repeat_done", "same_matter", "hour"];
const TEXTS: [&str; 15] = [
    "text",
    "nature",
    "category",
    "topic",
    "urgency",
    "impact",
    "skill",
    "lead",
    "special",
    "channel",
    "requester",
    "section",
    "place_unit",
    "mark",
    "clock",
];

/// `t.amount >= "10000"`: a number and a text are never equal, and neither is larger.
fn compared(tokens: &[Token<'_>], idx: usize, found: &mut Vec<Problem>) {
    let fact = tokens[idx + 2].text;
    let mut at = idx + 3;
    let signs = tokens[at..].iter().take(2).take_while(|it| it.kind == Kind::Punctuation && "=<>!".contains(it.text));
    let count = signs.count();
    at += count;
    let Some(other) = tokens.get(at).filter(|_| count > 0) else { return };
    let ends =
        tokens.get(at + 1).is_none_or(|next| next.kind == Kind::Punctuation && next.text != "." && next.text != "+");
    let (message, help) = match other.kind {
        Kind::Text if NUMBERS.contains(&fact) && ends => {
            (format!("t.{fact} 是数字，和文字比较永远不成立"), format!("去掉引号：{}", other.content()))
        }
        Kind::Number if TEXTS.contains(&fact) && ends => {
            (format!("t.{fact} 是文字，和数字比较永远不成立"), format!("加上引号：\"{}\"", other.text))
        }
        _ => return,
    };
    found.push(Problem::new(Code::WrongType, other, message, help));
}

fn unknown_fact(token: &Token<'_>, known: &[&str]) -> Problem {
    let message = format!("没有名为“{}”的事实", token.text);
    Problem::new(Code::UnknownFact, token, message, nearest(token.text, known.iter().copied()))
}

/// Calls of functions that exist neither in the file nor in the language.
pub(super) fn functions(tokens: &[Token<'_>], parameters: &Parameters<'_>, own: &[&str], found: &mut Vec<Problem>) {
    for (idx, w) in tokens.windows(2).enumerate() {
        let called = w[0].kind == Kind::Name && w[1].is_sign("(") && w[1].at == w[0].end();
        let defined = idx.checked_sub(1).is_some_and(|at| tokens[at].text == "fn");
        // What is asked of the facts has been looked at as a fact.
        let of_facts = is_method(tokens, idx) && idx >= 2 && parameters.names.contains(&tokens[idx - 2].text);
        if !called || defined || of_facts || KEYWORDS.contains(&w[0].text) || own.contains(&w[0].text) {
            continue;
        }
        if FORBIDDEN.contains(&w[0].text) {
            let message = format!("规则里不能使用 {}", w[0].text);
            found.push(Problem::new(Code::Forbidden, &w[0], message, "规则不能等待、打印、看时钟、执行别的代码"));
        } else if !FUNCTIONS.contains(&w[0].text) && !FACT_FUNCTIONS.contains(&w[0].text) {
            let mut known: Vec<&str> = own.to_vec();
            if is_method(tokens, idx) {
                known.extend(FACT_FUNCTIONS);
            }
            known.extend(FUNCTIONS);
            let message = format!("没有名为“{}”的函数", w[0].text);
            let help = match nearest(w[0].text, known) {
                close if close.starts_with('是') => close,
                _ => "检查拼写；可用的写法见 docs/rules.md，也可以在文件里自己写 fn".to_owned(),
            };
            found.push(Problem::new(Code::UnknownFunction, &w[0], message, help));
        }
    }
}

/// What the functions of a statement do.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Body {
    /// The guard is `false`.
    pub(in crate::rules) never: Option<Place>,
    /// Facts that are read.
    pub(in crate::rules) reads: Vec<(String, Place)>,
    /// `t.limit("…")`: the name.
    pub(in crate::rules) limits: Vec<(String, Place)>,
    /// `t.text.contains("…")`: the word.
    pub(in crate::rules) contains: Vec<(String, Place)>,
}

pub(super) fn body(tokens: &[Token<'_>]) -> Body {
    let parameters = Parameters::of(tokens, &[]);
    let mut body = Body::default();
    for (idx, token) in tokens.iter().enumerate() {
        let rest = &tokens[idx..];
        if let [dot, limit, open, name, ..] = rest
            && dot.is_sign(".")
            && limit.text == "limit"
            && open.is_sign("(")
            && name.kind == Kind::Text
        {
            body.limits.push((name.content().to_owned(), name.place()));
        }
        let text = |at: usize| rest.get(at).map_or("", |token| token.text);
        if token.text == "when" && text(1) == ":" && text(2) == "|" && text(4) == "|" && text(5) == "false" {
            let ends = rest.get(6).is_none_or(|next| next.is_sign(",") || next.closes());
            body.never = rest.get(5).filter(|_| ends).map(Token::place);
        }
        let fact = parameters.names.contains(&token.text) && text(1) == "." && !is_method(tokens, idx);
        let Some(read) = rest.get(2).filter(|read| fact && read.kind == Kind::Name) else { continue };
        body.reads.push((read.text.to_owned(), read.place()));
        if read.text == "text" && text(3) == "." && text(4) == "contains" && text(5) == "(" {
            let word = rest.get(6).filter(|word| word.kind == Kind::Text);
            body.contains.extend(word.map(|word| (word.content().to_owned(), word.place())));
        }
    }
    body
}

/// The functions of `t`.
const FACT_FUNCTIONS: [&str; 4] = ["has", "head", "upfront", "limit"];
const KEYWORDS: [&str; 12] =
    ["if", "while", "for", "switch", "return", "in", "else", "loop", "throw", "catch", "until", "do"];
/// What the sandbox switches off or leaves out.
const FORBIDDEN: [&str; 13] = [
    "eval",
    "Fn",
    "curry",
    "call",
    "print",
    "debug",
    "import",
    "export",
    "is_def_fn",
    "is_def_var",
    "sleep",
    "timestamp",
    "exit",
];

/// Whether the name at `idx` follows a dot.
fn is_method(tokens: &[Token<'_>], idx: usize) -> bool {
    idx.checked_sub(1).is_some_and(|at| tokens[at].is_sign("."))
}
