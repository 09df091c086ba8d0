//! Rows of cells ⇄ entries. The first row names the columns, in Chinese or as TOML has them, in any order.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Placed, cells};
use crate::diagnostic::{Diagnostic, nearest};
use crate::editorial::fields::{self, FIELDS, Field};
use crate::knowledge::Entry;
use crate::rules::csv::Cell;

/// Rows of one file. What is too long to look through is too long to be right.
const MAX_ROWS: usize = 50_000;

pub(super) fn read(file: &str, rows: Vec<Vec<Cell>>) -> Result<Vec<Placed>, Vec<Diagnostic>> {
    if rows.len() > MAX_ROWS {
        let message = format!("有 {} 行，超过 {MAX_ROWS} 行", rows.len());
        return Err(vec![Diagnostic::error(file, 1, message).help("按主题拆成几个文件")]);
    }
    let mut rows = rows.into_iter();
    let mut wrong = Vec::new();
    let columns = header(file, &rows.next().unwrap_or_default(), &mut wrong);
    let mut reader = Reader { file, columns, wrong, first: BTreeMap::new() };
    let mut entries = Vec::new();
    for (number, row) in (2..).zip(rows) {
        if row.iter().any(|cell| !cell.text.trim().is_empty()) {
            entries.extend(reader.row(number, &row));
        }
    }
    if reader.wrong.is_empty() { Ok(entries) } else { Err(reader.wrong) }
}

/// The columns by position; `None` under an empty name.
fn header(file: &str, cells: &[Cell], wrong: &mut Vec<Diagnostic>) -> Vec<Option<Field>> {
    let mut columns: Vec<Option<Field>> = Vec::new();
    for cell in cells {
        let name = cell.text.trim();
        let found = fields::find(name);
        if let Some(field) = found.filter(|found| columns.contains(&Some(*found))) {
            wrong.push(cell.error(file, format!("列“{}”出现了两次", field.title), "合并成一列".into()));
        } else if found.is_none() && !name.is_empty() {
            let help = nearest(name, FIELDS.iter().map(|field| field.title));
            wrong.push(cell.error(file, format!("不认识的列“{name}”"), help));
        }
        columns.push(found);
    }
    for needed in ["id", "question", "answer", "owner"].into_iter().filter_map(fields::find) {
        if wrong.is_empty() && !columns.contains(&Some(needed)) {
            let message = format!("第一行里没有“{}”这一列", needed.title);
            wrong.push(Diagnostic::error(file, 1, message).help("第一行写列名，例如：编号,问题,答案,责任单位"));
        }
    }
    columns
}

struct Reader<'a> {
    file: &'a str,
    columns: Vec<Option<Field>>,
    wrong: Vec<Diagnostic>,
    /// Where each id stands first.
    first: BTreeMap<String, u32>,
}

impl Reader<'_> {
    fn row(&mut self, number: u32, row: &[Cell]) -> Option<Placed> {
        let before = self.wrong.len();
        let mut map = Map::new();
        for (at, cell) in row.iter().enumerate() {
            match self.columns.get(at).copied().flatten() {
                Some(field) => match cells::read(field, &cell.text) {
                    Ok(None) => {}
                    Ok(Some(value)) => _ = map.insert(field.name.to_owned(), value),
                    Err((message, help)) => self.say(cell, number, field.title, message, help),
                },
                None if cell.text.trim().is_empty() => {}
                None => {
                    let help = "给这一列加上列名；或者这一行多了一个逗号：里面有逗号的格子要加双引号";
                    self.say(cell, number, "无列名", format!("“{}”不在任何一列下面", cell.shown()), help);
                }
            }
        }
        for needed in ["id", "question", "answer", "owner"] {
            map.entry(needed).or_insert_with(|| Value::String(String::new()));
        }
        let line = row.first().map_or(number, |cell| cell.line);
        let entry: Entry = match serde_json::from_value(Value::Object(map)) {
            Ok(entry) => entry,
            Err(error) => {
                let message = format!("第 {number} 行读不成条目：{error}");
                self.wrong.push(Diagnostic::error(self.file, line, message).help("对照导出的文件改正"));
                return None;
            }
        };
        for message in entry.check() {
            self.say_field(row, number, line, message);
        }
        if let Some(earlier) = self.first.insert(entry.id.clone(), number) {
            let message = format!("第 {number} 行的编号「{}」与第 {earlier} 行重复", entry.id);
            self.wrong.push(Diagnostic::error(self.file, line, message).help("一个编号只能出现一次"));
        }
        (self.wrong.len() == before).then_some(Placed { line, row: number, entry })
    }

    fn say(&mut self, cell: &Cell, number: u32, column: &str, message: String, help: &str) {
        let message = format!("第 {number} 行“{column}”：{message}");
        self.wrong.push(cell.error(self.file, message, help.to_owned()));
    }

    /// Under the column that the message names.
    fn say_field(&mut self, row: &[Cell], number: u32, line: u32, message: String) {
        let named = |field: &Field| {
            message.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == field.name)
        };
        let at = self.columns.iter().position(|column| column.as_ref().is_some_and(named));
        let help = "改正后重新导入";
        match at.and_then(|at| Some((row.get(at)?, self.columns[at]?))) {
            Some((cell, field)) => self.say(&cell.clone(), number, field.title, message, help),
            None => {
                let message = format!("第 {number} 行：{message}");
                self.wrong.push(Diagnostic::error(self.file, line, message).help(help));
            }
        }
    }
}

/// The header and a row for each entry.
pub(super) fn write(entries: &[Entry]) -> Vec<Vec<String>> {
    let header = FIELDS.iter().map(|field| field.title.to_owned()).collect();
    let row = |entry: &Entry| {
        let values = serde_json::to_value(entry).unwrap_or_default();
        FIELDS.iter().map(|field| cells::show(field.kind, &values[field.name])).collect()
    };
    std::iter::once(header).chain(entries.iter().map(row)).collect()
}
