//! A rule file as its author wrote it: where a registration stands, what its functions say and read. For people who ask
//! where a name is used; nothing decides by it.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::rule::Rule;
use super::scan::{Kind, Token, tokenise};

/// The tokens of one file, with its functions.
pub struct Script<'a> {
    source: &'a str,
    tokens: Vec<Token<'a>>,
    /// Name → parameters and body.
    functions: HashMap<&'a str, Range<usize>>,
    /// `let` and `const` at the top of the file → what they name.
    values: HashMap<&'a str, Range<usize>>,
    /// Line → its first token.
    lines: HashMap<u32, usize>,
}

/// A text in a script, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted<'a> {
    pub text: &'a str,
    pub line: u32,
}

impl<'a> Script<'a> {
    pub fn read(source: &'a str) -> Self {
        let tokens = tokenise(source);
        let mut script =
            Self { source, tokens, functions: HashMap::new(), values: HashMap::new(), lines: HashMap::new() };
        for at in 0..script.tokens.len() {
            script.lines.entry(script.tokens[at].line).or_insert(at);
            if script.text(at) == "fn"
                && let Some(body) = (at..script.tokens.len()).find(|&it| script.text(it) == "{")
            {
                script.functions.insert(script.text(at + 1), at + 2..script.end(body) + 1);
            }
            if matches!(script.text(at), "let" | "const") && script.text(at + 2) == "=" {
                let end = (at..script.tokens.len()).find(|&it| script.text(it) == ";" && script.is_sign(it));
                script.values.insert(script.text(at + 1), at + 3..end.unwrap_or(script.tokens.len()));
            }
        }
        script
    }

