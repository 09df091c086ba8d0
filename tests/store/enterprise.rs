//! 一企一档 in the store: the same for every kind of store, and after a rebuilt view (CB-05, RC-08).

use paidan::digest::Digest;
use paidan::matter::requester;
use paidan::store::{Append, Enterprise, Options, Store};
use paidan::ticket::{Actor, Event, Officer, Ticket, Viewer};
use paidan::triage::{Outcome, Warning};

use super::fixture::{at, clock, decision, new_ticket, open, options, try_open};

const ID: &str = "91371082MA3C1234XX";

type Case = (&'static str, fn(&Store));

const CONTRACT: &[Case] = &[
    ("a record is put, changed and read", record_is_kept),
    ("records are listed by jurisdiction, in pages", records_are_listed),
    ("tickets are found by the record's digest, in pages", tickets_are_found),
];

#[test]
fn cb_05_memory_keeps_the_contract() {
    let clock = clock!();
    CONTRACT.iter().for_each(|(_, case)| case(&Store::memory(clock.read)));
}

#[test]
fn cb_05_embedded_keeps_the_contract_and_a_rebuilt_view_is_the_same() {
    let clock = clock!();
    for (name, case) in CONTRACT {
        let dir = tempfile::tempdir().unwrap();
        let small = Options { segment_bytes: 512, ..options(clock) };
        let before = {
            let store = try_open(dir.path(), &small).unwrap();
            case(&store);
            everything(&store)
        };
        assert!(before.iter().any(|(records, tickets)| !records.is_empty() || !tickets.is_empty()), "{name}");
        std::fs::remove_dir_all(dir.path().join("view")).unwrap();
        assert_eq!(everything(&open(dir.path(), clock)), before, "{name}");
    }
}

fn everything(store: &Store) -> Vec<(Vec<Enterprise>, Vec<Ticket>)> {
    let of = |jurisdiction: &str| {
        let tickets = store.tickets_of(jurisdiction, &key(ID), &Viewer::default(), None, 100).unwrap().tickets;
        (store.enterprises(jurisdiction, None, 100).unwrap(), tickets)
    };
    ["rongcheng", "longhua"].map(of).into()
}

fn key(id: &str) -> Digest {
    requester(id, "").expect("an identity")
}

fn record(jurisdiction: &str, id: &str, s: i64) -> Enterprise {
    let officer = Officer {
        title: "服务专员".into(),
        person: "张三".into(),
        phone: "13800138000".into(),
        topics: vec!["企业开办".into()],
    };
    let (id, name, officers) = (id.to_owned(), "荣成某某渔业有限公司".to_owned(), vec![officer]);
    Enterprise {
        jurisdiction: jurisdiction.into(),
        id,
        name,
        officers,
        tags: Vec::new(),
        version: 0,
        updated_at: at(s),
    }
}

fn put(store: &Store, record: Enterprise) -> Enterprise {
    store.put_enterprise(&key(&record.id.clone()), record, Actor::system()).unwrap()
}

fn record_is_kept(store: &Store) {
    assert_eq!(store.enterprise("rongcheng", &key(ID)).unwrap(), None);
    let first = put(store, record("rongcheng", ID, 1));
    assert_eq!(first, Enterprise { version: 1, ..record("rongcheng", ID, 1) });
    let last = store.last_event().unwrap();
    assert_eq!(put(store, record("rongcheng", ID, 2)), first, "the same once more is not a change");
    assert_eq!(store.last_event().unwrap(), last);
    let changed = put(store, Enterprise { officers: Vec::new(), ..record("rongcheng", ID, 3) });
    assert_eq!((changed.version, changed.updated_at), (2, at(3)));
    assert_eq!(store.enterprise("rongcheng", &key(&ID.to_lowercase())).unwrap(), Some(changed));
    assert_eq!(store.enterprise("longhua", &key(ID)).unwrap(), None, "each jurisdiction has its own");
}

fn records_are_listed(store: &Store) {
    let ids: Vec<String> = (0..5).map(|n| format!("91371082MA3C123{n}XX")).collect();
    for id in &ids {
        put(store, record("rongcheng", id, 1));
    }
    put(store, record("longhua", ID, 1));
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.enterprises("rongcheng", after.as_ref(), 2).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(key(&last.id));
        found.extend(page.into_iter().map(|it| it.id));
    }
    found.sort();
    assert_eq!(found, ids);
    assert_eq!(store.enterprises("longhua", None, 10).unwrap().len(), 1);
}

/// A ticket of the enterprise.
fn ticket(text: &str, s: i64) -> Append {
    let mut decision = decision(Outcome::Queued, Warning::None, "", "");
    decision.trace.requester = Some(key(ID));
    new_ticket(text, s, decision)
}

fn tickets_are_found(store: &Store) {
    let ids: Vec<_> = (0..5).map(|n| store.append(ticket("a", n)).unwrap().ticket.id).collect();
    store.append(new_ticket("b", 9, decision(Outcome::Queued, Warning::None, "", ""))).unwrap();
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.tickets_of("longhua", &key(ID), &Viewer::default(), cursor, 2).unwrap();
        found.extend(page.tickets.into_iter().map(|ticket| ticket.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let newest_first: Vec<_> = ids.into_iter().rev().collect();
    assert_eq!(found, newest_first);
    assert_eq!(store.tickets_of("rongcheng", &key(ID), &Viewer::default(), None, 10).unwrap().tickets, []);
}

/// RC-08: those who are told need no telephone number in the state that everybody reads.
#[test]
fn rc_08_the_state_names_officers_without_their_numbers() {
    let clock = clock!();
    let store = Store::memory(clock.read);
    let mut append = ticket("a", 0);
    let officers = record("longhua", ID, 0).officers;
    append.events.insert(2, Event::OfficersNamed { officers: officers.clone() });
    let stored = store.append(append).unwrap().ticket;
    let named = Officer { title: "服务专员".into(), person: "张三".into(), ..Officer::default() };
    assert_eq!(stored.life.officers, [named]);
    let history = store.events(&stored.id).unwrap();
    assert_eq!(history[2].event, Event::OfficersNamed { officers }, "history keeps all of it");
}
