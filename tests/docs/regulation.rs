//! `docs/regulation.md` and `docs/simulate.md` tell the truth: their tables are the program's own sets and keys, their
//! examples run, and a jurisdiction written from the page alone serves.

use std::path::Path;

use paidan::calendar::{Hours, Kind, Rest};
use paidan::packs::{Pack, Source};
use paidan::regulation::{
    Action, ClockRole, ClockRule, CloseCode, Closing, ContactPolicy, CountRule, Counted, ExtensionRule, Floor, Ground,
    GuardRule, Holder, Late, Learning, MarkRule, Matter, Moment, NoticeRule, Per, Reading, Recipient, Review, Reviewer,
    Strategy, When,
};
use paidan::releases::Releases;
use paidan::simulate::{Check, Scenario, run};
use paidan::ticket::{RatedBy, Role};
use paidan::triage::Snapshot;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::blocks;

const REGULATION: &str = include_str!("../../docs/regulation.md");
const SIMULATE: &str = include_str!("../../docs/simulate.md");

/// The rows of the table under a heading: what stands in code, and what is said of it.
#[track_caller]
fn table(page: &str, heading: &str) -> Vec<(String, String)> {
    let (_, part) = page.split_once(&format!("\n### {heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let part = part.split("\n#").next().unwrap_or_default();
    let cells = part.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    cells.map(|(name, said)| (name.to_owned(), said.trim_end_matches(" |").to_owned())).collect()
}

#[track_caller]
fn names(page: &str, heading: &str) -> Vec<String> {
    table(page, heading).into_iter().map(|row| row.0).collect()
}

/// What a type understands, in its own words: it names everything when it is given what it does not know.
fn known<T: DeserializeOwned>(unknown: serde_json::Value) -> Vec<String> {
    let message = serde_json::from_value::<T>(unknown).err().expect("it refuses").to_string();
    let (_, expected) = message.split_once("expected ").unwrap_or_else(|| panic!("{message}"));
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn keys<T: DeserializeOwned>() -> Vec<String> {
    known::<T>(json!({"?": 0}))
}

fn values<T: DeserializeOwned>() -> Vec<String> {
    known::<T>(json!("?"))
}

#[test]
fn the_closed_sets_are_those_of_the_program() {
    let titled = |all: Vec<(&str, &str)>| -> Vec<(String, String)> {
        all.into_iter().map(|(name, title)| (name.to_owned(), title.to_owned())).collect()
    };
    let moments = Moment::ALL.iter().map(|it| (it.name(), it.title())).collect();
    assert_eq!(table(REGULATION, "事件时点"), titled(moments));
    let actions = Action::ALL.iter().map(|it| (it.name(), it.title())).collect();
    assert_eq!(table(REGULATION, "动作"), titled(actions));
    let roles = Role::ALL.iter().map(|it| (it.name(), it.title())).collect();
    assert_eq!(table(REGULATION, "角色"), titled(roles));
    let recipients = table(REGULATION, "通知对象");
    assert_eq!(recipients.len(), 9);
    for (name, title) in recipients {
        let recipient = Recipient::from(name.clone());
        assert!(!matches!(recipient, Recipient::Office(_)), "{name}");
        assert_eq!(recipient.title(), title);
    }
}

#[test]
fn the_small_sets_are_those_of_the_program() {
    for (heading, set) in [
        ("计时方式", values::<Kind>()),
        ("时限的性质", values::<ClockRole>()),
        ("由谁承担", values::<Holder>()),
        ("审核人", values::<Reviewer>()),
        ("评价来源", values::<RatedBy>()),
        ("计数的范围", values::<Per>()),
        ("休息日", values::<Rest>()),
    ] {
        assert_eq!(names(REGULATION, heading), set, "{heading}");
    }
    assert_eq!(
        (values::<Counted>(), values::<Late>()),
        (vec!["submitted".into(), "granted".into()], vec!["refuse".into(), "flag".into()])
    );
}

#[test]
fn every_section_and_key_is_told() {
    for (heading, set) in [
        ("`[hours]` 工作时间", keys::<Hours>()),
        ("`[[clock]]` 时限", keys::<ClockRule>()),
        ("`marks` 时点", keys::<MarkRule>()),
        ("`when` 哪些工单", keys::<When>()),
        ("`[[count]]` 计数", keys::<CountRule>()),
        ("`[[guard]]` 操作的条件", keys::<GuardRule>()),
        ("`[[extension]]` 延期", keys::<ExtensionRule>()),
        ("`[[notify]]` 通知", keys::<NoticeRule>()),
        ("`[[floor]]` 预警下限", keys::<Floor>()),
        ("`[[strategy]]` 处置策略", keys::<Strategy>()),
        ("`[[reading]]` 读法", keys::<Reading>()),
        ("`[[close_code]]` 结案代码", keys::<CloseCode>()),
        ("`[[supervise_ground]]` 督办情形", keys::<Ground>()),
        ("`[review]` 审核", keys::<Review>()),
        ("`[closing]` 结案", keys::<Closing>()),
        ("`[contact]` 联系来件人", keys::<ContactPolicy>()),
        ("`[learning]` 学习", keys::<Learning>()),
        ("`[[matter]]` 事项", keys::<Matter>()),
    ] {
        assert_eq!(names(REGULATION, heading), set, "{heading}");
    }
    let life = serde_json::to_value(paidan::regulation::Lifecycle::default()).expect("JSON");
    for section in life.as_object().expect("an object").keys() {
        let told = [format!("\n### `[[{section}]]`"), format!("\n### `[{section}]`"), format!("\n### `{section}`")];
        assert!(told.iter().any(|heading| REGULATION.contains(heading)), "{section}");
    }
}

#[test]
fn the_scenario_keys_are_told() {
    for (heading, set) in [("情景", keys::<Scenario>()), ("检查", keys::<Check>())] {
        assert_eq!(names(SIMULATE, heading), set, "{heading}");
    }
    let within = |key: &str| {
        let text = format!("jurisdiction = \"a\"\n[ticket]\nat = \"2026-01-01\"\ntext = \"b\"\n{key}\n");
        let message = Scenario::parse("a.toml", &text).expect_err("it refuses").render();
        let (_, known) = message.split_once("可用的有：").unwrap_or_else(|| panic!("{message}"));
        let names = known.lines().next().unwrap_or_default().split('、');
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(SIMULATE, "诉求"), within("wrong = 1"));
    assert_eq!(names(SIMULATE, "指定的研判结果"), within("decided = { wrong = 1 }"));
    let calendar = "[[calendar]]\nwrong = 1".to_owned();
    assert_eq!(names(SIMULATE, "公布的放假安排"), within(&calendar));
}

/// The files of the shipped packs that a new jurisdiction stands on.
fn common() -> Pack {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = Source::Folder(root.to_owned()).read().expect("the packs can be read");
    let kept = |path: &String| {
        ["rules/common/", "rules/calendar/", "dictionaries/"].iter().any(|folder| path.starts_with(folder))
            && !path.starts_with("dictionaries/places/")
    };
    Pack { files: shipped.files.into_iter().filter(|(path, _)| kept(path)).collect(), ..Pack::default() }
}

/// The blocks that the page calls files.
fn files() -> Vec<(String, String)> {
    let parts = REGULATION.split("\n文件 `").skip(1);
    let file = |part: &str| {
        let (path, rest) = part.split_once('`').expect("a path");
        let (_, rest) = rest.split_once("\n```").expect("a block");
        let (_, text) = rest.split_once('\n').expect("its first line");
        (path.to_owned(), text.split_once("\n```").expect("its end").0.to_owned() + "\n")
    };
    parts.map(file).collect()
}

#[track_caller]
fn hold(pack: &Pack, scenario: &str) {
    let scenario = Scenario::parse("scenario.toml", scenario).unwrap_or_else(|err| panic!("{}", err.render()));
    let round = Releases::default().round(pack);
    let report = &round.reports[&scenario.jurisdiction];
    assert!(report.current, "{:#?}\n{:#?}", report.diagnostics, report.failed_cases);
    let snapshot = Snapshot { releases: round.releases, ..Snapshot::default() };
    let report = run(&snapshot, &scenario).expect("it runs");
    assert!(report.holds(), "{:#?}\n{:#?}", report.failures, report.checks);
}

#[test]
fn a_jurisdiction_written_from_the_page_serves() {
    let mut pack = common();
    let mut files = files();
    let scenario = files.pop().expect("the scenario comes last");
    assert_eq!((files.len(), scenario.0.as_str()), (5, "scenario.toml"));
    pack.files.extend(files);
    hold(&pack, &scenario.1);
    // Every other example of the page, in the same jurisdiction.
    let parts = blocks(REGULATION, "toml part").join("\n");
    assert!(parts.matches("[[").count() >= 7);
    let own = "rules/qinghe/regulation.toml";
    let text = pack.files[own].split("\n[review]").next().expect("what stands before").to_owned();
    let text = format!("{text}\n{parts}").replace("\"sign\"", "\"dispatch\"");
    pack.files.insert(own.into(), text);
    let report = &Releases::default().round(&pack).reports["qinghe"];
    assert!(report.current, "{:#?}\n{:#?}", report.diagnostics, report.failed_cases);
}

#[test]
fn the_scenario_of_the_page_holds() {
    let mut pack = common();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = Source::Folder(root.to_owned()).read().expect("the packs can be read");
    pack.files.extend(shipped.files.into_iter().filter(|(path, _)| {
        path.starts_with("rules/longhua/") && !path.contains("/cases/") || path == "dictionaries/places/longhua.toml"
    }));
    let scenarios = blocks(SIMULATE, "toml scenario");
    assert_eq!(scenarios.len(), 1);
    hold(&pack, &scenarios[0]);
}
