//! Stored history once more: equal under the same rules, different under others; and commands out of events.

use std::fs;
use std::path::Path;
use std::process::{Command as Process, Output};

use chrono::{DateTime, TimeDelta, Utc};
use paidan::packs::Pack;
use paidan::releases::Releases;
use paidan::replay::{acts, redecided, refolded, under};
use paidan::simulate::{Beginning, Machine};
use paidan::store::{Append, Options, Store, Target};
use paidan::ticket::{Actor, Command, Post, Recorded, Role, TicketId};
use paidan::triage::{Release, Warning};
use serde_json::{Value, json};

use crate::demo::{self, NOW};

const RULES: &str = r#"
classify("c.complain", #{ any: ["涨价"], then: #{ nature: "投诉", weight: 4 }, basis: "示" });
route("market.price", #{ any: ["涨价"], then: #{ lead: "区市场监管局", weight: 4 }, basis: "第七条" });
warn("w.blue", #{ any: ["白菜"], then: #{ level: "blue", why: "民生" }, basis: "示" });
"#;

/// What the jurisdiction says of a ticket's life, with the time for signing open.
fn life(sign: &str) -> String {
    format!(
        r#"
[review]
steps = ["deputy", "center"]
[closing]
after = "fed_back"
[[clock]]
id = "sign"
name = "签收"
from = ["dispatched"]
until = ["signed"]
void = ["return_requested"]
kind = "elapsed"
length = "{sign}"
to = ["liaison"]
article = "第一条"
[[clock]]
id = "handle"
name = "办结"
role = "main"
from = ["dispatched"]
until = ["completed"]
resume = ["rework"]
kind = "working_days"
length = "3d"
marks = [{{ id = "two_thirds", at = "2/3", do = ["urge"], to = ["liaison"] }}]
to = ["liaison"]
article = "第二条"
[[extension]]
id = "more"
clock = "handle"
max_times = 2
max_each = "2d"
may_override = true
article = "第三条"
"#
    )
}

fn pack(sign: &str) -> Pack {
    let mut pack = demo::pack(RULES);
    let common = include_str!("../rules/common/regulation.toml");
    pack.files.insert("rules/common/regulation.toml".into(), common.into());
    pack.files.insert("rules/demo/regulation.toml".into(), format!("{}{}", demo::REGULATION, life(sign)));
    pack
}

#[track_caller]
fn release(sign: &str) -> Release {
    let round = Releases::default().round(&pack(sign));
    let report = &round.reports["demo"];
    assert!(report.current, "{:#?}", report.diagnostics);
    (**round.releases["demo"].as_ref().expect("a release")).clone()
}

fn start() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

fn open<'a>(release: &'a Release, text: &str) -> Machine<'a> {
    let snapshot = demo::snapshot(RULES);
    let request = demo::request(text);
    let mut decision = demo::ask(&snapshot, &request);
    decision.made_with.release = release.digest.clone();
    let id = TicketId::new("DM", start().date_naive(), 1).expect("an id");
    let by = Actor { person: "p".into(), role: Role::Platform, ..Actor::default() };
    Machine::open(release, Beginning { id, request, masked: text.into(), decision, by, at: start() })
}

fn actor(who: &str) -> Actor {
    let unit =
        |unit: &str, post| Actor { person: who.into(), role: Role::Unit, unit: unit.into(), post, ..Actor::default() };
    let plain = |role| Actor { person: who.into(), role, ..Actor::default() };
    match who {
        "center" => plain(Role::Center),
        "requester" => plain(Role::Requester),
        "platform" => plain(Role::Platform),
        "market" => unit("区市场监管局", Post::Handler),
        "deputy" => unit("区市场监管局", Post::Deputy),
        "traffic" => unit("区交通局", Post::Handler),
        other => panic!("nobody is {other}"),
    }
}

fn given(command: &Value) -> Command {
    serde_json::from_value(command.clone()).unwrap_or_else(|err| panic!("{command}: {err}"))
}

/// Hours after the start, who, what. All of it is carried out.
fn play(machine: &mut Machine<'_>, acts: &[(i64, &str, Value)]) {
    for (hours, who, command) in acts {
        machine.run_to(start() + TimeDelta::hours(*hours));
        let done = machine.act(given(command), &actor(who));
        done.unwrap_or_else(|no| panic!("{command}: {} {no}", no.code()));
    }
}

/// Out of the queue, returned, handed over, extended, helped with, reviewed twice, rated, reopened: every command once.
fn whole_life() -> Vec<(i64, &'static str, Value)> {
    vec![
        (1, "center", json!({"command": "dispatch", "lead": "区交通局", "reason": "先看看"})),
        (2, "traffic", json!({"command": "return", "reason": "不归我们", "basis": "三定", "override_reason": ""})),
        (3, "center", json!({"command": "decide_return", "granted": true, "reason": "是", "lead": "区市场监管局"})),
        (4, "market", json!({"command": "sign"})),
        (4, "market", json!({"command": "contact", "channel": "电话", "reached": false})),
        (4, "market", json!({"command": "reply", "text": "正在查"})),
        (5, "market", json!({"command": "register", "what": "上门", "note": "明天"})),
        (5, "market", json!({"command": "flag", "flag": "slow", "reason": "慢"})),
        (5, "market", json!({"command": "linkage_failed", "reason": "没人理"})),
        (6, "market", json!({"command": "progress", "note": "查到了"})),
        (6, "market", json!({"command": "add_assist", "unit": "区交通局", "task": "查运输"})),
        (7, "traffic", json!({"command": "assist_done", "unit": "区交通局", "note": "查了"})),
        (8, "center", json!({"command": "grade", "urgency": "紧要", "impact": "重大", "reason": "多人"})),
        (8, "center", json!({"command": "special", "special": "special", "reason": "多人"})),
        (9, "center", json!({"command": "supervise", "ground": "重大", "reason": "看紧", "measure": "函"})),
        (9, "market", json!({"command": "statement", "text": "已在办"})),
        (
            10,
            "market",
            json!({"command": "request_extension", "clock": "handle", "length": "3d", "reason": "难",
                   "consents": ["来件人"], "override_reason": "要检测"}),
        ),
        (11, "center", json!({"command": "decide_extension", "granted": true, "length": "1d", "reason": "可"})),
        (12, "market", json!({"command": "complete", "text": "已处罚", "basis": "价格法", "fields": {"a": "b"}})),
        (13, "deputy", json!({"command": "review", "passed": true, "checks": ["真"]})),
        (13, "center", json!({"command": "review", "passed": false, "reason": "补", "missing_content": true})),
        (14, "market", json!({"command": "complete", "text": "已处罚并公示"})),
        (15, "deputy", json!({"command": "review", "passed": true})),
        (15, "center", json!({"command": "review", "passed": true})),
        (16, "market", json!({"command": "inform", "channel": "电话", "text": "办好了"})),
        (16, "center", json!({"command": "feedback", "channel": "短信", "text": "办好了"})),
        (17, "center", json!({"command": "follow_up", "channel": "电话", "reached": true})),
        (18, "requester", json!({"command": "rate", "rating": "dissatisfied", "time": "basic", "source": "phone"})),
        (19, "center", json!({"command": "redispatch", "lead": "区交通局", "ground": "不满意", "reason": "换人"})),
        (20, "center", json!({"command": "terminate", "ground": "第十条", "opinion": "终结"})),
        (21, "center", json!({"command": "reopen", "reason": "新情况"})),
        (22, "center", json!({"command": "close", "code": "withdrawn", "reason": "撤回"})),
        (23, "center", json!({"command": "archive"})),
        (24, "platform", json!({"command": "note", "text": "完"})),
    ]
}

#[test]
fn commands_come_out_of_events_again() {
    let release = release("24h");
    let mut machine = open(&release, "白菜太贵了");
    play(&mut machine, &whole_life());
    let again = acts(machine.events());
    let wanted: Vec<Command> = whole_life().iter().map(|(_, _, command)| given(command)).collect();
    let found: Vec<Command> = again.iter().map(|act| act.command.clone()).collect();
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_eq!(found, wanted);
    }
    assert_eq!(found.len(), wanted.len());
    assert!(
        again
            .iter()
            .zip(whole_life())
            .all(|(act, (hours, who, _))| { act.at == start() + TimeDelta::hours(hours) && act.actor == actor(who) })
    );
}

