//! Following history and keeping subscriptions: the same for every kind of store, and after a rebuilt view.

use paidan::knowledge::Entry;
use paidan::store::{Checkpoint, Confirmation, DeadLetter, Options, Saved, Secret, Store, Subscription, Waiting};
use paidan::ticket::Role;
use paidan::ticket::{Actor, Event, EventId, Recorded, TicketId};
use paidan::triage::Warning;

use super::fixture::{Clock, at, claim, clock, dispatched, open, options, queued, try_open};

type Case = (&'static str, fn(&Store));

const CONTRACT: &[Case] = &[
    ("history is followed from any event on", history_is_followed),
    ("an event says when it was stored", times),
    ("a subscription comes and goes", subscription_comes_and_goes),
    ("what is saved is read back", saved_is_read_back),
    ("dead letters are marked once", dead_letters_are_marked),
];

#[test]
fn memory_keeps_the_contract() {
    let clock = clock!();
    CONTRACT.iter().for_each(|(_, case)| case(&Store::memory(clock.read)));
}

#[test]
fn embedded_keeps_the_contract_and_a_rebuilt_view_is_the_same() {
    let clock = clock!();
    for (name, case) in CONTRACT {
        let dir = tempfile::tempdir().unwrap();
        // Segments so short that every batch begins a new one.
        let small = Options { segment_bytes: 512, ..options(clock) };
        let before = {
            let store = try_open(dir.path(), &small).unwrap();
            case(&store);
            everything(&store)
        };
        std::fs::remove_dir_all(dir.path().join("view")).unwrap();
        assert_eq!(everything(&open(dir.path(), clock)), before, "{name}");
    }
}

type Kept = (Vec<Subscription>, Vec<Option<Checkpoint>>, Vec<DeadLetter>, Vec<Confirmation>, Vec<Recorded>);

fn everything(store: &Store) -> Kept {
    let all = store.subscriptions().unwrap();
    let checkpoints = all.iter().map(|it| store.checkpoint(&it.id).unwrap()).collect();
    let dead = all.iter().flat_map(|it| store.dead_letters(&it.id, None, 1000).unwrap()).collect();
    let confirmed = all.iter().flat_map(|it| store.confirmations(&it.id, None, 1000).unwrap()).collect();
    (all, checkpoints, dead, confirmed, store.events_after(None, 10_000).unwrap())
}

fn wish() -> Subscription {
    Subscription {
        id: String::new(),
        url: "http://127.0.0.1:1/".into(),
        secret: Secret("s".repeat(24)),
        role: Role::Auditor,
        unit: String::new(),
        by: String::new(),
        jurisdiction: "longhua".into(),
        kinds: vec!["received".into()],
        categories: vec!["投诉".into()],
        topics: Vec::new(),
        tags: Vec::new(),
        created_at: at(0),
        ended: None,
    }
}

fn subscribe(store: &Store) -> Subscription {
    store.subscribe(wish(), Actor::system()).unwrap()
}

fn id(seq: u64) -> EventId {
    EventId { epoch: 1, seq }
}

fn ids(events: &[Recorded]) -> Vec<u64> {
    events.iter().map(|recorded| recorded.id.seq).collect()
}

fn history_is_followed(store: &Store) {
    assert_eq!((store.events_after(None, 10).unwrap(), store.last_event().unwrap()), (Vec::new(), id(0)));
    let mut feed = store.feed(None);
    assert_eq!(feed.read(10).unwrap(), []);
    let long = "长".repeat(10_000);
    store.append(dispatched("a", 0, "甲")).unwrap();
    let entry = Entry { id: "lh-1".into(), ..Entry::default() };
    store.put_entry("longhua", entry, Actor::system(), at(1)).unwrap();
    subscribe(store);
    store.append(queued(&long, 2, Warning::None)).unwrap();
    claim(store, "p").unwrap();
    // 1–3, then an entry, a subscription, 6–8, a claim.
    assert_eq!(ids(&feed.read(100).unwrap()), [1, 2, 3, 6, 7, 8, 9]);
    assert_eq!((feed.after(), feed.read(100).unwrap()), (store.last_event().unwrap(), Vec::new()));
    let all = store.events_after(None, 100).unwrap();
    let Event::Received { request, .. } = &all[3].event else { panic!("{:?}", all[3]) };
    assert_eq!(request.text, long, "texts come back whole");
    for (n, from) in (0..).zip(&all) {
        assert_eq!(ids(&store.events_after(Some(from.id), 100).unwrap()), ids(&all[n + 1..]), "after {}", from.id);
    }
    // Whole commits, as many as it takes.
    assert_eq!(ids(&store.events_after(None, 1).unwrap()), [1, 2, 3]);
    assert_eq!(ids(&store.events_after(Some(id(2)), 2).unwrap()), [3, 6, 7, 8]);
    // A reader that stands at the end goes on with what comes.
    for n in 0..20 {
        let done = store.append(dispatched("b", 10 + n, "甲")).unwrap();
        assert_eq!(feed.read(100).unwrap(), store.events(&done.ticket.id).unwrap());
    }
}

fn times(store: &Store) {
    store.append(dispatched("a", 5, "甲")).unwrap();
    subscribe(store);
    let known = |id| store.committed_at(id).unwrap();
    assert_eq!((known(id(1)), known(id(3)), known(id(4))), (Some(at(5)), Some(at(5)), Some(at(0))));
    assert_eq!((known(id(0)), known(id(5)), known(EventId { epoch: 2, seq: 1 })), (None, None, None));
}

fn subscription_comes_and_goes(store: &Store) {
    store.append(dispatched("a", 0, "甲")).unwrap();
    let mut changes = store.subscription_changes();
    let one = subscribe(store);
    assert!(changes.has_changed().unwrap());
    assert_eq!(one.id, "sub-4");
    assert_eq!(store.checkpoint(&one.id).unwrap().unwrap().cursor, id(4), "from now on");
    let two = subscribe(store);
    assert_eq!(store.subscriptions().unwrap(), [one.clone(), two.clone()]);
    assert!(store.end_subscription(&one.id, "410".into(), at(9)).unwrap());
    let ended = store.subscription(&one.id).unwrap().unwrap().ended.unwrap();
    assert_eq!((ended.at, ended.reason.as_str()), (at(9), "410"));
    changes.mark_unchanged();
    assert!(store.unsubscribe(&two.id, Actor::system(), at(9)).unwrap() && changes.has_changed().unwrap());
    assert!(!store.unsubscribe(&two.id, Actor::system(), at(9)).unwrap());
    assert_eq!((store.subscription(&two.id).unwrap(), store.checkpoint(&two.id).unwrap()), (None, None));
    let last = store.last_event().unwrap();
    assert!(!store.save_checkpoint(&two.id, Saved::default(), at(9)).unwrap());
    assert_eq!(store.resend(&two.id, None, Actor::system(), at(9)).unwrap(), None);
    assert_eq!(store.last_event().unwrap(), last, "nothing is written about what is gone");
}

fn ticket(n: u32) -> TicketId {
    format!("LH-20260401-{n:05}").parse().unwrap()
}

fn letter(n: u32, seq: u64) -> DeadLetter {
    DeadLetter {
        ticket: ticket(n),
        event: id(seq),
        kind: "received".into(),
        attempts: 3,
        since: at(1),
        died_at: at(2),
        reason: "HTTP 500".into(),
        resend: false,
    }
}

fn saved(dead: Vec<DeadLetter>) -> Saved {
    let waiting = Waiting { ticket: ticket(1), event: id(2), attempts: 1, since: Some(at(1)), next: at(6), more: true };
    let checkpoint = Checkpoint { cursor: id(9), waiting: vec![waiting], trouble: "HTTP 500".into() };
    Saved { checkpoint, dead, ..Saved::default() }
}

fn saved_is_read_back(store: &Store) {
    let (one, two) = (subscribe(store), subscribe(store));
    let confirmed =
        |n, seq| Confirmation { ticket: ticket(n), event: id(seq), reference: "咸宁-1".into(), at: at(3) };
    let first = Saved {
        confirmed: vec![confirmed(1, 1), confirmed(2, 4), confirmed(1, 7)],
        ..saved(vec![letter(1, 5), letter(1, 30), letter(2, 6)])
    };
    let changes = store.subscription_changes();
    assert!(store.save_checkpoint(&one.id, first.clone(), at(4)).unwrap());
    assert!(!changes.has_changed().unwrap(), "a checkpoint wakes nobody");
    assert_eq!(store.checkpoint(&one.id).unwrap(), Some(first.checkpoint));
    assert_eq!(store.dead_letters(&one.id, None, 10).unwrap(), first.dead);
    let page = store.dead_letters(&one.id, Some((&ticket(1), id(5))), 1).unwrap();
    assert_eq!(page, [letter(1, 30)]);
    assert_eq!(store.dead_letters(&two.id, None, 10).unwrap(), []);
    let references = |of: Option<u32>| -> Vec<u64> {
        let found = store.confirmations(&one.id, of.map(ticket).as_ref(), 10).unwrap();
        found.iter().map(|it| it.event.seq).collect()
    };
    assert_eq!((references(None), references(Some(1)), references(Some(3))), (vec![4, 7, 1], vec![7, 1], vec![]));
    let second = Saved { revived: vec![(ticket(1), id(30))], ..saved(vec![letter(3, 8)]) };
    store.save_checkpoint(&one.id, second, at(5)).unwrap();
    assert_eq!(store.dead_letters(&one.id, None, 10).unwrap(), [letter(1, 5), letter(2, 6), letter(3, 8)]);
}

fn dead_letters_are_marked(store: &Store) {
    let one = subscribe(store);
    store.save_checkpoint(&one.id, saved(vec![letter(1, 5), letter(1, 6), letter(2, 7)]), at(4)).unwrap();
    let resend = |event: Option<u64>| store.resend(&one.id, event.map(id), Actor::system(), at(5)).unwrap();
    let marked = || {
        let letters = store.dead_letters(&one.id, None, 10).unwrap();
        letters.into_iter().filter(|it| it.resend).map(|it| it.event.seq).collect::<Vec<_>>()
    };
    assert_eq!((resend(Some(6)), resend(Some(6)), resend(Some(99))), (Some(1), Some(0), Some(0)));
    assert_eq!(marked(), [6]);
    assert_eq!((resend(None), marked()), (Some(2), vec![5, 6, 7]));
}

/// A limit of the contract: what waits fits into one value of the view.
#[test]
fn the_largest_checkpoint_is_stored() {
    let clock: Clock = clock!();
    let store = Store::memory(clock.read);
    let one = subscribe(&store);
    let waiting = |n: u32| Waiting {
        ticket: format!("LONGHUA1-20260401-{:010}", u64::from(n)).parse().unwrap(),
        event: EventId { epoch: 1_000_000, seq: u64::MAX },
        attempts: u32::MAX,
        since: Some(at(1) + chrono::TimeDelta::nanoseconds(123_456_789)),
        next: at(6) + chrono::TimeDelta::nanoseconds(123_456_789),
        more: true,
    };
    let most = paidan::outbox::Limits::default().waiting as u32;
    let checkpoint =
        Checkpoint { cursor: id(9), waiting: (0..most).map(waiting).collect(), trouble: "错".repeat(200) };
    assert!(store.save_checkpoint(&one.id, Saved { checkpoint, ..Saved::default() }, at(4)).unwrap());
}
