//! Tokens → top-level statements. Where brackets do not pair, a verb at the start of a line ends the statement before it,
//! and a key at the start of a line ends a list: one forgotten sign never hides the rest of the file.

use super::problem::{Edit, Problem};
use super::token::{Kind, Token};
use crate::diagnostic::Code;
use crate::rules::rule::{KEYS, Verb};

/// Keys that stand in a rule and in no `then`.
const RULE_KEYS: [&str; 13] = [
    "any",
    "all",
    "unless",
    "within",
    "channel",
    "requester",
    "place",
    "section",
    "when",
    "then",
    "basis",
    "valid",
    "auto",
];
/// Keys of `then`.
const THEN_KEYS: [&str; 16] = [
    "lead",
    "weight",
    "assist",
    "follow",
    "not",
    "manual",
    "why",
    "tell",
    "level",
    "refuse",
    "special",
    "special_urgent",
    "urgency",
    "impact",
    "skill",
    "nature",
];

/// The tokens of one statement, brackets paired.
pub(super) struct Statement<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    /// A quote or a comment that never ends lies in it: brackets may have vanished there.
    pub(super) hole: bool,
}

pub(super) fn split<'a>(tokens: &[Token<'a>]) -> (Vec<Statement<'a>>, Vec<Problem>) {
    let mut splitter = Splitter { recover: !paired(tokens), ..Splitter::default() };
    for (at, token) in tokens.iter().enumerate() {
        splitter.take(*token, &tokens[at + 1..]);
    }
    splitter.finish();
    (splitter.statements, splitter.problems)
}

