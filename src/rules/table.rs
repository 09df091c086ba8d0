//! Decision tables: flat rules as rows, for authors who live in spreadsheets. A row becomes the same registration that a
//! verb call in a script makes, so checks, votes, cases and explanations know no difference. Text and bytes in, values out.
//!
//! CSV is what a release holds: it can be read, compared and merged line by line. XLSX is for editing; both ways lose
//! nothing that CSV can say.

mod columns;
pub(crate) mod csv;
mod export;
mod names;
mod packed;
mod row;
mod value;
mod xlsx;

use std::sync::Arc;

use columns::{COLUMNS, Column, Part};
use csv::Cell;
pub use export::LeftBehind;
pub(crate) use packed::{MAX_UNPACKED, unpacked};

use super::register::CompiledFile;
use crate::diagnostic::{Diagnostic, nearest};

/// Rows of one table, comments included. What is too long to look through is too long to be right.
pub const MAX_ROWS: usize = 20_000;

/// Problems of one table that are told: a table with more is broken all over.
const MOST_TOLD: usize = 500;

/// A table as it was written: columns in their order, rows with their places, comments and notes kept.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<&'static Column>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    /// As a spreadsheet counts: the header is row 1.
    number: u32,
    /// As many as there are columns.
    cells: Vec<Cell>,
}

impl Row {
    fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.text.trim().is_empty())
    }
}

/// Compiles a table of a release; the counterpart of a script's compilation. Rows with problems are left out.
pub(super) fn compile(name: &str, source: &str) -> CompiledFile {
    let mut file = CompiledFile::empty(name, source);
    match Table::from_csv(name, source) {
        Ok(table) => {
            let (registrations, wrong) = table.registrations(name);
            file.registrations = registrations.into_iter().map(|(_, registration)| registration).collect();
            file.problems = placed(wrong, source);
        }
        Err(wrong) => file.problems = wrong,
    }
    file
}

impl Table {
    /// Reads CSV. Every problem of the header and every cell that cannot be text is reported.
    pub fn from_csv(file: &str, source: &str) -> Result<Self, Vec<Diagnostic>> {
        let cells = csv::read(file, source).map_err(|wrong| vec![wrong.excerpt(source)])?;
        Self::from_cells(file, cells).map_err(|wrong| placed(wrong, source))
    }

    /// The canonical text: names of columns in Chinese, `\n` between rows, quotes only where they are needed.
    pub fn to_csv(&self) -> String {
        let header = self.columns.iter().map(|column| column.name).collect();
        let rows = self.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect());
        csv::write(std::iter::once(header).chain(rows))
    }

    /// Reads the sheet of a workbook: the one called 规则, or the only one that is not empty.
    pub fn from_xlsx(file: &str, bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        Self::from_cells(file, xlsx::read(file, bytes)?)
    }

    /// A workbook with one sheet. The same table always gives the same bytes.
    pub fn to_xlsx(&self, file: &str) -> Result<Vec<u8>, Vec<Diagnostic>> {
        xlsx::write(file, self)
    }

    /// How many rows are rules.
    pub fn rules(&self) -> usize {
        self.rows.iter().filter(|row| self.is_rule(row)).count()
    }

    /// How many rows are remarks.
    pub fn comments(&self) -> usize {
        self.rows.iter().filter(|row| !row.is_empty() && !self.is_rule(row)).count()
    }

    /// Empty rows and rows whose number begins with `#` are left alone.
    fn is_rule(&self, row: &Row) -> bool {
        !row.is_empty() && !self.text(row, "id").starts_with(['#', '＃'])
    }

    /// The trimmed text under a column; "" when the table has no such column.
    fn text<'a>(&'a self, row: &'a Row, english: &str) -> &'a str {
        let at = self.columns.iter().position(|column| column.english == english);
        at.map_or("", |at| row.cells[at].text.trim())
    }

    fn from_cells(file: &str, mut lines: Vec<Vec<Cell>>) -> Result<Self, Vec<Diagnostic>> {
        while lines.last().is_some_and(|line| line.iter().all(|cell| cell.text.is_empty())) {
            lines.pop();
        }
        if lines.len() > MAX_ROWS {
            let message = format!("表格有 {} 行，超过 {MAX_ROWS} 行", lines.len());
            return Err(vec![Diagnostic::error(file, 1, message).help("按主题拆成几个表格")]);
        }
        let mut wrong: Vec<Diagnostic> = lines.iter().flatten().filter_map(|cell| unseen(file, cell)).collect();
        let mut lines = lines.into_iter();
        let header = lines.next().unwrap_or_default();
        let columns = read_header(file, &header, &mut wrong);
        let mut rows = Vec::with_capacity(lines.len());
        for (at, line) in lines.enumerate() {
            rows.push(Row { number: at as u32 + 2, cells: under(&columns, line, file, at as u32 + 2, &mut wrong) });
        }
        if wrong.is_empty() { Ok(Self { columns: columns.into_iter().flatten().collect(), rows }) } else { Err(wrong) }
    }
}

