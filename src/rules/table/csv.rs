//! CSV (RFC 4180) with the place of every cell. The usual readers skip blank lines and swallow the rest of a file after an
//! open quote; here the first are rows and the second is an error that says where the quote was opened.

use std::iter::Peekable;
use std::str::Chars;

use crate::diagnostic::{Diagnostic, Place};

/// A cell and where it begins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    /// 1-based; in a workbook, the row.
    pub(crate) line: u32,
    /// 1-based, in characters; 0 in a workbook.
    pub(crate) column: u32,
}

impl Cell {
    pub(crate) fn error(&self, file: &str, message: String, help: String) -> Diagnostic {
        let mut end_column = 0;
        if self.column > 0 && !self.text.contains('\n') {
            end_column = self.column + self.text.chars().count() as u32;
        }
        let place = Place { line: self.line, column: self.column, end_column };
        Diagnostic::error(file, self.line, message).at(place).help(help)
    }

    /// An empty cell at the same place.
    pub(crate) fn emptied(&self) -> Self {
        Self { text: String::new(), ..*self }
    }

    /// The text, short enough for a message.
    pub(crate) fn shown(&self) -> String {
        let flat = self.text.trim().replace('\n', " ");
        match flat.char_indices().nth(40) {
            Some((end, _)) => format!("{}…", &flat[..end]),
            None => flat,
        }
    }
}

/// Rows of cells. Line breaks inside cells become `\n`.
pub(crate) fn read(file: &str, source: &str) -> Result<Vec<Vec<Cell>>, Diagnostic> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut reader = Reader { chars: source.chars().peekable(), line: 1, column: 1 };
    let mut rows = Vec::new();
    while reader.chars.peek().is_some() {
        rows.push(reader.row().map_err(|(cell, message, help)| cell.error(file, message.into(), help.into()))?);
    }
    Ok(rows)
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    line: u32,
    column: u32,
}

type Broken = (Cell, &'static str, &'static str);

impl Reader<'_> {
    fn row(&mut self) -> Result<Vec<Cell>, Broken> {
        let mut row = Vec::new();
        loop {
            row.push(self.cell()?);
            match self.next() {
                Some(',') => {}
                _ => return Ok(row),
            }
        }
    }

    /// Up to, not including, the comma or the end of the line.
    fn cell(&mut self) -> Result<Cell, Broken> {
        let mut cell = Cell { text: String::new(), line: self.line, column: self.column };
        if self.chars.peek() == Some(&'"') {
            self.quoted(&mut cell)?;
        }
        while let Some(&ch) = self.chars.peek() {
            if matches!(ch, ',' | '\n' | '\r') {
                break;
            }
            cell.text.push(ch);
            self.next();
        }
        Ok(cell)
    }

    fn quoted(&mut self, cell: &mut Cell) -> Result<(), Broken> {
        self.next();
        loop {
            match self.next() {
                Some('"') if self.chars.peek() == Some(&'"') => {
                    self.next();
                    cell.text.push('"');
                }
                Some('"') => break,
                Some(ch) => cell.text.push(ch),
                None => return Err((cell.emptied(), "这里开始的双引号没有结束", "在这一格的末尾补上双引号")),
            }
        }
        match self.chars.peek() {
            None | Some(',' | '\n' | '\r') => Ok(()),
            Some(_) => {
                let help = "整格放在一对双引号里；格子里面的双引号写两个";
                Err((cell.emptied(), "双引号结束以后还有文字", help))
            }
        }
    }

    /// The next character; `\r\n` and `\r` count as `\n`.
    fn next(&mut self) -> Option<char> {
        let mut ch = self.chars.next()?;
        if ch == '\r' {
            self.chars.next_if_eq(&'\n');
            ch = '\n';
        }
        if ch == '\n' {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        Some(ch)
    }
}

pub(crate) fn write<'a>(rows: impl Iterator<Item = Vec<&'a str>>) -> String {
    let mut out = String::new();
    for row in rows {
        for (at, text) in row.into_iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            if text.contains([',', '"', '\n', '\r']) {
                out.push('"');
                out.push_str(&text.replace('"', "\"\""));
                out.push('"');
            } else {
                out.push_str(text);
            }
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, wanted: &[&[&str]]) {
        let rows = read("a.csv", source).expect("sound");
        let texts: Vec<Vec<&str>> =
            rows.iter().map(|row| row.iter().map(|cell| cell.text.as_str()).collect()).collect();
        assert_eq!(texts, wanted, "{source:?}");
    }

    #[test]
    fn quotes_line_breaks_and_blank_lines() {
        check("a,b\n", &[&["a", "b"]]);
        check("\u{feff}a,b\r\n\r\n,\"x \"\"y\"\"\r\nz\"", &[&["a", "b"], &[""], &["", "x \"y\"\nz"]]);
        check("a b,c\"d , e\rf", &[&["a b", "c\"d ", " e"], &["f"]]);
        check("", &[]);
    }

    #[test]
    fn what_is_broken_is_broken_where_it_began() {
        let at = |source: &str| read("a.csv", source).map_err(|it| (it.line, it.column, it.message)).unwrap_err();
        let (line, column, message) = at("a,b\n停车,\"开\n1,2\n");
        assert_eq!((line, column), (2, 4));
        assert!(message.contains("没有结束"));
        assert!(at("\"a\"b\n").2.contains("还有文字"));
    }
}
