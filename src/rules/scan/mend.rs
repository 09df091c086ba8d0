//! Characters that mean nothing outside strings: each is reported, and read as what was meant, so that the rest of the
//! file is still looked at.

use super::chinese;
use super::problem::{Edit, Problem};
use super::token::{Kind, Token, half_width, is_wordlike};
use crate::diagnostic::{Code, Place, nearest};
use crate::rules::rule::Verb;

/// The tokens as they were meant. A [`Kind::Open`] token among them is a hole: brackets may have vanished in it.
pub(super) fn mend<'a>(source: &'a str, tokens: &[Token<'a>]) -> (Vec<Token<'a>>, Vec<Problem>) {
    let defined = tokens.windows(2).filter(|w| matches!(w[0].text, "fn" | "let" | "const") && is_word(&w[1]));
    let names = defined.map(|w| w[1].text).collect();
    let mut mender = Mender { source, names, out: Vec::with_capacity(tokens.len()), problems: Vec::new(), depth: 0 };
    for line in tokens.chunk_by(|a, b| a.line == b.line) {
        mender.line(line);
    }
    (mender.out, mender.problems)
}

struct Mender<'a> {
    source: &'a str,
    /// Chinese names that the file defines.
    names: Vec<&'a str>,
    out: Vec<Token<'a>>,
    problems: Vec<Problem>,
    depth: usize,
}

