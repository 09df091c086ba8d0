//! What must not stop the timer: tickets that cannot be done, people who are faster, more than fits, a burst.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::Request;
use chrono::{DateTime, TimeDelta, Utc};
use paidan::access::Access;
use paidan::config::Settings;
use paidan::http::{Limits, Server, router};
use paidan::store::{Append, AppendError, Target};
use paidan::ticker::Ticker;
use paidan::ticket::{Actor, Event, EventId, TicketId};
use tower::ServiceExt as _;

use super::fixture::{LIFE, World, minutes, now, set_clock, start, until};

/// Ticks until nothing is due any more.
async fn run_down(world: &World) {
    let app = world.app();
    while app.tick(256).await.expect("done").is_some_and(|next| next <= now()) {}
}

/// Tickets of a jurisdiction that has no rules wait; they neither block the others nor make the timer run hot.
#[tokio::test(start_paused = true)]
async fn tickets_that_cannot_be_done_hold_up_nobody() {
    let world = World::new(LIFE);
    let gone = |event: &mut Event| {
        if let Event::Received { request, .. } = event {
            request.jurisdiction = "gone".into();
        }
        if let Event::Triaged { decision } = event {
            decision.jurisdiction = "gone".into();
        }
    };
    for _ in 0..300 {
        world.take_as(start(), gone);
    }
    let good = world.take(start() + minutes(1));
    set_clock(start() + minutes(362));
    let app = world.app();
    app.tick(256).await.expect("done");
    let next = app.tick(256).await.expect("done").expect("something is next");
    assert_eq!(world.story(&good, start()), ["6:02 early", "6:02 urged 办结：过半"]);
    assert!(next > now(), "{next}");
    // They are tried again later, and the timer goes on with the others.
    set_clock(start() + minutes(480));
    let ticker = Ticker::start(app);
    until(start() + minutes(482)).await;
    ticker.stop().await;
    assert_eq!(world.story(&good, start()).last().map(String::as_str), Some("8:01 two_thirds"));
}

/// Somebody works on the very tickets: both get through, nothing is done twice or lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflicts_with_people_are_tried_again() {
    let world = World::new(LIFE);
    let tickets: Vec<TicketId> = (0..64).map(|_| world.take(start())).collect();
    set_clock(start() + minutes(840));
    let over = Arc::new(AtomicBool::new(false));
    let person = std::thread::spawn({
        let (store, tickets, over) = (world.store.clone(), tickets.clone(), over.clone());
        move || {
            let mut noted = vec![0; tickets.len()];
            for n in (0..tickets.len()).cycle() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let ticket = store.ticket(&tickets[n]).expect("readable").expect("a ticket");
                let target = Target::Known { id: ticket.id, expected: ticket.version, fence: None };
                let events = vec![Event::Noted { text: "记".into() }];
                let at = start() + minutes(840);
                match store.append(Append { target, at, actor: Actor::system(), events, key: None }) {
                    Ok(_) => noted[n] += 1,
                    Err(AppendError::Conflict { .. }) => {}
                    Err(other) => panic!("{other}"),
                }
            }
            noted
        }
    });
    // What a person was faster at five times running waits for a moment.
    for _ in 0..20 {
        run_down(&world).await;
    }
    over.store(true, Ordering::SeqCst);
    let noted = person.join().expect("no panic");
    for (id, noted) in tickets.iter().zip(noted) {
        let events = world.events(id);
        let count = |kind: &str| events.iter().filter(|it| it.event.kind() == kind).count();
        assert_eq!((count("noted"), count("mark_reached"), count("mark_missed")), (noted, 2, 2), "{id}");
        assert_eq!((count("clock_passed"), count("urged")), (1, 2), "{id}");
    }
}

/// More falls due at once than one commit takes: it is done in several, and nothing is cut off.
#[tokio::test(start_paused = true)]
async fn a_long_way_behind_is_caught_up_in_pieces() {
    let life = r#"
        [[clock]]
        id = "pulse"
        name = "报告"
        role = "target"
        from = ["dispatched", "due:pulse"]
        until = ["completed"]
        kind = "elapsed"
        length = "1m"
        at_due = ["urge"]
        to = ["liaison"]
        article = "第一条"
    "#;
    let world = World::new(life);
    let id = world.take(start());
    // A clock passes in the second after its due instant.
    set_clock(start() + minutes(480) + TimeDelta::seconds(1));
    run_down(&world).await;
    let events = world.events(&id);
    let times: Vec<DateTime<Utc>> = events
        .iter()
        .filter_map(|it| match &it.event {
            Event::ClockPassed { due, .. } => Some(*due),
            _ => None,
        })
        .collect();
    let expected: Vec<DateTime<Utc>> = (1..=480).map(|minute| start() + minutes(minute)).collect();
    assert_eq!(times, expected);
    assert_eq!(events.iter().filter(|it| it.event.kind() == "urged").count(), 480);
}

/// A start with a thousand overdue tickets: in order, and whoever asks meanwhile is served.
#[tokio::test]
async fn a_burst_is_done_in_order_and_starves_nobody() {
    let world = World::new(LIFE);
    let tickets: Vec<TicketId> = (0..1000).rev().map(|n| world.take(start() + minutes(n % 97))).collect();
    set_clock(start() + minutes(1000));
    let server = Server::new(world.app(), Access::new(Vec::new()), Limits::from(&Settings::default()), 64);
    let (router, _) = router(server);
    let ticker = Ticker::start(world.app());
    let mut heard = world.store.listen();
    let first = heard.recv().await.expect("the burst began");
    let body = serde_json::json!({ "jurisdiction": "demo", "text": "你好" }).to_string();
    let request = Request::post("/v1/tickets").header("content-type", "application/json");
    let reply = router.oneshot(request.body(Body::from(body)).expect("a request")).await.expect("an answer");
    assert_eq!(reply.status(), 201);
    while world.store.next_due().expect("readable").is_some_and(|(at, _)| at <= now()) {
        // Whether it was heard or lost in the crowd: something happened.
        let _ = heard.recv().await;
    }
    ticker.stop().await;
    let mut passed: Vec<(EventId, DateTime<Utc>)> = Vec::new();
    for id in &tickets {
        passed.extend(world.events(id).iter().filter_map(|it| match &it.event {
            Event::ClockPassed { due, .. } => Some((it.id, *due)),
            _ => None,
        }));
    }
    passed.sort_unstable();
    assert_eq!(passed.len(), 1000);
    assert!(passed.is_sorted_by_key(|(_, due)| *due), "not in the order of due");
    let newest = world.store.list(&Default::default(), None, 1).expect("readable").tickets.remove(0);
    let taken = world.events(&newest.id)[0].id;
    assert!(first.id < taken && taken < passed[999].0, "the newcomer waited for the whole burst");
}
