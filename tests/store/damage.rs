//! What happens to files: torn, flipped, cut, deleted, held by another process.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use paidan::store::{Health, OpenError, Options, Store};
use paidan::ticket::{Ticket, TicketId};
use paidan::triage::Warning;

use super::fixture::{act, claim, clock, dispatch_to, dispatched, open, options, person, queued, try_open};

/// A closed store with `n` tickets, the state of each, and its newest segment.
fn closed_with(dir: &Path, n: i64) -> (Vec<Ticket>, PathBuf) {
    let store = open(dir, clock!());
    let append = |n| store.append(queued(&format!("t{n}"), n, Warning::None)).unwrap().ticket;
    let tickets = (0..n).map(append).collect();
    drop(store);
    (tickets, newest_segment(dir))
}

fn newest_segment(dir: &Path) -> PathBuf {
    let files = fs::read_dir(dir.join("journal")).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "log")).max().unwrap()
}

fn assert_all(store: &Store, tickets: &[Ticket]) {
    for ticket in tickets {
        assert_eq!(store.ticket(&ticket.id).unwrap().as_ref(), Some(ticket));
        assert_eq!(store.events(&ticket.id).unwrap().len(), ticket.version as usize);
    }
}

fn write_over(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Where frames begin, after the header of 32 bytes.
fn frames(path: &Path) -> Vec<usize> {
    let bytes = fs::read(path).unwrap();
    let (mut at, mut found) = (32, Vec::new());
    while at < bytes.len() {
        found.push(at);
        at += 20 + u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    }
    found
}

#[test]
fn a_torn_tail_is_cut_kept_and_reported() {
    for tail in [&b"\x20\0\0\0half a frame"[..], &[0; 4096], &[7; 3]] {
        let dir = tempfile::tempdir().unwrap();
        let (tickets, segment) = closed_with(dir.path(), 5);
        let whole = fs::metadata(&segment).unwrap().len();
        OpenOptions::new().append(true).open(&segment).unwrap().write_all(tail).unwrap();
        let store = open(dir.path(), clock!());
        let torn = store.opened().torn.clone().unwrap();
        assert_eq!((torn.offset, torn.bytes), (whole, tail.len() as u64));
        assert_eq!(fs::read(torn.kept_as).unwrap(), tail);
        assert_all(&store, &tickets);
        assert_eq!(store.append(dispatched("after", 99, "甲")).unwrap().ticket.id.number(), 6);
        drop(store);
        let store = open(dir.path(), clock!());
        assert_eq!((store.opened().torn.clone(), store.health()), (None, Health::Writable));
    }
}

/// Cut anywhere inside the last commit, as a kill in the middle of a write leaves it, before the view was flushed.
#[test]
fn every_cut_of_the_last_frame_is_survived() {
    let dir = tempfile::tempdir().unwrap();
    let (tickets, segment) = closed_with(dir.path(), 3);
    let bytes = fs::read(&segment).unwrap();
    let last = *frames(&segment).last().unwrap();
    for len in (last..bytes.len()).step_by(97).chain([last + 1, bytes.len() - 1]) {
        fs::remove_dir_all(dir.path().join("view")).unwrap();
        fs::write(&segment, &bytes[..len]).unwrap();
        let store = open(dir.path(), clock!());
        assert_eq!((store.health(), store.opened().torn.is_some()), (Health::Writable, len > last), "{len}");
        assert_all(&store, &tickets[..2]);
        assert_eq!(store.ticket(&tickets[2].id).unwrap(), None);
    }
}

#[test]
fn a_torn_header_of_a_new_segment_is_replaced() {
    for len in [0, 1, 31] {
        let dir = tempfile::tempdir().unwrap();
        let (tickets, segment) = closed_with(dir.path(), 2);
        let next = segment.with_file_name(format!("{:020}.log", 7));
        fs::write(&next, &fs::read(&segment).unwrap()[..len]).unwrap();
        let store = open(dir.path(), clock!());
        assert_eq!(store.health(), Health::Writable, "{len}");
        assert_all(&store, &tickets);
        store.append(dispatched("after", 99, "甲")).unwrap();
        drop(store);
        assert_eq!(open(dir.path(), clock!()).health(), Health::Writable);
    }
}

/// Everything acknowledged lies at or below the view's sequence after a clean stop: each flipped bit is damage.
#[test]
fn a_flipped_bit_makes_it_read_only_and_names_the_ticket() {
    let dir = tempfile::tempdir().unwrap();
    let (tickets, segment) = closed_with(dir.path(), 6);
    let whole = fs::read(&segment).unwrap();
    for (n, at) in frames(&segment).into_iter().enumerate() {
        for offset in [0, 5, 9, 17, 18, 40] {
            write_over(&segment, |bytes| bytes[at + offset] ^= 0x10);
            let store = open(dir.path(), clock!());
            let damage = &store.opened().damage;
            assert_eq!((damage.len(), damage[0].offset, &damage[0].file), (1, at as u64, &segment), "{n} {offset}");
            assert_eq!(damage[0].tickets, [tickets[n].id.clone()], "{n} {offset}");
            assert!(matches!(store.health(), Health::ReadOnly { .. }));
            assert_eq!(store.append(dispatched("x", 0, "甲")).unwrap_err().code(), "store_read_only");
            // The others are served whole; the damaged one still has its state, but says that its history is bad.
            for (other, ticket) in tickets.iter().enumerate() {
                assert_eq!(store.ticket(&ticket.id).unwrap().as_ref(), Some(ticket));
                assert_eq!(store.events(&ticket.id).is_ok(), other != n);
            }
            drop(store);
            fs::write(&segment, &whole).unwrap();
        }
    }
    let store = open(dir.path(), clock!());
    assert_eq!(store.health(), Health::Writable);
    assert_all(&store, &tickets);
}

/// Without a view, what stands before a later commit was synchronised, so it is damage all the same.
#[test]
fn a_flipped_bit_in_the_middle_is_seen_without_a_view() {
    let dir = tempfile::tempdir().unwrap();
    let (tickets, segment) = closed_with(dir.path(), 4);
    let at = frames(&segment)[1];
    write_over(&segment, |bytes| bytes[at + 30] ^= 1);
    fs::remove_dir_all(dir.path().join("view")).unwrap();
    let store = open(dir.path(), clock!());
    assert!(matches!(store.health(), Health::ReadOnly { .. }));
    assert_eq!(store.opened().damage[0].sequences, (4, 7));
    assert_all(&store, &[tickets[0].clone(), tickets[2].clone(), tickets[3].clone()]);
}

#[test]
fn a_journal_shorter_than_the_view_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let (tickets, segment) = closed_with(dir.path(), 4);
    let at = frames(&segment)[2];
    write_over(&segment, |bytes| bytes.truncate(at));
    let store = open(dir.path(), clock!());
    let named: Vec<TicketId> = store.opened().damage.iter().flat_map(|damage| damage.tickets.clone()).collect();
    assert_eq!(named, [tickets[2].id.clone(), tickets[3].id.clone()]);
    assert!(matches!(store.health(), Health::ReadOnly { .. }));
    assert_all(&store, &tickets[..2]);
}

