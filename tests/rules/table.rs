//! Rules as tables: a row means what the same rule in a script means, mistakes are told by row and column, and nothing is
//! lost on the way into a spreadsheet and back.

mod mistakes;
mod workbook;

use std::fs;
use std::path::Path;

use paidan::packs::{Pack, Source};
use paidan::releases::{Releases, Report};
use paidan::rules::{Table, compile_file};
use paidan::triage::Snapshot;

use crate::demo::{ask, pack, request};

const TABLE: &str = "rules/demo/route/table.csv";

/// The demo jurisdiction with this script and this table.
fn with_table(script: &str, table: &str) -> Pack {
    let mut pack = pack(script);
    pack.files.insert(TABLE.into(), table.into());
    pack
}

fn report(script: &str, table: &str) -> Report {
    Releases::default().round(&with_table(script, table)).reports["demo"].clone()
}

#[track_caller]
fn snapshot(script: &str, table: &str) -> Snapshot {
    let round = Releases::default().round(&with_table(script, table));
    let report = &round.reports["demo"];
    assert!(report.current, "{:#?}", report.diagnostics);
    Snapshot { releases: round.releases, ..Snapshot::default() }
}

/// Each row with the rule that says the same.
const PAIRS: [(&str, &str, &str); 12] = [
    (
        "编号,任一词,排除词,主责,分值,配合,理由,依据",
        "a.b,涨价、哄抬,停车|车费,区市场监管局,4,联动中心，区交通局,贵,示",
        r#"route("a.b", #{ any: ["涨价", "哄抬"], unless: ["停车", "车费"], then: #{ lead: "区市场监管局", weight: 4, assist: ["联动中心", "区交通局"], why: "贵" }, basis: "示" });"#,
    ),
    (
        "依据,全部词,编号,同句,主责,分值",
        "示,超市、菜场；涨价|加价,a.b,是,区市场监管局,3.5",
        r#"route("a.b", #{ all: [["超市", "菜场"], ["涨价", "加价"]], within: "sentence", then: #{ lead: "区市场监管局", weight: 3.5 }, basis: "示" });"#,
    ),
    (
        "编号,动词,任一词,定性质,定主题,分值,依据",
        "a.b,归类,涨价,投诉,市场,2,示",
        r#"classify("a.b", #{ any: ["涨价"], then: #{ nature: "投诉", topic: "市场", weight: 2 }, basis: "示" });"#,
    ),
    (
        "编号,动词,任一词,特急,告知,依据",
        "a.b,受理,着火,火情,请拨119,示",
        r#"admit("a.b", #{ any: ["着火"], then: #{ special_urgent: "火情", tell: "请拨119" }, basis: "示" });"#,
    ),
    (
        "编号,动词,任一词,不予受理,理由,依据",
        "a.b,受理,着火,5,紧急,示",
        r#"admit("a.b", #{ any: ["着火"], then: #{ refuse: 5, why: "紧急" }, basis: "示" });"#,
    ),
    (
        "编号,动词,任一词,级别,理由,依据",
        "a.b,预警,涨价,红,贵,示",
        r#"warn("a.b", #{ any: ["涨价"], then: #{ level: "red", why: "贵" }, basis: "示" });"#,
    ),
    (
        "编号,任一词,不归,依据",
        "a.b,涨价,区交通局,示",
        r#"route("a.b", #{ any: ["涨价"], then: #{ not: "区交通局" }, basis: "示" });"#,
    ),
    (
        "编号,任一词,转人工,依据",
        "a.b,涨价,看一看,示",
        r#"route("a.b", #{ any: ["涨价"], then: #{ manual: "看一看" }, basis: "示" });"#,
    ),
    (
        "编号,地点,渠道,来件人,主责,分值,依据",
        "a.b,金贸街道,网站、电话,公民,工商局,3,示",
        r#"route("a.b", #{ place: "金贸街道", channel: ["网站", "电话"], requester: "公民", then: #{ lead: "工商局", weight: 3 }, basis: "示" });"#,
    ),
    (
        "编号,任一词,有效期起,有效期止,自动,组,主责,跟进,分值,依据",
        "a.b,涨价,2022/9/1,2022年12月31日,否,price,区市场监管局,联动中心,３,示",
        r#"route("a.b", #{ any: ["涨价"], valid: ["2022-09-01", "2022-12-31"], auto: false, group: "price", then: #{ lead: "区市场监管局", follow: ["联动中心"], weight: 3 }, basis: "示" });"#,
    ),
    (
        "id,any,lead,weight,basis,note",
        "a.b,word：涨价,区市场监管局,3,示,想一想",
        r#"route("a.b", #{ any: ["word:涨价"], then: #{ lead: "区市场监管局", weight: 3 }, basis: "示" });"#,
    ),
    (
        "编号,动词,性质,级别,依据,",
        "a.b,WARN,投诉,yellow,示,",
        r#"warn("a.b", #{ nature: "投诉", then: #{ level: "yellow" }, basis: "示" });"#,
    ),
];

