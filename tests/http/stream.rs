//! The event stream: what comes, what is left out, how it is resumed, when it ends.

use axum::body::Body;
use axum::http::Request;
use chrono::TimeDelta;
use http_body_util::BodyExt as _;
use paidan::store::{Append, Target};
use paidan::ticket::{Actor, Event, Request as Wish};
use serde_json::Value;
use tower::ServiceExt as _;

use super::site::{Site, now, site};

struct Stream {
    body: Body,
    text: String,
}

async fn open(site: &Site, path: &str, last: Option<&str>) -> Stream {
    let mut request = Request::get(path);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = site.router.clone().oneshot(request).await.expect("an answer");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = Stream { body: response.into_body(), text: String::new() };
    assert_eq!(stream.piece().await.as_deref(), Some("retry: 2000"));
    stream
}

impl Stream {
    /// Up to the next empty line; `None`: it ended.
    async fn piece(&mut self) -> Option<String> {
        loop {
            if let Some((piece, rest)) = self.text.split_once("\n\n") {
                let piece = piece.to_owned();
                self.text = rest.to_owned();
                return Some(piece);
            }
            let frame = self.body.frame().await?.expect("a frame");
            self.text.push_str(std::str::from_utf8(&frame.into_data().expect("data")).expect("UTF-8"));
        }
    }

    /// Id, kind and data of the next event.
    async fn event(&mut self) -> (String, String, Value) {
        let piece = self.piece().await.expect("an event");
        let mut lines = piece.lines();
        let mut field = |name: &str| lines.next().and_then(|it| it.strip_prefix(name)).expect(name).to_owned();
        let (id, kind, data) = (field("id: "), field("event: "), field("data: "));
        (id, kind, serde_json::from_str(&data).expect("JSON"))
    }

    async fn kinds(&mut self, count: usize) -> Vec<String> {
        let mut kinds = Vec::new();
        for _ in 0..count {
            kinds.push(self.event().await.1);
        }
        kinds
    }
}

/// HN-46: whoever gathers data has them as they happen.
#[tokio::test]
async fn events_come_as_they_happen_from_now_on() {
    let site = site();
    site.ticket("超市涨价").await;
    let mut stream = open(&site, "/v1/events", None).await;
    let ticket = site.ticket("路灯不亮，请回电13800138000").await;
    let (id, kind, told) = stream.event().await;
    assert_eq!((kind.as_str(), &told["subject"]), ("received", &Value::from(ticket)));
    assert_eq!((&told["id"], &told["type"]), (&Value::from(id), &Value::from("paidan.ticket.received")));
    assert_eq!(stream.kinds(2).await, ["triaged", "queued"]);
}

#[tokio::test]
async fn a_stream_is_filtered_and_resumed_by_id() {
    let site = site();
    let mut all = open(&site, "/v1/events", None).await;
    for text in ["超市涨价", "路灯不亮", "饭店涨价"] {
        site.ticket(text).await;
    }
    let mut ids = Vec::new();
    for _ in 0..9 {
        ids.push(all.event().await.0);
    }
    for (n, id) in (0..).zip(&ids[..8]) {
        // The header stands above the query.
        let mut resumed = open(&site, "/v1/events?after=1-1", Some(id)).await;
        assert_eq!(resumed.event().await.0, ids[n + 1]);
    }
    let mut some = open(&site, "/v1/events?kinds=dispatched,queued&jurisdiction=demo&after=1-1", None).await;
    assert_eq!(some.kinds(3).await, ["dispatched", "queued", "dispatched"]);
    let mut none = open(&site, "/v1/events?jurisdiction=empty&after=1-1", None).await;
    site.server.stop();
    assert_eq!(none.piece().await, None, "a stop ends it, and nothing came");
}

#[tokio::test]
async fn what_is_too_old_or_unknown_is_gone_with_the_place_to_list_from() {
    let site = site();
    let old = |days: i64| Append {
        target: Target::New { code: "DM".into() },
        at: now() - TimeDelta::days(days),
        actor: Actor::system(),
        events: vec![Event::Received { request: Wish::default(), masked_text: String::new(), summary: String::new() }],
        key: None,
    };
    for days in [8, 7, 0] {
        site.app.store().append(old(days)).expect("stored");
    }
    for id in ["1-1", "1-4", "1-0", "2-2", "1-99999999999"] {
        let reply = site.get(&format!("/v1/events?after={id}")).await;
        assert_eq!(reply.problem(), (410, "gone".into()), "{id}");
        let detail = reply.json()["detail"].as_str().expect("words").to_owned();
        assert!(detail.contains("/v1/tickets?from=2022-09-2"), "{detail}");
    }
    assert_eq!(open(&site, "/v1/events?after=1-2", None).await.event().await.0, "1-3");
    assert_eq!(site.get("/v1/events?after=yesterday").await.problem(), (400, "bad_parameter".into()));
    assert_eq!(site.get("/v1/events?jurisdiction=nowhere").await.problem(), (404, "unknown_jurisdiction".into()));
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_beats() {
    let site = site();
    let mut stream = open(&site, "/v1/events", None).await;
    let start = tokio::time::Instant::now();
    for beat in 1..4 {
        assert_eq!(stream.piece().await.as_deref(), Some(":"));
        assert_eq!(start.elapsed().as_secs(), 15 * beat);
    }
}
