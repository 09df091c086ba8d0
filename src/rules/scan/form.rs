//! The form of a registration: verb, id, keys and values with their places. Tolerant: what is missing is reported and
//! read as if it were there.

use super::mend::short;
use super::problem::{Edit, Problem};
use super::token::{Kind, Token};
use crate::diagnostic::{Code, Place};

/// A value as it is written.
#[derive(Clone, Debug)]
pub(super) enum Node<'a> {
    Text(Token<'a>),
    List(Place, Vec<Node<'a>>),
    Map(Map<'a>),
    /// A list of the file, by name: `WORDS` or `words()`.
    Named(Place, &'a str),
    /// Anything else.
    Other(Place),
}

#[derive(Clone, Debug)]
pub(super) struct Map<'a> {
    pub(super) place: Place,
    pub(super) entries: Vec<Entry<'a>>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Token<'a>,
    pub(super) value: Node<'a>,
}

impl Node<'_> {
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Text(token) => token.place(),
            Self::List(place, _) | Self::Named(place, _) | Self::Other(place) => *place,
            Self::Map(map) => map.place,
        }
    }
}

/// `verb("id", #{ … })`
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    pub(super) verb: Token<'a>,
    pub(super) id: Option<Token<'a>>,
    pub(super) map: Option<Node<'a>>,
}

/// Words that Rhai keeps for itself.
const RESERVED: [&str; 27] = [
    "until", "is", "with", "in", "if", "else", "for", "case", "default", "match", "use", "new", "package", "thread",
    "goto", "private", "while", "loop", "do", "switch", "return", "break", "throw", "try", "module", "let", "const",
];

pub(super) struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    pub(super) problems: Vec<Problem>,
}