#[test]
fn a_missing_segment_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let small = Options { segment_bytes: 3000, ..options(clock) };
    let store = try_open(dir.path(), &small).unwrap();
    let tickets: Vec<Ticket> =
        (0..20).map(|n| store.append(queued(&format!("t{n}"), n, Warning::None)).unwrap().ticket).collect();
    store.seal_finished().unwrap();
    drop(store);
    let mut segments: Vec<PathBuf> =
        fs::read_dir(dir.path().join("journal")).unwrap().map(|file| file.unwrap().path()).collect();
    segments.sort();
    assert!(segments.len() > 4, "{segments:?}");
    let store = try_open(dir.path(), &small).unwrap();
    assert_eq!(store.health(), Health::Writable);
    assert_all(&store, &tickets);
    drop(store);
    for gone in [0, 2, segments.len() - 1] {
        let bytes = fs::read(&segments[gone]).unwrap();
        fs::remove_file(&segments[gone]).unwrap();
        let store = try_open(dir.path(), &small).unwrap();
        assert!(matches!(store.health(), Health::ReadOnly { .. }), "{gone}");
        assert!(!store.opened().damage[0].tickets.is_empty(), "{gone}");
        drop(store);
        fs::write(&segments[gone], bytes).unwrap();
    }
    assert_eq!(try_open(dir.path(), &small).unwrap().health(), Health::Writable);
}