const TEXTS: [&str; 6] = [
    "国贸大道的超市涨价，菜场也加价",
    "停车涨价",
    "楼上着火，快来",
    "我要投诉超市。哄抬物价，还要加价",
    "投诉楼上",
    "天气不错",
];

#[test]
fn a_row_means_what_the_rule_means() {
    let common = "classify(\"n.bad\", #{ any: [\"投诉\"], then: #{ nature: \"投诉\", weight: 1 }, basis: \"示\" });\n";
    for (header, row, script) in PAIRS {
        let by_row = snapshot(common, &format!("{header}\n{row}\n"));
        let by_script = {
            let mut pack = pack(common);
            pack.files.insert("rules/demo/route/table.rhai".into(), format!("\n{script}"));
            let round = Releases::default().round(&pack);
            assert!(round.reports["demo"].current, "{:#?}", round.reports["demo"].diagnostics);
            Snapshot { releases: round.releases, ..Snapshot::default() }
        };
        for text in TEXTS {
            let mut request = request(text);
            (request.channel, request.requester.kind) = ("网站".into(), "公民".into());
            let (mut by_row, by_script) = (ask(&by_row, &request), ask(&by_script, &request));
            by_row.made_with = by_script.made_with.clone();
            let json = |decision| serde_json::to_string(&decision).expect("a decision is JSON");
            // Only the name of the file differs.
            assert_eq!(json(by_row).replace("table.csv", "table.rhai"), json(by_script), "{row} on {text}");
        }
    }
}

/// A rule that goes into a table and is compiled again is the rule it was; what cannot go is named.
#[test]
fn scripts_become_tables_and_lose_nothing() {
    for (_, _, script) in PAIRS {
        let (table, left) = Table::of_script(&compile_file("a.rhai", script));
        assert_eq!((table.rules(), &left[..]), (1, &[][..]), "{script}");
    }
    let script = "// 停车\nroute(\"a.one\", #{ any: [\"停车\"], then: #{ lead: \"区交通局\" }, basis: \"示\" });\n\
        route(\"a.two\", #{ any: [\"涨价\"], when: |t| t.amount > 3, then: #{ lead: \"区交通局\" }, basis: \"示\" });\n\
        route(\"a.three\", #{ any: [\"涨价\"], then: |t| #{ lead: \"区交通局\" }, basis: \"示\" });\n\
        route(\"a.four\", #{ any: [\"甲、乙\"], then: #{ lead: \"区交通局\" }, basis: \"示\" });\n\
        off(\"c.five\", \"不用\");\n";
    let (table, left) = Table::of_script(&compile_file("a.rhai", script));
    assert_eq!(table.to_csv(), "编号,任一词,主责,依据\n# 停车,,,\na.one,停车,区交通局,示\n");
    let left: Vec<(&str, u32)> = left.iter().map(|it| (it.id.as_str(), it.line)).collect();
    assert_eq!(left, [("a.two", 3), ("a.three", 4), ("a.four", 5), ("c.five", 6)]);
}