    /// What is written in the functions of a rule (`when`, `then`), and in the functions of the file that they call.
    pub fn quoted(&self, rule: &Rule) -> Vec<Quoted<'a>> {
        let ranges = self.functions_of(rule);
        let tokens = ranges.into_iter().flatten().filter_map(|at| self.tokens.get(at));
        let texts = tokens.filter(|token| token.kind == Kind::Text && token.text.len() >= 2);
        texts.map(|it| Quoted { text: &it.text[1..it.text.len() - 1], line: it.line }).collect()
    }

    /// The sources of a rule's functions and of the functions they call, to tell whether they are the same; the whole file
    /// where they are not found.
    pub fn functions_source(&self, rule: &Rule) -> Vec<&'a str> {
        let mut parts = Vec::new();
        let wanted = usize::from(rule.guarded()) + usize::from(rule.fixed().is_none());
        let found = self.own_functions(rule);
        let whole = 0..self.tokens.len();
        let ranges = if found.len() == wanted { self.reach(found) } else { Vec::from([whole]) };
        for range in ranges {
            parts.extend(range.filter_map(|at| self.tokens.get(at)).map(|token| token.text));
            parts.push("\n");
        }
        parts
    }

    /// The facts that the guard reads, as expressions in `t`: `t.amount`, `t.limit("large")`. Each once.
    pub(super) fn reads(&self, rule: &Rule) -> Vec<String> {
        let Some(guard) = self.own_functions(rule).into_iter().next().filter(|_| rule.guarded()) else {
            return Vec::new();
        };
        let ranges = self.reach(vec![guard]);
        let parameters: BTreeSet<&str> = ranges.iter().flat_map(|range| self.parameters(range.clone())).collect();
        let mut found: Vec<String> = Vec::new();
        for at in ranges.into_iter().flatten() {
            if parameters.contains(self.text(at)) && self.text(at + 1) == "." && self.text(at.wrapping_sub(1)) != "." {
                let expression = format!("t{}", self.rest_of_path(at + 1));
                if !found.contains(&expression) {
                    found.push(expression);
                }
            }
        }
        found
    }

    /// From the registration's verb to its closing bracket.
    fn call(&self, rule: &Rule) -> Option<Range<usize>> {
        let first = *self.lines.get(&rule.line)?;
        let quoted = format!("\"{}\"", rule.id);
        let is_call = |&at: &usize| self.text(at) == rule.verb.name() && self.text(at + 2) == quoted;
        let on_line = (first..self.tokens.len()).take_while(|&at| self.tokens[at].line == rule.line);
        let start = on_line.into_iter().find(is_call)?;
        Some(start..self.end(start + 1) + 1)
    }

    /// What stands behind a key of the registration.
    fn value(&self, call: Range<usize>, key: &str) -> Option<Range<usize>> {
        let mut depth = 0;
        let mut start = None;
        for at in call.clone() {
            let closes = matches!(self.text(at), ")" | "]" | "}") && self.is_sign(at);
            depth -= i32::from(closes);
            match start {
                Some(start) if depth < 2 || (depth == 2 && self.text(at) == "," && self.is_sign(at)) => {
                    return Some(start..at);
                }
                None if depth == 2 && self.text(at) == key && self.text(at + 1) == ":" => start = Some(at + 2),
                _ => {}
            }
            depth += i32::from(matches!(self.text(at), "(" | "[" | "{" | "#{") && self.is_sign(at));
        }
        None
    }

    fn functions_of(&self, rule: &Rule) -> Vec<Range<usize>> {
        self.reach(self.own_functions(rule))
    }

    /// `when` and `then`, where they are functions, written there or named there.
    fn own_functions(&self, rule: &Rule) -> Vec<Range<usize>> {
        let Some(call) = self.call(rule) else { return Vec::new() };
        let values = ["when", "then"].into_iter().filter_map(|key| self.value(call.clone(), key));
        let meant = |value: Range<usize>| match self.values.get(self.text(value.start)) {
            Some(named) if value.len() == 1 => named.clone(),
            _ => value,
        };
        values.map(meant).filter(|value| self.text(value.start).starts_with('|')).collect()
    }

    /// The ranges, and the functions that they call.
    fn reach(&self, mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
        let mut next = 0;
        while let Some(range) = ranges.get(next).cloned() {
            for at in range {
                let called = self.functions.get(self.text(at)).filter(|_| self.text(at + 1) == "(");
                if let Some(body) = called.filter(|body| !ranges.contains(body)) {
                    ranges.push(body.clone());
                }
            }
            next += 1;
        }
        ranges
    }

    /// `|t|` and `(t, other)` at the beginning of a function.
    fn parameters(&self, range: Range<usize>) -> impl Iterator<Item = &'a str> {
        let list = range.skip(1).take_while(|&at| !matches!(self.text(at), "|" | ")"));
        list.map(|at| self.text(at)).filter(|name| *name != ",")
    }

    /// `.best.owner`, `.limit("large")`, as written.
    fn rest_of_path(&self, dot: usize) -> String {
        let mut path = String::new();
        let mut at = dot;
        while self.text(at) == "." && self.tokens.get(at + 1).is_some_and(|token| token.kind == Kind::Name) {
            path.push('.');
            path.push_str(self.text(at + 1));
            at += 2;
            if self.text(at) == "(" {
                let end = self.end(at);
                (at..=end).for_each(|it| path.push_str(self.text(it)));
                at = end + 1;
            }
        }
        path
    }

    /// Where the bracket that opens at `open` closes.
    fn end(&self, open: usize) -> usize {
        let mut depth = 0;
        for at in open..self.tokens.len() {
            match self.text(at) {
                "(" | "[" | "{" | "#{" if self.is_sign(at) => depth += 1,
                ")" | "]" | "}" if self.is_sign(at) => depth -= 1,
                _ => {}
            }
            if depth <= 0 {
                return at;
            }
        }
        self.tokens.len().saturating_sub(1)
    }

    fn is_sign(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == Kind::Punctuation)
    }

    fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    /// A line of the file, 1-based.
    pub fn line(&self, number: u32) -> &'a str {
        self.source.lines().nth(number.saturating_sub(1) as usize).unwrap_or("").trim()
    }
}
