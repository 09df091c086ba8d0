//! Rule files as text, before Rhai sees them: mistakes that authors really make, with the place of the slip and not of the
//! consequence, and the place of everything that is registered. The file is split into statements, so that a broken one
//! hides nothing in the others.

mod body;
mod chinese;
mod form;
mod mend;
mod problem;
mod split;
mod token;

#[cfg(test)]
mod tests;

use std::ops::Range;

use self::form::{Call, Map, Node, Parser};
use self::problem::{Edit, Problem};
use super::rule::Verb;
use crate::diagnostic::{Code, Diagnostic, Place, nearest};
use crate::text::normalise_word;

pub(super) use self::body::Body;
pub(super) use self::chinese::key as chinese_key;
pub(super) use self::token::{Kind, Token, tokenise};

/// Problems reported of one file; a file with more is broken all over.
const MOST_PROBLEMS: usize = 200;

/// A step from a registration to one of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    /// Of the value behind a key: the key itself.
    Name,
    Item(usize),
    /// The item that is this word, in the text's normal form.
    Word(String),
}

/// A scanned file.
pub(super) struct Script<'a> {
    source: &'a str,
    statements: Vec<Statement<'a>>,
    problems: Vec<Problem>,
}

/// One statement of a file.
pub(super) struct Statement<'a> {
    tokens: Vec<Token<'a>>,
    bytes: Range<usize>,
    kind: What<'a>,
}

enum What<'a> {
    Call(Call<'a>),
    /// `let`, `const`, `fn`: a name, and the list behind it.
    Named(&'a str, Option<Node<'a>>),
    Other,
}

/// How far a statement can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readable {
    /// As it stands.
    Yes,
    /// With the edits of its problems.
    AsMeant,
    No,
}

/// Scans a file. Never fails.
pub(super) fn scan(source: &str) -> Script<'_> {
    if let Some(problem) = no_script(source) {
        return Script { source, statements: Vec::new(), problems: vec![problem] };
    }
    let tokens = tokenise(source);
    if let Some(problem) = too_deep(&tokens) {
        return Script { source, statements: Vec::new(), problems: vec![problem] };
    }
    let (tokens, mut problems) = mend::mend(source, &tokens);
    let (statements, unpaired) = split::split(&tokens);
    problems.extend(unpaired);
    let ends: Vec<usize> = statements.iter().skip(1).map(|it| it.tokens[0].at).chain([source.len()]).collect();
    let mut script = Script { source, statements: Vec::with_capacity(statements.len()), problems };
    for (statement, end) in statements.into_iter().zip(ends) {
        script.statement(statement, end);
    }
    script.bodies();
    script.problems.sort_by_key(|problem| problem.place);
    script
}

/// The statements of a file that has no problems, as tokens.
pub(super) fn statements(source: &str) -> Vec<Vec<Token<'_>>> {
    split::split(&tokenise(source)).0.into_iter().map(|it| it.tokens).collect()
}

/// A file that is no text, or has none.
fn no_script(source: &str) -> Option<Problem> {
    let nothing = Token { kind: Kind::Foreign, text: "", at: 0, line: 1, column: 0, first: true };
    if let Some(at) = source.find('\0') {
        let line = 1 + source[..at].matches('\n').count() as u32;
        let token = Token { line, ..nothing };
        let help = "规则文件是纯文本：用记事本一类的软件写，存成 UTF-8 编码、扩展名 .rhai";
        return Some(Problem::new(Code::NotText, &token, "这不是文本文件", help));
    }
    source.trim().is_empty().then(|| {
        let help = "确要去掉里面的规则时删去整个文件；只是暂时不用的写 // 说明一下";
        Problem::new(Code::EmptyFile, &nothing, "文件是空的", help)
    })
}

/// Brackets within brackets, or signs in front of signs, at most: whoever reads them does so within themselves.
const MOST_NESTED: usize = 64;

