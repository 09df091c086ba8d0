//! Sentences: where `within: "sentence"` and the reader see a stop.

use super::offsets::Span;

/// Sentences with their closing marks, without surrounding white space; none is empty.
pub fn sentences(normal: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = normal.char_indices().peekable();
    let mut before = ' ';
    let mut stopped = false;
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|&(_, c)| c);
        stopped = is_end(before, c, after) || (stopped && is_closing(c));
        if stopped && !after.is_some_and(is_closing) {
            push(&mut found, normal, start, at + c.len_utf8());
            start = at + c.len_utf8();
            stopped = false;
        }
        before = c;
    }
    push(&mut found, normal, start, normal.len());
    found
}

/// Whether `c` ends a sentence. A closing quote or a further stop then belongs to the sentence it closes.
fn is_end(before: char, c: char, after: Option<char>) -> bool {
    match c {
        // 3.5 and a.com are no stops, 太贵.请处理 is one; 3。5 is a slip of the input method.
        '.' | '。' if before.is_ascii_alphanumeric() && after.is_some_and(|c| c.is_ascii_alphanumeric()) => false,
        '.' => !before.is_ascii_alphanumeric() || after.is_none_or(char::is_whitespace),
        _ => is_stop(c),
    }
}

fn is_stop(c: char) -> bool {
    matches!(c, '。' | '!' | '?' | ';' | '\n' | '…' | '！' | '？' | '；')
}

fn is_closing(c: char) -> bool {
    matches!(c, '”' | '’' | '」' | '』' | ')') || (is_stop(c) && c != '\n')
}

fn push(found: &mut Vec<Span>, text: &str, start: usize, end: usize) {
    let part = &text[start..end];
    let lead = part.len() - part.trim_start().len();
    let kept = part.trim();
    if kept.chars().any(char::is_alphanumeric) {
        found.push(Span::new(start + lead, start + lead + kept.len()));
    }
}
