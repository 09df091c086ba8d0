//! A diagnostic as lines for a terminal: place, message, excerpt with a marker, help.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

use super::Diagnostic;

/// Columns of a terminal that an excerpt may take.
const WIDEST: usize = 110;
/// Columns kept in front of the marker when a line is cut.
const BEFORE: usize = 40;

impl Diagnostic {
    /// Several lines, no trailing newline.
    pub fn render(&self) -> String {
        let kind = if self.is_error() { "错误" } else { "提醒" };
        let mut out = format!("{kind}[{}] {}:{}", self.code, self.file, self.line);
        if self.column > 0 {
            let _ = write!(out, ":{}", self.column);
        }
        let _ = write!(out, "\n    {}", self.message);
        self.render_excerpt(&mut out);
        if !self.help.is_empty() {
            let _ = write!(out, "\n    怎样改：{}", self.help);
        }
        out
    }

    fn render_excerpt(&self, out: &mut String) {
        if self.excerpt.trim().is_empty() {
            return;
        }
        let line: Vec<char> = self.excerpt.chars().map(visible).collect();
        let marked = (self.column as usize).saturating_sub(1).min(line.len());
        let end = (self.end_column as usize).saturating_sub(1).clamp(marked, line.len());
        let start = first_shown(&line, marked);
        let (mut shown, mut marker) = (String::new(), String::new());
        if start > 0 {
            shown.push('…');
            marker.push(' ');
        }
        let mut columns = 1;
        for (at, &ch) in line.iter().enumerate().skip(start) {
            columns += width(ch);
            if columns > WIDEST {
                shown.push('…');
                break;
            }
            shown.push(ch);
            let sign = if at < marked { " " } else { "^" };
            if at < end || at < marked {
                marker.push_str(&sign.repeat(width(ch)));
            }
        }
        let _ = write!(out, "\n    | {shown}");
        if self.column > 0 {
            if end == marked {
                marker.push('^');
            }
            let _ = write!(out, "\n    | {marker}");
        }
    }
}

/// Index of the first character shown: a long line is cut so that the marked place is in view.
fn first_shown(line: &[char], marked: usize) -> usize {
    let total: usize = line.iter().map(|&ch| width(ch)).sum();
    if total < WIDEST {
        return 0;
    }
    let mut before = 0;
    let fits = line[..marked].iter().rev().take_while(|&&ch| {
        before += width(ch);
        before <= BEFORE
    });
    marked - fits.count()
}

/// Tabs as one blank, characters without a shape as a dot.
fn visible(ch: char) -> char {
    match ch {
        '\t' => ' ',
        _ if ch.width().unwrap_or(0) == 0 => '·',
        _ => ch,
    }
}

fn width(ch: char) -> usize {
    ch.width().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::*;

    #[test]
    fn the_marker_stands_under_the_place() {
        let shown = |column, end_column| {
            let place = Place { line: 1, column, end_column };
            Diagnostic::error("a.rhai", 1, "全角逗号").at(place).help("改成 ,").excerpt("区商，x").render()
        };
        assert!(shown(3, 4).contains("\n    |     ^^\n"), "{}", shown(3, 4));
        assert!(shown(4, 0).contains("\n    |       ^\n"), "{}", shown(4, 0));
        assert!(shown(5, 0).contains("\n    |        ^\n"), "{}", shown(5, 0));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = "词".repeat(300);
        let place = Place { line: 1, column: 200, end_column: 202 };
        let shown = Diagnostic::error("a.rhai", 1, "错").at(place).excerpt(&line).render();
        assert!(shown.lines().all(|line| line.chars().count() < 80), "{shown}");
        assert!(shown.contains("| …") && shown.ends_with("^^^^"), "{shown}");
    }
}
