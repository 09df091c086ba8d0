//! What requests leave in the log, asked through the API.

use std::path::Path;

use axum::body::Body;
use axum::http::Request;
use paidan::access::Token;
use paidan::audit::Audit;
use paidan::http::router;
use paidan::ticket::{Actor, Role};
use serde_json::{Value, json};

use crate::http::site::{self, Reply, Site, ticket};

fn token(name: &str, role: Role, jurisdiction: &str) -> Token {
    let unit = if role == Role::Unit { "区市场监管局" } else { "" };
    let actor = Actor { role, jurisdiction: jurisdiction.into(), unit: unit.into(), ..Actor::default() };
    Token::new(name, &format!("secret-{name}"), actor)
}

fn audited(dir: &Path) -> Site {
    let tokens = vec![
        token("hotline", Role::Platform, ""),
        token("desk", Role::Dispatcher, ""),
        token("discipline", Role::Auditor, ""),
        token("elsewhere", Role::Auditor, "empty"),
        token("author", Role::RuleAuthor, ""),
    ];
    let site = site::with(site::RULES, tokens, &paidan::config::Settings::default());
    let audit = Audit::open(dir, 180, site::now()).expect("a log");
    let server = site.server.clone().with_audit(audit);
    let (router, _) = router(server.clone());
    Site { router, server, ..site }
}

async fn get(site: &Site, name: &str, path: &str) -> Reply {
    let request = Request::get(path).header("authorization", format!("Bearer secret-{name}"));
    site.send(request.body(Body::empty()).expect("a request")).await
}

async fn post(site: &Site, name: &str, path: &str, body: Value) -> Reply {
    let bearer = format!("Bearer secret-{name}");
    let headers = [("authorization", bearer.as_str()), ("x-paidan-person", "zhang.san")];
    site.post_with(path, &headers, body.to_string()).await
}

async fn acts(site: &Site, query: &str) -> Vec<Value> {
    let page = get(site, "discipline", &format!("/v1/audit?limit=200&{query}")).await.json();
    page["lines"].as_array().expect("lines").iter().filter(|line| line["kind"] == "act").cloned().collect()
}

/// HN-50: every change and every reading of personal data, by whom, about what, with which result. LH-62: 纪委 reads it.
#[tokio::test]
async fn hn_50_lh_62_changes_and_readings_are_written_down() {
    let dir = tempfile::tempdir().unwrap();
    let site = audited(dir.path());
    let posted =
        post(&site, "hotline", "/v1/tickets", serde_json::from_str(&ticket("路灯不亮，电话13812345678")).unwrap());
    let id = posted.await.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(get(&site, "desk", &format!("/v1/tickets/{id}")).await.status, 200);
    assert_eq!(get(&site, "discipline", &format!("/v1/tickets/{id}")).await.status, 200);
    assert_eq!(post(&site, "author", "/v1/queue/claim", json!({"jurisdiction": "demo"})).await.status, 403);
    assert_eq!(post(&site, "desk", "/v1/queue/claim", json!({"jurisdiction": "demo"})).await.status, 200);
    let of_ticket = acts(&site, &format!("target={id}")).await;
    let told: Vec<(&str, &str, bool, u64)> = of_ticket
        .iter()
        .map(|it| {
            let personal = it["personal"].as_bool().unwrap_or_default();
            (it["client"].as_str().unwrap(), it["action"].as_str().unwrap(), personal, it["status"].as_u64().unwrap())
        })
        .collect();
    let expected = [
        ("hotline", "POST /v1/tickets", false, 201),
        ("desk", "GET /v1/tickets/{id}", true, 200),
        // Covered: a reading, but of nothing personal.
        ("discipline", "GET /v1/tickets/{id}", false, 200),
        ("desk", "POST /v1/queue/claim", true, 200),
    ];
    assert_eq!(told, expected);
    let refused = &acts(&site, "client=author").await[0];
    assert_eq!((&refused["status"], &refused["code"]), (&json!(403), &json!("forbidden")));
    assert_eq!(refused["person"], "author/zhang.san");
    assert_eq!(acts(&site, "personal=true").await.len(), 2);
    let verdict = get(&site, "discipline", "/v1/audit/verify").await.json();
    assert_eq!(verdict["whole"], true, "{verdict}");
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("13812345678") && !text.contains("secret-") && !text.contains("路灯"), "{text}");
    }
}

#[tokio::test]
async fn the_log_is_for_auditors_each_for_their_own_jurisdiction() {
    let dir = tempfile::tempdir().unwrap();
    let site = audited(dir.path());
    for name in ["hotline", "desk", "author"] {
        assert_eq!(get(&site, name, "/v1/audit").await.problem(), (403, "forbidden".into()), "{name}");
        assert_eq!(get(&site, name, "/v1/audit/verify").await.status, 403, "{name}");
    }
    assert_eq!(
        get(&site, "elsewhere", "/v1/audit?jurisdiction=demo").await.problem(),
        (403, "other_jurisdiction".into())
    );
    let own = get(&site, "elsewhere", "/v1/audit").await.json();
    assert!(own["lines"].as_array().unwrap().iter().all(|line| line["jurisdiction"] == "empty"), "{own}");
    // Whoever looked stands in it, too.
    assert!(acts(&site, "target=/v1/audit").await.iter().any(|it| it["client"] == "elsewhere"));
}

/// What cannot be written down is not shown.
#[tokio::test]
async fn nothing_personal_leaves_when_the_log_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let site = audited(dir.path());
    let posted = post(&site, "hotline", "/v1/tickets", serde_json::from_str(&ticket("路灯不亮")).unwrap()).await.json();
    let id = posted["id"].as_str().expect("an id");
    site.server.audit().expect("a log").close(site::now());
    assert_eq!(get(&site, "desk", &format!("/v1/tickets/{id}")).await.problem(), (503, "audit_failed".into()));
}
