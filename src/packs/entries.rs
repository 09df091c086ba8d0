//! Bytes of a file of entries → entries, whatever the encoding of a spreadsheet.

use super::decode;
use crate::diagnostic::Diagnostic;
use crate::editorial::exchange::{Format, Placed, read_book, read_text};

/// Reads a file of entries. CSV may be UTF-8, UTF-16 with a byte-order mark or GB 18030.
///
/// # Errors
/// Every problem found, with its row and column.
pub fn read_entries(format: Format, file: &str, bytes: Vec<u8>) -> Result<Vec<Placed>, Vec<Diagnostic>> {
    if format == Format::Xlsx {
        return read_book(file, &bytes);
    }
    // The decoder goes by the ending, a caller may have sent the file under any name.
    let decoded = decode(&format!("entries.{}", format.ending()), bytes);
    let text = decoded.map_err(|why| vec![Diagnostic::error(file, 1, why).help("另存为 UTF-8 后再试")])?;
    read_text(format, file, &text)
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;

    use super::*;

    /// HN-45: as spreadsheets in China save it.
    #[test]
    fn hn_45_a_table_in_gb_18030_is_read() {
        let csv = "编号,问题,答案,责任单位\na-1,营业执照怎么办理,带身份证,区市场监管局\n";
        let read = read_entries(Format::Csv, "a.csv", GB18030.encode(csv).0.into_owned()).expect("sound");
        assert_eq!((read[0].line, read[0].entry.owner.as_str()), (2, "区市场监管局"));
        assert!(read_entries(Format::Jsonl, "a.jsonl", GB18030.encode("{\"id\":\"一\"}").0.into_owned()).is_err());
    }
}