/// Every flat rule we ship can be moved into a table: what is exported compiles, and nothing vanishes on the way.
#[test]
fn every_shipped_script_is_exported_whole() {
    let shipped = Source::Folder(env!("CARGO_MANIFEST_DIR").into()).read().expect("the packs can be read");
    let mut moved = 0;
    for (path, source) in shipped.files.iter().filter(|(path, _)| path.ends_with(".rhai")) {
        let script = compile_file(path, source);
        let verbs = ["admit(\"", "classify(\"", "route(\"", "warn(\"", "off(\""];
        let calls = source.lines().filter(|line| verbs.iter().any(|verb| line.starts_with(verb))).count();
        let (table, left) = Table::of_script(&script);
        assert_eq!(table.rules() + left.len(), calls, "{path}");
        let again = Table::from_csv("a.csv", &table.to_csv()).unwrap_or_else(|wrong| panic!("{path}: {wrong:#?}"));
        assert_eq!((again.check_form("a.csv"), again.rules()), (vec![], table.rules()), "{path}");
        moved += table.rules();
    }
    assert!(moved > 500, "{moved}");
}

#[test]
fn tables_and_scripts_live_side_by_side() {
    let row = "编号,任一词,主责,分值,依据\na.one,涨价,区市场监管局,4,示\n";
    let lead = |script: &str, table: &str| ask(&snapshot(script, table), &request("涨价")).lead.value;
    assert_eq!(lead("off(\"a.one\", \"不用\");", row), "", "a script switches a row off");
    let twice = "route(\"a.one\", #{ any: [\"涨价\"], then: #{ lead: \"区交通局\" }, basis: \"示\" });";
    let report = report(twice, row);
    let found = report.diagnostics.iter().find(|it| it.is_error()).expect("the number stands twice");
    assert!(found.message.contains("a.one 已经在") && found.message.contains(TABLE), "{found:?}");

    let mut pack = with_table("", "编号,任一词,主责,分值,依据,覆盖\nc.one,涨价,区交通局,4,示,是\n");
    pack.files.insert("rules/common/shared.csv".into(), "编号,任一词,转人工,依据\nc.one,涨价,看一看,示\n".into());
    pack.files.insert("rules/demo/cases/no_rules.txt".into(), "编号".into());
    let round = Releases::default().round(&pack);
    let report = &round.reports["demo"];
    assert!(report.current && report.rules == 1, "{:#?}", report.diagnostics);
}

#[test]
fn what_is_written_for_people_is_kept() {
    let csv = "编号,主责,任一词,依据,备注\n# 停车,,,,\n,,,,\na.one,区交通局,停车,示,\"先问，再说\n第二行\"\n\
        ＃ 完,,,,\n";
    let table = Table::from_csv("a.csv", csv).expect("sound");
    assert_eq!((table.rules(), table.comments()), (1, 2));
    assert_eq!(table.to_csv(), csv);
    let crlf = format!("\u{feff}{}", csv.replace('\n', "\r\n"));
    assert_eq!(Table::from_csv("a.csv", &crlf).expect("sound").to_csv(), csv);
}

/// The commands, as a clerk uses them.
#[test]
fn out_to_a_workbook_and_back_by_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let root = env!("CARGO_MANIFEST_DIR");
    let shipped = format!("{root}/rules/rongcheng/route/energy.csv");
    let (code, out) = paidan(&["export", &shipped, &file("a.xlsx")]);
    assert_eq!(code, Some(0), "{out}");
    let (code, out) = paidan(&["export", &shipped, &file("a.xlsx")]);
    assert_eq!(code, Some(2), "an edited workbook is not overwritten: {out}");
    let import = ["import", &file("a.xlsx"), &file("a.csv"), "--packs", root, "--jurisdiction"];
    let (code, out) = paidan(&[&import[..], &["rongcheng"]].concat());
    assert_eq!(code, Some(0), "{out}");
    let (before, after) = (fs::read(&shipped).expect("shipped"), fs::read(file("a.csv")).expect("written"));
    assert_eq!(before, after, "what we ship is canonical");
    fs::remove_file(file("a.csv")).expect("removed");
    let (code, out) = paidan(&[&import[..], &["haikou"]].concat());
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("第 3 行“主责”") && out.contains("没有写文件"), "{out}");
    assert!(!Path::new(&file("a.csv")).exists());
}

fn paidan(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_paidan"));
    command.args(["rules", "table"]).args(arguments);
    let child =
        crate::store::fixture::start(command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()));
    let done = child.wait_with_output().expect("it ends");
    (done.status.code(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
}
