//! A served `demo` jurisdiction, asked without a socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use chrono::{DateTime, Utc};
use http_body_util::BodyExt as _;
use paidan::access::{Access, Token};
use paidan::app::{App, Live, Pool, Reports};
use paidan::config::Settings;
use paidan::http::{Limits, Server, router};
use paidan::knowledge::{Entry, Knowledge, Published};
use paidan::packs::Pack;
use paidan::releases::{EditedIn, Note, Releases};
use paidan::store::{self, Store};
use paidan::ticket::Actor;
use paidan::triage::Snapshot;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::demo::{NOW, pack};

pub(crate) const RULES: &str = r#"
classify("c.ask", #{ any: ["怎么办理", "如何办理"], then: #{ nature: "咨询", weight: 4 }, basis: "示" });
classify("c.complain", #{ any: ["涨价"], then: #{ nature: "投诉", weight: 4 }, basis: "示" });
route("market.price", #{ any: ["涨价"], then: #{ lead: "区市场监管局", weight: 4 }, basis: "第七条" });
warn("w.red", #{ any: ["爆炸"], then: #{ level: "red", why: "危险" }, basis: "示" });
"#;

pub(crate) fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

/// The monotonic clock of the store stands still: no lease runs out.
fn still() -> u64 {
    0
}

#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) document: Value,
    pub(crate) server: Server,
    pub(crate) app: App,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) text: String,
}

impl Reply {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|err| panic!("{err}: {}", self.text))
    }

    /// Status and code of a problem, which is complete.
    #[track_caller]
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.kind, "application/problem+json", "{self:?}");
        let problem = self.json();
        for field in ["type", "title", "detail", "instance"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {problem}");
        }
        assert_eq!(problem["status"], self.status);
        (self.status, problem["code"].as_str().expect("a code").to_owned())
    }
}

fn live_of(pack: &Pack) -> Live {
    let round = Releases::default().round(pack);
    let entry = Entry {
        id: "dm-001".into(),
        question: "营业执照怎么办理".into(),
        answer: "带身份证到政务服务中心二楼".into(),
        owner: "区市场监管局".into(),
        ..Entry::default()
    };
    let as_of = now().date_naive();
    let published = vec![Published { jurisdiction: "demo".into(), entry, as_of }];
    let mut snapshot = Snapshot { releases: round.releases, ..Snapshot::default() };
    let knowledge = Knowledge::build("1-1", published, snapshot.lexicon("demo")).expect("an index");
    snapshot.knowledge.insert("demo".into(), knowledge);
    snapshot.releases.insert("empty".into(), None);
    Live::new(snapshot, Reports { jurisdictions: round.reports, ..Reports::default() })
}

pub(crate) fn site() -> Site {
    with(RULES, Vec::new(), &Settings::default())
}

pub(crate) fn with(rules: &str, tokens: Vec<Token>, settings: &Settings) -> Site {
    with_pack(&pack(rules), tokens, settings)
}

/// With the common clocks and notices as they are shipped.
pub(crate) fn with_lifecycle(rules: &str, tokens: Vec<Token>) -> Site {
    let mut pack = pack(rules);
    let common = include_str!("../../rules/common/regulation.toml");
    pack.files.insert("rules/common/regulation.toml".into(), common.into());
    with_pack(&pack, tokens, &Settings::default())
}

/// Under a clock of the test's own.
pub(crate) fn with_clock(now: fn() -> DateTime<Utc>) -> Site {
    over_and_clock(Store::memory(still), &pack(RULES), Vec::new(), &Settings::default(), now)
}

fn with_pack(pack: &Pack, tokens: Vec<Token>, settings: &Settings) -> Site {
    over(Store::memory(still), pack, tokens, settings)
}

pub(crate) fn over(store: Store, pack: &Pack, tokens: Vec<Token>, settings: &Settings) -> Site {
    over_and_clock(store, pack, tokens, settings, now)
}

fn over_and_clock(
    store: Store,
    pack: &Pack,
    tokens: Vec<Token>,
    settings: &Settings,
    clock: fn() -> DateTime<Utc>,
) -> Site {
    let pool = Pool::start(2, settings.waiting).expect("threads");
    let live = live_of(pack);
    // Where rules are edited through the API, the store has what is live.
    let edited = live.snapshot();
    let edited = edited.releases.values().flatten().filter(|_| settings.source == EditedIn::Api);
    for release in edited {
        let (jurisdiction, digest) = (release.jurisdiction.as_str(), release.digest.clone());
        let kept = store::Live { jurisdiction, digest, files: &release.files, note: Note::default(), instead_of: None };
        store.put_release(kept, Actor::system(), now()).expect("it is kept");
    }
    let app = App::new(Arc::new(live), store, pool, settings.lease_s, clock).with_policy(settings.policy());
    let server = Server::new(app.clone(), Access::new(tokens), Limits::from(settings), settings.requests);
    let (router, document) = router(server.clone());
    let document = serde_json::to_value(document).expect("a document");
    Site { router, document, server, app }
}

impl Site {
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status().as_u16();
        let kind = response.headers().get(header::CONTENT_TYPE).map(|it| it.to_str().expect("ASCII").to_owned());
        let body = response.into_body().collect().await.expect("a whole body").to_bytes();
        let text = String::from_utf8(body.to_vec()).expect("UTF-8");
        Reply { status, kind: kind.unwrap_or_default(), text }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Reply {
        self.post_with(path, &[], body).await
    }

    pub(crate) async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        let mut request = Request::post(path);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).expect("a request")).await
    }

    pub(crate) async fn put(&self, path: &str, body: impl Into<Body>) -> Reply {
        let request = Request::put(path).header("content-type", "application/json");
        self.send(request.body(body.into()).expect("a request")).await
    }

    pub(crate) async fn put_with(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        let mut request = Request::put(path).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).expect("a request")).await
    }

    /// The number of a new ticket with this text.
    pub(crate) async fn ticket(&self, text: &str) -> String {
        let reply = self.post("/v1/tickets", ticket(text)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()["id"].as_str().expect("an id").to_owned()
    }
}

pub(crate) fn ticket(text: &str) -> String {
    serde_json::json!({ "jurisdiction": "demo", "text": text }).to_string()
}
