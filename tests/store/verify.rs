//! The view against the journal: nothing is told where nothing is wrong, and what is wrong is told by key and ticket.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chrono::TimeDelta;
use paidan::store::{Append, Health, Kind, Opening, Options, Store, Verified};
use paidan::triage::Warning;

use super::fixture::{act, at, claim, clock, dispatch_to, dispatched, key, open, options, person, queued, try_open};

fn verify(store: &Store) -> Verified {
    store.verify(at(0), &Opening::default()).unwrap()
}

fn post(store: &Store, n: i64) {
    let mut append = queued(&format!("t{n}"), n, Warning::Blue);
    append.key = Some(key(&format!("k{n}"), "b"));
    store.append(append).unwrap();
}

#[test]
fn a_store_that_is_written_to_meanwhile_is_found_right() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    for store in
        [Store::memory(clock.read), try_open(dir.path(), &Options { segment_bytes: 30_000, ..options(clock) }).unwrap()]
    {
        (0..100).for_each(|n| post(&store, n));
        let stop = AtomicBool::new(false);
        let found = std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in (100..2000).take_while(|_| !stop.load(Ordering::Relaxed)) {
                    post(&store, n);
                    let (ticket, fence) = claim(&store, "a").unwrap();
                    act(&store, &ticket.id, &dispatch_to(fence, "甲"), &person("a")).unwrap();
                }
            });
            let found = verify(&store);
            stop.store(true, Ordering::Relaxed);
            found
        });
        assert!(found.is_good() && found.commits >= 100 && found.keys > 500, "{found:?}");
    }
    assert!(!dir.path().join("view.check").exists(), "the second view is gone");
}

/// Keys are forgotten live as time goes by; a view made anew never hears of that.
#[test]
fn forgotten_keys_are_no_difference() {
    let clock = clock!();
    let store = Store::memory(clock.read);
    (0..40).for_each(|n| post(&store, n));
    let late = at(0) + TimeDelta::days(40);
    store.append(Append { at: late, ..dispatched("late", 0, "甲") }).unwrap();
    let found = store.verify(late, &Opening::default()).unwrap();
    assert!(found.is_good(), "{found:?}");
}

fn with_view(dir: &Path, change: impl FnOnce(&sled::Db)) {
    let db = sled::Config::new().path(dir.join("view")).segment_size(8 * 1024 * 1024).open().unwrap();
    change(&db);
    db.flush().unwrap();
}

#[test]
fn what_differs_is_told_by_key_and_ticket_and_a_rebuild_mends_it() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let store = open(dir.path(), clock);
    (0..5).for_each(|n| post(&store, n));
    drop(store);
    with_view(dir.path(), |db| {
        db.remove(b"tLH-20260401-00002").unwrap().unwrap();
        let row = db.get(b"tLH-20260401-00003").unwrap().unwrap();
        let text = String::from_utf8(row.to_vec()).unwrap().replace("\"version\":3", "\"version\":2");
        db.insert(b"tLH-20260401-00003", text.as_bytes()).unwrap();
        db.insert(b"tLH-20260401-00009", row).unwrap();
    });
    let store = open(dir.path(), clock);
    let found = verify(&store);
    let told: Vec<_> = found.differing.iter().map(|it| (it.ticket.as_deref().unwrap(), it.kind)).collect();
    let wanted = [
        ("LH-20260401-00002", Kind::Missing),
        ("LH-20260401-00003", Kind::Other),
        ("LH-20260401-00009", Kind::Surplus),
    ];
    assert_eq!((told, found.broken.len()), (wanted.to_vec(), 0));
    drop(store);
    let store = try_open(dir.path(), &Options { rebuild: true, ..options(clock) }).unwrap();
    assert!(store.opened().view_replaced.is_some() && verify(&store).is_good());
}

/// Wherever a byte of the database is flipped: what is served is what the journal says.
#[test]
fn a_flipped_byte_in_the_view_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let store = open(dir.path(), clock);
    (0..30).for_each(|n| post(&store, n));
    let tickets = store.list(&Default::default(), None, 100).unwrap().tickets;
    drop(store);
    let path = dir.path().join("view/db");
    let whole = std::fs::read(&path).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap_or(0);
    for part in 0..24 {
        let at = used * part / 24;
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        std::fs::write(&path, bytes).unwrap();
        let store = open(dir.path(), clock);
        assert_eq!(store.health(), Health::Writable, "{at}");
        assert_eq!(store.list(&Default::default(), None, 100).unwrap().tickets, tickets, "{at}");
        assert!(verify(&store).is_good(), "{at}");
        drop(store);
        std::fs::remove_dir_all(dir.path().join("view")).unwrap();
        drop(open(dir.path(), clock));
        std::fs::write(&path, &whole).unwrap();
    }
}

static FREE: AtomicU64 = AtomicU64::new(u64::MAX);

/// Short of room, what can wait is not taken and everything else goes on; with room again it is taken again.
#[test]
fn short_of_room_new_tickets_wait_and_work_goes_on() {
    const MIB: u64 = 1024 * 1024;
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let options =
        Options { reserve_bytes: 256 * MIB, free_bytes: |_| Ok(FREE.load(Ordering::SeqCst)), ..options(clock) };
    let store = try_open(dir.path(), &options).unwrap();
    post(&store, 1);
    post(&store, 2);
    FREE.store(200 * MIB, Ordering::SeqCst);
    clock.advance_s(2);
    assert_eq!(store.append(queued("new", 3, Warning::None)).unwrap_err().code(), "disk_full");
    let import = store.import_entries("longhua", paidan::digest::Digest::of(b"p"), Vec::new(), at(3));
    assert_eq!(import.unwrap_err().code(), "disk_full");
    let mut again = queued("t1", 1, Warning::Blue);
    again.key = Some(key("k1", "b"));
    assert!(store.append(again).unwrap().replayed, "what was taken is answered");
    let (ticket, fence) = claim(&store, "a").unwrap();
    act(&store, &ticket.id, &dispatch_to(fence, "甲"), &person("a")).unwrap();
    assert_eq!(store.room(), Some((200 * MIB, true)));
    FREE.store(300 * MIB, Ordering::SeqCst);
    clock.advance_s(2);
    post(&store, 4);
    drop(store);
    // Next to nothing: it serves what it has, writes nothing, and says what to do.
    FREE.store(MIB, Ordering::SeqCst);
    std::fs::remove_dir_all(dir.path().join("view")).unwrap();
    let store = try_open(dir.path(), &options).unwrap();
    let Health::ReadOnly { reason } = store.health() else { panic!("it is writable") };
    assert!(reason.contains("重新启动"), "{reason}");
    assert_eq!(store.list(&Default::default(), None, 10).unwrap().tickets.len(), 3);
    assert_eq!(store.append(queued("new", 3, Warning::None)).unwrap_err().code(), "store_read_only");
    assert!(!dir.path().join("view").exists());
    drop(store);
    FREE.store(u64::MAX, Ordering::SeqCst);
    assert_eq!(try_open(dir.path(), &options).unwrap().health(), Health::Writable);
}
