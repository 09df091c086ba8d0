//! Entries as files: TOML as packs have them, CSV and XLSX for spreadsheets, JSON lines for other systems. Written and read
//! again they are the same entries. Text and bytes in, values out; every problem with its row and column, in Chinese.

mod cells;
mod lines;
mod plan;
mod rows;
mod sheet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use plan::{Fate, Known, Planned, plan};

use crate::diagnostic::Diagnostic;
use crate::knowledge::{self, Entry};
use crate::rules::csv;

/// A format of entries in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Toml,
    Csv,
    Xlsx,
    Jsonl,
}

impl Format {
    pub const ALL: [Self; 4] = [Self::Toml, Self::Csv, Self::Xlsx, Self::Jsonl];

    /// The ending of its files.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Toml => "toml",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Jsonl => "jsonl",
        }
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Toml => "application/toml; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Jsonl => "application/x-ndjson; charset=utf-8",
        }
    }

    /// By the ending of a file's name.
    pub fn of_file(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Self::ALL.into_iter().find(|format| ending.eq_ignore_ascii_case(format.ending()))
    }
}

/// An entry of a file and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Of the text; in a workbook the row.
    pub line: u32,
    /// As a spreadsheet counts; of other files the line.
    pub row: u32,
    pub entry: Entry,
}

/// Reads entries out of a text; a workbook is none.
///
/// # Errors
/// Every problem found, with its place.
pub fn read_text(format: Format, file: &str, text: &str) -> Result<Vec<Placed>, Vec<Diagnostic>> {
    let read = match format {
        Format::Toml => knowledge::parse_placed(file, text)
            .map(|entries| entries.into_iter().map(|(line, entry)| Placed { line, row: line, entry }).collect()),
        Format::Csv => csv::read(file, text).map_err(|wrong| vec![wrong]).and_then(|rows| rows::read(file, rows)),
        Format::Jsonl => lines::read(file, text),
        Format::Xlsx => Err(vec![Diagnostic::error(file, 1, "XLSX 工作簿不是文本").help("按工作簿读取")]),
    };
    read.map_err(|wrong| wrong.into_iter().map(|problem| problem.excerpt(text)).collect())
}

/// Reads entries out of a workbook.
///
/// # Errors
/// Every problem found, with its row and column.
pub fn read_book(file: &str, bytes: &[u8]) -> Result<Vec<Placed>, Vec<Diagnostic>> {
    rows::read(file, sheet::read(file, bytes)?)
}

/// Entries as the bytes of a file. The same entries always give the same bytes.
///
/// # Errors
/// Something that the format cannot say.
pub fn write(format: Format, entries: &[Entry]) -> Result<Vec<u8>, String> {
    match format {
        Format::Toml => {
            #[derive(Serialize)]
            struct File<'a> {
                entry: &'a [Entry],
            }
            toml::to_string_pretty(&File { entry: entries }).map(String::into_bytes).map_err(|err| err.to_string())
        }
        Format::Jsonl => lines::write(entries),
        Format::Csv => {
            let rows = rows::write(entries);
            let rows = rows.iter().map(|row| row.iter().map(String::as_str).collect());
            // With a byte-order mark: without it spreadsheets take the text for GBK.
            Ok(format!("\u{feff}{}", csv::write(rows)).into_bytes())
        }
        Format::Xlsx => sheet::write(&rows::write(entries)),
    }
}

#[cfg(test)]
mod tests;
