//! Marks at their instants: once each, in order, whatever happens to the process and to its clock.

use chrono::{DateTime, Utc};
use paidan::ticker::Ticker;
use paidan::ticket::{Command, Event, Role};

use super::fixture::{LIFE, World, minutes, set_clock, start, until};

const WHOLE: [&str; 9] = [
    "6:00 early",
    "6:00 urged 办结：过半",
    "8:00 two_thirds",
    "11:00 last",
    "11:00 urged 办结：将到",
    "12:00 handle passed",
    "12:00 urged handle",
    "13:00 after",
    "13:00 urged 办结：已过",
];

/// LH-47: reminders come at their instants, each once, those of several tickets in the order of time.
#[tokio::test(start_paused = true)]
async fn reminders_come_at_their_instants_in_order() {
    let world = World::new(LIFE);
    let starts = [0, 7, 13].map(|after| start() + minutes(after));
    let tickets = starts.map(|at| world.take(at));
    let ticker = Ticker::start(world.app());
    until(start() + minutes(14 * 60)).await;
    ticker.stop().await;
    for (id, at) in tickets.iter().zip(starts) {
        assert_eq!(world.story(id, at), WHOLE);
    }
    let mut all: Vec<_> = tickets.iter().flat_map(|id| world.events(id)).collect();
    all.sort_by_key(|it| it.id);
    let times: Vec<DateTime<Utc>> = all
        .iter()
        .filter_map(|it| match &it.event {
            Event::MarkReached { at, .. } => Some(*at),
            Event::ClockPassed { due, .. } => Some(*due),
            _ => None,
        })
        .collect();
    assert_eq!(times.len(), 15);
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_comes_later_wakes_the_timer() {
    let world = World::new(LIFE);
    let ticker = Ticker::start(world.app());
    until(start() + minutes(30)).await;
    let at = start() - minutes(350);
    let id = world.take(at);
    until(start() + minutes(31)).await;
    assert_eq!(world.story(&id, at), ["6:20 early late", "6:20 urged 办结：过半"]);
    ticker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_does_nothing_twice() {
    let world = World::new(LIFE);
    let id = world.take(start());
    for hours in 1..=14 {
        let ticker = Ticker::start(world.app());
        until(start() + minutes(hours * 60)).await;
        ticker.stop().await;
    }
    assert_eq!(world.story(&id, start()), WHOLE);
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_does_nothing_twice() {
    let world = World::new(LIFE);
    let id = world.take(start());
    let ticker = Ticker::start(world.app());
    for back in [390, 490, 670, 730, 790] {
        until(start() + minutes(back)).await;
        set_clock(start() + minutes(back - 120));
        // Noticed by a process that goes on as well as by a new one.
        let other = Ticker::start(world.app());
        until(start() + minutes(back - 119)).await;
        other.stop().await;
    }
    until(start() + minutes(14 * 60)).await;
    ticker.stop().await;
    assert_eq!(world.story(&id, start()), WHOLE);
}

/// Down for a while: in the order of due, marked late; reminders that a later one replaces are recorded, not sent.
#[tokio::test(start_paused = true)]
async fn what_fell_due_while_down_is_done_in_order_and_late() {
    let world = World::new(LIFE);
    let (first, second) = (world.take(start()), world.take(start() + minutes(60)));
    set_clock(start() + minutes(690));
    let ticker = Ticker::start(world.app());
    until(start() + minutes(691)).await;
    assert_eq!(
        world.story(&first, start()),
        ["11:30 early missed", "11:30 two_thirds late", "11:30 last late", "11:30 urged 办结：将到"]
    );
    assert_eq!(world.story(&second, start()), ["11:30 early missed", "11:30 two_thirds late"]);
    ticker.stop().await;
    set_clock(start() + minutes(750));
    let ticker = Ticker::start(world.app());
    until(start() + minutes(781)).await;
    ticker.stop().await;
    assert_eq!(
        world.story(&first, start())[4..],
        ["12:30 handle passed late", "12:30 urged handle", "13:00 after", "13:00 urged 办结：已过"]
    );
    assert_eq!(
        world.story(&second, start())[2..],
        ["12:30 last late", "12:30 urged 办结：将到", "13:00 handle passed", "13:00 urged handle"]
    );
}

/// The end has come as well: no reminder of it is sent any more.
#[tokio::test(start_paused = true)]
async fn reminders_of_an_end_that_has_come_are_missed() {
    let world = World::new(LIFE);
    let id = world.take(start());
    set_clock(start() + minutes(900));
    world.app().tick(10).await.expect("done");
    assert_eq!(
        world.story(&id, start()),
        [
            "15:00 early missed",
            "15:00 two_thirds late",
            "15:00 last missed",
            "15:00 handle passed late",
            "15:00 urged handle",
            "15:00 after late",
            "15:00 urged 办结：已过",
        ]
    );
}

/// The warning of another reading (`alt_due`) is a reminder like any other.
#[tokio::test(start_paused = true)]
async fn the_other_reading_warns_first_and_is_missed_like_a_reminder() {
    let life = r#"
        [[clock]]
        id = "handle"
        name = "办结"
        role = "main"
        from = ["dispatched"]
        until = ["completed"]
        kind = "working_days"
        length = "1d"
        alt = ["elapsed"]
        to = ["liaison"]
        article = "第一条"
    "#;
    let due = |world: &World, id| world.ticket(id).life.clocks[0].due;
    let world = World::new(life);
    let id = world.take(start());
    let alt = world.ticket(&id).life.clocks[0].alt.clone();
    let ahead = alt.first().expect("another reading").due;
    assert!(ahead < due(&world, &id));
    set_clock(ahead);
    world.app().tick(10).await.expect("done");
    assert_eq!(world.story(&id, ahead), ["0:00 alt"]);
    assert!(world.ticket(&id).life.notices.iter().any(|it| it.kind.contains("另一种读法")));

    let world = World::new(life);
    let id = world.take(start());
    let end = due(&world, &id) + minutes(600);
    set_clock(end);
    world.app().tick(10).await.expect("done");
    assert_eq!(world.story(&id, end), ["0:00 alt missed", "0:00 handle passed late"]);
    assert!(!world.ticket(&id).life.notices.iter().any(|it| it.kind.contains("另一种读法")));
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_is_closed_gets_no_reminder() {
    let world = World::new(LIFE);
    let id = world.take(start());
    let ticker = Ticker::start(world.app());
    until(start() + minutes(420)).await;
    let reply = serde_json::json!({ "command": "complete", "text": "已责令改正" });
    world.give(&id, Role::Unit, &command(reply));
    until(start() + minutes(14 * 60)).await;
    ticker.stop().await;
    assert_eq!(world.story(&id, start()), ["6:00 early", "6:00 urged 办结：过半", "7:00 closed"]);
    assert_eq!(world.store.next_due().expect("readable"), None);
}

#[tokio::test(start_paused = true)]
async fn an_extension_moves_the_marks() {
    let world = World::new(LIFE);
    let id = world.take(start());
    let ticker = Ticker::start(world.app());
    until(start() + minutes(420)).await;
    let ask = serde_json::json!({ "command": "request_extension", "length": "6h", "reason": "需要检测" });
    world.give(&id, Role::Unit, &command(ask));
    world.give(&id, Role::Center, &command(serde_json::json!({ "command": "decide_extension", "granted": true })));
    until(start() + minutes(18 * 60 + 5)).await;
    ticker.stop().await;
    assert_eq!(
        world.story(&id, start())[2..],
        [
            "7:00 moved",
            "9:00 early",
            "9:00 urged 办结：过半",
            "12:00 two_thirds",
            "17:00 last",
            "17:00 urged 办结：将到",
            "18:00 handle passed",
            "18:00 urged handle",
        ]
    );
}

fn command(json: serde_json::Value) -> Command {
    serde_json::from_value(json).expect("a command")
}
