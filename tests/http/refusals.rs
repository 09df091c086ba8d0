//! Every refusal is a problem with a stable code.

use axum::body::Body;
use axum::http::Request;
use paidan::access::Token;
use paidan::config::Settings;
use paidan::ticket::{Actor, Post, Role};
use serde_json::{Value, json};

use super::site::{RULES, Site, now, site, ticket, with};

#[tokio::test]
async fn what_cannot_be_read_is_refused_by_name() {
    let site = site();
    let deep = format!("{{\"jurisdiction\": \"demo\", \"text\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let doubled = r#"{"jurisdiction": "demo", "text": "a", "text": "b"}"#.to_owned();
    let long = ticket(&"长".repeat(22_000));
    let cases: Vec<(Vec<u8>, u16, &str)> = vec![
        (b"{".to_vec(), 400, "malformed_body"),
        (b"".to_vec(), 400, "malformed_body"),
        (b"{\"text\": \"\xe4\xbd\"}".to_vec(), 400, "not_utf8"),
        (b"{\"text\": \"\\ud800\"}".to_vec(), 400, "malformed_body"),
        (deep.into_bytes(), 422, "invalid_request"),
        (doubled.into_bytes(), 422, "invalid_request"),
        (b"{\"text\": 1}".to_vec(), 422, "invalid_request"),
        (b"{\"texts\": \"a\"}".to_vec(), 422, "invalid_request"),
        (ticket("").into_bytes(), 422, "invalid_request"),
        (b"{\"text\": \"a\"}".to_vec(), 422, "invalid_request"),
        (long.into_bytes(), 413, "text_too_large"),
        (vec![b' '; 2 << 20], 413, "body_too_large"),
    ];
    for (body, status, code) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        for path in ["/v1/tickets", "/v1/triage"] {
            assert_eq!(site.post(path, body.clone()).await.problem(), (status, code.to_owned()), "{shown}");
        }
    }
}

#[tokio::test]
async fn exactly_64_kib_are_taken_and_one_more_is_not() {
    let site = site();
    for (bytes, status) in [(65_536, 201), (65_537, 413)] {
        assert_eq!(site.post("/v1/tickets", ticket(&"a".repeat(bytes))).await.status, status, "{bytes}");
    }
}

#[tokio::test]
async fn wrong_names_come_with_the_right_ones() {
    let body =
        json!({ "jurisdiction": "demo", "text": "a", "channel": "网战", "requester": { "kind": "公明" } }).to_string();
    let reply = site().post("/v1/tickets", body).await;
    assert_eq!(reply.problem(), (422, "invalid_request".into()));
    let told = reply.json()["errors"].to_string();
    assert!(told.contains("网站") && told.contains("公民") && told.contains("requester.kind"), "{told}");
    let reply = site().post("/v1/tickets", json!({ "jurisdiction": "dmo", "text": "a" }).to_string()).await;
    assert!(reply.json()["errors"][0]["message"].as_str().is_some_and(|it| it.contains("demo")), "{}", reply.text);
}

#[tokio::test]
async fn paths_methods_and_types_are_refused_as_problems() {
    let site = site();
    for (path, status, code) in [
        ("/", 404, "not_found"),
        ("/v1/ticket", 404, "not_found"),
        ("/v1/triage", 405, "method_not_allowed"),
        ("/v1/tickets/DM-20220929-00001", 404, "unknown_ticket"),
        ("/v1/tickets/%E4%BD", 400, "bad_parameter"),
        ("/v1/tickets/x/events", 404, "unknown_ticket"),
        ("/v1/tickets?limit=0", 400, "bad_parameter"),
        ("/v1/tickets?colour=red", 400, "bad_parameter"),
        ("/v1/tickets?cursor=zz", 400, "bad_parameter"),
        ("/v1/tickets?jurisdiction=nowhere", 404, "unknown_jurisdiction"),
        ("/v1/queue", 422, "invalid_request"),
        ("/v1/units?jurisdiction=nowhere", 404, "unknown_jurisdiction"),
        ("/v1/rules/nowhere", 404, "unknown_jurisdiction"),
        ("/v1/entries/nothing?jurisdiction=demo", 404, "unknown_entry"),
    ] {
        assert_eq!(site.get(path).await.problem(), (status, code.to_owned()), "{path}");
    }
    for headers in [
        ("content-type", "text/plain"),
        ("content-type", "application/json; charset=gbk"),
        ("content-encoding", "gzip"),
    ] {
        let reply = site.post_with("/v1/tickets", &[headers], ticket("a")).await;
        assert_eq!(reply.problem(), (415, "unsupported_media_type".into()), "{headers:?}");
    }
}

