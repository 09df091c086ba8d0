//! Workbooks ⇄ cells. Everything is written as text, so that no spreadsheet makes a date of a number; what a clerk typed
//! as a number or a date is taken as meant.

use std::io::Cursor;

use calamine::{DataRef, Reader as _, SheetVisible, Xlsx};
use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, IgnoreError, Workbook, Worksheet,
    XlsxError,
};

use super::columns::{self, Column, Kind, Part};
use super::csv::Cell;
use super::packed::{MAX_UNPACKED, unpacked};
use super::{MAX_ROWS, Table};
use crate::diagnostic::Diagnostic;

/// The sheet that holds the rules.
const SHEET: &str = "规则";
/// Largest workbook read, in bytes.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Columns looked at; our own are 39.
const MAX_COLUMNS: u32 = 256;
/// What a cell of a workbook holds, in UTF-16 units.
const MAX_CELL: usize = 32_767;

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

/// The rows of the sheet with the rules.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Vec<Vec<Cell>>, Vec<Diagnostic>> {
    let broken = |message: String| {
        vec![Diagnostic::error(file, 1, message).help("在表格软件里打开，另存为“Excel 工作簿（.xlsx）”，再试一次")]
    };
    if bytes.len() > MAX_BYTES {
        return Err(broken(format!("文件有 {} MiB，超过 {} MiB", bytes.len() >> 20, MAX_BYTES >> 20)));
    }
    if unpacked(bytes) > MAX_UNPACKED {
        return Err(broken(format!("展开以后超过 {} MiB", MAX_UNPACKED >> 20)));
    }
    let mut book: Book<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|err| broken(format!("不是 XLSX 工作簿：{err}")))?;
    let sheet = choose(file, &mut book)?;
    let merged = merged(file, &mut book, &sheet);
    if !merged.is_empty() {
        return Err(merged);
    }
    cells(file, &mut book, &sheet).map_err(|err| broken(format!("工作表“{sheet}”读不了：{err}")))?
}

/// The sheet called 规则, or the only visible one with anything on it: nothing is passed over silently.
fn choose(file: &str, book: &mut Book<'_>) -> Result<String, Vec<Diagnostic>> {
    let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    if names.iter().any(|name| name == SHEET) {
        return Ok(SHEET.to_owned());
    }
    let mut filled = names.clone();
    filled.retain(|name| has_text(book, name));
    match (&filled[..], names.first()) {
        ([one], _) => Ok(one.clone()),
        ([], Some(first)) => Ok(first.clone()),
        ([], None) => Err(vec![Diagnostic::error(file, 1, "工作簿里没有工作表").help("新建一张，第一行写列名")]),
        _ => {
            let message = format!("工作簿里有几张工作表：{}，不知道读哪一张", filled.join("、"));
            Err(vec![Diagnostic::error(file, 1, message).help(format!("把写规则的那一张改名为“{SHEET}”"))])
        }
    }
}

fn has_text(book: &mut Book<'_>, sheet: &str) -> bool {
    let Ok(mut reader) = book.worksheet_cells_reader(sheet) else { return false };
    while let Ok(Some(cell)) = reader.next_cell() {
        if !matches!(cell.get_value(), DataRef::Empty) {
            return true;
        }
    }
    false
}

/// Only the first cell of a merged block holds its text: the other rows would be read as empty.
fn merged(file: &str, book: &mut Book<'_>, sheet: &str) -> Vec<Diagnostic> {
    let Ok(blocks) = book.merge_cells_by_sheet_name(sheet) else { return Vec::new() };
    let of_block = |block: &calamine::Dimensions| {
        let (from, until) = (block.start.0 + 1, block.end.0 + 1);
        let message = format!("第 {from} 行到第 {until} 行、第 {} 列起是合并的单元格", block.start.1 + 1);
        Diagnostic::error(file, from, message).help("取消合并，每一格都填上；每条规则占完整的一行")
    };
    blocks.iter().map(of_block).collect()
}

type Cells = Result<Vec<Vec<Cell>>, Vec<Diagnostic>>;

/// The cells, read one by one: a lone cell in the last row of the sheet costs nothing.
fn cells(file: &str, book: &mut Book<'_>, sheet: &str) -> Result<Cells, calamine::XlsxError> {
    let mut reader = book.worksheet_cells_reader(sheet)?;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut wrong = Vec::new();
    while let Some(found) = reader.next_cell()? {
        let (row, column) = found.get_position();
        if matches!(found.get_value(), DataRef::Empty) {
            continue;
        }
        let place = format!("第 {} 行第 {} 列", row + 1, column + 1);
        if row as usize > MAX_ROWS || column > MAX_COLUMNS {
            let message = format!("{place}有内容；最多 {MAX_ROWS} 行、{MAX_COLUMNS} 列");
            wrong.push(Diagnostic::error(file, row + 1, message).help("删去多余的行和列"));
            break;
        }
        let header = rows.first().and_then(|header| header.get(column as usize)).map_or("", |cell| cell.text.as_str());
        match text(found.get_value(), columns::find(header).filter(|_| row > 0)) {
            Ok(text) => put(&mut rows, row, column, text),
            Err((message, help)) => {
                let place = if header.is_empty() { place } else { format!("第 {} 行“{header}”", row + 1) };
                wrong.push(Diagnostic::error(file, row + 1, format!("{place}：{message}")).help(help));
            }
        }
    }
    Ok(if wrong.is_empty() { Ok(rows) } else { Err(wrong) })
}

