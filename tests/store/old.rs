//! Data folders that earlier versions wrote are opened by this one: `tests/data/stores/<version>/`, journal and blobs
//! without a view, and `summary.json` with what is read from them. `PAIDAN_BLESS=1` writes the folder of the present
//! version anew if there is none: one that was released is never written again.

use std::fs;
use std::path::{Path, PathBuf};

use paidan::app::World;
use paidan::digest::Digest;
use paidan::editorial::Command;
use paidan::knowledge::Entry;
use paidan::matter::requester;
use paidan::packs::Source;
use paidan::releases::{Draft, Note, Stage};
use paidan::simulate::{Report, Scenario, run};
use paidan::store::{
    Append, Checkpoint, Day, Enterprise, Health, HitTest, Live, Options, RuleCount, Saved, Secret, Store, Subscription,
    Target, backup, restore,
};
use paidan::ticket::{Actor, EventId, Role, Ticket, fold};
use paidan::triage::Warning;
use serde_json::{Value, json};

use super::fixture::{at, claim, clock, key, options, queued, try_open};
use crate::files::below;

const STORES: &str = "tests/data/stores";
const JURISDICTIONS: [&str; 5] = ["longhua", "chibi", "haikou", "hunan", "rongcheng"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every `nth` scenario of the shipped jurisdictions, played.
fn reports(nth: usize) -> Vec<Report> {
    let world = World::load(&Source::Folder(root().to_owned()), "2026-01-01".parse().unwrap()).unwrap();
    let played = |file: String| {
        let scenario = Scenario::parse(&file, &fs::read_to_string(root().join(&file)).unwrap()).unwrap();
        run(&world.snapshot, &scenario).unwrap()
    };
    let files = |jurisdiction: &&str| below(root(), &format!("tests/scenarios/{jurisdiction}"), "toml");
    JURISDICTIONS.iter().flat_map(|it| files(it).into_iter().step_by(nth)).map(played).collect()
}

/// A ticket's whole life, commit by commit; as far as it can be stored.
fn live(store: &Store, report: &Report, n: usize) {
    let told: Vec<_> = report.timeline.iter().filter_map(|it| Some((it.at, &it.person, it.event.clone()?))).collect();
    let mut known: Option<Ticket> = None;
    for commit in told.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let code = report.ticket.id.as_str().split('-').next().unwrap().to_owned();
        let target = match &known {
            None => Target::New { code },
            Some(ticket) => {
                let fence = ticket.claim.as_ref().map(|claim| claim.fence);
                Target::Known { id: ticket.id.clone(), expected: ticket.version, fence }
            }
        };
        let actor = Actor { person: commit[0].1.clone(), ..Actor::default() };
        let events = commit.iter().map(|(_, _, event)| event.clone()).collect();
        let key = known.is_none().then(|| key(&format!("key-{n}"), &n.to_string()));
        match store.append(Append { target, at: commit[0].0, actor, events, key }) {
            Ok(done) => known = Some(done.ticket),
            Err(_) => return,
        }
    }
}

fn person(id: &str, role: Role) -> Actor {
    Actor { person: id.into(), role, ..Actor::default() }
}