/// A file that would be read deeper than any stack.
fn too_deep(tokens: &[Token<'_>]) -> Option<Problem> {
    let (mut depth, mut signs, mut bars) = (0_usize, 0_usize, 0_usize);
    let deep = tokens.iter().find(|token| {
        signs = if matches!(token.text, "!" | "-" | "+") { signs + 1 } else { 0 };
        // |t| |t| …: functions in functions.
        bars = match token.text {
            "|" => bars + 1,
            "," | ";" | "(" | "{" => 0,
            _ => bars,
        };
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.saturating_sub(1);
        }
        depth > MOST_NESTED || signs > MOST_NESTED || bars > 2 * MOST_NESTED
    })?;
    let message = format!("嵌套超过 {MOST_NESTED} 层，整个文件没有读");
    Some(Problem::new(Code::TooLarge, deep, message, "检查前面的括号有没有关上；确要这么深时拆成几个 fn 函数"))
}

impl<'a> Script<'a> {
    fn statement(&mut self, statement: split::Statement<'a>, end: usize) {
        let split::Statement { tokens, hole } = statement;
        let first = tokens[0];
        let next = tokens.get(1);
        let mut parser = Parser::new(&tokens, 0);
        let verb = first.text == "off" || Verb::ALL.iter().any(|verb| verb.name() == first.text);
        let kind = match first.text {
            _ if first.kind == Kind::Name && verb => What::Call(parser.call()),
            "let" | "const" if first.kind == Kind::Name => definition(&tokens, &mut parser),
            "fn" | "private" if first.kind == Kind::Name => function(&tokens, &mut parser),
            _ => {
                let calls = first.kind == Kind::Name && next.is_some_and(|next| next.is_sign("("));
                self.problems.extend(misplaced(&first, calls));
                if calls { What::Call(parser.call()) } else { What::Other }
            }
        };
        if !hole {
            self.problems.append(&mut parser.problems);
        }
        self.statements.push(Statement { bytes: first.at..end, tokens, kind });
    }

    /// What stands in functions, once all names of the file are known.
    fn bodies(&mut self) {
        let own: Vec<&str> = self.names().collect();
        let passed: Vec<(&str, usize)> = self.statements.iter().flat_map(|it| body::passed_on(&it.tokens)).collect();
        for statement in &self.statements {
            let parameters = body::Parameters::of(&statement.tokens, &passed);
            body::slips(&statement.tokens, &mut self.problems);
            body::facts(&statement.tokens, &parameters, &mut self.problems);
            // The verb of a call is looked at elsewhere.
            let inner = if matches!(statement.kind, What::Call(_)) { 1 } else { 0 };
            body::functions(&statement.tokens[inner..], &parameters, &own, &mut self.problems);
        }
    }

