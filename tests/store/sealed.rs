//! Packed segments: the same to every reader, and whatever is wrong with one is named.

use std::fs;
use std::path::{Path, PathBuf};

use paidan::store::{Health, Options, Store};
use paidan::ticket::Ticket;
use paidan::triage::Warning;

use super::fixture::{Clock, act, claim, clock, dispatch_to, options, person, queued, try_open};

/// Segments of a commit or two.
fn small(clock: Clock) -> Options {
    Options { segment_bytes: 3000, ..options(clock) }
}

fn fill(store: &Store) -> Vec<Ticket> {
    let append = |n| store.append(queued(&format!("t{n}{}", "长文".repeat(n as usize * 7)), n, Warning::None)).unwrap();
    let ids: Vec<_> = (0..30).map(|n| append(n).ticket.id).collect();
    let (taken, fence) = claim(store, "a").unwrap();
    act(store, &taken.id, &dispatch_to(fence, "甲"), &person("a")).unwrap();
    ids.iter().map(|id| store.ticket(id).unwrap().unwrap()).collect()
}

fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(dir.join("journal")).unwrap().map(|file| file.unwrap().path());
    let mut found: Vec<_> = all.filter(|path| path.extension().is_some_and(|it| it == ending)).collect();
    found.sort();
    found
}

#[track_caller]
fn assert_all(store: &Store, tickets: &[Ticket]) {
    for ticket in tickets {
        assert_eq!(store.ticket(&ticket.id).unwrap().as_ref(), Some(ticket));
        assert_eq!(store.events(&ticket.id).unwrap().len(), ticket.version as usize, "{}", ticket.id);
    }
    let told = store.events_after(None, 10_000).unwrap();
    assert_eq!(told.len(), tickets.iter().map(|ticket| ticket.version as usize).sum::<usize>());
}

/// A store of which all segments but the newest are packed.
fn packed(dir: &Path, clock: Clock) -> Vec<Ticket> {
    let store = try_open(dir, &small(clock)).unwrap();
    let tickets = fill(&store);
    store.seal_finished().unwrap();
    assert_all(&store, &tickets);
    tickets
}

#[test]
fn packed_segments_read_the_same_with_and_without_a_view() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let tickets = packed(dir.path(), clock);
    assert_eq!(files(dir.path(), "log").len(), 1);
    assert!(files(dir.path(), "sealed").len() > 5);
    for anew in [false, true] {
        let store = try_open(dir.path(), &Options { rebuild: anew, ..small(clock) }).unwrap();
        assert_eq!((store.health(), store.opened().view_replaced.is_some()), (Health::Writable, anew));
        assert_all(&store, &tickets);
    }
}

#[test]
fn damage_in_a_packed_segment_is_named_and_the_rest_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let tickets = packed(dir.path(), clock);
    let path = files(dir.path(), "sealed")[3].clone();
    let whole = fs::read(&path).unwrap();
    // Header, a block, the index, the end.
    for at in [9, 100, whole.len() - 25, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        fs::write(&path, bytes).unwrap();
        let store = try_open(dir.path(), &small(clock)).unwrap();
        let damage = store.opened().damage.clone();
        assert!(matches!(store.health(), Health::ReadOnly { .. }), "{at}");
        assert_eq!((damage.len(), &damage[0].file), (1, &path), "{at}");
        let (first, next) = damage[0].sequences;
        let gone = at == 100;
        assert_eq!((first < next, damage[0].tickets.is_empty()), (gone, !gone), "{at}");
        for ticket in tickets.iter().filter(|ticket| !damage[0].tickets.contains(&ticket.id)) {
            assert_eq!(store.events(&ticket.id).unwrap().len(), ticket.version as usize, "{at}");
        }
        let lost = damage[0].tickets.iter().filter(|id| store.events(id).is_err()).count();
        assert_eq!(lost > 0, gone, "{at}");
    }
    fs::write(&path, whole).unwrap();
    assert_all(&try_open(dir.path(), &small(clock)).unwrap(), &tickets);
}

/// The plain segment, read by the description in docs/formats.md.
fn unpacked(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (mut at, mut plain) = (48, Vec::new());
    for _ in 0..number(40) {
        let (packed, as_is) = (number(at) & 0x7fff_ffff, number(at) >> 31 == 1);
        let data = &bytes[at + 12..at + 12 + packed];
        let block = if as_is { data.to_vec() } else { lz4_flex::block::decompress(data, number(at + 4)).unwrap() };
        plain.extend(block);
        at += 12 + packed;
    }
    plain
}

#[test]
fn a_stop_in_the_middle_of_packing_is_put_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let store = try_open(dir.path(), &small(clock)).unwrap();
    let tickets = fill(&store);
    drop(store);
    let store = try_open(dir.path(), &small(clock)).unwrap();
    store.seal_finished().unwrap();
    drop(store);
    let sealed = files(dir.path(), "sealed");
    let log = |path: &Path| path.with_extension("log");
    // Named, but the plain file is not gone yet; named and bad, which only a broken disk can do; begun.
    for path in &sealed[..2] {
        fs::write(log(path), unpacked(path)).unwrap();
    }
    let bytes = fs::read(&sealed[1]).unwrap();
    fs::write(&sealed[1], &bytes[..bytes.len() / 2]).unwrap();
    let part = sealed[2].with_extension("sealed-part");
    fs::write(&part, b"paidansl").unwrap();
    let store = try_open(dir.path(), &small(clock)).unwrap();
    assert_eq!(store.health(), Health::Writable);
    assert_all(&store, &tickets);
    assert!(!part.exists() && !log(&sealed[0]).exists());
    assert!(sealed[1].with_extension("sealed.bad-1").exists());
    store.seal_finished().unwrap();
    assert_all(&store, &tickets);
}
