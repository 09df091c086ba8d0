//! What is answered before there is a service, and that the same connection is served when there is one; and the
//! verification of what is served.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use paidan::http::Door;
use serde_json::Value;
use tower::ServiceExt as _;

use super::site::{site, ticket};

async fn ask(router: &axum::Router, method: &str, path: &str) -> (u16, bool, Value) {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    let (status, retry) = (response.status().as_u16(), response.headers().contains_key("retry-after"));
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, retry, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn until_the_store_is_open_everybody_is_told_so() {
    let door = Door::new(None);
    // As a connection has it that came early.
    let router = door.router();
    assert_eq!(ask(&router, "GET", "/healthz").await.2["status"], "ok");
    let (status, retry, ready) = ask(&router, "GET", "/readyz").await;
    assert_eq!((status, retry, &ready["status"]), (503, true, &"starting".into()));
    assert_eq!((&ready["starting"]["doing"], &ready["starting"]["percent"]), (&"读取日志".into(), &0.into()));
    for (method, path) in [("POST", "/v1/tickets"), ("GET", "/v1/queue"), ("GET", "/metrics")] {
        let (status, retry, problem) = ask(&router, method, path).await;
        assert_eq!((status, retry, &problem["code"]), (503, true, &"starting".into()), "{path}");
        assert!(problem["instance"].as_str().is_some_and(|it| !it.is_empty()));
    }
    door.says("加载规则和知识");
    assert_eq!(ask(&router, "GET", "/readyz").await.2["starting"]["doing"], "加载规则和知识");
    door.open(site().server);
    for router in [router, door.router()] {
        let (status, _, ready) = ask(&router, "GET", "/readyz").await;
        assert_eq!((status, &ready["starting"]), (200, &Value::Null), "{ready}");
    }
}

#[tokio::test]
async fn an_operator_has_what_is_served_verified() {
    let site = site();
    for text in ["超市涨价", "路灯坏了"] {
        assert_eq!(site.post("/v1/tickets", ticket(text)).await.status, 201);
    }
    assert_eq!(site.get("/v1/admin/verify").await.json()["running"], false);
    assert_eq!(site.post("/v1/admin/verify", "{}").await.status, 202);
    let done = loop {
        let state = site.get("/v1/admin/verify").await.json();
        if state["running"] == false {
            break state;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((&done["good"], &done["verified"]["broken"]), (&true.into(), &Value::Array(Vec::new())), "{done}");
    assert!(done["verified"]["commits"].as_u64() >= Some(2), "{done}");
}
