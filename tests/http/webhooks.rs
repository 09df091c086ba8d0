//! Webhooks against a real listener: signed, covered, in order per ticket, at least once; what fails waits, dies, and can
//! be sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use paidan::outbox::{Limits, Outbox, signature};
use serde_json::{Value, json};

use super::receiver::{Delivery, Receiver, SILENCE, hasty, receiver, stubborn};
use super::site::{Site, site};

const SECRET: &str = "超市涨价，请回电13800138000";

fn shorts(deliveries: &[Delivery]) -> Vec<String> {
    deliveries.iter().map(Delivery::short).collect()
}

fn of<'a>(deliveries: &'a [Delivery], ticket: &str) -> Vec<&'a Delivery> {
    deliveries.iter().filter(|it| it.json()["subject"] == ticket).collect()
}

#[tokio::test]
async fn a_delivery_is_a_signed_cloud_event_without_personal_data() {
    let site = site();
    site.ticket("超市涨价，是以前的").await;
    let mut receiver = receiver(|_| StatusCode::OK).await;
    let (id, secret) = receiver.subscribe(&site, json!({})).await;
    let outbox = Outbox::start(site.app.clone(), Limits::default());
    let ticket = site.ticket(SECRET).await;
    let got = receiver.several(3).await;
    assert_eq!(shorts(&got), ["received 1", "triaged 2", "dispatched 3"], "in order, from the subscription on");
    for delivery in &got {
        let told = delivery.json();
        let event = told["id"].as_str().expect("an id");
        assert_eq!(delivery.header("webhook-id"), format!("{id}_{event}"));
        let timestamp: i64 = delivery.header("webhook-timestamp").parse().expect("seconds");
        assert_eq!(timestamp, super::site::now().timestamp());
        let signed = signature(&secret, delivery.header("webhook-id"), timestamp, &delivery.body);
        assert_eq!(delivery.header("webhook-signature"), signed);
        assert_ne!(signature(&secret, "other", timestamp, &delivery.body), signed);
        assert!(delivery.header("content-type").starts_with("application/cloudevents+json"));
        assert!(!String::from_utf8_lossy(&delivery.body).contains("13800138000"), "covered: {told}");
    }
    let told = got[0].json();
    let known = json!({
        "specversion": "1.0", "source": "/paidan/demo", "type": "paidan.ticket.received", "subject": ticket,
        "datacontenttype": "application/json",
    });
    for (name, value) in known.as_object().expect("fields") {
        assert_eq!(&told[name], value, "{name}");
    }
    let data = &told["data"];
    assert_eq!((&data["jurisdiction"], &data["category"]), (&json!("demo"), &json!("投诉")));
    assert!(data["event"]["request"]["text"].as_str().expect("a text").contains("138****8000"));
    outbox.stop().await;
}

/// HN-51
#[tokio::test]
async fn hn_51_personal_data_go_only_where_the_role_allows_it() {
    let site = site();
    let mut receiver = receiver(|_| StatusCode::NO_CONTENT).await;
    receiver.subscribe(&site, json!({ "role": "platform", "kinds": ["received"] })).await;
    let outbox = Outbox::start(site.app.clone(), Limits::default());
    site.ticket(SECRET).await;
    assert_eq!(receiver.next().await.json()["data"]["event"]["request"]["text"], SECRET);
    outbox.stop().await;
}

/// CB-11, HN-42, RC-02: another platform takes over by class and confirms what it took.
#[tokio::test]
async fn cb_11_hn_42_rc_02_a_connector_gets_its_class_and_confirms() {
    let site = site();
    let confirm =
        |told: &Value| axum::Json(json!({ "confirmation": format!("咸宁-{}", told["id"].as_str().unwrap()) }));
    let mut receiver = receiver(confirm).await;
    let wish = json!({ "jurisdiction": "demo", "categories": ["投诉"], "kinds": ["received", "dispatched"] });
    let (id, _) = receiver.subscribe(&site, wish).await;
    let outbox = Outbox::start(site.app.clone(), Limits::default());
    site.ticket("营业执照怎么办理").await;
    let ticket = site.ticket("超市涨价").await;
    let got = receiver.several(2).await;
    assert_eq!(shorts(&got), ["received 1", "dispatched 3"]);
    assert!(settled(&site, 2).await);
    outbox.stop().await;
    assert!(receiver.nothing_more());
    let page = site.get(&format!("/v1/subscriptions/{id}/deliveries?ticket={ticket}")).await.json();
    let confirmed: Vec<_> = page["deliveries"].as_array().unwrap().iter().map(|it| &it["confirmation"]).collect();
    let wanted: Vec<_> = got.iter().rev().map(|it| format!("咸宁-{}", it.json()["id"].as_str().unwrap())).collect();
    assert_eq!(confirmed, wanted.iter().collect::<Vec<_>>());
    let all = site.get(&format!("/v1/subscriptions/{id}/deliveries")).await.json();
    assert_eq!(all, page);
    let none = site.get(&format!("/v1/subscriptions/{id}/deliveries?ticket=DM-20220929-00009")).await.json();
    assert_eq!(none["deliveries"], json!([]));
}