#[test]
fn a_lost_view_is_made_anew_and_is_equal() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let store = open(dir.path(), clock);
    for n in 0..300 {
        store.append(queued(&format!("t{n}"), n, Warning::Blue)).unwrap();
    }
    let (ticket, fence) = claim(&store, "a").unwrap();
    act(&store, &ticket.id, &dispatch_to(fence, "甲"), &person("a")).unwrap();
    let (held, fence) = claim(&store, "a").unwrap();
    let all = |store: &Store| store.list(&Default::default(), None, 1000).unwrap().tickets;
    let (before, counts) = (all(&store), store.counts().unwrap());
    drop(store);
    fs::remove_dir_all(dir.path().join("view")).unwrap();
    let store = open(dir.path(), clock);
    assert_eq!(store.opened().caught_up, 303);
    assert_eq!((all(&store), store.counts().unwrap()), (before, counts));
    // The claim holds, with its full length.
    assert_ne!(claim(&store, "b").unwrap().0.id, held.id);
    clock.advance_s(59);
    act(&store, &held.id, &dispatch_to(fence, "甲"), &person("a")).unwrap();
}

#[test]
fn an_unfinished_snapshot_of_sled_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let (tickets, _) = closed_with(dir.path(), 3);
    let snapshot = dir.path().join("view/snap.7FFFFFFFFFFFFFFF.generating");
    fs::write(&snapshot, b"").unwrap();
    let store = open(dir.path(), clock!());
    assert_eq!(store.opened().snapshots_deleted, [snapshot]);
    assert_eq!(store.opened().view_replaced, None);
    assert_all(&store, &tickets);
}

#[test]
fn a_view_that_does_not_open_is_moved_aside() {
    type Spoil = fn(&Path);
    let cases: [(&str, Spoil); 3] = [
        ("configuration", |view| fs::write(view.join("conf"), [7; 64]).unwrap()),
        ("snapshot", |view| fs::write(view.join("snap.7FFFFFFFFFFFFFFF"), b"garbage").unwrap()),
        ("a file in its place", |view| {
            fs::remove_dir_all(view).unwrap();
            fs::write(view, b"garbage").unwrap();
        }),
    ];
    for (name, spoil) in cases {
        let dir = tempfile::tempdir().unwrap();
        let (tickets, _) = closed_with(dir.path(), 3);
        spoil(&dir.path().join("view"));
        let store = open(dir.path(), clock!());
        let (reason, aside) = store.opened().view_replaced.clone().expect(name);
        assert!(!reason.is_empty() && aside.exists(), "{name}");
        assert_eq!(store.health(), Health::Writable, "{name}");
        assert_all(&store, &tickets);
    }
}

#[test]
fn a_second_opening_is_refused_and_names_the_holder() {
    let dir = tempfile::tempdir().unwrap();
    let _store = open(dir.path(), clock!());
    let Err(error) = try_open(dir.path(), &options(clock!())) else { panic!("opened twice") };
    let message = error.to_string();
    assert!(matches!(error, OpenError::InUse { .. }));
    assert!(message.contains(&std::process::id().to_string()), "{message}");
}

/// A failed write stops the store at once and for good; what was acknowledged before is there after a restart.
#[test]
fn a_failed_write_stops_it() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let store = try_open(dir.path(), &Options { segment_bytes: 2000, ..options(clock) }).unwrap();
    let journal = dir.path().join("journal");
    let tickets: Vec<Ticket> =
        (0..3).map(|n| store.append(queued(&format!("t{n}"), n, Warning::None)).unwrap().ticket).collect();
    fs::rename(&journal, dir.path().join("gone")).unwrap();
    let failed = (0..3).find_map(|n| store.append(queued("x", n, Warning::None)).err()).unwrap();
    assert_eq!(failed.code(), "store_failed");
    assert!(matches!(store.health(), Health::Failed { .. }));
    fs::rename(dir.path().join("gone"), &journal).unwrap();
    assert_eq!(store.append(queued("y", 0, Warning::None)).unwrap_err().code(), "store_failed");
    assert_eq!(store.claim(super::fixture::claim_as("a")).unwrap_err().code(), "store_failed");
    drop(store);
    let store = open(dir.path(), clock);
    assert_eq!(store.health(), Health::Writable);
    assert_all(&store, &tickets);
}
