//! Entries and releases in the store.

use paidan::digest::Digest;
use paidan::knowledge::Entry;
use paidan::releases::{Note, Record};
use paidan::store::{AppendError, Live, Origin, ReleaseFiles, Store};
use paidan::ticket::{Actor, EventId};

use super::fixture::{at, clock, open, person};

fn entry(id: &str, answer: &str) -> Entry {
    Entry { id: id.into(), question: "怎么办理？".into(), answer: answer.into(), ..Entry::default() }
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn answers(store: &Store) -> Vec<(String, String, Origin)> {
    let entries = store.entries("longhua").unwrap();
    entries.into_iter().map(|stored| (stored.entry.id, stored.entry.answer, stored.origin)).collect()
}

#[test]
fn a_pack_is_imported_once_and_never_overwrites_people() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let store = open(dir.path(), clock);
    assert_eq!(store.knowledge_version("longhua").unwrap(), EventId::default());
    let pack = |answer: &str| vec![entry("a", answer), entry("b", answer)];
    let first = store.import_entries("longhua", digest("1"), pack("一"), at(0)).unwrap();
    assert_eq!((first.put, first.kept.len()), (2, 0));
    let same = store.import_entries("longhua", digest("1"), pack("一"), at(1)).unwrap();
    assert_eq!((same.put, same.version), (0, first.version));

    let edited = store.put_entry("longhua", entry("a", "人工"), person("k"), at(2)).unwrap();
    assert!(edited.version > first.version);
    let mut newer = pack("二");
    newer.push(entry("c", "二"));
    let second = store.import_entries("longhua", digest("2"), newer, at(3)).unwrap();
    assert_eq!((second.put, second.kept.as_slice()), (2, &["a".to_owned()][..]));
    let third = store.import_entries("longhua", digest("3"), vec![entry("b", "二")], at(4)).unwrap();
    assert_eq!((third.put, third.removed), (0, 1));
    let wanted =
        vec![("a".to_owned(), "人工".to_owned(), Origin::Api), ("b".to_owned(), "二".to_owned(), Origin::Pack)];
    assert_eq!(answers(&store), wanted);
    assert!(store.entries("hunan").unwrap().is_empty());

    drop(store);
    std::fs::remove_dir_all(dir.path().join("view")).unwrap();
    let store = open(dir.path(), clock);
    assert_eq!(answers(&store), wanted);
    assert_eq!(store.knowledge_version("longhua").unwrap(), third.version);
    assert_eq!(store.remove_entry("longhua", "a", person("k"), at(5)).unwrap().removed, 1);
    assert_eq!(store.entry("longhua", "a").unwrap(), None);
    let large = entry("d", &"长".repeat(30_000));
    assert_eq!(store.put_entry("longhua", large, person("k"), at(6)).unwrap_err().code(), "too_large");
}

#[test]
fn a_large_pack_takes_several_frames() {
    let store = Store::memory(clock!().read);
    let pack: Vec<Entry> = (0..2500).map(|n| entry(&format!("e{n:05}"), "答")).collect();
    let done = store.import_entries("longhua", digest("1"), pack.clone(), at(0)).unwrap();
    assert_eq!((done.put, done.version.seq), (2500, 2500));
    assert_eq!(store.entries("longhua").unwrap().len(), 2500);
    assert_eq!(store.import_entries("longhua", digest("1"), pack, at(0)).unwrap().put, 0);
}

#[test]
fn the_last_good_release_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let files = |text: &str| ReleaseFiles::from([("route/market.rhai".to_owned(), text.repeat(10_000))]);
    let store = open(dir.path(), clock);
    let put = |store: &Store, name: &str| {
        let (files, note) = (files(name), Note { message: name.to_owned(), ..Note::default() });
        let live = Live { jurisdiction: "longhua", digest: digest(name), files: &files, note, instead_of: None };
        store.put_release(live, Actor::system(), at(0)).unwrap().is_some()
    };
    assert_eq!(store.last_release("longhua").unwrap(), None);
    assert_eq!([put(&store, "一"), put(&store, "一"), put(&store, "二")], [true, false, true]);
    drop(store);
    let store = open(dir.path(), clock);
    assert_eq!(store.last_release("longhua").unwrap(), Some(digest("二")));
    assert_eq!(store.release(&digest("一")).unwrap(), Some(files("一")));
    assert_eq!(store.release(&digest("三")).unwrap(), None);
    // Rolling back makes an old one the last again.
    assert!(put(&store, "一"));
    assert_eq!(store.last_release("longhua").unwrap(), Some(digest("一")));
    let history = |below, limit| store.records("longhua", below, limit).unwrap();
    let told = |records: Vec<Record>| -> Vec<(u64, String)> {
        records.into_iter().map(|record| (record.number, record.note.message)).collect()
    };
    assert_eq!(told(history(None, 9)), [(3, "一".into()), (2, "二".into()), (1, "一".into())]);
    assert_eq!(told(history(Some(3), 1)), [(2, "二".into())]);
    // Kept to be tried: it can be loaded, and changes nothing.
    store.keep_release("longhua", digest("四"), &files("四"), Actor::system(), at(0)).unwrap();
    assert_eq!(store.release(&digest("四")).unwrap(), Some(files("四")));
    assert_eq!((store.last_release("longhua").unwrap(), history(None, 9).len()), (Some(digest("一")), 3));
    // The second of two authors.
    let (late, note) = (files("五"), Note::default());
    let instead_of = Some(digest("二"));
    let live = Live { jurisdiction: "longhua", digest: digest("五"), files: &late, note, instead_of };
    let refused = store.put_release(live, Actor::system(), at(0));
    assert!(matches!(refused, Err(AppendError::ReleaseMoved { .. })), "{refused:?}");
}
