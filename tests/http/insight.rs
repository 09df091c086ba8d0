//! Seeing through over the API.

use paidan::config::Settings;
use paidan::releases::EditedIn;
use serde_json::{Value, json};

use super::site::{RULES, Site, site, ticket, with};

const FILE: &str = "rules/demo/test.rhai";

async fn ask(site: &Site, what: &str, body: Value) -> Value {
    let reply = site.post(&format!("/v1/rules/demo/{what}"), body.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn why_and_why_not() {
    let site = site();
    let why = ask(&site, "why", json!({ "text": "超市涨价" })).await;
    assert!(why.to_string().contains("market.price"), "{why}");
    let edited = json!({ "text": "超市涨价", "rules": { "files": { FILE: RULES.replace("涨价", "降价") } } });
    let why = ask(&site, "why", edited).await;
    assert!(!why.to_string().contains("涨价\",\"weight"), "{why}");
    let silent = ask(&site, "why-not", json!({ "rule": "market.price", "request": { "text": "超市张价" } })).await;
    assert!(silent.to_string().contains("涨价"), "{silent}");
    let body = json!({ "rule": "no.such", "request": { "text": "超市" } }).to_string();
    assert_eq!(site.post("/v1/rules/demo/why-not", body).await.problem(), (404, "unknown_rule".into()));
    let broken = json!({ "text": "x", "rules": { "files": { FILE: "route(" } } }).to_string();
    assert_eq!(site.post("/v1/rules/demo/why", broken).await.problem(), (422, "rules_broken".into()));
}

#[tokio::test]
async fn refs_coverage_and_overlaps() {
    let site = site();
    let refs = site.get("/v1/rules/demo/refs?name=%E5%8C%BA%E5%B8%82%E5%9C%BA%E7%9B%91%E7%AE%A1%E5%B1%80").await.json();
    assert!(refs.to_string().contains("market.price"), "{refs}");
    let case = "[[case]]\nname = \"一\"\ntext = \"超市涨价\"\nexpect = { lead = \"区市场监管局\" }\n";
    let rules = format!(
        "{RULES}route(\"other.price\", #{{ any: [\"涨价\"], then: #{{ lead: \"区交通局\", weight: 4 }}, basis: \"示\" }});\n"
    );
    let files = json!({ "files": { "rules/demo/cases/one.toml": case } });
    let covered = ask(&site, "coverage", files).await;
    assert!(covered["never_fired"].to_string().contains("w.red"), "{covered}");
    let found = ask(&site, "overlaps", json!({ "rules": { "files": { FILE: rules } } })).await;
    assert!(found.to_string().contains("other.price"), "{found}");
}

#[tokio::test]
async fn a_backtest_runs_beside_the_service_and_goes_with_its_draft() {
    let site = with(RULES, Vec::new(), &Settings { source: EditedIn::Api, ..Settings::default() });
    let taken = site.ticket("超市涨价").await;
    site.post("/v1/tickets", ticket("路灯坏了")).await;
    let files = json!({ "files": { FILE: RULES.replace("区市场监管局", "区交通局") } }).to_string();
    let draft = site.post("/v1/drafts/demo", files).await.json()["id"].as_str().expect("an id").to_owned();
    let wish = json!({ "new": { "draft": draft }, "from": "2022-01-01T00:00:00Z" });
    let id = ask(&site, "backtests", wish).await["id"].as_u64().expect("a number");
    let ended = loop {
        let job = site.get(&format!("/v1/backtests/{id}")).await.json();
        if job["running"] == false {
            break job;
        }
        tokio::task::yield_now().await;
    };
    let report = &ended["report"];
    assert_eq!((&report["items"], &report["changed"]), (&json!(2), &json!(1)), "{ended}");
    assert_eq!(report["changed_items"][0]["id"], taken);
    let drill = site.get(&format!("/v1/backtests/{id}/tickets/{taken}")).await.json();
    assert!(drill["votes"].to_string().contains("区交通局"), "{drill}");
    let draft = site.get(&format!("/v1/drafts/demo/{draft}")).await.json();
    assert_eq!((&draft["backtest"]["tickets"], &draft["backtest"]["changed"]), (&json!(2), &json!(1)));
    assert_eq!(site.get("/v1/backtests/99").await.problem(), (404, "unknown_backtest".into()));
}
