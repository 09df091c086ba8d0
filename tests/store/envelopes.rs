//! An encrypted store: nothing personal in any file, the same answers as without, and erasing that lasts.

use std::fs;
use std::path::Path;

use paidan::matter::{Trace, requester};
use paidan::store::{Algorithm, Append, MasterFile, OpenError, Options, Store, Target};
use paidan::ticket::{Actor, Event, Request, Requester, Ticket, TicketId, fold, intake};
use paidan::triage::{Outcome, Warning};

use super::fixture::{Clock, at, claim, clock, decision, dispatch_to, options, person, try_open};

const PHONE: &str = "13912345678";
const NAME: &str = "欧阳锋";
const WORDS: &str = "白驼山庄门口的井盖丢了";

fn with_key(dir: &Path, algorithm: Algorithm) {
    MasterFile::of(&dir.join("keys")).add(algorithm, at(0)).unwrap();
}

fn open(dir: &Path, clock: Clock) -> Store {
    try_open(dir, &options(clock)).unwrap()
}

/// A ticket of somebody, whose words may be long enough for a blob.
fn post(store: &Store, phone: &str, outcome: Outcome, long: bool) -> Ticket {
    let text = if long { WORDS.repeat(700) } else { WORDS.to_owned() };
    let requester_ = Requester { name: NAME.into(), phone: phone.into(), ..Requester::default() };
    let request =
        Request { jurisdiction: "longhua".into(), text: text.clone(), requester: requester_, ..Request::default() };
    let mut decided = decision(outcome, Warning::None, "", "甲");
    decided.facts.text.clone_from(&text);
    decided.trace = Trace { requester: requester("", phone), ..Trace::default() };
    let append = Append {
        target: Target::New { code: "LH".into() },
        at: at(0),
        actor: Actor::system(),
        events: intake(request, text, decided),
        key: None,
    };
    store.append(append).unwrap().ticket
}

fn tell(store: &Store, ticket: &Ticket, events: Vec<Event>) -> Ticket {
    let target = Target::Known { id: ticket.id.clone(), expected: ticket.version, fence: None };
    store.append(Append { target, at: at(9), actor: person("p"), events, key: None }).unwrap().ticket
}

fn words_of(store: &Store, id: &TicketId) -> String {
    let events = store.events(id).unwrap();
    assert_eq!(fold(&events), store.ticket(id).unwrap());
    match &events[0].event {
        Event::Received { request, .. } => {
            format!("{} {} {}", request.text, request.requester.name, request.requester.phone)
        }
        other => panic!("{other:?}"),
    }
}

/// Every file below a folder in which some of these bytes stand.
fn holding(dir: &Path, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, words));
        } else {
            let bytes = fs::read(&path).unwrap();
            let holds = |word: &&&str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
            found.extend(words.iter().find(holds).map(|word| format!("{}: {word}", path.display())));
        }
    }
    found
}

#[test]
fn nothing_personal_stands_in_any_file_and_everything_is_read_as_it_was() {
    for algorithm in [Algorithm::Sm4Gcm, Algorithm::Aes256Gcm] {
        let (dir, clock) = (tempfile::tempdir().unwrap(), clock!());
        with_key(dir.path(), algorithm);
        let (short, long, told) = {
            let store = open(dir.path(), clock);
            let (short, long) =
                (post(&store, PHONE, Outcome::Queued, false), post(&store, PHONE, Outcome::Queued, true));
            let told = post(&store, PHONE, Outcome::Dispatched, false);
            tell(&store, &told, vec![Event::Progressed { note: format!("已联系{NAME}{PHONE}") }]);
            let (claimed, fence) = claim(&store, "p1").unwrap();
            super::fixture::act(&store, &claimed.id, &dispatch_to(fence, "甲"), &person("p1")).unwrap();
            store.close();
            (short, long, told)
        };
        assert_eq!(holding(dir.path(), &[PHONE, NAME, WORDS]), Vec::<String>::new(), "{algorithm:?}");
        for without_view in [false, true] {
            if without_view {
                fs::remove_dir_all(dir.path().join("view")).unwrap();
            }
            let store = open(dir.path(), clock);
            assert_eq!(words_of(&store, &short.id), format!("{WORDS} {NAME} {PHONE}"));
            assert_eq!(words_of(&store, &long.id), format!("{} {NAME} {PHONE}", WORDS.repeat(700)));
            words_of(&store, &told.id);
            let who = requester("", PHONE).unwrap();
            assert_eq!(store.earlier_of("longhua", &who, 10).unwrap().len(), 3);
        }
    }
}

