//! The life of entries in the store: steps, versions, what a pack may still do, and what a view made anew knows.

use paidan::digest::Digest;
use paidan::editorial::{Command, Refusal, State};
use paidan::knowledge::Entry;
use paidan::store::{AppendError, Store};
use paidan::ticket::{Actor, Role};

use super::fixture::{Clock, at, clock, open};

fn entry(answer: &str) -> Entry {
    let (question, owner) = ("怎么办理？".into(), "区市场监管局".into());
    Entry { id: "a".into(), question, owner, answer: answer.into(), ..Entry::default() }
}

fn person(id: &str) -> Actor {
    Actor { person: id.into(), role: Role::KnowledgeMaintainer, ..Actor::default() }
}

fn save(answer: &str) -> Command {
    Command::Save { entry: Box::new(entry(answer)), message: "改".into(), restored: None }
}

fn submit() -> Command {
    Command::Submit { findings: Vec::new() }
}

/// Does something on the article as it stands.
fn act(store: &Store, who: &str, command: Command, s: i64) -> Result<(), AppendError> {
    let seen = store.article("longhua", "a").unwrap().map_or(0, |article| article.revision);
    store.act_on_entry("longhua", "a", seen, command, person(who), at(s)).map(drop)
}

fn answer(store: &Store) -> Option<String> {
    store.entry("longhua", "a").unwrap().map(|stored| stored.entry.answer)
}

/// Everything that can be read of the entry.
fn told(store: &Store) -> String {
    let (article, stored) = (store.article("longhua", "a").unwrap(), store.entry("longhua", "a").unwrap());
    let (versions, acts) = (store.versions("longhua", "a").unwrap(), store.acts("longhua", "a").unwrap());
    format!("{article:?}\n{stored:?}\n{versions:?}\n{acts:?}")
}

fn pack(store: &Store, digest: &str, answer: &str, s: i64) -> Vec<String> {
    store.import_entries("longhua", Digest::of(digest.as_bytes()), vec![entry(answer)], at(s)).unwrap().kept
}

/// Part of the contract of every store: a draft answers nothing, an approved one does; every version is kept.
pub(super) fn lives(store: &Store, _: Clock) {
    act(store, "甲", save("一"), 0).unwrap();
    let version = store.knowledge_version("longhua").unwrap();
    assert_eq!(answer(store), None, "a draft answers nothing");
    assert_eq!(version.seq, 0, "what answers has not changed");
    act(store, "甲", submit(), 1).unwrap();
    let own = act(store, "甲", Command::Approve, 2);
    assert_eq!(own, Err(AppendError::Entry(Refusal::OwnWork)));
    act(store, "乙", Command::Approve, 3).unwrap();
    assert_eq!(answer(store).as_deref(), Some("一"));
    assert!(store.knowledge_version("longhua").unwrap() > version);
    act(store, "乙", save("二"), 4).unwrap();
    act(store, "乙", submit(), 5).unwrap();
    let late = store.act_on_entry("longhua", "a", 3, save("三"), person("丙"), at(6));
    assert!(matches!(late, Err(AppendError::Entry(Refusal::Moved { seen: 3, actual: 5, .. }))), "{late:?}");
    act(store, "甲", Command::Approve, 7).unwrap();
    act(store, "丙", Command::Confirm, 8).unwrap();
    let stored = store.entry("longhua", "a").unwrap().unwrap();
    assert_eq!((stored.entry.answer.as_str(), stored.reviewed_at), ("二", Some(at(8))));
    let versions = store.versions("longhua", "a").unwrap();
    let kept: Vec<_> = versions.iter().map(|it| (it.number, it.author.as_str(), it.approved_by.as_deref())).collect();
    assert_eq!(kept, [(1, "甲", Some("乙")), (2, "乙", Some("甲"))]);
    act(store, "甲", Command::Withdraw { reason: "停办".into() }, 9).unwrap();
    assert_eq!(answer(store), None);
    let first = store.version("longhua", "a", 1).unwrap().unwrap();
    let restore = Command::Save { entry: Box::new(first.entry), message: String::new(), restored: Some(1) };
    act(store, "甲", restore, 10).unwrap();
    act(store, "甲", submit(), 11).unwrap();
    act(store, "丙", Command::Approve, 12).unwrap();
    assert_eq!(answer(store).as_deref(), Some("一"));
}

/// RC-13 and LH-60.
#[test]
fn rc_13_a_view_made_anew_knows_every_version_and_step() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let store = open(dir.path(), clock);
    lives(&store, clock);
    let before = told(&store);
    drop(store);
    std::fs::remove_dir_all(dir.path().join("view")).unwrap();
    assert_eq!(told(&open(dir.path(), clock)), before);
}

#[test]
fn a_pack_counts_as_reviewed_and_overwrites_nothing_of_people() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let store = open(dir.path(), clock);
    pack(&store, "1", "包一", 0);
    let article = store.article("longhua", "a").unwrap().unwrap();
    assert_eq!((article.revision, article.live.unwrap().reviewed_at), (1, at(0)));
    act(&store, "甲", save("改"), 1).unwrap();
    // Still the pack's: the newer pack goes live, and the draft is told so.
    assert!(pack(&store, "2", "包二", 2).is_empty());
    assert_eq!(answer(&store).as_deref(), Some("包二"));
    let behind = act(&store, "甲", submit(), 3);
    assert_eq!(behind, Err(AppendError::Entry(Refusal::Outdated { base: Some(1), live: 3 })));
    act(&store, "甲", save("改"), 4).unwrap();
    act(&store, "甲", submit(), 5).unwrap();
    act(&store, "乙", Command::Approve, 6).unwrap();
    assert_eq!(pack(&store, "3", "包三", 7), ["a"]);
    assert_eq!(answer(&store).as_deref(), Some("改"));
    act(&store, "乙", Command::Withdraw { reason: "停办".into() }, 8).unwrap();
    assert_eq!(pack(&store, "4", "包四", 9), ["a"], "what people withdrew, no pack brings back");
    assert_eq!(answer(&store), None);
    let article = store.article("longhua", "a").unwrap().unwrap();
    assert_eq!(article.state(None, Default::default(), at(9).date_naive()), State::Withdrawn);
    assert_eq!(store.articles("longhua").unwrap(), [article]);
    let before = told(&store);
    drop(store);
    std::fs::remove_dir_all(dir.path().join("view")).unwrap();
    assert_eq!(told(&open(dir.path(), clock)), before);
}
