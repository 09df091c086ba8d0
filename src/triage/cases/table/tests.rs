//! Tables as clerks fill them in, and what they are told.

use super::*;
use crate::triage::Outcome;

const PATH: &str = "rules/demo/cases/a.csv";

#[test]
fn a_clerks_table_is_read() {
    let source = "\u{feff}名称,文字,来件时间,结果,主责,配合,预警,不予受理,必须命中,备注\r\n\
        涨价,\"超市涨价，\n太贵\",2022/9/29 9:30,派发,区市场监管局,区商务局、区教育局,无,无,a.one；b.two,随便\r\n\
        ,,,,,,,,,\r\n\
        天气,天气不错,,人工,无,,,,,\r\n";
    let (cases, found) = parse(PATH, source);
    assert_eq!(found, vec![]);
    let [first, second] = &cases[..] else { panic!("{cases:#?}") };
    assert_eq!((first.name.as_str(), first.text.as_str(), first.line), ("涨价", "超市涨价，\n太贵", 2));
    assert_eq!(first.at, "2022-09-29T01:30:00Z".parse().ok());
    let expect = &first.expect;
    assert_eq!((expect.outcome, expect.lead.as_deref()), (Some(Outcome::Dispatched), Some("区市场监管局")));
    assert_eq!(
        (&expect.assists[..], expect.warning.as_deref()),
        (&["区商务局".into(), "区教育局".into()][..], Some("none"))
    );
    assert_eq!((expect.refuse.as_deref(), &expect.fires[..]), (Some(&[][..]), &["a.one".into(), "b.two".into()][..]));
    assert_eq!((second.line, second.expect.lead.as_deref(), second.expect.category.as_deref()), (5, Some(""), None));
}

#[track_caller]
fn wrong(source: &str, place: (u32, u32), message: &str, help: &str) {
    let (_, found) = parse(PATH, source);
    let first = found.first().unwrap_or_else(|| panic!("nothing found in {source}"));
    assert_eq!((first.line, first.column), place, "{first:?}");
    assert!(first.message.contains(message) && first.help.contains(help), "{first:?}");
}

#[test]
fn mistakes_name_row_and_column() {
    wrong("名称,文字,主責\n", (1, 7), "不认识的列“主責”", "主责");
    wrong("名称,主责\n甲,乙\n", (1, 0), "缺少列“文字”", "列名");
    wrong("名称,文字\n甲,乙\n", (1, 0), "没有一列", "主责");
    wrong("名称，文字，主责\n", (1, 1), "不认识的列", "半角逗号");
    wrong("文字,主责,文字\n", (1, 7), "写了两次", "删去");
    wrong("文字,结果\n涨价,派出去\n", (2, 4), "“结果”列：“派出去”", "派发");
    wrong("文字,预警\n涨价,橙\n", (2, 4), "“预警”列", "蓝、黄、红");
    wrong("文字,主责\n涨价,甲局,多了\n", (2, 7), "多出一格", "双引号");
    wrong("文字,重复来件,主责\n涨价,两次,甲局\n", (2, 4), "应当是整数", "阿拉伯");
    wrong("文字,来件时间,主责\n涨价,昨天,甲局\n", (2, 4), "不是时间", "2022");
    wrong("文字,不予受理\n涨价,第五类\n", (2, 4), "代码", "无");
    wrong("文字,主责\n,甲局\n", (2, 0), "没有文字", "正文");
    wrong("文字,主责\n涨价,\n", (2, 0), "没有写希望的结果", "主责");
    wrong("", (1, 0), "是空的", "列名");
}
