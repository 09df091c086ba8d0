//! Rule files in one form: a key a line, values of a map in one column, long word lists wrapped. Comments stay where they
//! are, functions as they are written. What the printer does not understand it leaves alone.

mod print;
mod tree;
mod trivia;

use self::print::Printer;
use self::tree::call;
use self::trivia::{Comment, Gap, trimmed};
use super::scan::{Kind, Token, scan, statements};
use crate::diagnostic::Diagnostic;

/// Formats one file. A file that does not scan is left to its author, with what is wrong.
pub fn format(file: &str, source: &str) -> Result<String, Vec<Diagnostic>> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let wrong = scan(source).diagnostics(file);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut out = String::new();
    let mut end = 0;
    for tokens in statements(source) {
        let (first, last) = (tokens[0], tokens[tokens.len() - 1]);
        let gap = Gap::read(&source[end..first.at]);
        between(&mut out, &gap);
        statement(&mut out, source, &tokens);
        end = last.end();
    }
    between(&mut out, &Gap::read(&source[end..]));
    let kept = out.trim_end().len();
    out.truncate(kept);
    if out.is_empty() {
        // Signs that mean nothing: an empty file would be a mistake.
        return Ok(source.to_owned());
    }
    out.push('\n');
    Ok(out)
}

/// What stands between two statements: comments, and at most one empty line in a row.
fn between(out: &mut String, gap: &Gap<'_>) {
    for Comment { text, own_line, blank_before } in &gap.comments {
        if !own_line && !out.is_empty() {
            out.push(' ');
        } else {
            end_line(out, *blank_before);
        }
        out.push_str(&trimmed(text));
    }
    end_line(out, gap.blank_behind);
}

/// Ends the line that is open, and leaves one empty where that is wanted.
fn end_line(out: &mut String, blank: bool) {
    if out.is_empty() {
        return;
    }
    if !out.ends_with('\n') {
        out.push('\n');
    }
    if blank && !out.ends_with("\n\n") {
        out.push('\n');
    }
}

fn statement(out: &mut String, source: &str, tokens: &[Token<'_>]) {
    let spans_lines = tokens.iter().any(|token| token.kind == Kind::Text && token.text.contains('\n'));
    let printed = if spans_lines { None } else { call(source, tokens).and_then(|call| Printer::call(source, &call)) };
    match printed {
        Some(text) => out.push_str(&text),
        None => out.push_str(&verbatim(source, tokens)),
    }
}

/// The source of tokens without blanks at the ends of lines; what is quoted is not touched.
fn verbatim(source: &str, tokens: &[Token<'_>]) -> String {
    let mut text = String::new();
    let mut end = tokens[0].at;
    for token in tokens {
        let gap = source[end..token.at].replace('\r', "");
        let mut lines = gap.split('\n').peekable();
        while let Some(line) = lines.next() {
            match lines.peek() {
                Some(_) => {
                    text.push_str(line.trim_end());
                    text.push('\n');
                }
                None => text.push_str(line),
            }
        }
        text.push_str(token.text);
        end = token.end();
    }
    text
}
