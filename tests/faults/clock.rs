//! A wall clock that is wrong: set back, set forward, while the service runs and while it does not.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::check::list;
use super::client::Client;
use super::kill::look;
use super::load::Worker;
use super::server::Place;
use super::shim::{Shim, Slot};

const DAY: i64 = 86_400;

fn claim(client: &mut Client, person: &str) -> Option<Value> {
    let headers = [("X-Paidan-Person", person)];
    let reply = client
        .post("/v1/queue/claim", &headers, &json!({ "jurisdiction": "demo", "lease_s": 600 }))
        .expect("an answer");
    (reply.status == 200).then_some(reply.json)
}

fn renew(client: &mut Client, person: &str, claimed: &Value) -> u16 {
    let id = claimed["ticket"]["id"].as_str().expect("an id");
    let body = json!({ "fence": claimed["fence"], "lease_s": 600 });
    client.post(&format!("/v1/queue/{id}/renew"), &[("X-Paidan-Person", person)], &body).expect("an answer").status
}

/// Numbers stay unique, lists whole, leases as long as they were, and nothing acknowledged goes, whatever the clock shows.
#[test]
fn a_clock_that_jumps_breaks_nothing() {
    let Some(shim) = Shim::new() else { return };
    let (place, mut workers) = (Place::new(), vec![Worker::new(61, 0)]);
    let mut server = place.start(Some(&shim));
    let mut client = server.client();
    let post = json!({ "jurisdiction": "demo", "text": "路灯不亮", "reference": "r-held" });
    assert_eq!(client.post("/v1/tickets", &[("Idempotency-Key", "held")], &post).expect("an answer").status, 201);
    let claimed = claim(&mut client, "守").expect("it waits");
    for (n, days) in [0_i64, -1, 31, 0, -400, 1].into_iter().enumerate() {
        shim.set(Slot::ClockS, (days * DAY) as u64);
        assert!((0..8).all(|_| workers[0].once(&mut client)), "{days} days");
        // The lease is measured on another clock.
        assert_eq!(renew(&mut client, "守", &claimed), 200, "{days} days");
        assert_eq!(list(&mut client).tickets.len(), workers[0].book.posts.len() + 1, "{days} days");
        if n == 2 {
            server.kill();
            server = place.start(Some(&shim));
            client = server.client();
            assert_eq!(renew(&mut client, "守", &claimed), 200, "{days} days, after a restart");
        }
    }
    shim.set(Slot::ClockS, 0);
    // One that this client did not post.
    workers[0].book.posts.insert("r-held".into(), claimed["ticket"]["id"].as_str().expect("an id").to_owned());
    look(&mut server, &mut workers);
    let events =
        list(&mut client).tickets.into_values().map(|ticket| ticket["last"].as_str().expect("an id").to_owned());
    let events: Vec<String> = events.collect();
    assert_eq!(events.iter().collect::<BTreeSet<_>>().len(), events.len(), "an event id is used twice");
}

/// A mark that was passed while the clock was ahead is not passed again when it is right again, nor after a restart.
#[test]
fn a_clock_that_jumps_doubles_no_mark() {
    let Some(shim) = Shim::new() else { return };
    let place = Place::with_clocks();
    let mut server = place.start(Some(&shim));
    let mut client = server.client();
    let post = json!({ "jurisdiction": "demo", "text": "超市涨价", "reference": "r" });
    let posted = client.post("/v1/tickets", &[], &post).expect("an answer");
    let path = format!("/v1/tickets/{}/events", posted.json["id"].as_str().expect("an id"));
    let marks = |client: &mut Client| {
        let events = client.get(&path).expect("an answer").json;
        let is_mark =
            |event: &&Value| matches!(event["kind"].as_str(), Some("mark_reached" | "mark_missed" | "clock_passed"));
        let marks: Vec<String> =
            events.as_array().expect("a list").iter().filter(is_mark).map(|it| it["data"].to_string()).collect();
        assert_eq!(marks.iter().collect::<BTreeSet<_>>().len(), marks.len(), "a mark came twice: {marks:?}");
        marks
    };
    let before = marks(&mut client);
    shim.set(Slot::ClockS, 31 * DAY as u64);
    // The timer hears of new events; whatever it is told wakes it, and it sees the time.
    let mut reached = Vec::new();
    for n in 0..2000 {
        reached = marks(&mut client);
        if reached.len() > before.len() {
            break;
        }
        let other = json!({ "jurisdiction": "demo", "text": "井盖坏了", "reference": format!("w{n}") });
        client.post("/v1/tickets", &[], &other).expect("an answer");
    }
    assert!(reached.len() > before.len(), "a month on, no mark was reached");
    shim.set(Slot::ClockS, -(DAY) as u64);
    server.kill();
    let mut server = place.start(Some(&shim));
    let mut client = server.client();
    assert!(marks(&mut client).len() >= reached.len());
}