/// Refuses the events of one kind of the first ticket while it is told to.
async fn stubborn_about(kind: &'static str) -> (Receiver, Arc<AtomicBool>) {
    let refuses = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&refuses);
    let answer = move |told: &Value| {
        let first = told["subject"].as_str().is_some_and(|it| it.ends_with("-00001"));
        let refused = first && told["data"]["kind"] == kind && flag.load(Ordering::SeqCst);
        if refused { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    };
    (receiver(answer).await, refuses)
}

#[tokio::test]
async fn a_failing_ticket_holds_up_no_other() {
    let site = site();
    let (mut receiver, refuses) = stubborn_about("triaged").await;
    let (id, _) = receiver.subscribe(&site, json!({})).await;
    let outbox = Outbox::start(site.app.clone(), stubborn());
    let (first, second) = (site.ticket("超市涨价").await, site.ticket("饭店涨价").await);
    let mut got = Vec::new();
    while of(&got, &second).len() < 3 {
        got.push(receiver.next().await);
    }
    let refused = &of(&got, &first)[1..];
    assert!(refused.iter().all(|it| it.short() == "triaged 2"), "nothing overtakes");
    refuses.store(false, Ordering::SeqCst);
    let last = loop {
        let delivery = receiver.next().await;
        if delivery.short() != "triaged 2" {
            break delivery;
        }
    };
    assert_eq!((last.short(), &last.json()["subject"]), ("dispatched 3".into(), &json!(first)));
    assert!(settled(&site, 6).await);
    outbox.stop().await;
    let state = site.get(&format!("/v1/subscriptions/{id}")).await.json();
    assert_eq!((&state["waiting"], &state["trouble"], &state["active"]), (&json!([]), &json!(""), &json!(true)));
    let page = site.get(&format!("/v1/subscriptions/{id}/dead")).await.json();
    assert_eq!(page["dead"], json!([]));
}

async fn until(receiver: &mut Receiver, short: &str) {
    while receiver.next().await.short() != short {}
}

