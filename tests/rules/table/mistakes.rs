//! What a clerk gets wrong, and what he is told: row, column, the cell, the way out.

use super::{TABLE, report};

const HEADER: &str =
    "编号,动词,任一词,全部词,同句,类别,主责,分值,配合,转人工,级别,不予受理,有效期起,有效期止,自动,依据";

/// A row under the full header, by column name.
fn row(cells: &[(&str, &str)]) -> String {
    let sound = [("编号", "a.one"), ("任一词", "涨价"), ("主责", "区市场监管局"), ("依据", "示")];
    let text = |name: &str| {
        let given = cells.iter().chain(&sound).find(|(column, _)| *column == name);
        given.map_or("", |(_, text)| text).to_owned()
    };
    HEADER.split(',').map(text).collect::<Vec<_>>().join(",")
}

#[track_caller]
fn check(table: &str, message: &str, help: &str) {
    let report = report("", table);
    let found = report.diagnostics.iter().find(|it| it.is_error() && it.message.contains(message));
    let found = found.unwrap_or_else(|| panic!("{message} is not in {:#?}", report.diagnostics));
    assert_eq!(found.file, TABLE);
    assert!(found.help.contains(help) && !found.help.is_empty(), "{found:?}");
}

#[track_caller]
fn check_cell(column: &str, text: &str, message: &str, help: &str) {
    let table = format!("{HEADER}\n{}\n{}\n", row(&[("编号", "a.sound")]), row(&[(column, text)]));
    check(&table, &format!("第 3 行“{column}”"), "");
    check(&table, message, help);
}

#[test]
fn cells() {
    check_cell("编号", "parking", "编号不合规范", "market.price");
    check_cell("编号", "", "没有填", "#");
    check_cell("动词", "派送", "没有“派送”这个动词", "派单");
    check_cell("任一词", "涨价、车", "“任一词”里的“车”太短", "word:");
    check_cell("全部词", "超市；车、涨价", "“全部词”里的“车”太短", "word:");
    check_cell("同句", "句子", "只能写 是 或 否", "留空");
    check_cell("类别", "投述", "类别 没有“投述”这一项", "投诉");
    check_cell("主责", "区市场监督局", "没有单位“区市场监督局”", "区市场监管局");
    check_cell("配合", "联动中心、交通局办", "没有单位“交通局办”", "区交通局");
    check_cell("分值", "很大", "应当是一个数", "2.5");
    check_cell("分值", "300", "-10 到 10", "3");
    check_cell("转人工", "看一看", "不能和“主责”写在同一行", "拆成两行");
    check_cell("级别", "红", "这一列只用于预警，这一行是派单", "动词");
    check_cell("不予受理", "5", "这一列只用于受理", "动词");
    check_cell("有效期起", "2022-07-01", "起止两天", "首尾");
    check_cell("自动", "也许", "只能写 是 或 否", "留空");
    check_cell("依据", "", "没有填", "第几条");
}

#[test]
fn rows_with_more_than_one_mistake_tell_all_of_them() {
    let wrong = row(&[("类别", "投述"), ("主责", "市监局"), ("配合", "交警、消防")]);
    let report = report("", &format!("{HEADER}\n{wrong}\n{}\n", row(&[("编号", "a.two"), ("任一词", "车")])));
    let told = report.diagnostics.iter().filter(|it| it.is_error());
    let places: Vec<String> = told.map(|it| it.message.chars().take(8).collect()).collect();
    assert_eq!(
        places,
        ["第 2 行“类别", "第 2 行“主责", "第 2 行“配合", "第 2 行“配合", "第 3 行“任一"],
        "{:#?}",
        report.diagnostics
    );
}

#[test]
fn dates_and_codes() {
    let dated = |from: &str, until: &str| format!("{HEADER}\n{}\n", row(&[("有效期起", from), ("有效期止", until)]));
    check(&dated("2022-07-32", "2022-08-01"), "第 2 行“有效期起”（写的是“2022-07-32”）：不是日期", "2022-07-25");
    check(&dated("2022-08-02", "2022-08-01"), "早于有效期起 2022-08-02", "早于");
    let refuse = row(&[("动词", "受理"), ("主责", ""), ("不予受理", "7")]);
    check(&format!("{HEADER}\n{refuse}\n"), "不予受理 的代码 7 不在", "5");
    let colour = row(&[("动词", "预警"), ("主责", ""), ("级别", "橙")]);
    check(&format!("{HEADER}\n{colour}\n"), "没有“橙”这一级别", "蓝");
}

#[test]
fn headers() {
    check("编号,任一个词,主责,依据\n", "不认识的列“任一个词”", "任一词");
    check("编号,主责,主责,依据\n", "列“主责”出现了两次", "合并");
    check("任一词,主责,依据\n", "没有“编号”这一列", "列名");
    check("", "没有“编号”这一列", "列名");
    check("编号,任一词,,依据\na.b,停车,区交通局,示\n", "“区交通局”不在任何一列下面", "列名");
    check("编号,任一词,依据\na.b,停车,示,多了\n", "“多了”不在任何一列下面", "逗号");
}

#[test]
fn text_that_is_no_table() {
    check("编号,任一词,依据\na.b,\"停车,示\n", "双引号没有结束", "补上");
    check("编号,任一词,依据\na.b,\"停车\"费,示\n", "双引号结束以后", "两个");
    check("编号,任一词,依据\na.b,停\u{1}车,示\n", "U+0001", "重新输入");
    let long = format!("编号,任一词,依据\n{}", "a.b,停车,示\n".repeat(paidan::rules::MAX_ROWS));
    check(&long, "超过", "拆成");
}

#[test]
fn a_row_without_conditions_or_outcome() {
    check(&format!("{HEADER}\n{}\n", row(&[("任一词", "")])), "第 2 行，规则 a.one：没有任何条件", "any");
    check(
        &format!("{HEADER}\n{}\n", row(&[("主责", "")])),
        "第 2 行“编号”（写的是“a.one”）：这一行没有写结果",
        "主责、",
    );
    check(&format!("{HEADER}\n{}\n", row(&[("主责", ""), ("分值", "3")])), "这一行没有写结果", "不归");
}