    /// Names that the file defines.
    fn names(&self) -> impl Iterator<Item = &'a str> {
        self.statements.iter().filter_map(|it| match it.kind {
            What::Named(name, _) => Some(name),
            _ => None,
        })
    }

    pub(super) fn diagnostics(&self, file: &str) -> Vec<Diagnostic> {
        let shown = self.problems.iter().take(MOST_PROBLEMS);
        let mut found: Vec<Diagnostic> = shown.map(|it| it.diagnostic(file, self.source)).collect();
        let more = self.problems.len().saturating_sub(MOST_PROBLEMS);
        if let Some(last) = found.last_mut().filter(|_| more > 0) {
            last.help.push_str(&format!("（这个文件还有 {more} 处问题没有列出）"));
        }
        found
    }

    pub(super) fn statements(&self) -> &[Statement<'a>] {
        &self.statements
    }

    pub(super) fn readable(&self, statement: &Statement<'a>) -> Readable {
        let own = || self.problems.iter().filter(|it| statement.bytes.contains(&it.at));
        if own().next().is_none() {
            Readable::Yes
        } else if own().all(|it| it.meant.is_some()) {
            Readable::AsMeant
        } else {
            Readable::No
        }
    }

    /// The source of a statement as it was meant.
    pub(super) fn meant(&self, statement: &Statement<'a>) -> String {
        let own = self.problems.iter().filter(|it| statement.bytes.contains(&it.at));
        let mut edits: Vec<&Edit> = own.filter_map(|it| it.meant.as_ref()).flatten().collect();
        edits.sort_by_key(|edit| edit.at);
        let mut text = String::new();
        let mut at = statement.bytes.start;
        for edit in edits.into_iter().filter(|edit| edit.at <= statement.bytes.end) {
            // Two edits of one place: the first one counts.
            if edit.at < at {
                continue;
            }
            text.push_str(&self.source[at..edit.at]);
            text.push_str(&edit.with);
            at = (edit.at + edit.len).max(at);
        }
        text.push_str(self.source.get(at..statement.bytes.end).unwrap_or(""));
        text
    }

    /// The place of a token at a place that Rhai names.
    pub(super) fn token_at(&self, line: u32, column: u32) -> Place {
        let mut tokens = self.statements.iter().flat_map(|it| &it.tokens);
        let found = tokens.rfind(|it| it.line == line && it.column <= column);
        if let Some(token) = found.filter(|it| column < it.place().end_column) {
            return Place { column, ..token.place() };
        }
        // What was read as it was meant may be longer than what is written.
        let length = self.source.lines().nth(line.saturating_sub(1) as usize).map_or(0, |it| it.chars().count());
        Place { line, column: column.min(length as u32 + 1), end_column: 0 }
    }

    /// The statement that a line and column lie in.
    pub(super) fn statement_at(&self, line: u32, column: u32) -> Option<usize> {
        let starts = self.statements.iter().map(|it| (it.tokens[0].line, it.tokens[0].column));
        starts.take_while(|&start| start <= (line, column)).count().checked_sub(1)
    }

    /// The place of a part of the rule whose verb stands at a line and column; the rule's id where there is no such part.
    pub(super) fn place_of(&self, line: u32, column: u32, path: &[Step]) -> Place {
        let call = self.statement_at(line, column).and_then(|at| match &self.statements[at].kind {
            What::Call(call) => Some(call),
            _ => None,
        });
        let Some(call) = call.filter(|call| (call.verb.line, call.verb.column) == (line, column)) else {
            return Place { line, column: 0, end_column: 0 };
        };
        let whole = call.id.unwrap_or(call.verb).place();
        match &call.map {
            Some(node) if !path.is_empty() => self.walk(node, path, whole),
            _ => whole,
        }
    }

    /// The limits that the functions of the file ask for.
    pub(super) fn limits(&self) -> Vec<(String, Place)> {
        self.statements.iter().flat_map(|it| body::body(&it.tokens).limits).collect()
    }

    /// Whether a value of the rule at a place is a list that the file names.
    pub(super) fn is_named(&self, line: u32, column: u32, path: &[Step]) -> bool {
        let statement = self.statement_at(line, column).map(|at| &self.statements[at].kind);
        let Some(What::Call(Call { map: Some(map), .. })) = statement else { return false };
        let mut node = map;
        for step in path {
            node = match (step, node) {
                (Step::Key(key), Node::Map(map)) => match map.entries.iter().find(|it| it.key.content() == key) {
                    Some(entry) => &entry.value,
                    None => return false,
                },
                (Step::Item(index), Node::List(_, items)) => match items.get(*index) {
                    Some(item) => item,
                    None => return false,
                },
                _ => return matches!(node, Node::Named(..)),
            };
        }
        matches!(node, Node::Named(..))
    }

    /// What the functions of the rule at a place do.
    pub(super) fn body_of(&self, line: u32, column: u32) -> Body {
        let statement = self.statement_at(line, column).map(|at| &self.statements[at]);
        statement.map(|it| body::body(&it.tokens)).unwrap_or_default()
    }

    fn walk(&self, node: &Node<'a>, path: &[Step], reached: Place) -> Place {
        let Some((step, rest)) = path.split_first() else { return node.place() };
        match (step, node) {
            (Step::Key(key), Node::Map(Map { entries, .. })) => {
                let Some(entry) = entries.iter().find(|it| it.key.content() == key) else { return reached };
                match rest {
                    [Step::Name] => entry.key.place(),
                    _ => self.walk(&entry.value, rest, entry.key.place()),
                }
            }
            (Step::Item(index), Node::List(place, items)) => match items.get(*index) {
                Some(item) => self.walk(item, rest, *place),
                None => *place,
            },
            (Step::Word(word), Node::List(place, items)) => {
                let is = |item: &&Node<'a>| matches!(item, Node::Text(token) if is_word(token, word));
                items.iter().find(is).map_or(*place, Node::place)
            }
            // A single value stands for a list of one.
            (Step::Item(0), Node::Text(_)) => self.walk(node, rest, reached),
            (_, Node::Named(place, name)) => match self.list_named(name) {
                Some(list) => self.walk(list, path, *place),
                None => *place,
            },
            _ => node.place(),
        }
    }

    fn list_named(&self, name: &str) -> Option<&Node<'a>> {
        self.statements.iter().find_map(|it| match &it.kind {
            What::Named(own, Some(list @ Node::List(..))) if *own == name => Some(list),
            _ => None,
        })
    }
}