fn put(rows: &mut Vec<Vec<Cell>>, row: u32, column: u32, text: String) {
    while rows.len() <= row as usize {
        rows.push(Vec::new());
    }
    let cells = &mut rows[row as usize];
    while cells.len() <= column as usize {
        cells.push(Cell { line: row + 1, ..Cell::default() });
    }
    cells[column as usize].text = text.replace("\r\n", "\n").replace('\r', "\n");
}

/// The text that was meant by a cell.
fn text(value: &DataRef<'_>, column: Option<&Column>) -> Result<String, (String, String)> {
    let is_day = column.is_some_and(|column| matches!(column.part, Part::From | Part::Until));
    match value {
        DataRef::Empty => Ok(String::new()),
        DataRef::String(text) => Ok(text.clone()),
        DataRef::SharedString(text) => Ok((*text).to_owned()),
        DataRef::Int(whole) => Ok(whole.to_string()),
        // The shortest text that reads as the same number: 3.0 is 3.
        DataRef::Float(number) => Ok(number.to_string()),
        DataRef::Bool(yes) => Ok(if *yes { "是" } else { "否" }.to_owned()),
        DataRef::DateTime(date) if date.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
            let shown = format!("{year:04}-{month:02}-{day:02}");
            match (is_day, hour, minute, second) {
                (true, 0, 0, 0) => Ok(shown),
                (true, ..) => Ok(format!("{shown} {hour:02}:{minute:02}:{second:02}")),
                (false, ..) => Err(mistaken(&shown)),
            }
        }
        DataRef::DateTimeIso(date) if is_day => Ok(date.trim_end_matches("T00:00:00").to_owned()),
        DataRef::DateTimeIso(date) => Err(mistaken(date)),
        DataRef::DateTime(_) | DataRef::DurationIso(_) => {
            Err(("这一格是时长".into(), "把这一列的格式设为“文本”，重新输入".into()))
        }
        DataRef::Error(err) => Err((format!("公式出错 {err}"), "把公式改成它应有的文字".into())),
    }
}

fn mistaken(date: &str) -> (String, String) {
    let message = format!("表格软件把这一格当成了日期（{date}）");
    (message, "把这一列的格式设为“文本”，重新输入".into())
}

/// A workbook with the table on one sheet.
pub(super) fn write(file: &str, table: &Table) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let mut wrong = Vec::new();
    for row in &table.rows {
        for (at, cell) in row.cells.iter().enumerate() {
            let units = cell.text.encode_utf16().count();
            if units > MAX_CELL {
                let message = format!("有 {units} 个字，工作簿的一格最多 {MAX_CELL} 个");
                wrong.push(table.cell_error(file, row, at, (message, "把这条规则拆成几行，编号不同".into())));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    workbook(table).map_err(|err| vec![Diagnostic::error(file, 1, format!("工作簿写不出来：{err}")).help("改用 .csv")])
}

fn workbook(table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // No clock: the same table is the same file.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let text = Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top);
    let header = text.clone().set_bold().set_background_color(Color::RGB(0x00DD_EBF7));
    let sheet = book.add_worksheet();
    sheet.set_name(SHEET)?;
    sheet.set_freeze_panes(1, 1)?;
    for (at, column) in table.columns.iter().enumerate() {
        let at = at as u16;
        sheet.set_column_width(at, f64::from(column.width))?;
        // Also for rows yet to be written.
        sheet.set_column_format(at, &text)?;
        sheet.write_string_with_format(0, at, column.name, &header)?;
        choices(sheet, at, column)?;
    }
    for (line, row) in table.rows.iter().enumerate() {
        for (at, cell) in row.cells.iter().enumerate().filter(|(_, cell)| !cell.text.is_empty()) {
            sheet.write_string_with_format(line as u32 + 1, at as u16, &cell.text, &text)?;
        }
    }
    let last = (MAX_ROWS as u32, table.columns.len().saturating_sub(1) as u16);
    sheet.ignore_error_range(0, 0, last.0, last.1, IgnoreError::NumberStoredAsText)?;
    book.save_to_buffer()
}

/// A list to choose from where there are few answers. It proposes, it does not forbid: comment rows hold anything.
fn choices(sheet: &mut Worksheet, at: u16, column: &Column) -> Result<(), XlsxError> {
    let list: &[&str] = match column.part {
        Part::Verb => &["派单", "归类", "受理", "预警"],
        Part::Rule(Kind::Flag | Kind::Sentence) => &["是", "否"],
        Part::Then(Kind::Level, _) => &["蓝", "黄", "红"],
        _ => return Ok(()),
    };
    let choice = DataValidation::new().allow_list_strings(list)?.show_error_message(false);
    sheet.add_data_validation(1, at, MAX_ROWS as u32, at, &choice)?;
    Ok(())
}
