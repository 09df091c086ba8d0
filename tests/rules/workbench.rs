//! The author's commands, as they are typed: check, test, fmt; and that running fewer cases finds the same failures.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use paidan::releases::{Releases, failed_cases, run_cases, touched};
use paidan::triage::{Cache, Release};
use tempfile::TempDir;

use crate::demo::pack;

const RULES: &str = "fn big(t) { t.amount > 3 }\n\
    route(\"a.one\", #{ any: [\"涨价\"], then: #{ lead: \"区市场监管局\", weight: 4 }, basis: \"示\" });\n\
    route(\"b.two\", #{ any: [\"公交\"], when: |t| big(t), then: #{ lead: \"区交通局\", weight: 4 }, basis: \"示\" });\n";
const CASES: &str = "[[case]]\nname = \"涨价\"\ntext = \"超市涨价\"\nexpect = { lead = \"区市场监管局\" }\n\n\
    [[case]]\nname = \"公交\"\ntext = \"公交车收了30元\"\nexpect = { lead = \"区交通局\" }\n\n\
    [[case]]\nname = \"天气\"\ntext = \"天气不错\"\nexpect = { lead = \"\" }\n";

fn folder(rules: &str, cases: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut files = pack(rules).files;
    files.insert("rules/demo/cases/one.toml".into(), cases.into());
    for (path, text) in files {
        write(folder.path(), &path, text.as_bytes());
    }
    folder
}

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
    fs::write(file, bytes).expect("a file");
}

