//! A registration as the printer sees it: keys, lists and maps with the comments that belong to them.

use super::trivia::{Comment, Gap};
use crate::rules::scan::{Kind, Token};

/// `verb("id", #{ … });`, or `let NAME = […];`
pub(super) struct Call<'a> {
    /// Up to the value: `route("a.b", `.
    pub(super) head: String,
    pub(super) value: Value<'a>,
    /// Behind the value: `);`
    pub(super) tail: &'static str,
}

pub(super) enum Value<'a> {
    List(Vec<Item<'a>>, Vec<Comment<'a>>),
    Map(Vec<Item<'a>>, Vec<Comment<'a>>),
    /// As it is written.
    Raw(Vec<Token<'a>>),
}

/// An item of a list, or a key with its value.
pub(super) struct Item<'a> {
    pub(super) blank_before: bool,
    pub(super) before: Vec<Comment<'a>>,
    pub(super) key: Option<&'a str>,
    pub(super) value: Value<'a>,
    /// On the same line, behind.
    pub(super) after: Option<Comment<'a>>,
}

/// Reads a statement; `None`: a comment stands where none is expected, or it has another form.
pub(super) fn call<'a>(source: &'a str, tokens: &[Token<'a>]) -> Option<Call<'a>> {
    let mut reader = Reader { source, tokens, at: 0 };
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let (count, tail) = match text(0) {
        "let" | "const" if text(2) == "=" && text(3) == "[" => (3, ";"),
        "admit" | "classify" | "route" | "warn" if text(1) == "(" && text(3) == "," && text(4) == "#{" => (4, ");"),
        "off" if text(1) == "(" && text(3) == "," && tokens.get(4)?.kind == Kind::Text => (4, ");"),
        _ => return None,
    };
    for at in 1..=count {
        reader.no_comment(at)?;
    }
    reader.at = count;
    let value = reader.value()?;
    let rest = &tokens[reader.at..];
    (reader.at..tokens.len()).try_for_each(|at| reader.no_comment(at))?;
    // A comma may stand behind the last argument.
    let written: String = rest.iter().map(|token| token.text).filter(|text| *text != ",").collect();
    if written != tail && format!("{written};") != tail {
        return None;
    }
    let head = match tail {
        ";" => format!("{} {} = ", text(0), text(1)),
        _ => format!("{}({}, ", text(0), text(2)),
    };
    Some(Call { head, value, tail })
}

struct Reader<'t, 'a> {
    source: &'a str,
    tokens: &'t [Token<'a>],
    at: usize,
}

impl<'a> Reader<'_, 'a> {
    /// What stands in front of a token.
    fn gap(&self, at: usize) -> Gap<'a> {
        match (at.checked_sub(1).and_then(|before| self.tokens.get(before)), self.tokens.get(at)) {
            (Some(before), Some(token)) => Gap::read(&self.source[before.end()..token.at]),
            _ => Gap::default(),
        }
    }

    fn no_comment(&self, at: usize) -> Option<()> {
        self.gap(at).comments.is_empty().then_some(())
    }

    fn text(&self, ahead: usize) -> &'a str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text)
    }

    fn value(&mut self) -> Option<Value<'a>> {
        let start = self.at;
        let first = self.tokens.get(start)?;
        if first.opens() && matches!(first.text, "[" | "#{") {
            let read = self.items(first.text == "#{");
            if self.tokens.get(self.at).is_none_or(|next| next.closes() || matches!(next.text, "," | ";")) {
                return read;
            }
            self.at = start;
        }
        self.raw()
    }

    /// The items up to the closing bracket.
    fn items(&mut self, keyed: bool) -> Option<Value<'a>> {
        let mut items: Vec<Item<'a>> = Vec::new();
        self.at += 1;
        loop {
            let gap = self.gap(self.at);
            let mut comments = gap.comments;
            if let (Some(last), Some(first)) = (items.last_mut(), comments.first().filter(|it| !it.own_line)) {
                last.after = Some(*first);
                comments.remove(0);
            }
            if self.tokens.get(self.at)?.closes() {
                self.at += 1;
                return Some(if keyed { Value::Map(items, comments) } else { Value::List(items, comments) });
            }
            let key = if keyed { Some(self.key()?) } else { None };
            let value = self.value()?;
            // The blank line of an item stands in front of its comments.
            let blank_before = comments.first().map_or(gap.blank_behind, |first| first.blank_before);
            items.push(Item { blank_before, before: comments, key, value, after: None });
            if self.text(0) == "," {
                self.no_comment(self.at)?;
                self.at += 1;
            }
        }
    }

    fn key(&mut self) -> Option<&'a str> {
        let key = self.text(0);
        self.no_comment(self.at + 1)?;
        self.no_comment(self.at + 2)?;
        if self.text(1) != ":" {
            return None;
        }
        self.at += 2;
        Some(key)
    }

    /// An expression, up to the comma or the bracket behind it.
    fn raw(&mut self) -> Option<Value<'a>> {
        let start = self.at;
        if self.text(0) == "|" {
            self.at += 1 + self.tokens[self.at + 1..].iter().position(|token| token.text == "|")? + 1;
        }
        let mut depth = 0_usize;
        while let Some(token) = self.tokens.get(self.at) {
            if depth == 0 && (token.closes() || token.is_sign(",") || token.is_sign(";")) {
                break;
            }
            depth = if token.opens() { depth + 1 } else { depth - usize::from(token.closes()) };
            self.at += 1;
        }
        (self.at > start).then(|| Value::Raw(self.tokens[start..self.at].to_vec()))
    }
}
