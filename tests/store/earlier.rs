//! Earlier tickets are found by requester and by matter, in memory and on the disk, and again after the view was lost.

use std::fs;

use chrono::TimeDelta;
use paidan::digest::Digest;
use paidan::matter::{Signature, Trace};
use paidan::store::{Append, Store};
use paidan::ticket::Event;
use paidan::triage::{Outcome, Warning};

use super::fixture::{at, clock, decision, new_ticket, open};

const ONE: [u32; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
const NEAR: [u32; 8] = [1, 2, 3, 4, 5, 6, 7, 9];
const OTHER: [u32; 8] = [11, 12, 13, 14, 15, 16, 17, 18];
const DAY: i64 = 24 * 60 * 60;

fn signature(words: [u32; 8]) -> Signature {
    serde_json::from_value(serde_json::json!(words)).unwrap()
}

fn who(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

fn traced(day: i64, requester: Option<&str>, words: [u32; 8]) -> Append {
    let mut append = new_ticket("t", day * DAY, decision(Outcome::Queued, Warning::None, "", ""));
    for event in &mut append.events {
        if let Event::Triaged { decision } = event {
            decision.trace = Trace { requester: requester.map(who), signature: signature(words) };
        }
    }
    append
}

fn fill(store: &Store) {
    for (day, requester, words) in
        [(0, Some("a"), ONE), (1, Some("b"), NEAR), (2, Some("a"), OTHER), (100, None, ONE), (101, Some("a"), ONE)]
    {
        store.append(traced(day, requester, words)).unwrap();
    }
    store.append(new_ticket("no trace", 102 * DAY, decision(Outcome::Queued, Warning::None, "", ""))).unwrap();
}

/// Days on which what was found had come in.
fn days(found: &[paidan::triage::Sighting]) -> Vec<i64> {
    found.iter().map(|it| (it.received_at - at(0)).num_days()).collect()
}

fn check(store: &Store) {
    let own = |limit| days(&store.earlier_of("longhua", &who("a"), limit).unwrap());
    assert_eq!((own(10), own(2), own(0)), (vec![101, 2, 0], vec![101, 2], vec![]));
    assert!(store.earlier_of("chibi", &who("a"), 10).unwrap().is_empty(), "jurisdictions do not see each other");
    assert!(store.earlier_of("longhua", &who("c"), 10).unwrap().is_empty());
    let alike = |since: i64, limit| {
        let since = at(0) + TimeDelta::days(since);
        days(&store.alike("longhua", &signature(ONE), since, limit).unwrap())
    };
    assert_eq!((alike(11, 10), alike(0, 1)), (vec![101, 100], vec![101]));
    assert_eq!(alike(0, 10), [101, 100, 0, 1], "what shares seven of nine words is met, after its like");
    assert!(store.alike("chibi", &signature(ONE), at(0), 10).unwrap().is_empty());
    assert!(store.alike("longhua", &Signature::default(), at(0), 10).unwrap().is_empty());
}

#[test]
fn hn_27_earlier_tickets_are_found_newest_first() {
    let clock = clock!();
    let store = Store::memory(clock.read);
    fill(&store);
    check(&store);
}

#[test]
fn hn_27_a_view_made_anew_finds_the_same() {
    let clock = clock!();
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), clock);
    fill(&store);
    check(&store);
    drop(store);
    fs::remove_dir_all(dir.path().join("view")).unwrap();
    check(&open(dir.path(), clock));
}

#[test]
fn a_look_up_of_a_matter_that_everybody_reports_stays_short() {
    let clock = clock!();
    let store = Store::memory(clock.read);
    for _ in 0..200 {
        store.append(traced(0, None, ONE)).unwrap();
    }
    assert_eq!(store.alike("longhua", &signature(ONE), at(0), 1000).unwrap().len(), 24);
}
