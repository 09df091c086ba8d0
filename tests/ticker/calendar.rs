//! Due dates in a year that is not published: shown, alarmed, and moved when the year arrives.

use std::fs;
use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use chrono::{DateTime, Utc};
use http_body_util::BodyExt as _;
use paidan::access::Access;
use paidan::app::{App, Loader};
use paidan::config::Settings;
use paidan::http::{Limits, Server, router};
use paidan::packs::Source;
use paidan::releases::Policy;
use paidan::store::Store;
use paidan::ticker::Ticker;
use paidan::ticket::{Event, Recorded};
use tower::ServiceExt as _;

use super::fixture::{World, minutes, now, set_clock, until, with_life};

/// Five working days, by another reading five days without holidays in between.
const LIFE: &str = r#"
[hours]
working = ["09:00-12:00", "13:30-17:30"]
close = "17:30"
[[clock]]
id = "handle"
name = "办结"
role = "main"
from = ["dispatched"]
until = ["completed"]
kind = "working_days"
length = "5d"
alt = ["elapsed"]
marks = [{ id = "two_thirds", at = "2/3" }]
to = ["liaison"]
article = "第一条"
[[floor]]
id = "blue"
level = "blue"
mark = "two_thirds"
why = "已用三分之二"
article = "第二条"
"#;

const NEXT_YEAR: &str = "year = 2023\nrest = [\"01-02\"]\nwork = []\nsource = \"示例\"\n";

fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
    fs::write(file, text).expect("a file");
}

/// Thursday, 29 December 2022, 10:00 in Shanghai.
fn thursday() -> DateTime<Utc> {
    "2022-12-29T02:00:00Z".parse().expect("an instant")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn moves(events: &[Recorded]) -> Vec<DateTime<Utc>> {
    let due = |it: &Recorded| match &it.event {
        Event::ClockMoved { clock, .. } => Some(clock.due),
        _ => None,
    };
    events.iter().filter_map(due).collect()
}

async fn get(app: &App, path: &str) -> String {
    let server = Server::new(app.clone(), Access::new(Vec::new()), Limits::from(&Settings::default()), 8);
    let (router, _): (Router, _) = router(server);
    let reply = router.oneshot(Request::get(path).body(Body::empty()).expect("a request")).await.expect("an answer");
    let body = reply.into_body().collect().await.expect("a whole body").to_bytes();
    String::from_utf8(body.to_vec()).expect("UTF-8")
}

#[tokio::test(start_paused = true)]
async fn an_unpublished_year_is_alarmed_and_moves_due_dates_when_it_comes() {
    set_clock(thursday());
    let folder = tempfile::tempdir().expect("a folder");
    with_life(LIFE).files.iter().for_each(|(path, text)| write(folder.path(), path, text));
    let store = Store::memory(|| 0);
    let source = Source::Folder(folder.path().to_owned());
    let (mut loader, live) = Loader::start(source, store.clone(), Policy::default(), now()).expect("it starts");
    let world = World::with(live, store, now);
    let (id, closed) = (world.take(thursday()), world.take(thursday()));
    let app = world.app();
    let ticker = Ticker::start(app.clone());

    // Friday, Monday to Thursday: the fifth working day if 2 January works.
    let clock = world.ticket(&id).life.clocks[0].clone();
    assert_eq!((clock.due, clock.provisional), (at("2023-01-05T09:30:00Z"), true));
    let ready = get(&app, "/readyz").await;
    assert!(ready.contains("degraded") && ready.contains("rules/calendar/2023.toml"), "{ready}");
    assert!(get(&app, "/metrics").await.contains("paidan_provisional_due_dates 2"));

    // The board says so as well.
    until(at("2023-01-04T09:00:00Z")).await;
    let board: serde_json::Value =
        serde_json::from_str(&get(&app, "/v1/warnings?jurisdiction=demo").await).expect("JSON");
    assert!(board.to_string().contains("\"provisional\":true"), "{board}");
    assert!(moves(&world.events(&id)).is_empty());

    // A pack that has nothing to do with it changes nothing.
    write(folder.path(), "rules/demo/other.rhai", "// nothing\n");
    loader.refresh(now()).expect("a look");
    until(now() + minutes(1)).await;
    assert!(moves(&world.events(&id)).is_empty());

    write(folder.path(), "rules/calendar/2023.toml", NEXT_YEAR);
    loader.refresh(now()).expect("a look");
    until(now() + minutes(1)).await;
    for ticket in [&id, &closed] {
        assert_eq!(moves(&world.events(ticket)), [at("2023-01-06T09:30:00Z")]);
        let clock = world.ticket(ticket).life.clocks[0].clone();
        assert_eq!((clock.due, clock.provisional), (at("2023-01-06T09:30:00Z"), false));
    }
    let ready = get(&app, "/readyz").await;
    assert!(!ready.contains("calendar"), "{ready}");
    assert!(get(&app, "/metrics").await.contains("paidan_provisional_due_dates 0"));
    // Once: neither another look nor a restart moves it again.
    ticker.stop().await;
    let ticker = Ticker::start(world.app());
    until(at("2023-01-05T10:00:00Z")).await;
    ticker.stop().await;
    let events = world.events(&id);
    assert_eq!(moves(&events).len(), 1);
    assert!(!events.iter().any(|it| it.event.kind() == "clock_passed"), "it is due on the 6th");
}

/// The year arrived while the process was down.
#[tokio::test(start_paused = true)]
async fn a_year_that_came_with_the_restart_moves_due_dates() {
    set_clock(thursday());
    let before = World::over(Store::memory(|| 0), LIFE, now);
    let id = before.take(thursday());
    let folder = tempfile::tempdir().expect("a folder");
    with_life(LIFE).files.iter().for_each(|(path, text)| write(folder.path(), path, text));
    write(folder.path(), "rules/calendar/2023.toml", NEXT_YEAR);
    let source = Source::Folder(folder.path().to_owned());
    let (_loader, live) = Loader::start(source, before.store.clone(), Policy::default(), now()).expect("it starts");
    let after = World::with(live, before.store.clone(), now);
    let ticker = Ticker::start(after.app());
    until(thursday() + minutes(1)).await;
    ticker.stop().await;
    assert_eq!(moves(&after.events(&id)), [at("2023-01-06T09:30:00Z")]);
}
