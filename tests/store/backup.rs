//! A backup of a store that is written to, what comes back out of it, and what is told of one that is not whole.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use paidan::store::{
    Algorithm, BackupError, Health, MasterFile, Opening, Options, Store, backup, check_backup, restore,
};
use paidan::ticket::{EventId, fold};
use paidan::triage::Warning;

use super::fixture::{Clock, act, at, claim, clock, dispatch_to, open, options, person, queued, try_open};

fn small(clock: Clock) -> Options {
    Options { segment_bytes: 20_000, ..options(clock) }
}

fn post(store: &Store, n: i64) {
    let text = if n % 10 == 0 { format!("t{n}{}", "长".repeat(6000)) } else { format!("t{n}") };
    store.append(queued(&text, n, Warning::None)).unwrap();
}

/// Everything that was acknowledged before the backup began is in it, whole.
#[test]
fn a_backup_beside_a_writer_is_whole_and_the_next_one_copies_what_is_new() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = clock!();
    let store = try_open(dir.path(), &small(clock)).unwrap();
    (0..60).for_each(|n| post(&store, n));
    let (taken, fence) = claim(&store, "a").unwrap();
    act(&store, &taken.id, &dispatch_to(fence, "甲"), &person("a")).unwrap();
    for (name, text) in [("tokens.toml", "[[token]]"), ("keys/k1", "secret"), ("audit/2026-04.log", "line")] {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let stop = AtomicBool::new(false);
    let (first, second) = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let still = |_: &i64| !stop.load(Ordering::Relaxed);
            (60..2000).take_while(still).for_each(|n| post(&store, n));
        });
        let packing = scope.spawn(|| store.seal_finished().unwrap());
        let first = backup(dir.path(), to.path(), at(0)).unwrap();
        packing.join().unwrap();
        let second = backup(dir.path(), to.path(), at(1)).unwrap();
        stop.store(true, Ordering::Relaxed);
        writing.join().unwrap();
        (first, second)
    });
    assert!(first.manifest.tickets >= 60 && second.manifest.tickets >= first.manifest.tickets);
    store.seal_finished().unwrap();
    let third = backup(dir.path(), to.path(), at(2)).unwrap();
    let fourth = backup(dir.path(), to.path(), at(3)).unwrap();
    assert_eq!((fourth.copied, fourth.unchanged), (0, third.copied + third.unchanged), "nothing is new");
    assert_eq!(check_backup(to.path()).unwrap().problems, []);
    assert!(!to.path().join("keys").exists(), "keys are kept apart");

    let back = tempfile::tempdir().unwrap();
    let data = back.path().join("data");
    let manifest = restore(to.path(), &data, None).unwrap();
    assert_eq!(fs::read_to_string(data.join("audit/2026-04.log")).unwrap(), "line");
    assert!(data.join("tokens.toml").exists() && !data.join("keys").exists());
    let restored = open(&data, clock);
    let all = |store: &Store| store.list(&Default::default(), None, 10_000).unwrap().tickets;
    assert_eq!((all(&restored), manifest.tickets), (all(&store), all(&store).len() as u64));
    for ticket in all(&restored) {
        assert_eq!(fold(&restored.events(&ticket.id).unwrap()), Some(ticket));
    }
    assert_eq!(restored.events_after(None, 100_000).unwrap(), store.events_after(None, 100_000).unwrap());
}

/// A ticket that began before a restore and goes on after it has ids of both epochs, everywhere the same.
#[test]
fn a_ticket_spans_epochs() {
    let (dir, to, back) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = clock!();
    let store = open(dir.path(), clock);
    post(&store, 1);
    let last = store.last_event().unwrap();
    drop(store);
    backup(dir.path(), to.path(), at(0)).unwrap();
    restore(to.path(), back.path(), None).unwrap();
    let store = open(back.path(), clock);
    // Nothing happened since: what is remembered of before is still good.
    assert_eq!(store.last_event().unwrap(), last);
    assert!(store.committed_at(last).unwrap().is_some());
    drop(store);
    for _ in 0..2 {
        let store = open(back.path(), clock);
        assert_eq!((store.opened().view_replaced.clone(), store.health()), (None, Health::Writable));
    }
    let store = open(back.path(), clock);
    let (ticket, fence) = claim(&store, "a").unwrap();
    act(&store, &ticket.id, &dispatch_to(fence, "甲"), &person("a")).unwrap();
    let ticket = store.ticket(&ticket.id).unwrap().unwrap();
    let check = |store: &Store| {
        let events = store.events(&ticket.id).unwrap();
        let epochs: Vec<u64> = events.iter().map(|it| it.id.epoch).collect();
        assert_eq!(epochs, [1, 1, 1, 2, 2]);
        assert_eq!((fold(&events), store.ticket(&ticket.id).unwrap()), (Some(ticket.clone()), Some(ticket.clone())));
        assert_eq!(store.events_after(None, 100).unwrap(), events);
        assert_eq!(store.events_after(Some(last), 100).unwrap(), events[3..]);
        for event in &events {
            assert!(store.committed_at(event.id).unwrap().is_some());
            let other = EventId { epoch: 3 - event.id.epoch, ..event.id };
            assert_eq!(store.committed_at(other).unwrap(), None);
        }
        assert_eq!(store.last_event().unwrap(), events[4].id);
    };
    check(&store);
    drop(store);
    let store = try_open(back.path(), &Options { rebuild: true, ..options(clock) }).unwrap();
    check(&store);
    assert!(store.verify(at(0), &Opening::default()).unwrap().is_good());
}

