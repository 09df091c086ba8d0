//! Cases as a table that a clerk fills in in a spreadsheet: one case a row, columns in any order, Chinese or English names.

mod cell;
mod column;

use super::{Case, Expect};
use crate::diagnostic::{Code, Diagnostic, Place, nearest};
use cell::Cell;
use column::Column;

/// Rows taken of one file.
const MOST_ROWS: usize = 20_000;

/// Cases and everything that is wrong, by row and column.
pub(super) fn parse(path: &str, source: &str) -> (Vec<Case>, Vec<Diagnostic>) {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut table = Table { path, source, columns: Vec::new(), cases: Vec::new(), found: Vec::new() };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(source))
        .from_reader(source.as_bytes());
    let mut lines = Lines { source, at: 0, line: 1 };
    let mut record = csv::StringRecord::new();
    while let Ok(true) = reader.read_record(&mut record) {
        let line = lines.line(record.position().map_or(0, |at| at.byte() as usize));
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        if table.columns.is_empty() {
            if !table.header(line, &record) {
                break;
            }
        } else if table.cases.len() < MOST_ROWS {
            table.row(line, &record);
        }
    }
    if table.columns.is_empty() && table.found.is_empty() {
        let problem = Diagnostic::error(path, 1, "用例表是空的").code(Code::CaseColumn);
        table.found.push(problem.help("第一行写列名，例如：名称,文字,主责；确要去掉时删去整个文件"));
    }
    (table.cases, table.found)
}

/// Counts lines on the way through a source.
struct Lines<'a> {
    source: &'a str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    /// The line of the first character at or behind an offset that begins a record: ends of lines before it are passed.
    fn line(&mut self, offset: usize) -> u32 {
        let rest = self.source.get(offset..).unwrap_or("");
        let begin = offset + (rest.len() - rest.trim_start_matches(['\r', '\n']).len());
        let passed = self.source.get(self.at..begin).unwrap_or("");
        self.line += passed.matches('\n').count() as u32;
        self.at = begin;
        self.line
    }
}

/// Spreadsheets write commas, tabs or semicolons: whichever the first line has most of.
fn delimiter(source: &str) -> u8 {
    let header = source.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let count = |sign: u8| header.bytes().filter(|&byte| byte == sign).count();
    [b',', b'\t', b';'].into_iter().rev().max_by_key(|&sign| count(sign)).unwrap_or(b',')
}

struct Table<'a> {
    path: &'a str,
    source: &'a str,
    /// `None`: a column that nobody reads.
    columns: Vec<Option<Column>>,
    cases: Vec<Case>,
    found: Vec<Diagnostic>,
}

impl Table<'_> {
    /// Reads the column names; false: rows cannot be read.
    fn header(&mut self, line: u32, record: &csv::StringRecord) -> bool {
        let mut columns: Vec<Option<Column>> = Vec::new();
        for (at, name) in record.iter().enumerate() {
            let column = Column::named(name);
            if name.trim().is_empty() || Column::is_remark(name) {
                columns.push(None);
                continue;
            }
            match column {
                None => {
                    let mut help = match nearest(name.trim(), Column::names()) {
                        close if close.starts_with('是') => close,
                        _ => format!(
                            "可用的列：{}；给人看的说明写在“备注”列",
                            Column::names().collect::<Vec<_>>().join("、")
                        ),
                    };
                    if name.contains(['，', '、']) {
                        help = "列名之间用半角逗号；最好在表格软件里分列填写，另存为 CSV".to_owned();
                    }
                    self.cell(line, record, at, Code::CaseColumn, format!("不认识的列“{}”", name.trim()), help);
                }
                Some(column) if columns.contains(&Some(column)) => {
                    let message = format!("列“{}”写了两次", column.name());
                    self.cell(line, record, at, Code::CaseColumn, message, "删去其中一列".to_owned());
                }
                Some(_) => {}
            }
            columns.push(column);
        }
        let has = |wanted: &dyn Fn(Column) -> bool| columns.iter().flatten().any(|&it| wanted(it));
        let lacking = if !has(&|it| matches!(it, Column::Text | Column::Title)) {
            Some(("缺少列“文字”", "第一行写列名，例如：名称,文字,主责"))
        } else if !has(&Column::expects) {
            Some(("没有一列写明希望的结果", "至少加一列：结果、主责、性质、预警、必须命中……"))
        } else {
            None
        };
        // A column that is not understood may have been the one.
        if let Some((message, help)) = lacking.filter(|_| self.found.is_empty()) {
            let problem = Diagnostic::error(self.path, line, message).code(Code::CaseColumn);
            self.found.push(problem.help(help).excerpt(self.source));
        }
        self.columns = columns;
        lacking.is_none()
    }

    fn row(&mut self, line: u32, record: &csv::StringRecord) {
        let mut case = Case { file: self.path.to_owned(), line, ..Case::default() };
        let mut sound = true;
        for (at, text) in record.iter().enumerate() {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            let Some(slot) = self.columns.get(at).copied() else {
                let message = format!("第 {line} 行比表头多出一格“{}”", short(text));
                let help = "内容里有逗号时，整格加上双引号；最好在表格软件里填写".to_owned();
                self.cell(line, record, at, Code::CaseCell, message, help);
                sound = false;
                break;
            };
            let Some(column) = slot else { continue };
            if let Err((message, help)) = Cell(text).fill(column, &mut case) {
                let message = format!("第 {line} 行“{}”列：{message}", column.name());
                self.cell(line, record, at, Code::CaseCell, message, help);
                sound = false;
            }
        }
        if case.text.is_empty() && case.title.is_empty() {
            let problem = Diagnostic::error(self.path, line, format!("第 {line} 行没有文字")).code(Code::CaseCell);
            self.found.push(problem.help("在“文字”列写上来件正文，或者删去这一行").excerpt(self.source));
            return;
        }
        if sound && case.expect == Expect::default() {
            let problem =
                Diagnostic::warning(self.path, line, format!("第 {line} 行没有写希望的结果")).code(Code::CaseCell);
            self.found.push(problem.help("至少填一格：结果、主责、性质、预警、必须命中……").excerpt(self.source));
        }
        if case.name.is_empty() {
            case.name = format!("第 {line} 行");
        }
        if sound {
            self.cases.push(case);
        }
    }

    /// A problem of one cell, with its place where it can be found in the line.
    fn cell(&mut self, line: u32, record: &csv::StringRecord, at: usize, code: Code, message: String, help: String) {
        let source = self.source.lines().nth(line.saturating_sub(1) as usize).unwrap_or("");
        let mut from = 0;
        let mut place = Place { line, ..Place::default() };
        for (index, field) in record.iter().enumerate().take(at + 1) {
            let Some(found) = source[from..].find(field.trim()) else { break };
            if index == at && !field.trim().is_empty() {
                let column = source[..from + found].chars().count() as u32 + 1;
                place = Place { line, column, end_column: column + field.trim().chars().count() as u32 };
            }
            from += found + field.trim().len();
        }
        let problem = Diagnostic::error(self.path, line, message).code(code).at(place);
        self.found.push(problem.help(help).excerpt(self.source));
    }
}

fn short(text: &str) -> String {
    text.chars().take(20).collect()
}

#[cfg(test)]
mod tests;
