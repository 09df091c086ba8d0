//! Whether everything acknowledged is there, told through HTTP alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::client::Client;
use super::load::{Book, Known};

/// What a service shows when nothing goes on.
pub(super) struct Shown {
    /// Id → ticket.
    pub(super) tickets: BTreeMap<String, Value>,
}

/// All tickets, each exactly once, under one reference each.
pub(super) fn list(client: &mut Client) -> Shown {
    let (mut tickets, mut references) = (BTreeMap::new(), BTreeMap::new());
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("/v1/tickets?limit=200{cursor}")).expect("an answer");
        assert_eq!(page.status, 200, "{page:?}");
        for ticket in page.json["tickets"].as_array().expect("a list") {
            let (id, reference) = (text(&ticket["id"]), text(&ticket["reference"]));
            if let Some(other) = references.insert(reference.clone(), id.clone()) {
                panic!("{reference} is both {other} and {id}");
            }
            assert!(tickets.insert(id.clone(), ticket.clone()).is_none(), "{id} is listed twice");
        }
        match page.json["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Shown { tickets },
        }
    }
}

/// After every pending request was repeated: nothing acknowledged is missing, nothing is there that nobody sent.
pub(super) fn check(client: &mut Client, books: &mut [&mut Book]) -> Shown {
    let shown = list(client);
    let mut sent = BTreeSet::new();
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    let mut touched = BTreeSet::new();
    for book in books.iter_mut() {
        for (reference, id) in &book.posts {
            let ticket = shown.tickets.get(id).unwrap_or_else(|| panic!("acknowledged {id} ({reference}) is lost"));
            assert_eq!(text(&ticket["reference"]), *reference, "{id}");
            sent.insert(id.clone());
        }
        for (id, one) in &book.tickets {
            let all = known.entry(id.clone()).or_default();
            // Several persons may have worked on it: whoever saw it last knows who holds it.
            if one.version > all.version {
                (all.version, all.held) = (one.version, one.held.clone());
            }
            all.events.extend(one.events.clone());
            all.lead = all.lead.take().or(one.lead.clone());
        }
        touched.extend(book.touched.drain(..));
    }
    let strangers: Vec<&String> = shown.tickets.keys().filter(|id| !sent.contains(*id)).collect();
    assert!(strangers.is_empty(), "nobody posted {strangers:?}");
    for (id, known) in &known {
        holds(&shown.tickets[id], known);
    }
    for id in &touched {
        look_closely(client, id, &known[id], &shown.tickets[id]);
    }
    agree(client, &shown);
    fences(client, &shown);
    shown
}

/// A listed ticket against what was acknowledged.
fn holds(ticket: &Value, known: &Known) {
    let version = number(&ticket["version"]);
    assert!(version >= known.version, "version {} was acknowledged: {ticket}", known.version);
    if let Some(lead) = &known.lead {
        assert_eq!(text(&ticket["lead"]), *lead, "{ticket}");
    }
    let Some((person, fence)) = known.held.as_ref().filter(|_| version == known.version) else { return };
    let claim = &ticket["claim"];
    assert_eq!((&text(&claim["person"]), number(&claim["fence"])), (person, *fence), "{ticket}");
}

/// Its text can be read, and every acknowledged event stands at its place in an unbroken history.
fn look_closely(client: &mut Client, id: &str, known: &Known, listed: &Value) {
    let detail = client.get(&format!("/v1/tickets/{id}")).expect("an answer");
    assert_eq!((detail.status, &detail.json["ticket"]), (200, listed), "{id}");
    let sent = text(&detail.json["request"]["text"]);
    assert!(sent.ends_with(&text(&listed["reference"])), "{id}: {sent}");
    let events = client.get(&format!("/v1/tickets/{id}/events")).expect("an answer");
    let events = events.json.as_array().expect("a list");
    let versions: Vec<u64> = events.iter().map(|event| number(&event["version"])).collect();
    assert_eq!(versions, (1..=number(&listed["version"])).collect::<Vec<_>>(), "{id}");
    for (version, event) in &known.events {
        assert_eq!(text(&events[*version as usize - 1]["id"]), *event, "{id} at version {version}");
    }
}

/// Queue, board and counts say the same as the list.
fn agree(client: &mut Client, shown: &Shown) {
    let phase = |ticket: &Value| text(&ticket["phase"]);
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for ticket in shown.tickets.values() {
        *counted.entry(phase(ticket)).or_default() += 1;
    }
    let queue = client.get("/v1/queue?jurisdiction=demo&limit=200").expect("an answer").json;
    let queued: BTreeSet<String> =
        queue["tickets"].as_array().expect("a list").iter().map(|item| text(&item["ticket"]["id"])).collect();
    let listed: BTreeSet<String> =
        shown.tickets.iter().filter(|(_, it)| phase(it) == "queued").map(|(id, _)| id.clone()).collect();
    assert_eq!(queued.len(), listed.len().min(200));
    assert!(queued.is_subset(&listed), "{:?} are not queued", queued.difference(&listed));
    let board = client.get("/v1/warnings?jurisdiction=demo&limit=200").expect("an answer").json;
    for line in board["warnings"].as_array().expect("a list") {
        let ticket = &shown.tickets[&text(&line["ticket"])];
        assert_eq!((&ticket["warning"], &ticket["phase"]), (&line["level"], &line["phase"]), "{ticket}");
    }
    let metrics = client.get_text("/metrics").expect("an answer");
    for (phase, tickets) in counted {
        let line =
            metrics.lines().find(|line| line.contains("paidan_tickets{") && line.contains(&format!("\"{phase}\"")));
        let count = line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        assert_eq!(count, Some(tickets), "tickets {phase}: {line:?}");
    }
}

/// Of a ticket that somebody holds: a stale fence is refused and changes nothing, the right one works.
fn fences(client: &mut Client, shown: &Shown) {
    let held = |ticket: &&Value| ticket["phase"] == "queued" && ticket["claim"].is_object();
    let Some(ticket) = shown.tickets.values().find(held) else { return };
    let (id, claim) = (text(&ticket["id"]), &ticket["claim"]);
    let path = format!("/v1/queue/{id}/renew");
    let person = text(&claim["person"]);
    let mut renew = |fence: u64, key: &str| {
        let headers = [("X-Paidan-Person", person.as_str()), ("Idempotency-Key", key)];
        client.post(&path, &headers, &json!({ "fence": fence })).expect("an answer")
    };
    let fence = number(&claim["fence"]);
    let stale = renew(fence - 1, &format!("stale-{}-{id}", number(&ticket["version"])));
    assert_eq!(stale.code(), (409, "stale_claim"), "{stale:?}");
    let right = renew(fence, &format!("right-{}-{id}", number(&ticket["version"])));
    assert_eq!(right.status, 200, "{right:?}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}