#[test]
fn the_same_release_makes_the_same_of_it() {
    let release = release("24h");
    let mut machine = open(&release, "白菜太贵了");
    play(&mut machine, &whole_life());
    machine.run_to(start() + TimeDelta::days(400));
    let until = machine.now();
    let same = under(machine.ticket(), machine.events(), &release, until).expect("a triage");
    assert!(!same.differs(), "{same:#?}");
    assert!(refolded(machine.ticket(), machine.events()).is_empty());
}

#[test]
fn another_length_shows_in_due_dates_colours_and_refusals() {
    let (before, mut after) = (release("24h"), pack("2h"));
    let text = after.files.get_mut("rules/demo/regulation.toml").expect("a regulation");
    text.push_str(
        "[[guard]]\nid = \"note.never\"\ncommand = \"note\"\nnever = true\ncode = \"no_notes\"\nmessage = \"不记\"\narticle = \"第九条\"\n\
         [[floor]]\nid = \"floor.two_thirds\"\nlevel = \"red\"\nmark = \"two_thirds\"\nwhy = \"晚\"\narticle = \"第八条\"\n",
    );
    let mut machine = open(&before, "菜场涨价");
    play(
        &mut machine,
        &[(3, "market", json!({"command": "sign"})), (4, "market", json!({"command": "note", "text": "记"}))],
    );
    machine.run_to(start() + TimeDelta::days(6));
    let round = Releases::default().round(&after);
    let release = round.releases["demo"].as_ref().expect("a release");
    let compared = under(machine.ticket(), machine.events(), release, machine.now()).expect("a triage");
    let sign = compared.clocks.iter().find(|pair| pair.clock == "sign").expect("the clock");
    let (stored, now) = (sign.stored.expect("stored"), sign.under.expect("under"));
    assert_eq!(stored.due - now.due, TimeDelta::hours(22));
    assert!(!stored.overdue && now.overdue, "signed after three hours");
    let colours = compared.warning.expect("another colour");
    assert_eq!((colours.stored, colours.under), (Warning::Blue, Warning::Red));
    assert_eq!(compared.refused.iter().map(|it| it.code.as_str()).collect::<Vec<_>>(), ["no_notes"]);
    assert_eq!(compared.only_differences().clocks.len(), 1, "the others stay as they are");
}