impl<'a> Statement<'a> {
    /// The id that a call registers, `None` for other statements.
    pub(super) fn id(&self) -> Option<&str> {
        match &self.kind {
            What::Call(Call { id: Some(id), .. }) => Some(id.content()),
            _ => None,
        }
    }

    /// The name that `let`, `const` or `fn` gives.
    pub(super) fn defines(&self) -> Option<&'a str> {
        match self.kind {
            What::Named(name, _) => Some(name),
            _ => None,
        }
    }

    pub(super) fn mentions(&self, names: &[&str]) -> bool {
        self.tokens.iter().any(|token| token.kind == Kind::Name && names.contains(&token.text))
    }

    /// Line and column of its first token.
    pub(super) fn start(&self) -> (u32, u32) {
        (self.tokens[0].line, self.tokens[0].column)
    }
}

fn is_word(token: &Token<'_>, word: &str) -> bool {
    let written = token.content();
    normalise_word(written.strip_prefix("word:").unwrap_or(written)) == word
}

fn misplaced(token: &Token<'_>, calls: bool) -> Option<Problem> {
    if token.kind == Kind::Open {
        return None;
    }
    let verbs = Verb::ALL.iter().map(|verb| verb.name()).chain(["off"]);
    Some(if calls {
        let message = format!("不认识的动词“{}”", token.text);
        let close = |verb: &&str| strsim::normalized_damerau_levenshtein(verb, token.text) >= 0.6;
        let meant = verbs.clone().find(close).map(|verb| Edit::replace(token, verb));
        let problem = Problem::new(Code::UnknownVerb, token, message, nearest(token.text, verbs));
        Problem { meant: meant.map(|edit| vec![edit]), ..problem }
    } else {
        let help = "最外层只能写 admit / classify / route / warn / off 的调用、let 或 const 定义的词表、fn 函数；说明文字前面加 //";
        Problem::new(Code::TopLevel, token, format!("文件最外层不能写“{}”", mend::short(token.text)), help)
    })
}

fn definition<'a>(tokens: &[Token<'a>], parser: &mut Parser<'_, 'a>) -> What<'a> {
    let name = tokens.get(1).map_or("", |token| token.text);
    if !tokens.get(2).is_some_and(|token| token.is_sign("=")) {
        return What::Named(name, None);
    }
    parser.skip(3);
    What::Named(name, Some(parser.value()))
}

/// A function that is nothing but a list of words can be looked into.
fn function<'a>(tokens: &[Token<'a>], parser: &mut Parser<'_, 'a>) -> What<'a> {
    let at = usize::from(tokens[0].text == "private") + 1;
    let name = tokens.get(at).map_or("", |token| token.text);
    let open = tokens.iter().position(|token| token.is_sign("{"));
    let list = open.filter(|&open| tokens.get(open + 1).is_some_and(|token| token.is_sign("[")));
    let list = list.map(|open| {
        parser.skip(open + 1);
        parser.value()
    });
    What::Named(name, list)
}
