//! Workbooks: CSV → XLSX → CSV is the identity, and what a clerk typed in a spreadsheet is taken as meant.

use paidan::rules::Table;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

const COLUMNS: [&str; 8] = ["编号", "备注", "任一词", "理由", "分值", "有效期起", "组", "依据"];

/// Cells that formats like to change.
fn cell() -> impl Strategy<Value = String> {
    let fixed = [
        "",
        "",
        "3.0",
        "007",
        "1e5",
        "TRUE",
        "是",
        "2022-07-25",
        "2022/7/25",
        "3-1",
        "=1+1",
        "'",
        "\"",
        "\"\"",
        "a,b",
        "第一行\n第二行",
        " 前后 ",
        "\t",
        "\n",
        "，、；",
        "＃",
        "_x000D_",
        "_x005F_",
        "&amp;",
        "<b>",
        "]]>",
        "😀",
        "\u{a0}",
        "e\u{301}",
        "#N/A",
    ];
    prop_oneof![
        4 => prop::sample::select(fixed.to_vec()).prop_map(str::to_owned),
        2 => "[ 　,\"\n、；a-c0-9.停车涨价_x\\-+=&<>'%]{0,12}",
        1 => any::<String>().prop_map(|text| {
            text.replace("\r\n", "\n").chars().filter(|ch| !ch.is_control() && !matches!(ch, '\u{feff}' | '\u{fffe}' | '\u{ffff}')).collect()
        }),
    ]
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Into a workbook and back.
#[track_caller]
fn round(csv: &str) -> String {
    let table = Table::from_csv("a.csv", csv).expect("sound");
    let bytes = table.to_xlsx("a.csv").expect("a workbook");
    Table::from_xlsx("a.xlsx", &bytes).expect("sound").to_csv()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost(
        order in Just(COLUMNS).prop_shuffle(),
        rows in prop::collection::vec(prop::collection::vec(cell(), COLUMNS.len()), 0..12),
    ) {
        let lines = rows.iter().map(|row| row.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(",") + "\r\n");
        let raw = format!("{}\r\n{}", order.join(","), lines.collect::<String>());
        let table = Table::from_csv("a.csv", &raw).expect("sound");
        let canonical = table.to_csv();
        prop_assert_eq!(&Table::from_csv("a.csv", &canonical).expect("sound").to_csv(), &canonical);
        prop_assert_eq!(&round(&canonical), &canonical);
        // Rules and their mistakes are the same, to the letter, but for the place in the file.
        let bytes = table.to_xlsx("a.csv").expect("a workbook");
        let told = |table: &Table| table.check_form("a").into_iter().map(|it| (it.message, it.help)).collect::<Vec<_>>();
        prop_assert_eq!(told(&Table::from_xlsx("a.xlsx", &bytes).expect("sound")), told(&table));
        let again = Table::from_xlsx("a.xlsx", &bytes).expect("sound").to_xlsx("a").expect("a workbook");
        prop_assert!(again == bytes, "the same table is the same file");
    }
}

#[test]
fn five_thousand_rows_and_the_longest_cell() {
    let long = "停车、".repeat(10_000);
    let rows =
        (0..5_000).map(|n| format!("a.n{n},{},示\n", if n == 7 { long.as_str() } else { "停车费、\u{3000}涨价" }));
    let csv = format!("编号,任一词,依据\n{}", rows.collect::<String>());
    assert!(round(&csv) == csv, "the same");
    let longer = "停".repeat(32_768);
    let table = Table::from_csv("a.csv", &format!("编号,任一词,依据\na.b,{longer},示\n")).expect("sound");
    let wrong = table.to_xlsx("a.csv").expect_err("too long for a workbook");
    assert!(wrong[0].message.contains("第 2 行“任一词”"), "{wrong:?}");
}

/// A workbook made by `fill`.
fn book(fill: impl Fn(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().expect("a workbook")
}

fn header<'a>(sheet: &'a mut Worksheet, names: &[&str]) -> &'a mut Worksheet {
    for (at, name) in names.iter().enumerate() {
        sheet.write_string(0, at as u16, *name).expect("written");
    }
    sheet
}

