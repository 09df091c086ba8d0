//! What would change: sums that add up, bytes that stay, and a store on which it is tried end to end.

use std::fs;
use std::path::Path;
use std::process::{Command as Process, Output};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use paidan::app::{Lab, deep_threads, over_store};
use paidan::backtest::{
    Backtest, Edit, Grade, Item, Mode, Report, Settled, Side, Summary, choose, drill, rule_changes,
};
use paidan::packs::Pack;
use paidan::releases::Note;
use paidan::store::{Append, Live, Options, Store, Target};
use paidan::ticket::{Actor, By, Event, Request, intake};
use paidan::triage::{History, Probe, Snapshot, triage};
use proptest::prelude::*;
use serde_json::Value;

use crate::demo::{NOW, pack, request};

const OLD: &str = r#"
route("market.price", #{ any: ["涨价", "物价"], then: #{ lead: "区市场监管局", weight: 4 }, basis: "示" });
route("bus.late", #{ any: ["公交"], then: #{ lead: "区交通局", weight: 3 }, basis: "示" });
classify("n.bad", #{ any: ["投诉"], then: #{ nature: "投诉", weight: 2 }, basis: "示" });
warn("w.red", #{ any: ["着火"], then: #{ level: "red" }, basis: "示" });
"#;

/// One rule weaker, one gone, one new.
const NEW: &str = r#"
// moved, and the same
classify("n.bad", #{ any: ["投诉"], then: #{ nature: "投诉", weight: 2 }, basis: "示" });
route("market.price", #{ any: ["涨价", "物价"], then: #{ lead: "区市场监管局", weight: 2 }, basis: "示" });
route("bus.late", #{ any: ["公交"], then: #{ lead: "区交通局", weight: 3 }, basis: "示" });
route("food.shop", #{ any: ["超市"], then: #{ lead: "区市场监管局", weight: 1 }, basis: "示" });
"#;

fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

fn side(name: &str, pack: &Pack) -> Arc<Side> {
    let mut lab = Lab::new("demo");
    let release = lab.draft(pack).expect("a sound release");
    let knowledge = lab.entries(pack, &release, now().date_naive()).expect("entries");
    Arc::new(Side { name: name.to_owned(), release, knowledge: Some(knowledge) })
}

fn backtest(old: &Pack, new: &Pack) -> Backtest {
    Backtest::new(side("old", old), side("new", new))
}

/// Texts as they were decided under a side.
fn items(side: &Side, texts: &[&str], settled: &[Option<&str>]) -> Vec<Item> {
    let lead = |at: usize| settled.get(at).copied().flatten().map(|lead| Settled::Lead { lead: lead.to_owned() });
    let item = |(at, text): (usize, &&str)| {
        let request = request(text);
        let decision = decided(side, &request);
        Item { id: at.to_string(), request, now: now(), stored: Some(Box::new(decision)), settled: lead(at) }
    };
    texts.iter().enumerate().map(item).collect()
}

fn decided(side: &Side, request: &Request) -> paidan::triage::Decision {
    let releases = [("demo".to_owned(), Some(side.release.clone()))].into();
    let snapshot = Snapshot { releases, ..Snapshot::default() };
    triage(&snapshot, request, &History::default(), now(), Probe::Off).0
}

fn report(backtest: &Backtest, items: &[Item]) -> Report {
    let mut summary = Summary::default();
    backtest.judge_all(items).into_iter().for_each(|judged| summary.add(judged));
    summary.report(backtest)
}

fn cells(report: &Report, field: &str) -> Vec<(String, String, u64)> {
    let matrix = report.matrices.iter().find(|matrix| matrix.field == field).expect("a field");
    matrix.cells.iter().map(|cell| (cell.old.clone(), cell.new.clone(), cell.items)).collect()
}

const TEXTS: [&str; 6] = ["菜场涨价", "超市涨价，投诉", "公交涨价", "楼上着火", "公交太挤", "天气不错"];

#[test]
fn a_release_against_itself_changes_nothing() {
    let test = backtest(&pack(OLD), &pack(OLD));
    for test in [test.clone(), test.clone().on_facts(), test.from_text("示")] {
        let items = items(&test.old, &TEXTS, &[Some("区市场监管局"), Some("工商局"), Some("区交通局")]);
        let found = report(&test, &items);
        assert_eq!((found.items, found.changed, found.rules.len()), (6, 0, 0), "{found:#?}");
        assert!(found.matrices.iter().flat_map(|it| &it.cells).all(|cell| cell.old == cell.new));
        assert_eq!(found.agreement.old, found.agreement.new);
        let score = found.agreement.old;
        assert_eq!((score.right, score.wrong, score.queued, score.queued_right), (2, 1, 0, 0), "an alias is the unit");
    }
}

#[test]
fn an_edit_shows_in_matrices_rules_agreement_and_items() {
    let test = backtest(&pack(OLD), &pack(NEW));
    assert_eq!(test.mode, Mode::Facts);
    let settled = [Some("区市场监管局"), Some("区市场监管局"), Some("区交通局"), None, Some("区市场监管局")];
    let found = report(&test, &items(&test.old, &TEXTS, &settled));
    let (none, market, bus) = (String::new(), "区市场监管局".to_owned(), "区交通局".to_owned());
    assert_eq!(
        cells(&found, "lead"),
        [
            (none.clone(), none.clone(), 2),
            (bus.clone(), bus.clone(), 1),
            (market.clone(), none, 1),
            (market.clone(), bus, 1),
            (market.clone(), market, 1)
        ]
    );
    assert_eq!(cells(&found, "warning"), [("none".into(), "none".into(), 5), ("red".into(), "none".into(), 1)]);
    assert_eq!(found.changed, 3);
    let (old, new) = (found.agreement.old, found.agreement.new);
    assert_eq!((old.right, old.wrong, old.queued), (2, 2, 0));
    assert_eq!((new.right, new.wrong, new.queued, new.queued_right), (2, 1, 1, 1));
    assert_eq!((found.agreement.better, found.agreement.worse), (1, 1));
    let rules: Vec<_> =
        found.rules.iter().map(|it| (it.rule.as_str(), it.edit.as_ref().map(|edit| edit.how))).collect();
    assert_eq!(
        rules,
        [("market.price", Some(Edit::Edited)), ("food.shop", Some(Edit::Added)), ("w.red", Some(Edit::Removed))]
    );
    let touched =
        |rule: &str| found.rules.iter().find(|it| it.rule == rule).map(|it| (it.appeared, it.disappeared, it.changed));
    assert_eq!(
        (touched("market.price"), touched("food.shop"), touched("w.red")),
        (Some((0, 0, 3)), Some((1, 0, 0)), Some((0, 1, 0)))
    );
    let first = &found.changed_items[0];
    assert_eq!(
        (first.id.as_str(), first.old_grade, first.new_grade),
        ("0", Some(Grade::Right), Some(Grade::QueuedRight))
    );
    assert!(first.changes.iter().any(|it| it.field == "outcome" && it.old == "dispatched" && it.new == "queued"));
}

#[test]
fn one_item_is_drilled_down_to_the_votes() {
    let test = backtest(&pack(OLD), &pack(NEW));
    let items = items(&test.old, &TEXTS, &[]);
    let found = drill(&test, &items[1]);
    let votes: Vec<_> = found
        .votes
        .iter()
        .map(|it| (it.rule.as_str(), it.old.map(|cast| cast.weight), it.new.map(|cast| cast.weight)))
        .collect();
    assert_eq!(votes, [("food.shop", None, Some(1_000)), ("market.price", Some(4_000), Some(2_000))]);
    assert!(found.changes.is_empty(), "the new rule makes up for it");
    assert_eq!((found.old.lead.votes.len(), found.new.lead.votes.len()), (1, 2));
}

#[test]
fn what_differs_says_what_has_to_be_decided_on() {
    let old = pack(OLD);
    for (path, text, mode) in [
        ("rules/demo/test.rhai", "// nothing\n", Mode::Facts),
        ("rules/common/warn.rhai", "", Mode::Facts),
        ("dictionaries/words.txt", "清补凉\n", Mode::Text),
        ("dictionaries/places/demo.toml", "", Mode::Text),
        ("rules/calendar/2023.toml", "", Mode::Text),
        ("rules/demo/units.toml", "", Mode::Text),
    ] {
        let mut new = old.clone();
        new.files.insert(path.into(), text.into());
        let (found, because) = choose(&old.files, &new.files);
        assert_eq!(found, mode, "{path}");
        assert_eq!(because.iter().any(|it| it.contains(path)), mode == Mode::Text, "{because:?}");
    }
    assert_eq!(choose(&old.files, &old.files).0, Mode::Facts);
}

#[test]
fn new_words_change_facts_only_when_the_text_is_analysed_anew() {
    let guarded = r#"route("a.one", #{ any: ["word:酥"], then: #{ lead: "区市场监管局", weight: 4 }, basis: "示" });"#;
    let (old, mut new) = (pack(guarded), pack(guarded));
    new.files.insert("dictionaries/words.txt".into(), "马蹄酥\n".into());
    let test = backtest(&old, &new);
    let items = items(&test.old, &["想开一家马蹄酥店"], &[]);
    let found = report(&test, &items);
    assert_eq!((found.mode, found.changed), (Mode::Text, 1), "{found:#?}");
    assert_eq!(report(&test.on_facts(), &items).changed, 0);
}

#[test]
fn only_rules_that_mean_something_else_are_edited() {
    let rule = |when: &str, helper: &str| {
        format!(
            "fn big(t) {{ {helper} }}\nroute(\"a.one\", #{{ any: [\"涨价\"], when: |t| {when}, then: #{{ lead: \"区交通局\" }}, basis: \"示\" }});"
        )
    };
    let of = |old: &str, new: &str| {
        let (old, new) = (side("a", &pack(old)), side("b", &pack(new)));
        rule_changes(&old.release, &new.release).into_iter().map(|it| it.how).collect::<Vec<_>>()
    };
    let plain = rule("big(t)", "t.amount > 3");
    assert_eq!(of(&plain, &plain), []);
    assert_eq!(of(&plain, &format!("// a comment\n\n{plain}")), []);
    assert_eq!(of(&plain, &rule("big(t)", "t.amount > 4")), [Edit::Edited], "in a helper");
    assert_eq!(of(&plain, &rule("!big(t)", "t.amount > 3")), [Edit::Edited]);
    let named = |least: u32| {
        format!(
            "let g = |t| t.amount > {least};\nroute(\"a.one\", #{{ any: [\"涨价\"], when: g, then: #{{ lead: \"区交通局\" }}, basis: \"示\" }});"
        )
    };
    assert_eq!((of(&named(3), &named(3)), of(&named(3), &named(4))), (vec![], vec![Edit::Edited]), "under a name");
}

/// A store of tickets that were decided under a side; every third one was settled by a person.
fn store(dir: &Path, side: &Side, count: usize) -> Store {
    let store = Store::open(dir, &Options::default()).expect("a store");
    let release = &side.release;
    let (digest, note) = (release.digest.clone(), Note::default());
    let live = Live { jurisdiction: "demo", digest, files: &release.files, note, instead_of: None };
    store.put_release(live, Actor::system(), now()).expect("kept");
    for at in 0..count {
        let request = request(&format!("{}，第{at}件", TEXTS[at % TEXTS.len()]));
        let mut decision = decided(side, &request);
        decision.made_with.release = release.digest.clone();
        let masked = request.text.clone();
        let mut events = intake(request, masked, decision);
        if at % 3 == 0 {
            let (lead, assists, followers) = ("区交通局".to_owned(), vec![], vec![]);
            events.push(Event::Dispatched { by: By::Person, lead, assists, followers, reason: "示".into() });
        }
        let at = now() + chrono::TimeDelta::hours(at as i64);
        let append =
            Append { target: Target::New { code: "DM".into() }, at, actor: Actor::system(), events, key: None };
        let made = store.append(append).expect("appended").ticket;
        if made.version.is_multiple_of(2) {
            let note = Event::Noted { text: "别的提交".into() };
            let target = Target::Known { id: made.id, expected: made.version, fence: None };
            let append = Append { target, at, actor: Actor::system(), events: vec![note], key: None };
            store.append(append).expect("appended");
        }
    }
    store
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let test = backtest(&pack(OLD), &pack(NEW));
    let store = store(folder.path(), &test.old, 40);
    let all = (DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC);
    let run = |threads: usize| {
        let mut last = (0, 0);
        let report = deep_threads(threads)
            .expect("threads")
            .install(|| over_store(&test, &store, all, |done, total| last = (done, total)).expect("a report"));
        assert_eq!(last, (40, 40));
        serde_json::to_string(&report).expect("JSON")
    };
    let one = run(1);
    assert_eq!(one, run(4));
    let value: Value = serde_json::from_str(&one).expect("JSON");
    assert_eq!((&value["items"], &value["agreement"]["items"]), (&40.into(), &14.into()), "{value:#}");
    let some = (now() + chrono::TimeDelta::hours(5), now() + chrono::TimeDelta::hours(9));
    assert_eq!(over_store(&test, &store, some, |_, _| {}).expect("a report").items, 4, "from, and before");
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
    let child = command.args(["rules"]).args(arguments).stdout(std::process::Stdio::piped());
    let child = crate::store::fixture::start(child.stderr(std::process::Stdio::piped()));
    child.wait_with_output().expect("it ends")
}

#[test]
fn the_command_compares_the_live_release_with_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, new) = (folder.path().join("data"), folder.path().join("new"));
    let old = side("old", &pack(OLD));
    let open = store(&data, &old, 12);
    let id = open.list(&Default::default(), None, 50).expect("a list").tickets.last().expect("one").id.clone();
    open.close();
    drop(open);
    write(&pack(NEW), &new);
    let (data, new) = (data.to_str().expect("a path"), new.to_str().expect("a path"));
    let base = ["backtest", "--data", data, "-j", "demo", "--new", new];
    let run = |more: &[&str]| paidan(&[&base[..], more].concat());

    let json = run(&["--json", "--old", old.release.digest.short()]);
    let value: Value = serde_json::from_slice(&json.stdout).unwrap_or_else(|err| panic!("{err} {json:?}"));
    assert_eq!(
        (&value["items"], &value["mode"], &value["changed"]),
        (&12.into(), &"facts".into(), &6.into()),
        "{value:#}"
    );
    let text = run(&["--limit", "2"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    for part in ["12 件，6 件有变化（50.00%）", "与人的决定相比（4 件）", "自动派单", "market.price", "还有 4 件"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let again = run(&["--json", "--from-text"]);
    let again: Value = serde_json::from_slice(&again.stdout).unwrap_or_else(|err| panic!("{err} {again:?}"));
    assert_eq!((&again["mode"], &again["matrices"]), (&"text".into(), &value["matrices"]));
    let shown = run(&["--show", id.as_str()]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("lead market.price → 区市场监管局  4 → 2") && shown.contains("━━ 新"), "{shown}");
    let wrong = run(&["--old", "0123"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("0123"), "{wrong:?}");
    assert_eq!(wrong.status.code(), Some(2));

    let corpus = folder.path().join("corpus.jsonl");
    let lines = "{\"title\":\"菜场\",\"text\":\"涨价了\",\"lead\":\"工商局\"}\n{\"text\":\"投诉公交\",\"label\":\"投诉\",\"other\":1}\n";
    fs::write(&corpus, lines).expect("written");
    let found = run(&["--json", "--tickets", corpus.to_str().expect("a path")]);
    let found: Value = serde_json::from_slice(&found.stdout).unwrap_or_else(|err| panic!("{err} {found:?}"));
    assert_eq!((&found["items"], &found["agreement"]["old"]["right"]), (&2.into(), &2.into()), "{found:#}");

    let covered = paidan(&["coverage", "--packs", new, "-j", "demo", "--data", data, "--tickets", "all", "--json"]);
    let covered: Value = serde_json::from_slice(&covered.stdout).unwrap_or_else(|err| panic!("{err} {covered:?}"));
    assert_eq!((&covered["texts"], &covered["rules"]), (&12.into(), &4.into()), "{covered:#}");
}

#[test]
fn the_other_commands_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&pack(OLD), folder.path());
    let root = folder.path().to_str().expect("a path");
    for (arguments, code, part) in [
        (vec!["why", "公交涨价"], 0, "【公交】【涨价】"),
        (vec!["why-not", "bus.late", "公车太挤"], 0, "any 的词一个也没有出现"),
        (vec!["why-not", "bus.lat", "公交"], 2, "bus.late"),
        (vec!["refs", "工商局"], 0, "market.price  then.lead"),
        (vec!["refs", "不存在的"], 1, "没有用到"),
        (vec!["coverage"], 0, "0 件来件，4 条规则"),
        (vec!["overlaps"], 0, "分不出高下 0 对"),
        (vec!["why", "--json", "公交"], 0, "\"marked\":\"【公交】\""),
    ] {
        let out = paidan(&[&arguments[..], &["-j", "demo", "--packs", root]].concat());
        let all = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(out.status.code() == Some(code) && all.contains(part), "{arguments:?} {part}\n{all}");
    }
}

/// A handful of rules, each there or not, with one of some words, weights and guards; over several files' worth of order.
fn edits() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec!["涨价", "公交", "超市", "着火", "投诉"]);
    let guards = prop::sample::select(vec![
        "",
        "when: |t| t.nature == \"投诉\",",
        "when: |t| t.special != \"\",",
        "when: |t| [1][t.length] > 0,",
    ]);
    let verbs = prop::sample::select(vec![
        ("route", "lead: \"区市场监管局\", weight: 4"),
        ("route", "lead: \"区交通局\", weight: 3"),
        ("route", "not: \"区交通局\""),
        ("classify", "nature: \"投诉\", weight: 2"),
        ("admit", "special: \"示\""),
        ("admit", "manual: \"示\""),
        ("warn", "level: \"red\""),
    ]);
    let rule = (words, guards, verbs, 0..3_u8);
    prop::collection::vec(prop::option::of(rule), 6..7).prop_map(|rules| {
        let written = rules.into_iter().enumerate().filter_map(|(at, rule)| {
            let (word, guard, (verb, then), group) = rule?;
            Some(format!("{verb}(\"r.n{at}\", #{{ any: [\"{word}\"], {guard} group: \"g{group}\", then: #{{ {then} }}, basis: \"示\" }});\n"))
        });
        written.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Items that no edited rule touches are not decided again: that changes no report.
    #[test]
    fn what_is_spared_is_decided_alike(before in edits(), after in edits(), picks in prop::collection::vec(0..TEXTS.len(), 1..12)) {
        let test = backtest(&pack(&before), &pack(&after));
        let texts: Vec<&str> = picks.iter().map(|at| TEXTS[*at]).collect();
        let mut items = items(&test.old, &texts, &[]);
        items.iter_mut().flat_map(|item| &mut item.stored).for_each(|stored| {
            stored.made_with.release = test.old.release.digest.clone();
        });
        let found = report(&test, &items);
        prop_assert_eq!(found, report(&test.on_facts(), &items));
    }

    #[test]
    fn matrices_add_up_whatever_the_order(picks in prop::collection::vec((0..TEXTS.len(), 0..4_usize), 0..30)) {
        let test = backtest(&pack(OLD), &pack(NEW));
        let texts: Vec<&str> = picks.iter().map(|(at, _)| TEXTS[*at]).collect();
        let settled = [None, Some("区交通局"), Some("区市场监管局"), Some("谁也不是")];
        let settled: Vec<Option<&str>> = picks.iter().map(|(_, who)| settled[*who]).collect();
        let mut items = items(&test.old, &texts, &settled);
        let found = report(&test, &items);
        for matrix in &found.matrices {
            prop_assert_eq!(matrix.cells.iter().map(|cell| cell.items).sum::<u64>(), found.items);
        }
        let (agreement, decided) = (found.agreement, settled.iter().flatten().count() as u64);
        for score in [agreement.old, agreement.new] {
            prop_assert_eq!(score.right + score.wrong + score.queued, decided);
        }
        items.reverse();
        prop_assert_eq!(&report(&test, &items), &found);
        let (mut left, mut right) = (Summary::default(), Summary::default());
        for (at, judged) in test.judge_all(&items).into_iter().enumerate() {
            if at % 2 == 0 { left.add(judged) } else { right.add(judged) }
        }
        prop_assert_eq!(&right.merge(left).report(&test), &found);
    }
}
