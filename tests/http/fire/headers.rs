//! What browsers are told with every answer; what a panic is to its caller; who is let in when all is busy.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::Request;
use chrono::{DateTime, Utc};
use paidan::config::Settings;
use tokio::io::AsyncWriteExt as _;
use tower::ServiceExt as _;

use super::{post, running, statuses};
use crate::http::site::{now, site, ticket, with_clock};

#[tokio::test]
async fn every_answer_tells_browsers_what_not_to_do() {
    let site = site();
    for path in [
        "/healthz",
        "/metrics",
        "/openapi.json",
        "/v1/tickets",
        "/v1/tickets/nothing",
        "/nowhere",
        "/docs/",
        "/docs/index.css",
    ] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = site.router.clone().oneshot(request).await.expect("an answer");
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("ASCII").to_owned());
        assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
        assert_eq!(header("x-frame-options").as_deref(), Some("DENY"), "{path}");
        assert_eq!(header("referrer-policy").as_deref(), Some("no-referrer"), "{path}");
        let policy = header("content-security-policy").expect("a policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        let page = path.starts_with("/docs");
        assert_eq!(policy.contains("script-src 'self'"), page, "{path}: {policy}");
        assert_eq!(header("cache-control").as_deref() == Some("no-store"), !page, "{path}");
        for absent in ["server", "x-powered-by", "strict-transport-security"] {
            assert_eq!(header(absent), None, "{path}");
        }
    }
}

/// The policy allows what the page needs: its scripts and styles are files of this service.
#[tokio::test]
async fn the_page_of_the_document_has_no_script_of_its_own() {
    let page = site().get("/docs/").await;
    assert_eq!(page.status, 200);
    for script in page.text.split("<script").skip(1) {
        assert!(script.trim_start().starts_with("src=\"./"), "{script}");
    }
    assert!(
        !page.text.contains("http://") && !page.text.contains("https://") && !page.text.contains(" on"),
        "{}",
        page.text
    );
}

static BROKEN: AtomicBool = AtomicBool::new(false);

fn fragile() -> DateTime<Utc> {
    assert!(!BROKEN.load(Ordering::SeqCst), "a clock that fails");
    now()
}

#[tokio::test]
async fn a_panic_is_an_answer_with_an_id_and_the_next_request_is_served() {
    let site = with_clock(fragile);
    BROKEN.store(true, Ordering::SeqCst);
    let reply = site.post("/v1/tickets", ticket("超市涨价")).await;
    assert_eq!(reply.problem(), (500, "internal".into()));
    assert!(!reply.text.contains("a clock that fails"), "{}", reply.text);
    BROKEN.store(false, Ordering::SeqCst);
    assert_eq!(site.post("/v1/tickets", ticket("超市涨价")).await.status, 201);
}

/// Posts that are stuck take what is theirs; people, probes and figures are served on.
#[tokio::test]
async fn a_flood_of_posts_is_turned_away_at_once_and_people_are_served() {
    let running = running(Settings { requests: 8, ..Settings::default() }).await;
    let whole = post("/v1/tickets", "", ticket("超市涨价").as_bytes());
    let mut stuck = Vec::new();
    // How soon a connection is looked at nobody knows: more come until one is turned away.
    let told = loop {
        let mut stream = running.connect().await;
        stream.write_all(&whole[..whole.len() - 1]).await.expect("written");
        stuck.push(stream);
        assert!(stuck.len() < 200, "nobody is turned away");
        let told = running.tell(&post("/v1/tickets", "Connection: close\r\n", ticket("路灯不亮").as_bytes())).await;
        if statuses(&told) != [201] {
            break told;
        }
    };
    assert_eq!(statuses(&told), [503], "{told}");
    assert!(told.contains("retry-after: 1") && told.contains("\"code\":\"busy\""), "{told}");
    for path in ["/v1/tickets", "/v1/queue?jurisdiction=demo", "/readyz", "/metrics"] {
        assert_eq!(running.site.get(path).await.status, 200, "{path}");
    }
    drop(stuck);
}