const SIX: [&str; 6] = ["编号", "任一词", "分值", "有效期起", "有效期止", "依据"];

#[test]
fn numbers_and_dates_are_taken_as_meant() {
    let day = Format::new().set_num_format("yyyy/m/d");
    let bytes = book(|book| {
        let sheet = header(book.add_worksheet(), &SIX);
        for (row, weight) in [(1, 3.0), (2, 2.5), (4, -10.0)] {
            sheet.write_string(row, 0, format!("a.n{row}")).expect("written");
            sheet.write_string(row, 1, "停车").expect("written");
            sheet.write_number(row, 2, weight).expect("written");
            let (from, until) = (ExcelDateTime::from_ymd(2022, 7, 1), ExcelDateTime::from_ymd(2022, 12, 31));
            sheet.write_datetime_with_format(row, 3, from.expect("a day"), &day).expect("written");
            sheet.write_datetime_with_format(row, 4, until.expect("a day"), &day).expect("written");
            sheet.write_string(row, 5, "示").expect("written");
        }
        book.add_worksheet();
    });
    let table = Table::from_xlsx("a.xlsx", &bytes).expect("sound");
    let wanted = "编号,任一词,分值,有效期起,有效期止,依据\na.n1,停车,3,2022-07-01,2022-12-31,示\n\
        a.n2,停车,2.5,2022-07-01,2022-12-31,示\n,,,,,\na.n4,停车,-10,2022-07-01,2022-12-31,示\n";
    assert_eq!(table.to_csv(), wanted);
}

#[track_caller]
fn check(fill: impl Fn(&mut Workbook), message: &str) {
    let wrong = Table::from_xlsx("a.xlsx", &book(fill)).expect_err(message);
    assert!(wrong.iter().any(|it| it.message.contains(message) && !it.help.is_empty()), "{wrong:#?}");
}

#[test]
fn what_a_spreadsheet_spoils() {
    let day = Format::new().set_num_format("yyyy/m/d");
    check(
        |book| {
            let sheet = header(book.add_worksheet(), &SIX);
            let date = ExcelDateTime::from_ymd(2022, 3, 1).expect("a day");
            sheet.write_datetime_with_format(1, 0, date, &day).expect("written");
        },
        "第 2 行“编号”：表格软件把这一格当成了日期（2022-03-01）",
    );
    check(
        |book| {
            let sheet = header(book.add_worksheet(), &SIX);
            sheet.merge_range(1, 1, 3, 1, "停车", &Format::new()).expect("merged");
        },
        "第 2 行到第 4 行、第 2 列起是合并的单元格",
    );
    check(
        |book| {
            header(book.add_worksheet(), &SIX);
            book.add_worksheet().write_string(0, 0, "说明").expect("written");
        },
        "几张工作表：Sheet1、Sheet2",
    );
    check(
        |book| {
            let sheet = header(book.add_worksheet(), &SIX);
            sheet.write_string(1_048_575, 16_383, "远").expect("written");
        },
        "第 1048576 行第 16384 列有内容",
    );
    check(|book| _ = header(book.add_worksheet(), &["编号", "主则", "依据"]), "不认识的列“主则”");
    for bytes in [&b""[..], b"PK\x03\x04", "编号,依据\n".as_bytes()] {
        let wrong = Table::from_xlsx("a.xlsx", bytes).expect_err("no workbook");
        assert!(wrong[0].message.contains("不是 XLSX 工作簿"), "{wrong:?}");
    }
}

#[test]
fn the_sheet_with_the_rules_may_have_neighbours() {
    let bytes = book(|book| {
        book.add_worksheet().write_string(0, 0, "怎样填").expect("written");
        let sheet = header(book.add_worksheet(), &SIX);
        sheet.set_name("规则").expect("named").write_string(1, 0, "# 说明").expect("written");
    });
    let table = Table::from_xlsx("a.xlsx", &bytes).expect("sound");
    assert_eq!((table.rules(), table.comments()), (0, 1));
}
