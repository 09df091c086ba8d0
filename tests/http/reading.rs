//! Lists, entries, rules, units, probes and counts.

use serde_json::json;

use super::site::{site, ticket};

#[tokio::test]
async fn lists_page_and_filter() {
    let site = site();
    for n in 0..5 {
        site.ticket(if n % 2 == 0 { "路灯不亮" } else { "超市涨价" }).await;
    }
    let first = site.get("/v1/tickets?limit=3").await.json();
    let next = first["next"].as_str().expect("more");
    let second = site.get(&format!("/v1/tickets?limit=3&cursor={next}")).await.json();
    let ids = |page: &serde_json::Value| -> Vec<String> {
        page["tickets"].as_array().expect("tickets").iter().map(|it| it["id"].to_string()).collect()
    };
    let mut all = [ids(&first), ids(&second)].concat();
    assert_eq!(all.len(), 5);
    all.dedup();
    assert_eq!(all.len(), 5);
    for (query, count) in [
        ("phase=queued", 3),
        ("phase=dispatched&category=%E6%8A%95%E8%AF%89", 2),
        ("jurisdiction=empty", 0),
        ("from=2022-09-29T07:00:00Z", 5),
        ("until=2022-09-29T07:00:00Z", 0),
    ] {
        assert_eq!(ids(&site.get(&format!("/v1/tickets?{query}")).await.json()).len(), count, "{query}");
    }
}

#[tokio::test]
async fn events_tell_the_story() {
    let site = site();
    let id = site.ticket("路灯不亮").await;
    let events = site.get(&format!("/v1/tickets/{id}/events")).await.json();
    let kinds: Vec<&str> = events.as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["received", "triaged", "queued"]);
    assert_eq!(events[0]["data"]["request"]["text"], "路灯不亮");
}

/// HN-45 and RC-10 as far as they go today: what is known can be read and searched.
#[tokio::test]
async fn entries_are_read_and_searched_as_a_triage_does() {
    let site = site();
    let list = site.get("/v1/entries?jurisdiction=demo").await.json();
    assert_eq!((&list["entries"][0]["entry"]["id"], &list["next"]), (&json!("dm-001"), &json!(null)));
    assert_eq!(site.get("/v1/entries/dm-001?jurisdiction=demo").await.json()["entry"]["owner"], "区市场监管局");
    let found = site.post("/v1/entries/search", ticket("营业执照怎么办理")).await.json();
    assert_eq!(found["answer"]["entry"], "dm-001");
    let triaged = site.post("/v1/triage", ticket("营业执照怎么办理")).await.json();
    assert_eq!(found["matches"], triaged["matches"]);
    let nothing = site.post("/v1/entries/search", ticket("路灯不亮")).await.json();
    assert!(nothing["answer"].is_null() && nothing["abstained"].is_string());
}

#[tokio::test]
async fn rules_and_units_are_shown() {
    let site = site();
    let standings = site.get("/v1/rules").await.json();
    assert_eq!(standings["jurisdictions"]["demo"]["current"], true);
    assert_eq!(standings["jurisdictions"]["empty"]["active"], "");
    let rules = site.get("/v1/rules/demo").await.json();
    let price = rules["rules"].as_array().unwrap().iter().find(|it| it["id"] == "market.price").expect("the rule");
    assert_eq!((&price["verb"], &price["line"], &price["basis"]), (&json!("route"), &json!(4), &json!("第七条")));
    assert_eq!(site.get("/v1/rules/empty").await.json()["rules"], json!([]));
    assert_eq!(site.get("/v1/units?jurisdiction=demo").await.json().as_array().map(Vec::len), Some(4));
}

/// HK-03: live figures.
#[tokio::test]
async fn probes_and_counts() {
    let site = site();
    site.ticket("超市涨价，请回电13800138000").await;
    site.get("/somewhere/else").await;
    assert_eq!(site.get("/healthz").await.json()["status"], "ok");
    let ready = site.get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("degraded")), "one jurisdiction has no rules");
    let metrics = site.get("/metrics").await.text;
    for line in [
        r#"paidan_decisions_total{jurisdiction="demo",outcome="dispatched"} 1"#,
        r#"paidan_http_requests_total{method="POST",route="/v1/tickets",status="201"} 1"#,
        r#"paidan_http_requests_total{method="GET",route="other",status="404"} 1"#,
        r#"paidan_tickets{jurisdiction="demo",phase="dispatched"} 1"#,
        r#"paidan_stage_seconds_count{stage="commit"} 1"#,
        "paidan_store_writable 1",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("13800138000"));
    site.server.stop();
    assert_eq!(site.get("/readyz").await.status, 503);
}

#[tokio::test]
async fn a_store_that_stops_is_said_so_and_takes_nothing() {
    let site = site();
    site.app.store().close();
    assert_eq!(site.post("/v1/tickets", ticket("a")).await.problem(), (503, "stopping".into()));
}