fn paired(tokens: &[Token<'_>]) -> bool {
    let mut open = Vec::new();
    for token in tokens {
        if token.kind == Kind::Open {
            return false;
        } else if token.opens() {
            open.push(token);
        } else if token.closes() && open.pop().is_none_or(|opener| closer(opener) != token.text) {
            return false;
        }
    }
    open.is_empty()
}

fn closer(opener: &Token<'_>) -> &'static str {
    match opener.text {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

#[derive(Default)]
struct Splitter<'a> {
    recover: bool,
    stack: Vec<Token<'a>>,
    current: Vec<Token<'a>>,
    hole: bool,
    /// What was closed last: the bracket, and where its closing one stands in `current`.
    closed: Option<(Token<'a>, usize)>,
    statements: Vec<Statement<'a>>,
    problems: Vec<Problem>,
}

impl<'a> Splitter<'a> {
    fn take(&mut self, token: Token<'a>, rest: &[Token<'a>]) {
        if !self.current.is_empty() && token.first {
            self.line_start(&token, rest);
        }
        if token.kind == Kind::Open {
            self.hole = true;
        }
        if token.opens() {
            self.stack.push(token);
        } else if token.closes() && !self.close(&token, rest) {
            return;
        }
        self.current.push(token);
        let ends = match token.text {
            ";" => token.kind == Kind::Punctuation,
            "}" => token.closes() && !self.is_call(),
            _ => false,
        };
        if ends && self.stack.is_empty() {
            self.end();
        }
    }

    fn finish(&mut self) {
        if !self.stack.is_empty() {
            self.close_all();
        }
        self.end();
    }

    fn end(&mut self) {
        let tokens = std::mem::take(&mut self.current);
        let hole = std::mem::take(&mut self.hole);
        self.closed = None;
        self.stack.clear();
        if tokens.iter().any(|token| token.text != ";") {
            self.statements.push(Statement { tokens, hole });
        }
    }

    /// `let x = …;` and `route(…);` end with a semicolon, blocks and functions with their brace.
    fn is_call(&self) -> bool {
        self.current
            .first()
            .is_none_or(|first| !matches!(first.text, "fn" | "if" | "for" | "while" | "loop" | "private"))
    }

    fn line_start(&mut self, token: &Token<'a>, rest: &[Token<'a>]) {
        let next = rest.first().map_or("", |next| next.text);
        if self.stack.is_empty() {
            let last = self.current[self.current.len() - 1];
            let whole = last.closes() || matches!(last.kind, Kind::Text | Kind::Number);
            if whole && token.kind == Kind::Name && self.is_call() {
                self.missing_semicolon(last);
            }
            return;
        }
        if !self.recover {
            return;
        }
        if starts_statement(token, rest) {
            self.close_all();
            self.end();
        } else if token.kind == Kind::Name && next == ":" {
            self.key(token);
        }
    }

    fn missing_semicolon(&mut self, last: Token<'a>) {
        let help = format!("在第 {} 行末尾补上分号 ;", last.end_line());
        let problem = Problem::new(Code::MissingEnd, &last, "这一条的末尾少了分号", help);
        self.problems.push(problem.meant([Edit::insert(last.end(), ";")]));
        self.end();
    }

    /// A key at the start of a line: lists are closed by then, and so is `then` when the key belongs to the rule.
    fn key(&mut self, token: &Token<'a>) {
        let known = KEYS.contains(&token.text) || THEN_KEYS.contains(&token.text);
        if !known {
            return;
        }
        if self.stack.len() == 1 {
            self.reopen();
        }
        while self.stack.len() > 2 && self.stack.last().is_some_and(|top| matches!(top.text, "[" | "(")) {
            self.close_before(token);
        }
        if RULE_KEYS.contains(&token.text) && self.stack[1..].iter().all(|it| it.text == "#{") {
            while self.stack.len() > 2 {
                self.close_before(token);
            }
        }
    }

    /// The map was closed although more keys follow.
    fn reopen(&mut self) {
        let Some((opener, at)) = self.closed.take().filter(|(opener, _)| opener.text == "#{") else { return };
        let extra = self.current.remove(at);
        self.extra(&extra);
        self.stack.push(opener);
    }

    fn extra(&mut self, token: &Token<'a>) {
        if self.hole {
            return;
        }
        let message = format!("多出一个“{}”", token.text);
        let help = "删去它，或者检查前面是不是少了左括号";
        let problem = Problem::new(Code::ExtraBracket, token, message, help);
        self.problems.push(problem.meant([Edit::replace(token, " ")]));
    }

    /// Closes the innermost bracket in front of a key.
    fn close_before(&mut self, token: &Token<'a>) {
        let (Some(opener), Some(&last)) = (self.stack.pop(), self.current.last()) else { return };
        let sign = closer(&opener);
        if !self.hole {
            let message = format!("这里的“{}”没有配对的“{sign}”", opener.text);
            let help = format!("在第 {} 行末尾（{} 之前）补上 {sign}", last.end_line(), token.text);
            let edit = if last.is_sign(",") {
                Edit::insert(last.at, sign)
            } else {
                Edit::insert(last.end(), &format!("{sign},"))
            };
            self.problems.push(Problem::new(Code::UnclosedBracket, &opener, message, help).meant([edit]));
        }
        let meant = virtual_after(&last);
        self.current.push(Token { text: sign, ..meant });
        self.current.push(Token { text: ",", ..meant });
    }

    /// Takes a closing bracket; false: it closes nothing and is left out.
    fn close(&mut self, token: &Token<'a>, rest: &[Token<'a>]) -> bool {
        let fits = |sign: &Token<'_>| self.stack.last().is_some_and(|top| closer(top) == sign.text);
        // One too many: without it the next one fits.
        let extra = !fits(token) && rest.first().is_some_and(|next| next.closes() && fits(next));
        let pair = self.stack.iter().rposition(|opener| closer(opener) == token.text);
        let Some(at) = pair.filter(|_| !extra) else {
            self.extra(token);
            return false;
        };
        let forgotten = self.stack.split_off(at + 1);
        if let (Some(inner), Some(&last)) = (forgotten.last(), self.current.last()) {
            let signs: String = forgotten.iter().rev().map(closer).collect();
            if !self.hole {
                let message = format!("这里的“{}”没有配对的“{}”", inner.text, closer(inner));
                let help = format!("在第 {} 行的“{}”之前补上 {signs}", token.line, token.text);
                let problem = Problem::new(Code::UnclosedBracket, inner, message, help);
                self.problems.push(problem.meant([Edit::insert(last.end(), &signs)]));
            }
            let meant = virtual_after(&last);
            self.current.extend(forgotten.iter().rev().map(|opener| Token { text: closer(opener), ..meant }));
        }
        let opener = self.stack.pop();
        self.closed = opener.map(|opener| (opener, self.current.len()));
        true
    }

    /// The statement ends with brackets open.
    fn close_all(&mut self) {
        let semicolon = self.current.pop_if(|last| last.is_sign(";"));
        let (Some(inner), Some(&last)) = (self.stack.last().copied(), self.current.last()) else { return };
        let signs: String = self.stack.iter().rev().map(closer).collect();
        if !self.hole {
            let call =
                self.stack.iter().map(|it| it.text).eq(["(", "#{"]) || self.stack.len() == 1 && inner.text == "(";
            let help = match semicolon {
                Some(semicolon) => format!("在第 {} 行的分号前面补上 {signs}", semicolon.line),
                None => format!("在第 {} 行末尾补上 {signs};", last.end_line()),
            };
            let problem = if call {
                Problem::new(Code::MissingEnd, &last, "规则到这里没有收尾，括号没有配对", help)
            } else {
                let message = format!("这里的“{}”没有配对的“{}”", inner.text, closer(&inner));
                Problem::new(Code::UnclosedBracket, &inner, message, help)
            };
            let end = if semicolon.is_some() { signs } else { format!("{signs};") };
            self.problems.push(problem.meant([Edit::insert(last.end(), &end)]));
        }
        let meant = virtual_after(&last);
        let openers = std::mem::take(&mut self.stack);
        self.current.extend(openers.iter().rev().map(|opener| Token { text: closer(opener), ..meant }));
        self.current.push(Token { text: ";", ..meant });
    }
}

fn starts_statement(token: &Token<'_>, rest: &[Token<'_>]) -> bool {
    let next = rest.first();
    let calls = next.is_some_and(|next| next.is_sign("("));
    let verb = token.text == "off" || Verb::ALL.iter().any(|verb| verb.name() == token.text);
    match token.text {
        "fn" => next.is_some_and(|next| next.kind == Kind::Name),
        "let" | "const" => token.column == 1,
        _ if token.kind != Kind::Name || !calls => false,
        // A misspelt verb.
        _ => verb || token.column == 1 && rest.get(1).is_some_and(|id| id.kind == Kind::Text),
    }
}

/// A token that was meant to stand behind another.
fn virtual_after<'a>(last: &Token<'a>) -> Token<'a> {
    let place = last.place();
    Token {
        kind: Kind::Virtual,
        text: "",
        at: last.end(),
        line: last.end_line(),
        column: place.end_column,
        first: false,
    }
}
