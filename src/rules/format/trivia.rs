//! Comments and empty lines between two tokens.

/// What stands between two tokens.
#[derive(Debug, Default)]
pub(super) struct Gap<'a> {
    pub(super) comments: Vec<Comment<'a>>,
    /// An empty line stands right in front of the next token.
    pub(super) blank_behind: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Comment<'a> {
    /// With its strokes.
    pub(super) text: &'a str,
    /// It begins its line.
    pub(super) own_line: bool,
    pub(super) blank_before: bool,
}

impl<'a> Gap<'a> {
    /// Reads the text between two tokens; at the start of a file everything begins its line.
    pub(super) fn read(text: &'a str) -> Self {
        let mut gap = Self::default();
        let mut at = 0;
        let mut newlines = 0;
        let mut fresh = false;
        while let Some(ch) = text[at..].chars().next() {
            let rest = &text[at..];
            let len = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                block(rest)
            } else {
                if ch == '\n' {
                    newlines += 1;
                    fresh = true;
                }
                at += ch.len_utf8();
                continue;
            };
            gap.comments.push(Comment { text: &rest[..len], own_line: fresh, blank_before: newlines > 1 });
            (newlines, fresh) = (0, false);
            at += len;
        }
        gap.blank_behind = newlines > 1;
        gap
    }
}

fn block(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    rest.len()
}

/// A comment without blanks at the ends of its lines.
pub(super) fn trimmed(comment: &str) -> String {
    comment.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