#[tokio::test]
async fn what_is_given_up_leaves_a_gap_is_seen_and_sent_again() {
    let site = site();
    let (mut receiver, refuses) = stubborn_about("received").await;
    let (id, _) = receiver.subscribe(&site, json!({})).await;
    let outbox = Outbox::start(site.app.clone(), hasty());
    let ticket = site.ticket("超市涨价").await;
    until(&mut receiver, "triaged 2!").await;
    until(&mut receiver, "dispatched 3!").await;
    outbox.stop().await;
    let page = site.get(&format!("/v1/subscriptions/{id}/dead")).await.json();
    let [letter] = &page["dead"].as_array().expect("letters")[..] else { panic!("{page}") };
    assert_eq!(
        (&letter["ticket"], &letter["kind"], &letter["resend"]),
        (&json!(ticket), &json!("received"), &json!(false))
    );
    assert_eq!(letter["reason"], "接收方答复 HTTP 500");

    refuses.store(false, Ordering::SeqCst);
    let outbox = Outbox::start(site.app.clone(), hasty());
    let event = letter["event"].as_str().expect("an id");
    let again = site.post(&format!("/v1/subscriptions/{id}/dead/{event}/resend"), "").await;
    assert_eq!((again.status, again.json()), (202, json!({ "letters": 1 })));
    until(&mut receiver, "received 1").await;
    assert!(settled(&site, 3).await);
    outbox.stop().await;
    let page = site.get(&format!("/v1/subscriptions/{id}/dead")).await.json();
    assert_eq!(page["dead"], json!([]));
    let again = site.post(&format!("/v1/subscriptions/{id}/dead/{event}/resend"), "").await;
    assert_eq!(again.problem(), (404, "unknown_dead_letter".into()));
    let all = site.post(&format!("/v1/subscriptions/{id}/dead/resend"), "").await;
    assert_eq!((all.status, all.json()), (202, json!({ "letters": 0 })));
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_told_nothing_more() {
    let site = site();
    let mut receiver = receiver(|_| StatusCode::GONE).await;
    let (id, _) = receiver.subscribe(&site, json!({})).await;
    let mut changes = site.app.store().subscription_changes();
    let outbox = Outbox::start(site.app.clone(), stubborn());
    site.ticket("超市涨价").await;
    receiver.next().await;
    changes.changed().await.expect("a store");
    outbox.stop().await;
    let state = site.get(&format!("/v1/subscriptions/{id}")).await.json();
    assert_eq!(state["active"], false);
    assert!(state["ended"].as_str().expect("why").contains("410"), "{state}");
    let all = site.post(&format!("/v1/subscriptions/{id}/dead/resend"), "").await;
    assert_eq!(all.problem(), (422, "invalid_request".into()));
}

#[tokio::test]
async fn after_a_stop_the_cursor_goes_on_where_it_was() {
    let site = site();
    let mut receiver = receiver(|_| StatusCode::OK).await;
    receiver.subscribe(&site, json!({})).await;
    for round in 1..4 {
        let outbox = Outbox::start(site.app.clone(), stubborn());
        site.ticket("超市涨价").await;
        assert_eq!(shorts(&receiver.several(3).await), ["received 1", "triaged 2", "dispatched 3"]);
        // Stopped before the last answer is in, it would rightly be sent again.
        assert!(settled(&site, 3 * round).await);
        outbox.stop().await;
        assert!(receiver.nothing_more());
    }
}

/// Waits until the deliveries so far are counted.
async fn settled(site: &Site, least: u64) -> bool {
    let count = || async {
        let text = site.get("/metrics").await.text;
        let line = text.lines().find(|it| it.contains("outbox_results_total") && it.contains("delivered"))?;
        line.rsplit(' ').next()?.parse::<u64>().ok()
    };
    for _ in 0..100_000 {
        if count().await.is_some_and(|count| count >= least) {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

/// A kill between a delivery and its answer: it comes again, in order, with the same id.
#[test]
fn after_a_kill_everything_comes_at_least_once() {
    let outside = tokio::runtime::Runtime::new().expect("a runtime");
    let site = site();
    let silent = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&silent);
    let answer = move |_: &Value| if flag.load(Ordering::SeqCst) { SILENCE } else { StatusCode::OK };
    let mut receiver = outside.block_on(receiver(answer));
    outside.block_on(receiver.subscribe(&site, json!({})));
    outside.block_on(site.ticket("超市涨价"));
    let mut got = Vec::new();
    for _ in 0..3 {
        let killed = tokio::runtime::Runtime::new().expect("a runtime");
        let _outbox = killed.block_on(async { Outbox::start(site.app.clone(), stubborn()) });
        got.push(outside.block_on(receiver.next()));
        killed.shutdown_background();
    }
    silent.store(false, Ordering::SeqCst);
    outside.block_on(async {
        let outbox = Outbox::start(site.app.clone(), stubborn());
        got.extend(receiver.several(3).await);
        outbox.stop().await;
    });
    let (again, rest) = (["received 1"; 4], ["triaged 2", "dispatched 3"]);
    assert_eq!(shorts(&got), [&again[..], &rest].concat());
    let ids = got.iter().map(|it| it.header("webhook-id").to_owned()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(ids.len(), 3, "a repeated delivery keeps its id");
}

#[tokio::test]
async fn a_flood_arrives_whole_and_in_order() {
    let site = site();
    let mut receiver = receiver(|_| StatusCode::OK).await;
    let (id, _) = receiver.subscribe(&site, json!({})).await;
    // So few may wait that reading has to pause.
    let outbox = Outbox::start(site.app.clone(), Limits { waiting: 3, at_once: 2, ..stubborn() });
    let mut tickets = Vec::new();
    for _ in 0..40 {
        tickets.push(site.ticket("超市涨价").await);
    }
    let got = receiver.several(120).await;
    for ticket in &tickets {
        let story: Vec<String> = of(&got, ticket).into_iter().map(Delivery::short).collect();
        assert_eq!(story, ["received 1", "triaged 2", "dispatched 3"], "{ticket}");
    }
    assert!(settled(&site, 120).await);
    let metrics = site.get("/metrics").await.text;
    assert!(metrics.contains(&format!("paidan_outbox_waiting{{subscription=\"{id}\"}} ")), "{metrics}");
    outbox.stop().await;
}
