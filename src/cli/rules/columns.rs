//! Columns that line up, also where characters are two columns wide.

use unicode_width::UnicodeWidthStr as _;

/// Lines of cells, each column as wide as its widest cell; the first column to the left, the others to the right.
pub(super) fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
            let blank = " ".repeat(width.saturating_sub(cell.width()));
            if at == 0 { format!("{cell}{blank}") } else { format!("{blank}{cell}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_line_up() {
        let rows = [vec!["旧".to_owned(), "自动".to_owned()], vec!["abc".to_owned(), "1".to_owned()]];
        assert_eq!(aligned(&rows), ["旧   自动", "abc     1"]);
    }
}