/// 个人信息保护法 第四十七条; the chain of events and the counts stay.
#[test]
fn an_erased_ticket_is_gone_from_every_file_and_stays_so_after_a_rebuild() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock!());
    with_key(dir.path(), Algorithm::Sm4Gcm);
    let store = open(dir.path(), clock);
    let (gone, other) =
        (post(&store, PHONE, Outcome::Dispatched, true), post(&store, "13700000000", Outcome::Queued, false));
    let noted = tell(&store, &gone, vec![Event::Stated { text: format!("{NAME}的说明") }]);
    let slots = fs::read(dir.path().join("keys/slots")).unwrap();
    assert!(store.erasable(&gone.id).unwrap());
    let counts = store.counts().unwrap();
    let erased = tell(&store, &noted, vec![Event::Erased { reason: "来件人申请".into() }]);
    assert!(erased.erased && erased.summary.is_empty() && erased.phase == gone.phase);
    assert_ne!(slots, fs::read(dir.path().join("keys/slots")).unwrap());
    let check = |store: &Store, when: &str| {
        assert_eq!(words_of(store, &gone.id).trim(), "", "{when}");
        assert_eq!(words_of(store, &other.id), format!("{WORDS} {NAME} 13700000000"), "{when}");
        assert_eq!(store.events(&gone.id).unwrap().len() as u32, erased.version, "{when}");
        assert!(store.earlier_of("longhua", &requester("", PHONE).unwrap(), 10).unwrap().is_empty(), "{when}");
        assert_eq!(store.counts().unwrap(), counts, "{when}");
        assert_eq!(store.ticket(&gone.id).unwrap().unwrap(), erased, "{when}");
    };
    check(&store, "at once");
    store.close();
    drop(store);
    check(&open(dir.path(), clock), "after a restart, with a view made anew");
    assert!(!dir.path().join("keys/renew").exists());
    fs::remove_dir_all(dir.path().join("view")).unwrap();
    check(&open(dir.path(), clock), "after a rebuild");
}

/// A crash after the journal and before the key was destroyed is made good at the next start.
#[test]
fn an_erasure_that_was_cut_off_is_finished_at_the_start() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock!());
    with_key(dir.path(), Algorithm::Aes256Gcm);
    let store = open(dir.path(), clock);
    let ticket = post(&store, PHONE, Outcome::Dispatched, false);
    store.close();
    let slots = fs::read(dir.path().join("keys/slots")).unwrap();
    drop(store);
    let store = open(dir.path(), clock);
    tell(&store, &ticket, vec![Event::Erased { reason: "申请".into() }]);
    store.close();
    drop(store);
    // The journal knows of it, the keys and the view do not.
    fs::write(dir.path().join("keys/slots"), &slots).unwrap();
    fs::remove_file(dir.path().join("keys/renew")).unwrap();
    fs::remove_dir_all(dir.path().join("view")).unwrap();
    let store = open(dir.path(), clock);
    assert_eq!(words_of(&store, &ticket.id).trim(), "");
    assert_ne!(fs::read(dir.path().join("keys/slots")).unwrap()[..88], slots[..88]);
}

#[test]
fn what_was_written_before_the_keys_cannot_be_erased_and_is_still_read() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock!());
    let old = post(&open(dir.path(), clock), PHONE, Outcome::Dispatched, false);
    with_key(dir.path(), Algorithm::Sm4Gcm);
    let store = open(dir.path(), clock);
    assert_eq!(words_of(&store, &old.id), format!("{WORDS} {NAME} {PHONE}"));
    tell(&store, &old, vec![Event::Stated { text: NAME.into() }]);
    let new = post(&store, PHONE, Outcome::Dispatched, false);
    assert!(!store.erasable(&old.id).unwrap() && store.erasable(&new.id).unwrap());
}

#[test]
fn a_second_master_key_is_for_what_comes_and_the_first_still_opens() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock!());
    with_key(dir.path(), Algorithm::Aes256Gcm);
    let first = post(&open(dir.path(), clock), PHONE, Outcome::Queued, false);
    with_key(dir.path(), Algorithm::Sm4Gcm);
    let store = open(dir.path(), clock);
    let second = post(&store, PHONE, Outcome::Queued, false);
    for ticket in [first, second] {
        assert_eq!(words_of(&store, &ticket.id), format!("{WORDS} {NAME} {PHONE}"));
    }
}

#[test]
fn lost_keys_are_told_where_they_are_asked_for() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock!());
    let needed = || Options { encryption: true, ..options(clock) };
    assert!(matches!(try_open(dir.path(), &needed()), Err(OpenError::Keys(_))));
    with_key(dir.path(), Algorithm::Sm4Gcm);
    let ticket = post(&try_open(dir.path(), &needed()).unwrap(), PHONE, Outcome::Queued, false);
    fs::rename(dir.path().join("keys"), dir.path().join("elsewhere")).unwrap();
    assert!(matches!(try_open(dir.path(), &needed()), Err(OpenError::Keys(_))));
    // Where nobody asks, the store still says where every ticket stands.
    let bare = open(dir.path(), clock);
    assert_eq!(bare.ticket(&ticket.id).unwrap().unwrap().phase, ticket.phase);
    drop(bare);
    let moved = Options { keys: Some(dir.path().join("elsewhere")), ..needed() };
    assert_eq!(words_of(&try_open(dir.path(), &moved).unwrap(), &ticket.id), format!("{WORDS} {NAME} {PHONE}"));
}

#[test]
fn a_damaged_envelope_or_key_is_an_error_of_that_ticket_only() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock!());
    with_key(dir.path(), Algorithm::Aes256Gcm);
    let store = open(dir.path(), clock);
    let (one, two) = (post(&store, PHONE, Outcome::Queued, false), post(&store, PHONE, Outcome::Queued, false));
    let path = dir.path().join("keys/slots");
    let mut slots = fs::read(&path).unwrap();
    // Header, the view's slot, then the first ticket's.
    slots[16 + 36 + 3] ^= 1;
    fs::write(&path, slots).unwrap();
    assert!(store.events(&one.id).is_err());
    words_of(&store, &two.id);
}
