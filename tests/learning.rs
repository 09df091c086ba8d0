//! What was learnt outlives a restart and replays bit for bit.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use paidan::app::{Loader, TrainWish, choose, discard, in_use, train};
use paidan::course::Target;
use paidan::lesson::Given;
use paidan::packs::Source;
use paidan::releases::Policy;
use paidan::store::{Options, Store};
use paidan::ticket::Actor;
use paidan::triage::{Given as Facts, History, Probe, decide, triage};

use crate::demo::{NOW, pack, request};

const RULES: &str = r#"
route("a.learned", #{ when: |t| t.learned.sure, then: |t| #{ lead: t.learned.unit, weight: t.limit("least_weight") }, basis: "示" });
route("a.similar", #{ when: |t| t.has("similar"), then: |t| #{ lead: t.similar.unit, weight: t.similar.score }, basis: "示" });
"#;

fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

fn lines() -> Vec<Given> {
    let line = |number: usize| {
        let (text, label) = match number % 2 {
            0 => (format!("第{number}号公交站台的路灯坏了，晚上看不清"), "区交通局"),
            _ => (format!("第{number}号超市卖的食品过期了，老板不退款"), "工商局"),
        };
        Given { title: String::new(), text, label: label.to_owned() }
    };
    (0..240).map(line).collect()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in pack(RULES).files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
        std::fs::write(file, text).expect("a file");
    }
    folder
}

#[test]
fn a_restart_serves_the_model_that_was_in_use_and_decisions_replay() {
    let (folder, store) = (folder(), Store::memory(|| 0));
    let start = || {
        let source = Source::Folder(folder.path().to_owned());
        Loader::start(source, store.clone(), Policy::default(), now()).expect("it starts").1.snapshot()
    };
    let release = start().release("demo").cloned().expect("a release");
    let wish = |lines| TrainWish { target: Target::Unit, lines: Some(lines) };
    let first = train(&store, &release, wish(lines()), Actor::system(), now()).expect("a model");
    let second = train(&store, &release, wish(lines()), Actor::system(), now()).expect("a model");
    assert_eq!((first.number, second.number, &first.digest), (1, 2, &second.digest), "the same lines, the same model");
    assert!(start().models.is_empty(), "training uses nothing");
    choose(&store, "demo", Target::Unit, Some(2), Actor::system(), now()).expect("it is used");
    assert!(discard(&store, "demo", 2, Actor::system(), now()).is_err(), "what decides stays");
    assert_eq!(in_use(&store, "demo").expect("rows")[0].number, Some(2));

    let snapshot = start();
    let text = "幼儿园门口公交站台的路灯坏了，晚上看不清";
    let (decision, ..) = triage(&snapshot, &request(text), &History::default(), now(), Probe::Off);
    assert_eq!((decision.facts.learned.unit.as_str(), decision.facts.learned.sure), ("区交通局", true));
    assert_eq!((decision.lead.value.as_str(), &decision.made_with.models[..]), ("区交通局", &[second.digest][..]));
    let stored: paidan::triage::Decision =
        serde_json::from_str(&serde_json::to_string(&decision).expect("JSON")).expect("a decision");
    let given = Facts {
        facts: Arc::new(stored.facts.clone()),
        matches: stored.matches.clone(),
        answer: stored.answer.clone(),
        now: stored.decided_at,
        made_with: stored.made_with.clone(),
        earlier: stored.earlier.clone(),
        precedents: stored.precedents.clone(),
        trace: stored.trace.clone(),
    };
    // Without the model: its word stands in the facts.
    assert_eq!(decide(&release, given), decision);
}

#[test]
fn decisions_of_before_have_nothing_learnt() {
    let snapshot = paidan::triage::Snapshot::default();
    let (decision, ..) = triage(&snapshot, &request("路灯坏了"), &History::default(), now(), Probe::Off);
    let text = serde_json::to_string(&decision).expect("JSON");
    assert!(!text.contains("similar") && !text.contains("learned") && !text.contains("precedents"), "{text}");
    assert_eq!(serde_json::from_str::<paidan::triage::Decision>(&text).expect("a decision"), decision);
}

fn paidan(folder: &std::path::Path, args: &[&str]) -> (i32, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_paidan"));
    let output = command.current_dir(folder).args(args).output().expect("the program runs");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8")).concat();
    (output.status.code().expect("it ends by itself"), said)
}

/// The history as a city has it, with an office that the jurisdiction does not know.
fn history(folder: &std::path::Path) {
    let line = |given: Given| serde_json::json!({ "text": given.text, "label": given.label }).to_string();
    let mut lines: Vec<String> = lines().into_iter().map(line).collect();
    lines.push(serde_json::json!({ "text": "地铁口有人发传单", "label": "城市管理办" }).to_string());
    std::fs::write(folder.join("history.jsonl"), lines.join("\n")).expect("a file");
}

#[test]
fn a_stopped_store_learns_from_the_command_line() {
    let folder = folder();
    history(folder.path());
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    let store = Store::open(&data, &Options::default()).expect("a store");
    let source = Source::Folder(folder.path().to_owned());
    drop(Loader::start(source, store.clone(), Policy::default(), now()).expect("it starts"));
    store.close();
    drop(store);
    let ask = |args: &[&str], wanted: i32| {
        let (code, said) = paidan(folder.path(), &[args, &["--data", "data"]].concat());
        assert_eq!(code, wanted, "{said}");
        said
    };
    assert!(ask(&["rules", "model", "list", "-j", "demo"], 0).contains("还没有模型"));
    assert!(ask(&["rules", "train", "demo"], 2).contains("可用的例子有 0 件"));
    let said = ask(&["rules", "train", "demo", "--file", "history.jsonl"], 0);
    for part in ["第 1 个模型（承办单位），240 个例子", "“城市管理办”不是本辖区的名称，1 件没有采用", "还没有启用"]
    {
        assert!(said.contains(part), "{said}");
    }
    assert!(!ask(&["rules", "model", "list", "-j", "demo"], 0).contains("使用中"));
    ask(&["rules", "model", "use", "1", "-j", "demo"], 0);
    assert!(ask(&["rules", "model", "list", "-j", "demo"], 0).contains("使用中"));
    assert!(ask(&["rules", "model", "drop", "1", "-j", "demo"], 2).contains("正在使用"));
    ask(&["rules", "model", "off", "-j", "demo"], 0);
    ask(&["rules", "model", "drop", "1", "-j", "demo"], 0);
    assert!(ask(&["rules", "model", "list", "-j", "demo"], 0).contains("已作废"));
    assert!(ask(&["rules", "model", "use", "1", "-j", "demo"], 2).contains("已经作废"));
}

#[test]
fn mined_rules_pass_the_checks_and_their_cases_as_they_are() {
    let folder = folder();
    history(folder.path());
    std::fs::write(folder.path().join("map.toml"), "\"城市管理办\" = \"区交通局\"\n").expect("a file");
    let mine = ["rules", "mine", "demo", "--file", "history.jsonl", "--packs", ".", "--out", "draft"];
    let (code, said) = paidan(folder.path(), &mine);
    assert!(code == 0 && said.contains("“城市管理办”不是本辖区的名称") && said.contains(" → 区交通局  支持"), "{said}");
    let (code, said) = paidan(folder.path(), &[&mine[..], &["--map", "map.toml"]].concat());
    assert!(code == 0 && !said.contains("城市管理办"), "{said}");
    for command in [
        &["rules", "check", "draft"][..],
        &["rules", "test", "draft"],
        &["rules", "fmt", "--check", "draft/rules/demo/mined.rhai"],
    ] {
        let (code, said) = paidan(folder.path(), command);
        assert_eq!(code, 0, "{command:?}: {said}");
    }
    let script = std::fs::read_to_string(folder.path().join("draft/rules/demo/mined.rhai")).expect("a file");
    assert!(script.contains("basis: \"历史工单统计：支持"), "{script}");
    for (args, told) in [(["--out", "draft"], "--file"), (["--data", "data"], "--out")] {
        let (code, said) = paidan(folder.path(), &[&["rules", "mine", "demo"][..], &args].concat());
        assert!(code == 2 && said.contains(told), "{said}");
    }
}