/// What is no ticket: one of each.
fn everything_else(store: &Store) {
    let entry = |id: &str, answer: &str| Entry {
        id: id.into(),
        question: "营业执照怎么办理？".into(),
        answer: answer.into(),
        owner: "区市场监管局".into(),
        ..Entry::default()
    };
    store.import_entries("longhua", Digest::of(b"pack"), vec![entry("a", "一"), entry("b", "二")], at(0)).unwrap();
    store.put_entry("longhua", entry("c", "三"), person("甲", Role::KnowledgeMaintainer), at(1)).unwrap();
    store.remove_entry("longhua", "b", person("甲", Role::KnowledgeMaintainer), at(2)).unwrap();
    let steps = [
        Command::Save { entry: Box::new(entry("d", "四")), message: "新".into(), restored: None },
        Command::Submit { findings: Vec::new() },
        Command::Approve,
        Command::Save { entry: Box::new(entry("d", "五")), message: "改".into(), restored: None },
    ];
    for (n, (command, who)) in steps.into_iter().zip(["甲", "甲", "乙", "乙"]).enumerate() {
        let actor = person(who, Role::KnowledgeMaintainer);
        store.act_on_entry("longhua", "d", n as u32, command, actor, at(3 + n as i64)).unwrap();
    }
    let files = [("rules/longhua/a.rhai".to_owned(), "warn();".to_owned())].into();
    let digest = Digest::of(b"release");
    let live = Live { jurisdiction: "longhua", digest, files: &files, note: Note::default(), instead_of: None };
    store.put_release(live, person("丁", Role::RuleAuthor), at(8)).unwrap();
    let draft = Draft {
        id: "d-1".into(),
        jurisdiction: "longhua".into(),
        parent: Digest::of(b"release"),
        message: "试".into(),
        author: "丁".into(),
        editors: ["丁".to_owned()].into(),
        version: 1,
        created_at: at(9),
        updated_at: at(9),
        stage: Stage::Editing,
        paths: vec!["rules/longhua/a.rhai".into()],
        edits: Digest::of(b""),
        backtest: None,
    };
    store.put_draft(draft, &Default::default(), person("丁", Role::RuleAuthor), at(9)).unwrap();
    let count = RuleCount { fired: 3, decided: 2, ..RuleCount::default() };
    let day = Day { day: "2026-04-01".parse().unwrap(), rules: vec![("w.red".into(), count)] };
    store.add_numbers("longhua", vec![day], at(10)).unwrap();
    let hit = HitTest {
        number: 0,
        at: at(11),
        person: "甲".into(),
        text: "执照".into(),
        entry: "a".into(),
        confidence: 700,
        threshold: 800,
        answered: false,
        why_not: "低于门槛".into(),
        knowledge: "1-1".into(),
    };
    store.keep_hit("longhua", hit, person("甲", Role::KnowledgeMaintainer)).unwrap();
    let subscription = Subscription {
        id: String::new(),
        url: "http://127.0.0.1:1/".into(),
        secret: Secret("s".repeat(24)),
        role: Role::Auditor,
        unit: String::new(),
        by: String::new(),
        jurisdiction: "longhua".into(),
        kinds: vec!["received".into()],
        categories: Vec::new(),
        topics: Vec::new(),
        tags: Vec::new(),
        created_at: at(12),
        ended: None,
    };
    let subscription = store.subscribe(subscription, Actor::system()).unwrap();
    let checkpoint = Checkpoint { cursor: EventId { epoch: 1, seq: 5 }, ..Checkpoint::default() };
    store.save_checkpoint(&subscription.id, Saved { checkpoint, ..Saved::default() }, at(13)).unwrap();
    let enterprise = Enterprise {
        jurisdiction: "rongcheng".into(),
        id: "91371082MA3C1234XX".into(),
        name: "某某水产有限公司".into(),
        officers: Vec::new(),
        tags: vec!["高新技术企业".into()],
        version: 0,
        updated_at: at(14),
    };
    store.put_enterprise(&requester(&enterprise.id, "").unwrap(), enterprise, Actor::system()).unwrap();
}

/// Fills a folder: tickets in all walks of life, a text long enough for a blob, a claim, and one of everything else.
pub(crate) fn fill(store: &Store, nth: usize) {
    everything_else(store);
    for (n, report) in reports(nth).iter().enumerate() {
        live(store, report, n);
    }
    let mut long = queued(&format!("长文{}", "长".repeat(6000)), 20, Warning::Red);
    long.key = Some(key("key-long", "long"));
    store.append(long).unwrap();
    store.append(queued("在排队", 21, Warning::None)).unwrap();
    claim(store, "丙").unwrap();
}

fn ticket(store: &Store, ticket: &Ticket) -> Value {
    let events = store.events(&ticket.id).unwrap();
    assert_eq!(fold(&events).as_ref(), Some(ticket), "{}", ticket.id);
    json!({
        "id": ticket.id, "jurisdiction": ticket.jurisdiction, "phase": ticket.phase, "version": ticket.version,
        "lead": ticket.lead, "warning": ticket.warning, "received_at": ticket.received_at,
        "claim": ticket.claim.as_ref().map(|claim| (claim.person.as_str(), claim.fence)),
        "due": ticket.next_due(), "first": ticket.first, "last": ticket.last,
        "events": events.iter().map(|it| it.event.kind()).collect::<Vec<_>>(),
    })
}