fn token(name: &str, role: Role, jurisdiction: &str) -> Token {
    Token::new(name, name, Actor { role, jurisdiction: jurisdiction.into(), ..Actor::default() })
}

#[tokio::test]
async fn tokens_decide_who_may_do_what() {
    let tokens = vec![
        token("platform", Role::Platform, "demo"),
        token("seat", Role::Dispatcher, "demo"),
        token("other", Role::Center, "empty"),
        token("auditor", Role::Auditor, ""),
    ];
    let site = with(RULES, tokens, &Settings::default());
    let post = async |token: &str, path: &str, body: String| {
        site.post_with(path, &[("authorization", &format!("Bearer {token}"))], body).await
    };
    let body = json!({ "text": "路灯不亮，请回电13800138000", "requester": { "name": "张三" } }).to_string();
    assert_eq!(site.post("/v1/tickets", body.clone()).await.problem(), (401, "unauthorized".into()));
    assert_eq!(post("nobody", "/v1/tickets", body.clone()).await.problem(), (401, "unauthorized".into()));
    assert_eq!(post("seat", "/v1/tickets", body.clone()).await.problem(), (403, "forbidden".into()));
    let taken = post("platform", "/v1/tickets", body).await;
    assert_eq!(taken.status, 201, "the token fixes the jurisdiction");
    let id = taken.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(post("platform", "/v1/queue/claim", "{}".into()).await.problem(), (403, "forbidden".into()));
    assert_eq!(
        post("platform", "/v1/tickets", json!({"jurisdiction": "empty", "text": "a"}).to_string()).await.problem().1,
        "other_jurisdiction"
    );
    let get = async |token: &str, path: String| {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        site.send(request.body(Body::empty()).expect("a request")).await
    };
    assert_eq!(get("other", format!("/v1/tickets/{id}")).await.problem(), (404, "unknown_ticket".into()));
    let seen = get("seat", format!("/v1/tickets/{id}")).await;
    assert!(seen.text.contains("张三") && seen.text.contains("13800138000"));
    for path in
        [format!("/v1/tickets/{id}"), format!("/v1/tickets/{id}/events"), "/v1/tickets".into(), "/metrics".into()]
    {
        let covered = get("auditor", path.clone()).await;
        assert!(
            covered.status == 200 && !covered.text.contains("张三") && !covered.text.contains("13800138000"),
            "{path}: {}",
            covered.text
        );
    }
}

