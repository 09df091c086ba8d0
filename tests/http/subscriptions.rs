//! Subscriptions: who may have them, what is refused, what is never shown.

use paidan::access::Token;
use paidan::config::Settings;
use paidan::ticket::{Actor, Role};
use serde_json::{Value, json};

use super::site::{RULES, Site, site, with};

fn tokens() -> Vec<Token> {
    let token = |name: &str, role, jurisdiction: &str| {
        Token::new(name, name, Actor { role, jurisdiction: jurisdiction.into(), ..Actor::default() })
    };
    vec![
        token("platform", Role::Platform, "demo"),
        token("other", Role::Platform, "empty"),
        token("admin", Role::Admin, ""),
        token("auditor", Role::Auditor, ""),
        token("dispatcher", Role::Dispatcher, "demo"),
    ]
}

async fn post(site: &Site, token: &str, wish: Value) -> super::site::Reply {
    let bearer = format!("Bearer {token}");
    site.post_with("/v1/subscriptions", &[("authorization", &bearer)], wish.to_string()).await
}

async fn get(site: &Site, token: &str, path: &str) -> super::site::Reply {
    let request = axum::http::Request::get(path).header("authorization", format!("Bearer {token}"));
    site.send(request.body(axum::body::Body::empty()).expect("a request")).await
}

const URL: &str = "http://10.1.2.3:8080/hook";

#[tokio::test]
async fn the_secret_is_shown_once() {
    let site = site();
    let new = site.post("/v1/subscriptions", json!({ "url": URL }).to_string()).await;
    let (status, new) = (new.status, new.json());
    let secret = new["secret"].as_str().expect("a secret").to_owned();
    assert!(status == 201 && secret.starts_with("whsec_") && new["role"] == "auditor", "{new}");
    let own = json!({ "url": URL, "secret": "ein-eigenes-Geheimnis-123" });
    assert_eq!(site.post("/v1/subscriptions", own.to_string()).await.json()["secret"], "ein-eigenes-Geheimnis-123");
    let id = new["id"].as_str().expect("an id");
    let (list, one) = (site.get("/v1/subscriptions").await, site.get(&format!("/v1/subscriptions/{id}")).await);
    assert_eq!(list.json()["subscriptions"].as_array().map(Vec::len), Some(2));
    assert_eq!((&one.json()["url"], &one.json()["waiting"]), (&json!(URL), &json!([])));
    for reply in [list, one] {
        assert!(!reply.text.contains("secret") && !reply.text.contains(&secret), "{}", reply.text);
    }
    assert_eq!(site.delete(&format!("/v1/subscriptions/{id}")).await.status, 204);
    for path in ["", "/dead", "/deliveries"] {
        let gone = site.get(&format!("/v1/subscriptions/{id}{path}")).await;
        assert_eq!(gone.problem(), (404, "unknown_subscription".into()));
    }
}

#[tokio::test]
async fn mistakes_are_named() {
    let site = site();
    for (wish, field) in [
        (json!({ "url": "ftp://example.gov.cn/x" }), "url"),
        (json!({ "url": "example.gov.cn/x" }), "url"),
        (json!({ "url": "http:///x" }), "url"),
        (json!({ "url": "https://user:secret@example.gov.cn/" }), "url"),
        (json!({ "url": format!("http://a/{}", "x".repeat(3000)) }), "url"),
        (json!({ "url": URL, "secret": "short" }), "secret"),
        (json!({ "url": URL, "role": "author" }), "role"),
        (json!({ "url": URL, "jurisdiction": "nowhere" }), "jurisdiction"),
        (json!({ "url": URL, "kinds": ["Received!"] }), "kinds"),
        (json!({ "url": URL, "categories": ["投述"] }), "categories"),
        (json!({ "url": URL, "jurisdiction": "demo", "categories": ["疑难"] }), "categories"),
    ] {
        let reply = site.post("/v1/subscriptions", wish.to_string()).await;
        assert_eq!(reply.problem(), (422, "invalid_request".into()), "{wish}");
        assert_eq!(reply.json()["errors"][0]["field"], field, "{wish}: {}", reply.text);
    }
    let local = json!({ "url": URL, "role": "local" });
    assert_eq!(site.post("/v1/subscriptions", local.to_string()).await.status, 422, "no role for others");
    assert_eq!(site.get("/v1/subscriptions").await.json()["subscriptions"], json!([]));
}

#[tokio::test]
async fn only_platforms_and_admins_subscribe_and_nobody_passes_on_more_than_he_sees() {
    let site = with(RULES, tokens(), &Settings::default());
    for token in ["auditor", "dispatcher"] {
        assert_eq!(post(&site, token, json!({ "url": URL })).await.problem(), (403, "forbidden".into()));
    }
    let personal = json!({ "url": URL, "role": "platform" });
    let refused = post(&site, "admin", personal.clone()).await;
    assert_eq!(refused.json()["errors"][0]["field"], "role", "an admin sees no personal data");
    assert_eq!(post(&site, "admin", json!({ "url": URL })).await.status, 201);
    let ours = post(&site, "platform", personal).await;
    assert_eq!((ours.status, &ours.json()["jurisdiction"]), (201, &json!("demo")), "{}", ours.text);
    let foreign = post(&site, "platform", json!({ "url": URL, "jurisdiction": "empty" })).await;
    assert_eq!(foreign.problem(), (403, "other_jurisdiction".into()));
    // Each sees its own; one that is bound to no jurisdiction sees all.
    for (token, count) in [("platform", 1), ("other", 0), ("admin", 2)] {
        let list = get(&site, token, "/v1/subscriptions").await.json();
        assert_eq!(list["subscriptions"].as_array().map(Vec::len), Some(count), "{token}");
    }
    let id = ours.json()["id"].as_str().expect("an id").to_owned();
    let other = get(&site, "other", &format!("/v1/subscriptions/{id}")).await;
    assert_eq!(other.problem(), (404, "unknown_subscription".into()));
}