#[test]
fn what_was_changed_by_hand_is_named() {
    let release = release("24h");
    let machine = open(&release, "菜场涨价");
    let mut ticket = machine.ticket().clone();
    ticket.lead = "区交通局".into();
    let places: Vec<String> = refolded(&ticket, machine.events()).into_iter().map(|it| it.place).collect();
    assert_eq!(places, ["lead"]);
    let mut decision = demo::decide(RULES, "菜场涨价");
    assert!(redecided(&decision, &release).is_empty());
    decision.lead.value = "区交通局".into();
    assert_eq!(redecided(&decision, &release)[0].place, "lead.value");
}

/// Stores the history of a machine, command by command.
fn store(dir: &Path, release: &Release, machine: &Machine<'_>) -> Store {
    let store = Store::open(dir, &Options::default()).expect("a store");
    let kept = store.keep_release("demo", release.digest.clone(), &release.files, Actor::system(), start());
    kept.expect("the release is kept");
    let mut target = Target::New { code: "DM".into() };
    let one = |a: &Recorded, b: &Recorded| a.at == b.at && a.actor == b.actor;
    for commit in machine.events().chunk_by(one) {
        let events = commit.iter().map(|it| it.event.clone()).collect();
        let append = Append { target, at: commit[0].at, actor: commit[0].actor.clone(), events, key: None };
        let ticket = store.append(append).expect("appended").ticket;
        target = Target::Known { id: ticket.id, expected: ticket.version, fence: None };
    }
    store
}

fn write(pack: &Pack, root: &Path) {
    for (path, text) in &pack.files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
}

fn paidan(arguments: &[&str]) -> Output {
    let mut command = Process::new(env!("CARGO_BIN_EXE_paidan"));
    let child = command.arg("replay").args(arguments).stdout(std::process::Stdio::piped());
    let child = crate::store::fixture::start(child.stderr(std::process::Stdio::piped()));
    child.wait_with_output().expect("it ends")
}

#[test]
fn a_store_replays_and_another_pack_is_tried_on_it() {
    let (folder, release) = (tempfile::tempdir().expect("a folder"), release("24h"));
    let mut machine = open(&release, "菜场涨价");
    play(&mut machine, &[(3, "market", json!({"command": "sign"}))]);
    let (data, other) = (folder.path().join("data"), folder.path().join("pack"));
    let open = store(&data, &release, &machine);
    write(&pack("2h"), &other);
    let (data, other) = (data.to_str().expect("a path"), other.to_str().expect("a path"));

    let taken = paidan(&["--data", data]);
    assert_eq!(taken.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&taken.stderr).contains("正被进程"), "{taken:?}");
    open.close();
    drop(open);

    let checked = paidan(&["--data", data, "--json"]);
    let json: Value = serde_json::from_slice(&checked.stdout).unwrap_or_else(|err| panic!("{err} {checked:?}"));
    let numbers = (&json["tickets"], &json["decisions"], json["events"].as_u64());
    assert_eq!(numbers, (&json!(1), &json!(1), Some(machine.events().len() as u64)), "{json}");
    assert_eq!((checked.status.code(), &json["differing"]), (Some(0), &json!([])));

    let tried = paidan(&["--data", data, "--pack", other, "--json", "--ticket", machine.ticket().id.as_str()]);
    let json: Value = serde_json::from_slice(&tried.stdout).unwrap_or_else(|err| panic!("{err} {tried:?}"));
    let sign = &json["summary"]["clocks"]["demo"]["sign"];
    assert_eq!((&sign["earlier"], &sign["overdue_stored"], &sign["overdue_under"]), (&json!(1), &json!(0), &json!(1)));
    let text = paidan(&["--data", data, "--pack", other]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("重放 1 件，1 件有变化"), "{text:?}");
    assert_eq!(paidan(&["--data", data, "--ticket", "DM-20220929-00009"]).status.code(), Some(2));
}