/// The author of the last event of a ticket.
async fn last_actor(site: &Site, headers: &[(&str, &str)], id: &str) -> Value {
    let mut request = Request::get(format!("/v1/tickets/{id}/events"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let events = site.send(request.body(Body::empty()).expect("a request")).await.json();
    events.as_array().and_then(|events| events.last()).expect("an event")["actor"].clone()
}

#[tokio::test]
async fn without_tokens_headers_say_as_whom_the_caller_acts() {
    let site = site();
    let id = site.ticket("路灯不亮").await;
    let claim = json!({ "ticket": id }).to_string();
    let unit = [("x-paidan-role", "unit"), ("x-paidan-unit", "区交通局"), ("x-paidan-post", "liaison")];
    let refused = site.post_with("/v1/queue/claim", &unit, claim.clone()).await;
    assert_eq!(refused.problem(), (403, "role_may_not".into()), "the ticket refuses, not the door");
    let center = [("x-paidan-person", "王工"), ("x-paidan-role", "center"), ("x-paidan-jurisdiction", "demo")];
    assert_eq!(site.post_with("/v1/queue/claim", &center, claim).await.status, 200);
    let expected = json!({ "person": "王工", "role": "center", "jurisdiction": "demo" });
    assert_eq!(last_actor(&site, &[], &id).await, expected);
    let elsewhere = [("x-paidan-jurisdiction", "empty")];
    assert_eq!(site.post_with("/v1/tickets", &elsewhere, ticket("a")).await.problem().1, "other_jurisdiction");
    for (name, value, field) in [
        ("x-paidan-role", "boss", "X-Paidan-Role"),
        ("x-paidan-role", "system", "X-Paidan-Role"),
        ("x-paidan-role", "unit", "X-Paidan-Unit"),
        ("x-paidan-unit", "区交通局", "X-Paidan-Role"),
        ("x-paidan-post", "boss", "X-Paidan-Post"),
        ("x-paidan-person", "a/b", "X-Paidan-Person"),
    ] {
        let reply = site.post_with("/v1/triage", &[(name, value)], ticket("a")).await;
        assert_eq!(reply.problem(), (422, "invalid_request".into()), "{name}: {value}");
        assert_eq!(reply.json()["errors"][0]["field"], field, "{}", reply.text);
    }
}

#[tokio::test]
async fn with_tokens_only_the_person_may_be_said() {
    let head = Actor {
        person: "u-17".into(),
        role: Role::Center,
        jurisdiction: "demo".into(),
        unit: "区联动中心".into(),
        post: Post::Head,
    };
    let mut gone = token("gone", Role::Center, "demo");
    gone.revoked = Some(now());
    let tokens = vec![token("platform", Role::Platform, "demo"), Token::new("head", "head", head.clone()), gone];
    let site = with(RULES, tokens, &Settings::default());
    let bearer = ("authorization", "Bearer head");
    for name in ["x-paidan-role", "x-paidan-unit", "x-paidan-post", "x-paidan-jurisdiction"] {
        let reply = site.post_with("/v1/triage", &[bearer, (name, "center")], ticket("a")).await;
        assert_eq!(reply.problem(), (400, "actor_fixed".into()), "{name}");
    }
    let other = site.post_with("/v1/triage", &[bearer, ("x-paidan-person", "u-18")], ticket("a")).await;
    assert_eq!(other.problem(), (400, "actor_fixed".into()));
    let spent = site.post_with("/v1/triage", &[("authorization", "Bearer gone")], ticket("a")).await;
    assert_eq!(spent.problem(), (401, "unauthorized".into()));
    assert!(spent.text.contains("吊销"));
    let posted = site.post_with("/v1/tickets", &[("authorization", "Bearer platform")], ticket("路灯不亮")).await;
    let id = posted.json()["id"].as_str().expect("an id").to_owned();
    let claim = json!({ "ticket": id }).to_string();
    assert_eq!(site.post_with("/v1/queue/claim", &[bearer, ("x-paidan-person", "u-17")], claim).await.status, 200);
    assert_eq!(last_actor(&site, &[bearer], &id).await, serde_json::to_value(head).expect("JSON"));
}

#[tokio::test]
async fn a_full_house_turns_away_and_probes_still_answer() {
    let settings = Settings { requests: 0, ..Settings::default() };
    let site = with(RULES, Vec::new(), &settings);
    assert_eq!(site.post("/v1/tickets", ticket("a")).await.problem(), (503, "busy".into()));
    assert_eq!((site.get("/healthz").await.status, site.get("/readyz").await.status), (200, 200));
}
