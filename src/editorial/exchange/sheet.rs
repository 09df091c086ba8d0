//! Workbooks ⇄ cells. Everything is written as text, so that no spreadsheet makes a date of a number; what a clerk typed as
//! a number or a date is taken as meant.

use std::io::Cursor;

use calamine::{Data, DataRef, Reader as _, SheetVisible, Xlsx, XlsxError as XlsxReadError};
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};

use crate::diagnostic::Diagnostic;
use crate::rules::csv::Cell;
use crate::rules::{MAX_UNPACKED, unpacked};

/// The sheet that holds the entries.
const SHEET: &str = "知识条目";
/// Largest workbook read, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// What a cell of a workbook holds, in UTF-16 units.
const MAX_CELL: usize = 32_767;
/// Rows and columns looked at; what is further out is a slip of the mouse.
const MAX_ROWS: u32 = 50_001;
const MAX_COLUMNS: u32 = 256;

type Rows = Result<Vec<Vec<Cell>>, Vec<Diagnostic>>;

/// The rows of the sheet called 知识条目, or of the first one that is to be seen.
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
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|err| broken(format!("不是 XLSX 工作簿：{err}")))?;
    let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    let ours = names.iter().find(|name| *name == SHEET).or(names.first());
    let name = ours.ok_or_else(|| broken("工作簿里没有工作表".to_owned()))?;
    cells(file, &mut book, name).map_err(|err| broken(format!("工作表“{name}”读不了：{err}")))?
}

/// The cells, read one by one: a lone cell in the last row of a sheet costs nothing.
fn cells(file: &str, book: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> Result<Rows, XlsxReadError> {
    let mut reader = book.worksheet_cells_reader(sheet)?;
    let (mut rows, mut wrong): (Vec<Vec<Cell>>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    while let Some(found) = reader.next_cell()? {
        let (row, column) = found.get_position();
        if matches!(found.get_value(), DataRef::Empty) {
            continue;
        }
        let place = format!("第 {} 行第 {} 列", row + 1, column + 1);
        if row >= MAX_ROWS || column >= MAX_COLUMNS {
            let message = format!("{place}有内容；最多 {MAX_ROWS} 行、{MAX_COLUMNS} 列");
            wrong.push(Diagnostic::error(file, row + 1, message).help("删去多余的行和列"));
            break;
        }
        let text = text(&Data::from(found.get_value().clone())).unwrap_or_else(|(message, help)| {
            wrong.push(Diagnostic::error(file, row + 1, format!("{place}：{message}")).help(help));
            String::new()
        });
        while rows.len() <= row as usize {
            rows.push(vec![empty(rows.len() as u32)]);
        }
        let cells = &mut rows[row as usize];
        while cells.len() <= column as usize {
            cells.push(empty(row));
        }
        cells[column as usize].text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    Ok(if wrong.is_empty() { Ok(rows) } else { Err(wrong) })
}

/// Of a workbook only the row is told.
fn empty(row: u32) -> Cell {
    Cell { line: row + 1, ..Cell::default() }
}

/// The text that was meant by a cell.
fn text(value: &Data) -> Result<String, (String, &'static str)> {
    match value {
        Data::Empty => Ok(String::new()),
        Data::String(text) => Ok(text.clone()),
        Data::Int(whole) => Ok(whole.to_string()),
        // The shortest text that reads as the same number: 3.0 is 3.
        Data::Float(number) => Ok(number.to_string()),
        Data::Bool(yes) => Ok(if *yes { "是" } else { "否" }.to_owned()),
        Data::DateTime(date) if date.is_datetime() => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            Ok(format!("{year:04}-{month:02}-{day:02}"))
        }
        Data::DateTimeIso(date) => Ok(date.split('T').next().unwrap_or_default().to_owned()),
        Data::Error(err) => Err((format!("公式出错 {err}"), "把公式改成它应有的文字")),
        _ => Err(("这一格是时长".to_owned(), "把这一列的格式设为“文本”，重新输入")),
    }
}

/// A workbook with one sheet.
pub(super) fn write(rows: &[Vec<String>]) -> Result<Vec<u8>, String> {
    for (number, row) in (1..).zip(rows) {
        if let Some(cell) = row.iter().find(|cell| cell.encode_utf16().count() > MAX_CELL) {
            let units = cell.encode_utf16().count();
            return Err(format!("第 {number} 行有一格 {units} 个字，工作簿的一格最多 {MAX_CELL} 个；请改用 CSV"));
        }
    }
    workbook(rows).map_err(|err| format!("工作簿写不出来：{err}"))
}

fn workbook(rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // No clock: the same entries are the same file.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let text = Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top);
    let header = text.clone().set_bold().set_background_color(Color::RGB(0x00DD_EBF7));
    let sheet = book.add_worksheet();
    sheet.set_name(SHEET)?;
    sheet.set_freeze_panes(1, 1)?;
    for (line, row) in (0..).zip(rows) {
        for (at, cell) in (0..).zip(row) {
            if line == 0 {
                sheet.set_column_width(at, 24)?;
                // Also for rows yet to be written.
                sheet.set_column_format(at, &text)?;
            }
            if !cell.is_empty() {
                sheet.write_string_with_format(line, at, cell, if line == 0 { &header } else { &text })?;
            }
        }
    }
    book.save_to_buffer()
}