impl<'t, 'a> Parser<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>], at: usize) -> Self {
        Self { tokens, at, problems: Vec::new() }
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.at += count;
    }

    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn is(&self, sign: &str) -> bool {
        self.peek(0).is_some_and(|token| token.is_sign(sign))
    }

    fn ended(&self) -> bool {
        self.peek(0).is_none_or(|token| token.closes())
    }

    fn last(&self) -> Token<'a> {
        self.tokens[self.at.saturating_sub(1).min(self.tokens.len() - 1)]
    }

    /// A verb call; the parser stands on the verb.
    pub(super) fn call(&mut self) -> Call<'a> {
        let verb = self.tokens[self.at];
        let mut call = Call { verb, id: None, map: None };
        self.at += 1;
        if !self.is("(") {
            self.wrong_call(&verb, &verb);
            return call;
        }
        self.at += 1;
        match self.peek(0) {
            Some(id) if id.kind == Kind::Text => {
                call.id = Some(id);
                self.at += 1;
            }
            Some(token) if token.opens() || token.closes() => {
                self.wrong_call(&verb, &verb);
                return call;
            }
            _ => _ = self.expression(),
        }
        if self.is(",") {
            self.at += 1;
        } else if self.ended() {
            self.wrong_call(&verb, &verb);
            return call;
        } else {
            self.missing_comma("编号后面少了逗号");
        }
        if self.key_ahead() {
            let key = self.tokens[self.at];
            let help = format!("写成 {}(\"编号\", #{{ {}: … }});", verb.text, short(key.text));
            self.problems.push(Problem::new(Code::MissingHash, &key, "键和值要放在 #{ … } 里", help));
            return call;
        }
        call.map = Some(self.value());
        if self.is(",") {
            self.at += 1;
        }
        if let Some(extra) = self.peek(0).filter(|token| !token.closes()) {
            self.wrong_call(&verb, &extra);
        }
        call
    }

    fn wrong_call(&mut self, verb: &Token<'a>, place: &Token<'a>) {
        let help = match verb.text {
            "off" => "应当是 off(\"编号\", \"停用的理由\");".to_owned(),
            name => format!("应当是 {name}(\"编号\", #{{ … }}); 编号在前，花括号前面有 #"),
        };
        self.problems.push(Problem::new(Code::WrongCall, place, format!("{} 的写法不对", verb.text), help));
    }

    /// One value, up to the comma or the bracket behind it.
    pub(super) fn value(&mut self) -> Node<'a> {
        let Some(first) = self.peek(0) else { return Node::Other(self.last().place()) };
        let start = self.at;
        let node = match first.text {
            "[" if first.opens() => self.list(),
            "#{" if first.opens() => self.map(),
            "{" if first.opens() && self.looks_like_map() => {
                let problem = Problem::new(Code::MissingHash, &first, "花括号前面少了 #", "写成 #{ … }");
                self.problems.push(problem.meant([Edit::insert(first.at, "#")]));
                self.map()
            }
            _ if first.kind == Kind::Text => {
                self.at += 1;
                Node::Text(first)
            }
            _ if first.kind == Kind::Name => self.named(first),
            _ => Node::Other(self.expression()),
        };
        let simple = self
            .peek(0)
            .is_none_or(|next| next.closes() || next.is_sign(",") || next.is_sign(";") || starts_operand(&next));
        if simple {
            return node;
        }
        self.at = start;
        Node::Other(self.expression())
    }

    /// `{` in front of a key, or empty: a block has no place here.
    fn looks_like_map(&self) -> bool {
        let colon = self.peek(2).is_some_and(|token| token.is_sign(":") || token.is_sign("="));
        self.peek(1).is_some_and(|key| key.kind == Kind::Name && colon || key.is_sign("}"))
    }

    fn named(&mut self, name: Token<'a>) -> Node<'a> {
        let call = self.peek(1).is_some_and(|it| it.is_sign("(")) && self.peek(2).is_some_and(|it| it.is_sign(")"));
        let count = if call { 3 } else { 1 };
        if self.peek(count).is_none_or(|next| next.closes() || next.is_sign(",")) {
            self.at += count;
            return Node::Named(name.place(), name.text);
        }
        Node::Other(self.expression())
    }

    fn list(&mut self) -> Node<'a> {
        let open = self.tokens[self.at];
        let mut items = Vec::new();
        self.at += 1;
        while !self.ended() {
            if self.is(",") {
                self.extra_comma();
                continue;
            }
            if self.key_ahead() {
                let key = self.tokens[self.at];
                let message = format!("列表里出现了键“{}”", short(key.text));
                self.problems.push(Problem::new(Code::UnclosedBracket, &key, message, "前面的列表少了 ]"));
                _ = self.expression();
            } else {
                items.push(self.value());
            }
            self.separator();
        }
        self.at += 1;
        Node::List(self.from(&open), items)
    }

    fn map(&mut self) -> Node<'a> {
        let open = self.tokens[self.at];
        let mut entries: Vec<Entry<'a>> = Vec::new();
        self.at += 1;
        while !self.ended() {
            if self.is(",") {
                self.extra_comma();
                continue;
            }
            if let Some(entry) = self.entry(entries.last()) {
                self.again(&entry.key, &entries);
                entries.push(entry);
            }
            self.separator();
        }
        self.at += 1;
        Node::Map(Map { place: self.from(&open), entries })
    }

    fn again(&mut self, key: &Token<'a>, before: &[Entry<'a>]) {
        if let Some(first) = before.iter().find(|it| it.key.content() == key.content()) {
            let message = format!("键“{}”写了两次", short(key.text));
            let help = format!("第 {} 行已经写过，删去其中一个，或把两处的内容合在一起", first.key.line);
            self.problems.push(Problem::new(Code::DuplicateKey, key, message, help));
        }
    }

    fn entry(&mut self, before: Option<&Entry<'a>>) -> Option<Entry<'a>> {
        let key = self.tokens[self.at];
        let ends = self.peek(1).is_none_or(|next| next.closes() || next.is_sign(","));
        if let Some(before) = before.filter(|_| key.kind == Kind::Text && ends) {
            let name = short(before.key.text);
            let message = format!("{} 前面没有键：多个值要放在方括号里", short(key.text));
            let help = format!("写成 {name}: [\"…\", {}]", short(key.text));
            self.problems.push(Problem::new(Code::WrongType, &key, message, help));
            self.at += 1;
            return None;
        }
        if !matches!(key.kind, Kind::Name | Kind::Text) {
            self.no_key(&key);
            return None;
        }
        self.at += 1;
        if key.kind == Kind::Name && RESERVED.contains(&key.text) {
            let message = format!("“{}”是保留字，不能当键", key.text);
            self.problems.push(Problem::new(
                Code::ReservedWord,
                &key,
                message,
                "换一个键名；键名照着 docs/rules.md 写",
            ));
        }
        self.colon(&key);
        if self.ended() || self.is(",") {
            let message = format!("键“{}”后面没有值", short(key.text));
            self.problems.push(Problem::new(Code::MissingValue, &key, message, "写上值，或者删去这个键"));
            return None;
        }
        if self.key_ahead() {
            let first = self.tokens[self.at];
            let help = format!("写成 {}: #{{ {}: … }}", short(key.text), short(first.text));
            self.problems.push(Problem::new(Code::MissingHash, &first, "这里的键和值要放在 #{ … } 里", help));
            self.at += 2;
            _ = self.value();
            return None;
        }
        self.arrow();
        if key.text == "when" {
            self.comparison();
        }
        let value = self.value();
        Some(Entry { key, value })
    }

    fn no_key(&mut self, token: &Token<'a>) {
        let thousands = token.kind == Kind::Number && self.at >= 2 && self.tokens[self.at - 2].kind == Kind::Number;
        let (message, help) = if thousands {
            ("数字里不要写千分位逗号".to_owned(), format!("写成 {}{}", self.tokens[self.at - 2].text, token.text))
        } else {
            (format!("这里应当是键，写成了“{}”", short(token.text)), "写成 键: 值，键与键之间用逗号".to_owned())
        };
        self.problems.push(Problem::new(Code::Syntax, token, message, help));
        self.at += 1;
        _ = self.expression();
    }

    fn colon(&mut self, key: &Token<'a>) {
        let Some(sign) = self.peek(0) else { return };
        if sign.is_sign(":") {
            self.at += 1;
            return;
        }
        let shown = short(key.text);
        if sign.is_sign("=") {
            self.at += 1;
            let arrow = self.peek(0).filter(|it| it.is_sign(">") || it.is_sign("=") || it.is_sign(":"));
            let last = arrow.unwrap_or(sign);
            self.at += usize::from(arrow.is_some());
            let edit = Edit { at: sign.at, len: last.end() - sign.at, with: ":".into() };
            let message = format!("键“{shown}”后面应当是冒号，写成了等号");
            let problem = Problem::new(Code::MissingColon, &sign, message, format!("写成 {shown}: …"));
            self.problems.push(problem.up_to(&last).meant([edit]));
            return;
        }
        let problem =
            Problem::new(Code::MissingColon, key, format!("键“{shown}”后面少了冒号"), format!("写成 {shown}: …"));
        self.problems.push(problem.meant([Edit::insert(key.end(), ":")]));
    }

    /// `when: t => t.amount > 3`
    fn arrow(&mut self) {
        let (Some(name), Some(equals), Some(greater)) = (self.peek(0), self.peek(1), self.peek(2)) else { return };
        if name.kind != Kind::Name || !equals.is_sign("=") || !greater.is_sign(">") || equals.end() != greater.at {
            return;
        }
        let help = format!("写成 |{}| …", name.text);
        let problem = Problem::new(Code::WrongOperator, &name, "函数不能写成箭头", help).up_to(&greater);
        let edit = Edit { at: name.at, len: greater.end() - name.at, with: format!("|{}|", name.text) };
        self.problems.push(problem.meant([edit]));
        self.at += 3;
    }

    /// `when: |t| t.amount = 3`
    fn comparison(&mut self) {
        let mut depth = 0_usize;
        let rest = &self.tokens[self.at..];
        for (at, token) in rest.iter().enumerate() {
            match token.text {
                _ if token.opens() => depth += 1,
                _ if token.closes() && depth == 0 => return,
                _ if token.closes() => depth -= 1,
                "," if depth == 0 => return,
                "=" if depth == 0 && token.kind == Kind::Punctuation => {
                    let beside = |other: Option<&Token<'_>>, signs: &[&str]| {
                        other.is_some_and(|it| signs.contains(&it.text) && it.line == token.line)
                    };
                    let before = at.checked_sub(1).and_then(|at| rest.get(at));
                    if !beside(before, &["=", "!", "<", ">", "+", "-"]) && !beside(rest.get(at + 1), &["=", ">", "<"]) {
                        let problem = Problem::new(Code::WrongOperator, token, "比较是否相等要写两个等号", "改成 ==");
                        self.problems.push(problem.meant([Edit::replace(token, "==")]));
                    }
                }
                _ => {}
            }
        }
    }

    /// Behind a value: a comma, or the end.
    fn separator(&mut self) {
        if self.is(",") {
            self.at += 1;
        } else if self.is(";") {
            let sign = self.tokens[self.at];
            let problem = Problem::new(Code::MissingComma, &sign, "这里应当是逗号，写成了分号", "改成 ,");
            self.problems.push(problem.meant([Edit::replace(&sign, ",")]));
            self.at += 1;
        } else if !self.ended() {
            self.missing_comma("这里少了逗号");
        }
    }

    fn missing_comma(&mut self, message: &str) {
        let last = self.last();
        let Place { end_column: column, .. } = last.place();
        let line = last.end_line();
        let help = match last.kind {
            Kind::Text | Kind::Name | Kind::Number => format!("在 {} 后面补上半角逗号 ,", short(last.text)),
            _ => format!("在第 {line} 行的“{}”后面补上半角逗号 ,", last.text),
        };
        let problem = Problem::new(Code::MissingComma, &last, message, help);
        let place = Place { line, column, end_column: column + 1 };
        self.problems.push(Problem { place, ..problem }.meant([Edit::insert(last.end(), ",")]));
    }

    fn extra_comma(&mut self) {
        let sign = self.tokens[self.at];
        let problem = Problem::new(Code::ExtraComma, &sign, "多出一个逗号", "删去它");
        self.problems.push(problem.meant([Edit::replace(&sign, " ")]));
        self.at += 1;
    }

    /// A key begins here: the comma in front of it is missing.
    fn key_ahead(&self) -> bool {
        self.peek(0).is_some_and(|token| token.kind == Kind::Name)
            && self.peek(1).is_some_and(|token| token.is_sign(":"))
            && !self.peek(2).is_some_and(|token| token.is_sign(":"))
    }

    /// Skips an expression; its place.
    fn expression(&mut self) -> Place {
        let start = self.at;
        let closure = self.parameters();
        let control = self.peek(0).is_some_and(|it| matches!(it.text, "if" | "switch" | "for" | "while" | "loop"));
        let mut depth = 0_usize;
        while let Some(token) = self.peek(0) {
            let outside = depth == 0;
            if outside && (token.closes() || token.is_sign(",") || token.is_sign(";")) {
                break;
            }
            if outside && self.at > start {
                let operand = starts_operand(&token) && !token.is_sign("[");
                let side_by_side = !closure && !control && operand && ends_operand(&self.last());
                if self.key_ahead() || side_by_side {
                    break;
                }
            }
            depth = if token.opens() { depth + 1 } else { depth - usize::from(token.closes()) };
            self.at += 1;
        }
        match self.tokens.get(start) {
            Some(first) => self.from(first),
            None => self.last().place(),
        }
    }

    /// `|t|`
    fn parameters(&mut self) -> bool {
        if self.is("||") {
            self.at += 1;
            return true;
        }
        if !self.is("|") {
            return false;
        }
        let end = self.tokens[self.at + 1..].iter().position(|token| token.is_sign("|"));
        self.at += end.map_or(1, |end| end + 2);
        true
    }

    /// From a token to the one taken last, as far as that is on the same line.
    fn from(&self, first: &Token<'a>) -> Place {
        let (place, last) = (first.place(), self.last());
        let end_column = if last.line == first.line { last.place().end_column } else { place.end_column };
        Place { end_column, ..place }
    }
}

fn starts_operand(token: &Token<'_>) -> bool {
    let word = !matches!(token.text, "in" | "is" | "and" | "or" | "not" | "else");
    matches!(token.kind, Kind::Text | Kind::Number)
        || token.kind == Kind::Name && word
        || token.is_sign("[")
        || token.is_sign("#{")
}

fn ends_operand(token: &Token<'_>) -> bool {
    let word = !matches!(token.text, "in" | "is" | "and" | "or" | "not" | "else" | "return");
    matches!(token.kind, Kind::Text | Kind::Number) || token.kind == Kind::Name && word || token.closes()
}