/// Everything that is read from a store, as far as it must never read otherwise.
pub(crate) fn summary(store: &Store) -> Value {
    let tickets = store.list(&Default::default(), None, 10_000).unwrap().tickets;
    let of = |jurisdiction: &&str| {
        let filter = paidan::store::QueueFilter { jurisdiction: (*jurisdiction).into(), ..Default::default() };
        let queue: Vec<_> = store.queue(&filter, 1000).unwrap().into_iter().map(|it| it.ticket.id).collect();
        let (from, until) = ("2026-01-01".parse().unwrap(), "2026-12-31".parse().unwrap());
        let numbers = store.numbers(jurisdiction, from, until).unwrap().into_iter();
        let articles = ["a", "b", "c", "d"]
            .map(|id| store.article(jurisdiction, id).unwrap().map(|it| (it.revision, it.versions)));
        let entries = store.entries(jurisdiction).unwrap().into_iter();
        let drafts = store.drafts(jurisdiction).unwrap().into_iter();
        let records = store.records(jurisdiction, None, 100).unwrap().into_iter();
        let enterprises = store.enterprises(jurisdiction, None, 100).unwrap().into_iter();
        json!({
            "queue": queue,
            "entries": entries.map(|it| (it.entry.id, it.entry.answer, it.version)).collect::<Vec<_>>(),
            "articles": articles,
            "knowledge": store.knowledge_version(jurisdiction).unwrap(),
            "drafts": drafts.map(|it| (it.id.clone(), store.edits(&it).is_ok())).collect::<Vec<_>>(),
            "records": records.map(|it| (it.number, it.digest)).collect::<Vec<_>>(),
            "numbers": numbers.map(|it| (it.rule, it.count.fired)).collect::<Vec<_>>(),
            "hits": store.hits(jurisdiction, 100).unwrap().len(),
            "enterprises": enterprises.map(|it| (it.name, it.version)).collect::<Vec<_>>(),
        })
    };
    let keys = (0..100).map(|n| format!("key-{n}")).chain(["key-long".to_owned()]);
    let used = keys.filter_map(|key| store.key("platform", &key, at(0)).unwrap().map(|(ticket, _)| (key, ticket)));
    let subscriptions = store.subscriptions().unwrap();
    let after = |id: &str| store.checkpoint(id).unwrap().map(|it| it.cursor);
    json!({
        "tickets": tickets.iter().map(|it| ticket(store, it)).collect::<Vec<_>>(),
        "jurisdictions": JURISDICTIONS.iter().map(of).collect::<Vec<_>>(),
        "keys": used.collect::<Vec<_>>(),
        "subscriptions": subscriptions.into_iter().map(|it| (after(&it.id), it.id)).collect::<Vec<_>>(),
        "release": store.release(&Digest::of(b"release")).unwrap(),
        "feed": store.events_after(None, 100_000).unwrap().len(),
        "last": store.last_event().unwrap(),
    })
}

/// All files below a folder, copied.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, to) = (item.path(), to.join(item.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

fn write_anew(folder: &Path) {
    let scratch = tempfile::tempdir().unwrap();
    let store = try_open(scratch.path(), &Options { segment_bytes: 256 * 1024, ..options(clock!()) }).unwrap();
    fill(&store, 9);
    let told = summary(&store);
    drop(store);
    keep(scratch.path(), folder, &told);
}

fn keep(data: &Path, folder: &Path, told: &Value) {
    for part in ["journal", "blobs"] {
        copy(&data.join(part), &folder.join(part));
    }
    fs::write(folder.join("summary.json"), format!("{}\n", serde_json::to_string_pretty(told).unwrap())).unwrap();
}

/// The same with what came after version 0.1 began: packed segments, and a new epoch behind a restore.
fn write_sealed_anew(folder: &Path) {
    let scratch = tempfile::tempdir().unwrap();
    let (data, kept, back) = (scratch.path().join("data"), scratch.path().join("kept"), scratch.path().join("back"));
    let small = Options { segment_bytes: 64 * 1024, ..options(clock!()) };
    let store = try_open(&data, &small).unwrap();
    fill(&store, 25);
    store.seal_finished().unwrap();
    drop(store);
    backup(&data, &kept, at(100)).unwrap();
    restore(&kept, &back, None).unwrap();
    let store = try_open(&back, &small).unwrap();
    store.append(queued("恢复之后", 101, Warning::None)).unwrap();
    claim(&store, "丁").unwrap();
    store.seal_finished().unwrap();
    let told = summary(&store);
    drop(store);
    keep(&back, folder, &told);
}

fn folders() -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(root().join(STORES)).unwrap().map(|it| it.unwrap().path()).collect();
    found.sort();
    found
}

/// The first folder.
pub(crate) fn first() -> PathBuf {
    folders().remove(0)
}

#[test]
fn a_folder_of_an_earlier_version_opens_with_everything_in_it() {
    type Write = fn(&Path);
    for (name, write) in [("0.1", write_anew as Write), ("0.1-sealed", write_sealed_anew)] {
        let folder = root().join(STORES).join(name);
        if !folder.exists() && std::env::var_os("PAIDAN_BLESS").is_some() {
            write(&folder);
        }
    }
    for folder in folders() {
        let copied = tempfile::tempdir().unwrap();
        copy(&folder, copied.path());
        let store = try_open(copied.path(), &options(clock!())).unwrap();
        let wanted: Value = serde_json::from_slice(&fs::read(folder.join("summary.json")).unwrap()).unwrap();
        let found = summary(&store);
        for (name, wanted) in wanted.as_object().unwrap() {
            assert_eq!(&found[name], wanted, "{}: {name}", folder.display());
        }
        assert_eq!(store.health(), Health::Writable);
    }
}