/// The columns by position; `None` under an empty name.
fn read_header(file: &str, header: &[Cell], wrong: &mut Vec<Diagnostic>) -> Vec<Option<&'static Column>> {
    let mut columns: Vec<Option<&'static Column>> = Vec::new();
    for cell in header {
        let found = columns::find(&cell.text);
        let name = cell.text.trim();
        if let Some(column) = found.filter(|found| columns.iter().flatten().any(|column| column.name == found.name)) {
            wrong.push(cell.error(file, format!("列“{}”出现了两次", column.name), "合并成一列".into()));
        } else if found.is_none() && !name.is_empty() {
            let help = nearest(name, COLUMNS.iter().map(|column| column.name));
            wrong.push(cell.error(file, format!("不认识的列“{name}”"), help));
        }
        columns.push(found);
    }
    for part in [Part::Id, Part::Basis].into_iter().filter_map(columns::of) {
        // One problem at a time: a misspelt name is not missing as well.
        if wrong.is_empty() && !columns.iter().flatten().any(|column| column.name == part.name) {
            let message = format!("第一行里没有“{}”这一列", part.name);
            wrong.push(Diagnostic::error(file, 1, message).help("第一行写列名，例如：编号,任一词,主责,分值,依据"));
        }
    }
    columns
}

/// The cells of a row under the columns; text under no column is an error.
fn under(
    columns: &[Option<&'static Column>],
    line: Vec<Cell>,
    file: &str,
    number: u32,
    wrong: &mut Vec<Diagnostic>,
) -> Vec<Cell> {
    let end = line.last().map_or_else(Cell::default, Cell::emptied);
    let mut cells = Vec::with_capacity(columns.len());
    let mut line = line.into_iter();
    for column in columns {
        let cell = line.next().unwrap_or_else(|| end.clone());
        match column {
            Some(_) => cells.push(cell),
            None if cell.text.trim().is_empty() => {}
            None => wrong.push(nameless(file, number, &cell)),
        }
    }
    wrong.extend(line.filter(|cell| !cell.text.trim().is_empty()).map(|cell| nameless(file, number, &cell)));
    cells
}

fn nameless(file: &str, number: u32, cell: &Cell) -> Diagnostic {
    let message = format!("第 {number} 行：“{}”不在任何一列下面", cell.shown());
    cell.error(file, message, "给这一列加上列名；或者这一行多了一个逗号：里面有逗号的格子要加双引号".into())
}

/// Characters that no editor shows and no workbook keeps.
fn unseen(file: &str, cell: &Cell) -> Option<Diagnostic> {
    let hidden =
        |ch: &char| ch.is_control() && !matches!(ch, '\n' | '\t') || matches!(ch, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    let ch = cell.text.chars().find(hidden)?;
    let message = format!("这一格里有看不见的字符 U+{:04X}", u32::from(ch));
    Some(cell.error(file, message, "删去这一格，重新输入".into()))
}

fn placed(mut wrong: Vec<Diagnostic>, source: &str) -> Vec<Diagnostic> {
    wrong.truncate(MOST_TOLD);
    wrong.into_iter().map(|it| it.excerpt(source)).collect()
}

/// An AST without functions: a row has none.
fn no_functions() -> Arc<rhai::AST> {
    Arc::new(rhai::AST::empty())
}