#[test]
fn what_is_not_whole_is_named_and_nothing_is_overwritten() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = clock!();
    let store = try_open(dir.path(), &small(clock)).unwrap();
    (0..40).for_each(|n| post(&store, n));
    store.seal_finished().unwrap();
    drop(store);
    let none = restore(to.path(), &to.path().join("x"), None);
    assert!(matches!(none, Err(BackupError::NotABackup { .. })));
    let manifest = backup(dir.path(), to.path(), at(0)).unwrap().manifest;
    let full = restore(to.path(), dir.path(), None);
    assert!(matches!(full, Err(BackupError::NotEmpty { .. })));
    let scratch = tempfile::tempdir().unwrap();
    for kept in &manifest.files {
        let path = to.path().join(&kept.at);
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        bytes[whole.len() / 2] ^= 1;
        fs::write(&path, bytes).unwrap();
        let (file, target) = (kept.at.clone(), scratch.path().join("data"));
        let problems = check_backup(to.path()).unwrap().problems;
        assert!(problems.iter().any(|(named, _)| *named == file), "{file}: {problems:?}");
        let refused = restore(to.path(), &target, None).unwrap_err().to_string();
        assert!(refused.contains(&file) && !target.exists(), "{refused}");
        fs::write(&path, whole).unwrap();
    }
    // A damaged store does not spoil the backup it has.
    let newest = fs::read_dir(dir.path().join("journal")).unwrap().map(|it| it.unwrap().path()).max().unwrap();
    let mut bytes = fs::read(&newest).unwrap();
    bytes[40] ^= 1;
    fs::write(&newest, bytes).unwrap();
    let refused = backup(dir.path(), to.path(), at(1)).unwrap_err();
    assert!(matches!(refused, BackupError::Damaged { .. }), "{refused}");
    assert_eq!(check_backup(to.path()).unwrap().problems, []);
    // Nor does another store.
    let other = tempfile::tempdir().unwrap();
    drop(open(other.path(), clock));
    let refused = backup(other.path(), to.path(), at(1)).unwrap_err();
    assert!(matches!(refused, BackupError::Foreign { .. }), "{refused}");
}

/// An export read into an empty folder is the same store: tickets, numbers, queue, entries, ids.
#[test]
fn an_export_comes_back_as_the_same_store() {
    let (dir, back) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = clock!();
    super::old::copy(&super::old::first(), dir.path());
    let store = try_open(dir.path(), &options(clock)).unwrap();
    let (mut whole, mut covered) = (Vec::new(), Vec::new());
    let commits = store.export(&mut whole, true, at(0), &mut |_, _| {}).unwrap();
    assert_eq!(store.export(&mut covered, false, at(0), &mut |_, _| {}).unwrap(), commits);
    assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count() as u64, commits + 1);
    let refused = paidan::store::import(&mut &covered[..], &back.path().join("a"), None).unwrap_err();
    assert!(matches!(refused, paidan::store::ImportError::Covered), "{refused}");
    let short = &whole[..whole.len() * 2 / 3];
    assert!(paidan::store::import(&mut &short[..], &back.path().join("b"), None).is_err());
    let data = back.path().join("c");
    assert_eq!(paidan::store::import(&mut &whole[..], &data, None).unwrap(), commits);
    let again = open(&data, clock);
    assert_eq!(again.health(), Health::Writable);
    assert_eq!(super::old::summary(&again), super::old::summary(&store));
    assert!(again.verify(at(0), &Opening::default()).unwrap().is_good());
    post(&again, 1);
    assert_eq!(again.last_event().unwrap().epoch, store.last_event().unwrap().epoch + 1);
}

/// Into a folder whose keys are elsewhere: what is personal is sealed, and reads the same.
#[test]
fn an_import_seals_what_is_personal() {
    let (dir, back, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = clock!();
    let store = open(dir.path(), clock);
    (0..20).for_each(|n| post(&store, n));
    let mut whole = Vec::new();
    store.export(&mut whole, true, at(0), &mut |_, _| {}).unwrap();
    MasterFile::of(keys.path()).add(Algorithm::Sm4Gcm, at(0)).unwrap();
    let data = back.path().join("data");
    paidan::store::import(&mut &whole[..], &data, Some(keys.path())).unwrap();
    let segment = fs::read(data.join("journal/00000000000000000001.log")).unwrap();
    assert!(segment.windows(11).any(|window| window == b"\"sealed_by\""), "it is sealed");
    let sealed = Options { keys: Some(keys.path().to_owned()), ..options(clock) };
    let again = try_open(&data, &sealed).unwrap();
    assert_eq!(again.events_after(None, 1000).unwrap(), store.events_after(None, 1000).unwrap());
    assert!(again.verify(at(0), &Opening::default()).unwrap().is_good());
}
