//! What was learnt outlives a restart and replays bit for bit.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use paidan::app::{Loader, TrainWish, choose, discard, in_use, train};
use paidan::course::Target;
use paidan::lesson::Given;
use paidan::packs::Source;
use paidan::releases::Policy;
use paidan::store::Store;
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