fn paidan(folder: &Path, args: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_paidan")).current_dir(folder).args(args).output().expect("the program runs");
    let said = [stdout, stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8")).concat();
    (status.code().expect("it ends by itself"), said)
}

#[test]
fn check_says_it_for_people_for_programs_and_for_editors() {
    let site = folder(&RULES.replace("区交通局", "区交同局"), CASES);
    let (code, said) = paidan(site.path(), &["rules", "check", "rules"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("错误[unknown-unit] rules/demo/test.rhai:3:") && said.contains("是不是“区交通局”"), "{said}");
    assert!(said.contains("demo：1 个错误"), "{said}");
    let (code, said) = paidan(site.path(), &["rules", "check", ".", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said).expect("one line of JSON");
    assert_eq!((code, json["errors"].as_u64(), json["jurisdiction"].as_str()), (1, Some(1), Some("demo")));
    let (code, said) = paidan(site.path(), &["rules", "check", ".", "--sarif"]);
    let log: serde_json::Value = serde_json::from_str(&said).expect("a log");
    assert_eq!((code, &log["runs"][0]["results"][0]["ruleId"]), (1, &"unknown-unit".into()));
    let (code, said) = paidan(site.path(), &["rules", "check", ".", "--jurisdiction", "demoo"]);
    assert!(code == 2 && said.contains("是不是“demo”"), "{said}");
    assert_eq!(paidan(folder(RULES, CASES).path(), &["rules", "check"]).0, 0);
}

#[test]
fn a_failing_case_shows_the_votes_that_did_it() {
    let site = folder(
        &RULES.replace("weight: 4 }, basis: \"示\" });\nroute(\"b", "weight: 2 }, basis: \"示\" });\nroute(\"b"),
        CASES,
    );
    let junit = site.path().join("report.xml");
    let (code, said) = paidan(site.path(), &["rules", "test", ".", "--junit", junit.to_str().expect("a path")]);
    assert_eq!(code, 1, "{said}");
    for part in [
        "没有通过 rules/demo/cases/one.toml:1  涨价",
        "lead 应为“区市场监管局”，实为（未定）",
        "+2 票 区市场监管局",
        "a.one（rules/demo/test.rhai:2，词：涨价）",
        "需要 3 票",
        "运行 3 个用例，1 个没有通过",
    ] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    let report = fs::read_to_string(junit).expect("a report");
    assert!(
        report.contains("tests=\"3\"") && report.contains("failures=\"1\"") && report.contains("+2 票"),
        "{report}"
    );
    let (_, said) = paidan(site.path(), &["rules", "test", ".", "--json", "--filter", "涨价"]);
    let json: serde_json::Value = serde_json::from_str(&said).expect("one line of JSON");
    assert_eq!((json["run"].as_u64(), json["failed"].as_u64(), json["cases"].as_u64()), (Some(1), Some(1), Some(3)));
    assert_eq!(json["failed_cases"][0]["votes"][0]["rule"], "a.one");
}

#[test]
fn a_table_of_cases_saved_by_a_spreadsheet_is_run() {
    let site = folder(RULES, CASES);
    let table = "名称,文字,主责\r\n涨价,超市涨价,区市场监管局\r\n公交,公交车收了30元,区市场监管局\r\n";
    // The bytes of 国标 18030, as Excel in China saves them.
    let (bytes, ..) = encoding_rs::GB18030.encode(table);
    write(site.path(), "rules/demo/cases/two.csv", &bytes);
    let (code, said) = paidan(site.path(), &["rules", "test", "."]);
    assert!(code == 1 && said.contains("没有通过 rules/demo/cases/two.csv:3  公交"), "{said}");
    assert!(said.contains("运行 5 个用例，1 个没有通过"), "{said}");
}

#[test]
fn fmt_changes_files_or_only_says_so() {
    let site = folder(RULES, CASES);
    let file = site.path().join("rules/demo/test.rhai");
    let (code, said) = paidan(site.path(), &["rules", "fmt", "--check"]);
    assert!(code == 1 && said.contains("需要排版 rules/demo/test.rhai"), "{said}");
    assert_eq!(fs::read_to_string(&file).expect("the file"), RULES);
    let (code, said) = paidan(site.path(), &["rules", "fmt", "rules/demo/test.rhai", "--stdout"]);
    assert!(code == 0 && said.contains("    any:   [\"涨价\"],\n"), "{said}");
    assert_eq!(paidan(site.path(), &["rules", "fmt"]).0, 0);
    assert_eq!(fs::read_to_string(&file).expect("the file"), said);
    assert_eq!(paidan(site.path(), &["rules", "fmt", "--check"]).0, 0);
    write(site.path(), "rules/demo/test.rhai", "route(“".as_bytes());
    assert_eq!(paidan(site.path(), &["rules", "fmt"]).0, 1);
    assert_eq!(fs::read_to_string(&file).expect("the file"), "route(“");
}

fn release(rules: &str, cases: &str, more: &[(&str, &str)]) -> Release {
    let mut files = pack(rules).release_files("demo");
    files.insert("rules/demo/cases/one.toml".into(), cases.into());
    files.extend(more.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
    let (release, wrong) = Release::compile("demo", &files, &mut Cache::default());
    release.unwrap_or_else(|| panic!("{wrong:#?}"))
}

#[track_caller]
fn check_touched(rules: &str, cases: &str, more: &[(&str, &str)], wanted: &[&str]) {
    let (old, new) = (release(RULES, CASES, &[]), release(rules, cases, more));
    let found = touched(&old, &new);
    assert_eq!(found.iter().map(|case| case.name.as_str()).collect::<Vec<_>>(), wanted);
    let all = failed_cases(&new);
    assert_eq!(run_cases(&new, &found), all, "fewer cases, the same failures");
}

#[test]
fn only_what_a_change_can_touch_is_run() {
    check_touched(RULES, CASES, &[], &[]);
    check_touched(&format!("// 说明\n{RULES}"), CASES, &[], &[]);
    check_touched(&RULES.replace("\"区交通局\", weight: 4", "\"区交通局\", weight: 1"), CASES, &[], &["公交"]);
    check_touched(&RULES.replace("[\"涨价\"]", "[\"天气\"]"), CASES, &[], &["涨价", "天气"]);
    let without: String = RULES.lines().take(2).map(|line| format!("{line}\n")).collect();
    check_touched(&without, CASES, &[], &["公交"]);
    check_touched(&format!("{RULES}off(\"a.one\", \"不用\");"), CASES, &[], &["涨价"]);
    // A helper may serve any rule of its file.
    check_touched(&RULES.replace("> 3", "> 300"), CASES, &[], &["涨价", "公交"]);
    // A case that is new or asks for something else.
    check_touched(RULES, &CASES.replace("lead = \"\"", "lead = \"区交通局\""), &[], &["天气"]);
    // A rule without words may speak anywhere.
    let always = "warn(\"w.one\", #{ when: |t| t.repeats > 1, then: #{ level: \"blue\" }, basis: \"示\" });";
    check_touched(RULES, CASES, &[("rules/demo/warn.rhai", always)], &["涨价", "公交", "天气"]);
    // Whatever is no rule.
    check_touched(RULES, CASES, &[("dictionaries/words.txt", "涨价潮\n")], &["涨价", "公交", "天气"]);
}

/// A service that reloads runs fewer cases and reports the same.
#[test]
fn a_reload_reports_what_a_fresh_start_reports() {
    let with = |rules: &str, cases: &str| {
        let mut pack = pack(rules);
        pack.files.insert("rules/demo/cases/one.toml".into(), cases.into());
        pack
    };
    let mut releases = Releases::default();
    assert!(releases.round(&with(RULES, CASES)).reports["demo"].current);
    for (rules, cases) in [
        (RULES.replace("\"区交通局\", weight: 4", "\"区交通局\", weight: 1"), CASES.to_owned()),
        (RULES.replace("[\"涨价\"]", "[\"天气\"]"), CASES.to_owned()),
        (RULES.to_owned(), CASES.replace("lead = \"\"", "lead = \"区交通局\"")),
        (RULES.to_owned(), CASES.to_owned()),
    ] {
        let pack = with(&rules, &cases);
        let (again, fresh) = (releases.round(&pack), Releases::default().round(&pack));
        assert_eq!(again.reports["demo"].failed_cases, fresh.reports["demo"].failed_cases, "{rules}{cases}");
        assert_eq!(again.reports["demo"].current, fresh.reports["demo"].current);
    }
}
