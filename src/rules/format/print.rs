//! Printing a registration.

use unicode_width::UnicodeWidthStr;

use super::tree::{Call, Item, Value};
use super::trivia::{Comment, trimmed};
use super::verbatim;

/// Columns of a line; a character of Chinese takes two.
const WIDEST: usize = 120;
const STEP: usize = 4;

pub(super) struct Printer<'a> {
    source: &'a str,
    out: String,
}

impl<'a> Printer<'a> {
    /// A whole statement.
    pub(super) fn call(source: &'a str, call: &Call<'a>) -> Option<String> {
        let mut printer = Self { source, out: call.head.clone() };
        match &call.value {
            // A rule is never written on one line: its keys are what people read.
            Value::Map(items, rest) if !items.is_empty() => printer.map(items, rest, 0),
            value => printer.value(value, 0, call.tail.len()),
        }
        printer.out.push_str(call.tail);
        Some(printer.out)
    }

    fn column(&self) -> usize {
        self.out.rsplit('\n').next().unwrap_or("").width()
    }

    fn new_line(&mut self, indent: usize) {
        while self.out.ends_with(' ') {
            self.out.pop();
        }
        self.out.push('\n');
        self.out.push_str(&" ".repeat(indent));
    }

    /// `behind`: columns that what follows on the line takes.
    fn value(&mut self, value: &Value<'a>, indent: usize, behind: usize) {
        if let Some(text) = self.inline(value)
            && self.column() + text.width() + behind <= WIDEST
        {
            self.out.push_str(&text);
            return;
        }
        match value {
            Value::Raw(tokens) => {
                let text = verbatim(self.source, tokens);
                self.out.push_str(&text);
            }
            Value::Map(items, rest) => self.map(items, rest, indent),
            Value::List(items, rest) => self.list(items, rest, indent),
        }
    }

    /// On one line; `None`: it has comments, or is written on several lines and may not be joined.
    fn inline(&self, value: &Value<'a>) -> Option<String> {
        match value {
            Value::Raw(tokens) => Some(verbatim(self.source, tokens)).filter(|text| !text.contains('\n')),
            Value::List(items, rest) => Some(format!("[{}]", self.inline_items(items, rest)?)),
            Value::Map(items, rest) if items.is_empty() && rest.is_empty() => Some("#{}".to_owned()),
            Value::Map(items, rest) => Some(format!("#{{ {} }}", self.inline_items(items, rest)?)),
        }
    }

    fn inline_items(&self, items: &[Item<'a>], rest: &[Comment<'a>]) -> Option<String> {
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            if !item.before.is_empty() || item.after.is_some() {
                return None;
            }
            let value = self.inline(&item.value)?;
            parts.push(match item.key {
                Some(key) => format!("{key}: {value}"),
                None => value,
            });
        }
        rest.is_empty().then(|| parts.join(", "))
    }

    /// One key a line, the values in one column.
    fn map(&mut self, items: &[Item<'a>], rest: &[Comment<'a>], indent: usize) {
        let inner = indent + STEP;
        let widest = items.iter().filter_map(|item| item.key).map(UnicodeWidthStr::width).max().unwrap_or(0);
        self.out.push_str("#{");
        for (at, item) in items.iter().enumerate() {
            if item.blank_before && at > 0 {
                self.out.push('\n');
            }
            self.comments(&item.before, inner);
            self.new_line(inner);
            let key = item.key.unwrap_or("");
            self.out.push_str(key);
            self.out.push(':');
            self.out.push_str(&" ".repeat(widest - key.width() + 1));
            self.value(&item.value, inner, 1);
            self.out.push(',');
            self.after(item);
        }
        self.comments(rest, inner);
        self.new_line(indent);
        self.out.push('}');
    }

    /// Words fill lines; lists of a list take a line each.
    fn list(&mut self, items: &[Item<'a>], rest: &[Comment<'a>], indent: usize) {
        let inner = indent + STEP;
        let nested = items.iter().any(|item| !matches!(item.value, Value::Raw(_)));
        self.out.push('[');
        let mut fresh = true;
        for item in items {
            fresh |= nested || !item.before.is_empty();
            self.comments(&item.before, inner);
            let width = self.inline(&item.value).map_or(0, |text| text.width());
            if !fresh && self.column() + 1 + width < WIDEST {
                self.out.push(' ');
            } else {
                self.new_line(inner);
            }
            self.value(&item.value, inner, 1);
            self.out.push(',');
            self.after(item);
            fresh = item.after.is_some();
        }
        self.comments(rest, inner);
        self.new_line(indent);
        self.out.push(']');
    }

    fn comments(&mut self, comments: &[Comment<'a>], indent: usize) {
        for comment in comments {
            self.new_line(indent);
            self.out.push_str(&trimmed(comment.text));
        }
    }

    fn after(&mut self, item: &Item<'a>) {
        if let Some(comment) = &item.after {
            self.out.push(' ');
            self.out.push_str(&trimmed(comment.text));
        }
    }
}