impl<'a> Mender<'a> {
    fn line(&mut self, line: &[Token<'a>]) {
        let odd = line.iter().find(|it| it.kind == Kind::Open && !it.text.starts_with("/*"));
        let end = odd.map_or(line.len(), |open| self.odd_quotes(line, open));
        let mut at = 0;
        while at < end {
            at += self.token(&line[at..end]);
        }
        if let Some(hole) = line.get(end) {
            self.out.push(Token { kind: Kind::Open, ..*hole });
        }
    }

    /// Takes one token or a few; returns how many.
    fn token(&mut self, rest: &[Token<'a>]) -> usize {
        let token = rest[0];
        match token.kind {
            Kind::Foreign => self.foreign(rest),
            Kind::Open => {
                let help = "在注释末尾补上 */；只有一行时写 //";
                self.problems.push(Problem::new(Code::OpenComment, &token, "这里开始的注释没有结束", help));
                self.push(token);
                1
            }
            Kind::Text if token.text.starts_with('\'') && token.text.chars().count() > 3 => {
                let inner = &token.text[1..token.text.len() - 1];
                let edits = [token.at, token.end() - 1].map(|at| Edit { at, len: 1, with: "\"".into() });
                let help = format!("改成双引号：\"{}\"", short(inner));
                let problem = Problem::new(Code::SingleQuotes, &token, "文字用了单引号", help);
                self.problems.push(if inner.contains('"') { problem } else { problem.meant(edits) });
                self.push(token);
                1
            }
            Kind::Punctuation if self.is_foreign_comment(rest) => self.remark(rest, "这样的注释不认识"),
            _ => {
                self.push(token);
                1
            }
        }
    }

    /// `# …` and `-- …`, as other languages have them.
    fn is_foreign_comment(&self, rest: &[Token<'a>]) -> bool {
        let dashes = || rest[0].text == "-" && rest.get(1).is_some_and(|next| next.text == "-");
        self.depth == 0 && rest[0].first && (rest[0].text == "#" || dashes())
    }

    /// A line that is meant for people.
    fn remark(&mut self, rest: &[Token<'a>], message: &str) -> usize {
        let (token, last) = (rest[0], rest[rest.len() - 1]);
        let problem = Problem::new(Code::TopLevel, &token, message, "说明文字每行前面加 //").up_to(&last);
        self.problems.push(problem.meant([Edit::insert(token.at, "//")]));
        rest.len()
    }

    fn push(&mut self, token: Token<'a>) {
        if token.opens() {
            self.depth += 1;
        } else if token.closes() {
            self.depth = self.depth.saturating_sub(1);
        }
        self.out.push(token);
    }

    fn foreign(&mut self, rest: &[Token<'a>]) -> usize {
        let token = rest[0];
        let first = token.text.chars().next().unwrap_or(' ');
        if is_wordlike(first) {
            return self.words(rest);
        }
        match half_width(token.text) {
            "" => self.stray(&token),
            "\"" => return self.full_width_quotes(rest),
            " " => {
                let message = "空白用了全角空格";
                let problem = Problem::new(Code::FullWidth, &token, message, "删去它，改用半角空格");
                let edit = Edit::replace(&token, &" ".repeat(token.text.chars().count()));
                self.problems.push(problem.meant([edit]));
            }
            "//" => {
                let problem = Problem::new(Code::FullWidth, &token, "注释用了全角的“／／”", "改成半角 //");
                let edit = Edit { at: token.at, len: "／／".len(), with: "//".into() };
                self.problems.push(problem.meant([edit]));
            }
            half => self.full_width(token, half),
        }
        1
    }

    fn full_width(&mut self, token: Token<'a>, half: &'static str) {
        let help = match token.text {
            "、" => "词语之间用半角逗号 , 隔开".to_owned(),
            _ => format!("改成半角的“{half}”；引号里面的中文标点不受影响"),
        };
        let message = format!("全角标点“{}”", token.text);
        let edit = Edit::replace(&token, half);
        self.problems.push(Problem::new(Code::FullWidth, &token, message, help).meant([edit]));
        let mut meant = Token { kind: Kind::Punctuation, text: half, ..token };
        if half == "{" && self.out.last().is_some_and(|last| last.is_sign("#") && last.end() == token.at) {
            let hash = self.out.pop().unwrap_or(token);
            meant = Token { text: "#{", ..meant };
            meant = Token { at: hash.at, column: hash.column, first: hash.first, ..meant };
        }
        self.push(meant);
    }

    /// “…” on one line.
    fn full_width_quotes(&mut self, rest: &[Token<'a>]) -> usize {
        let open = rest[0];
        let end = rest.iter().skip(1).position(|it| it.kind == Kind::Foreign && half_width(it.text) == "\"");
        let Some(close) = end.map(|at| rest[at + 1]) else {
            let message = format!("这里的引号是全角的 {}", open.text);
            self.problems.push(Problem::new(Code::FullWidth, &open, message, "前后都改成半角双引号 \""));
            self.out.push(Token { kind: Kind::Open, ..open });
            return 1;
        };
        let text = &self.source[open.at..close.end()];
        let inner = &self.source[open.end()..close.at];
        let message = format!("引号用了全角的 {}{}", open.text, close.text);
        let help = format!("改成半角双引号：\"{}\"", short(inner));
        let edits = [Edit::replace(&open, "\""), Edit::replace(&close, "\"")];
        let problem = Problem::new(Code::FullWidth, &open, message, help).up_to(&close).meant(edits);
        self.problems.push(problem);
        self.push(Token { kind: Kind::Text, text, ..open });
        end.map_or(1, |at| at + 2)
    }

    fn stray(&mut self, token: &Token<'a>) {
        let ch = token.text.chars().next().unwrap_or(' ');
        if let Some(last) = self.problems.last_mut().filter(|last| {
            last.code == Code::StrayCharacter && (last.place.line, last.place.end_column) == (token.line, token.column)
        }) {
            last.place.end_column += 1;
            last.meant.get_or_insert_default().push(Edit::replace(token, " "));
            return;
        }
        let shape = unicode_width::UnicodeWidthChar::width(ch).unwrap_or(0);
        let (message, help) = if shape == 0 || ch.is_whitespace() {
            let message = format!("看不见的字符 U+{:04X}", u32::from(ch));
            (message, "多半是从网页或文档里粘贴带来的：删去这里，重新输入".to_owned())
        } else {
            (format!("不认识的字符“{ch}”"), "删去它；要作为词语时写在双引号里".to_owned())
        };
        let problem = Problem::new(Code::StrayCharacter, token, message, help);
        self.problems.push(problem.meant([Edit::replace(token, " ")]));
    }

    /// Chinese outside quotes: a verb, a key, a name, a remark or a word.
    fn words(&mut self, rest: &[Token<'a>]) -> usize {
        let token = rest[0];
        let next = rest.get(1).map_or("", |it| if it.kind == Kind::Foreign { half_width(it.text) } else { it.text });
        let before = self.out.last().copied();
        if let Some(number) = before.filter(|it| it.kind == Kind::Number && it.end() == token.at) {
            let message = format!("数字里不能写“{}”", token.text);
            let help = match chinese::number(number.text, token.text) {
                Some(value) => format!("写成 {value}"),
                None => format!("写成 {}，数字不带单位", number.text),
            };
            let problem = Problem::new(Code::BareWord, &token, message, help);
            self.problems.push(problem.meant([Edit::replace(&token, "")]));
            return 1;
        }
        if let Some(half) = chinese::half_width_word(token.text) {
            self.typed_wide(token, &half);
            return 1;
        }
        if let Some(count) = self.quotes_inside(rest, before) {
            return count;
        }
        let operand = before.is_some_and(|it| !it.is_sign("[") && !it.is_sign(",") && !it.is_sign(":"));
        if let Some(sign) = chinese::operator(token.text).filter(|_| operand && self.depth > 0) {
            let message = format!("不能写“{}”", token.text);
            let problem = Problem::new(Code::WrongOperator, &token, message, format!("改成 {sign}"));
            self.problems.push(problem.meant([Edit::replace(&token, sign)]));
            self.push(Token { kind: Kind::Punctuation, text: sign, ..token });
            return 1;
        }
        if before.is_some_and(|it| it.kind == Kind::Name && matches!(it.text, "fn" | "let" | "const")) {
            self.name(token);
        } else if next == ":" {
            self.key(token);
        } else if next == "(" && self.depth == 0 && token.first {
            self.verb(token);
        } else if next == "(" || self.names.contains(&token.text) {
            self.name(token);
        } else if self.depth == 0 && token.first {
            return self.remark(rest, "这一行像是说明文字，不是规则");
        } else {
            return self.bare(rest);
        }
        1
    }

    /// Letters and digits in full width.
    fn typed_wide(&mut self, token: Token<'a>, half: &str) {
        let message = format!("“{}”是全角的", short(token.text));
        let problem = Problem::new(Code::FullWidth, &token, message, format!("改成半角 {half}"));
        self.problems.push(problem.meant([Edit::replace(&token, half)]));
        let kind = if half.starts_with(|ch: char| ch.is_ascii_digit()) { Kind::Number } else { Kind::Name };
        self.push(Token { kind, ..token });
    }

    /// `"他说"涨价"了"`: quotes inside a text.
    fn quotes_inside(&mut self, rest: &[Token<'a>], before: Option<Token<'a>>) -> Option<usize> {
        let touches = |a: &Token<'_>, b: &Token<'_>| a.end() == b.at && a.line == b.line;
        let (word, before) = (rest[0], before?);
        let after = rest.get(1).filter(|after| after.kind == Kind::Text && touches(&word, after))?;
        if before.kind != Kind::Text || !touches(&before, &word) || !after.text.starts_with('"') {
            return None;
        }
        let help = format!("里面的引号改成全角：“{}”", short(word.text));
        let problem = Problem::new(Code::OpenQuote, &word, "引号里面又用了半角引号", help);
        let inner = [(before.end() - 1, "“"), (after.at, "”")];
        self.problems.push(problem.meant(inner.map(|(at, with)| Edit { at, len: 1, with: with.into() })));
        self.out.pop();
        self.out.push(Token { text: &self.source[before.at..after.end()], ..before });
        Some(2)
    }

    fn name(&mut self, token: Token<'a>) {
        let message = format!("函数名、变量名只能用英文字母，写成了“{}”", short(token.text));
        let help = "换成英文字母的名称（定义和用到的地方一起换），例如 words、fees";
        self.problems.push(Problem::new(Code::ChineseName, &token, message, help));
        self.push(Token { kind: Kind::Name, ..token });
    }

    fn key(&mut self, token: Token<'a>) {
        let message = format!("键要写英文，写成了“{}”", short(token.text));
        let problem = match chinese::key(token.text) {
            Some(key) => Problem::new(Code::UnknownKey, &token, message, format!("改成 {key}"))
                .meant([Edit::replace(&token, key)]),
            None => Problem::new(Code::UnknownKey, &token, message, "键名照着 docs/rules.md 写"),
        };
        self.problems.push(problem);
        let text = chinese::key(token.text).unwrap_or(token.text);
        self.push(Token { kind: Kind::Name, text, ..token });
    }

    fn verb(&mut self, token: Token<'a>) {
        let verbs = Verb::ALL.iter().map(|verb| verb.name()).chain(["off"]);
        let message = format!("不认识的动词“{}”", short(token.text));
        let meant = chinese::verb(token.text);
        let help = meant.map_or_else(|| nearest(token.text, verbs), |verb| format!("动词写英文：{verb}"));
        let problem = Problem::new(Code::UnknownVerb, &token, message, help);
        self.problems.push(match meant {
            Some(verb) => problem.meant([Edit::replace(&token, verb)]),
            None => problem,
        });
        // Some verb: the rest of the call is still looked at.
        self.push(Token { kind: Kind::Name, text: meant.unwrap_or("route"), ..token });
    }

    /// A word without quotes, with what sticks to it.
    fn bare(&mut self, rest: &[Token<'a>]) -> usize {
        let token = rest[0];
        let sticks = |pair: &&[Token<'a>]| {
            let wordlike = pair[1].text.chars().next().is_some_and(is_wordlike);
            pair[0].end() == pair[1].at && (wordlike || matches!(pair[1].kind, Kind::Name | Kind::Number))
        };
        let count = 1 + rest.windows(2).take_while(sticks).count();
        let last = rest[count - 1];
        let text = &self.source[token.at..last.end()];
        let help = format!("写在双引号里：\"{}\"", short(text));
        let problem = Problem::new(Code::BareWord, &token, format!("“{}”没有加引号", short(text)), help);
        let edits = [Edit::insert(token.at, "\""), Edit::insert(last.end(), "\"")];
        self.problems.push(problem.up_to(&last).meant(edits));
        self.push(Token { kind: Kind::Text, text, ..token });
        count
    }

    /// A line with an odd number of quotes: one problem, at the place that looks most like the slip. Returns the index
    /// from which the tokens of the line mean nothing.
    fn odd_quotes(&mut self, line: &[Token<'a>], open: &Token<'a>) -> usize {
        let slip = line.iter().position(|it| match it.kind {
            Kind::Foreign => is_word(it) || half_width(it.text) == "\"",
            Kind::Text => spans_two(it),
            _ => false,
        });
        let at = slip.or_else(|| line.iter().position(|it| it == open)).unwrap_or(line.len() - 1);
        let token = &line[at];
        if let Some(quote) = token.text.chars().position(|ch| matches!(ch, '“' | '”' | '＂')) {
            let ch = token.text.chars().nth(quote).unwrap_or('”');
            let column = token.column + quote as u32;
            let problem = Problem::new(
                Code::FullWidth,
                token,
                format!("这里的引号是全角的 {ch}"),
                "前后都改成半角双引号：\"词语\"",
            );
            let place = Place { column, end_column: column + 1, ..token.place() };
            self.problems.push(Problem { place, ..problem });
            return at;
        }
        let (message, help) = if token.kind == Kind::Foreign {
            (format!("“{}”前面少了引号", short(token.text)), format!("写成 \"{}\"", short(token.text)))
        } else {
            let inner = token.text[1..].split([',', ']', '}', ')', ';']).next().unwrap_or("").trim();
            let inner = inner.trim_end_matches(['"', '\'']);
            let help = match inner {
                "" => "这一行的双引号不成对：检查前面是不是多了一个、后面是不是少了一个".to_owned(),
                _ => format!("写成 \"{}\"", short(inner)),
            };
            ("这里开始的引号没有结束".to_owned(), help)
        };
        let problem = Problem::new(Code::OpenQuote, token, message, help);
        let Place { line, column, end_column } = problem.place;
        let end_column = if token.kind == Kind::Foreign { end_column } else { column + 1 };
        self.problems.push(Problem { place: Place { line, column, end_column }, ..problem });
        at
    }
}

/// A quoted text that reaches from inside one string to the start of the next: `"停车, "` in `["停车, "物业"]`.
fn spans_two(token: &Token<'_>) -> bool {
    let inner = token.text[1..token.text.len() - 1].trim();
    token.text.starts_with('"')
        && (inner.ends_with([',', ':', '[', '{', '('])
            || inner.starts_with([',', ':', ']', '}', ')'])
            || inner.contains(['“', '”']))
}

fn is_word(token: &Token<'_>) -> bool {
    token.text.chars().next().is_some_and(is_wordlike)
}

pub(super) fn short(text: &str) -> String {
    text.chars().take(20).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
