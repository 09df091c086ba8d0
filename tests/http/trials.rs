//! A release beside the live one; and what the numbers of rules say.

use paidan::config::Settings;
use paidan::releases::EditedIn;
use serde_json::{Value, json};

use super::site::{RULES, Site, ticket, with};

const FILE: &str = "rules/demo/test.rhai";

async fn site(unit: &str) -> (Site, String) {
    let site = with(RULES, Vec::new(), &Settings { source: EditedIn::Api, ..Settings::default() });
    let files = json!({ "files": { FILE: RULES.replace("区市场监管局", unit) } }).to_string();
    let draft = site.post("/v1/drafts/demo", files).await.json();
    (site, draft["id"].as_str().expect("an id").to_owned())
}

async fn take(site: &Site, text: &str) -> Value {
    let reply = site.post("/v1/tickets", ticket(text)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()
}

async fn trial(site: &Site) -> Value {
    site.get("/v1/trials/demo").await.json()["trials"][0].clone()
}

#[tokio::test]
async fn a_shadow_decides_nothing_and_is_recorded_where_it_differs() {
    let (site, draft) = site("区交通局").await;
    let started = site.post("/v1/trials/demo", json!({ "draft": draft }).to_string()).await.json();
    assert_eq!((&started["id"], &started["kind"]["kind"]), (&json!("t-1"), &json!("shadow")));
    let again = site.post("/v1/trials/demo", json!({ "draft": draft }).to_string()).await;
    assert_eq!(again.problem(), (409, "trial_running".into()));
    let taken = take(&site, "超市涨价").await;
    assert_eq!(taken["lead"], "区市场监管局");
    take(&site, "路灯坏了").await;
    let id = taken["id"].as_str().expect("an id");
    let events = site.get(&format!("/v1/tickets/{id}/events")).await.json();
    assert!(events.to_string().contains("\"shadowed\""), "{events}");
    assert!(events.to_string().contains("区交通局"), "{events}");
    let counts = trial(&site).await["counts"].clone();
    let wanted = [("tickets", 2), ("queued", 1), ("live_queued", 1), ("dispatched", 1), ("differing", 1)];
    assert!(wanted.iter().all(|(name, count)| counts[name] == *count), "{counts}");
    let stopped = site.post("/v1/trials/demo/stop", json!({ "reason": "够了" }).to_string()).await.json();
    assert_eq!(stopped["ended"]["reason"], "够了");
    assert_eq!(site.post("/v1/trials/demo/stop", "{}").await.problem(), (404, "unknown_trial".into()));
}

#[tokio::test]
async fn a_share_of_the_tickets_is_decided_by_the_release_on_trial() {
    let (site, draft) = site("区交通局").await;
    let body = json!({ "draft": draft, "share": 500 }).to_string();
    let release = site.post("/v1/trials/demo", body).await.json()["release"].clone();
    let mut tried = 0;
    for n in 0..40 {
        let taken = take(&site, &format!("超市涨价{n}次")).await;
        let ours = taken["made_with"]["release"] == release;
        assert_eq!(taken["lead"] == "区交通局", ours);
        tried += u64::from(ours);
    }
    assert!((5..36).contains(&tried), "{tried} of 40");
    assert_eq!(trial(&site).await["counts"]["tickets"], tried);
}

#[tokio::test]
async fn a_trial_that_sends_too_much_to_the_queue_stops_itself() {
    let site = with(RULES, Vec::new(), &Settings { source: EditedIn::Api, ..Settings::default() });
    let files = json!({ "files": { FILE: "// 没有规则\n" } }).to_string();
    let draft = site.post("/v1/drafts/demo", files).await.json()["id"].clone();
    let limits = json!({ "most_queued": 300, "least_tickets": 3 });
    let body = json!({ "draft": draft, "share": 1000, "limits": limits }).to_string();
    assert_eq!(site.post("/v1/trials/demo", body).await.status, 200);
    for n in 0..3 {
        assert_eq!(take(&site, &format!("超市涨价{n}")).await["outcome"], "queued");
    }
    // It ends on a thread of its own.
    let ended = async {
        loop {
            let trial = trial(&site).await;
            if trial["ended"].is_object() {
                break trial["ended"]["reason"].as_str().expect("a reason").to_owned();
            }
            tokio::task::yield_now().await;
        }
    };
    assert!(ended.await.contains("转人工3件"));
    assert_eq!(take(&site, "超市涨价9").await["outcome"], "dispatched");
}

#[tokio::test]
async fn each_rule_has_its_numbers() {
    let rules = format!(
        "{RULES}\nroute(\"a.weak\", #{{ any: [\"涨价\"], when: |t| t.length > 0, then: #{{ lead: \"区交通局\", weight: 1 }}, basis: \"示\" }});"
    );
    let site = with(&rules, Vec::new(), &Settings::default());
    for release in site.app.live().snapshot().releases.values().flatten() {
        release.rules.measure(|| 7);
    }
    take(&site, "超市涨价").await;
    take(&site, "路灯坏了").await;
    let app = site.app.clone();
    tokio::task::spawn_blocking(move || app.write_numbers()).await.expect("no panic").expect("written");
    let numbers = site.get("/v1/rules/demo/numbers?from=2022-09-01&until=2022-09-30").await.json();
    let of = |rule: &str| {
        let rules = numbers["rules"].as_array().expect("rules");
        rules.iter().find(|it| it["rule"] == rule).cloned().unwrap_or_else(|| panic!("{rule}: {numbers}"))
    };
    assert_eq!((&of("market.price")["fired"], &of("market.price")["decided"]), (&json!(1), &json!(1)));
    let weak = of("a.weak");
    assert_eq!((&weak["fired"], &weak["decided"]), (&json!(1), &json!(0)));
    assert!(weak["calls"].as_u64().is_some_and(|calls| calls >= 1), "{weak}");
    assert_eq!(weak["days"]["2022-09-29"]["fired"], 1);
    let metrics = site.get("/metrics").await.text;
    assert!(metrics.contains("paidan_rule_fired_total{jurisdiction=\"demo\",rule=\"market.price\"} 1"), "{metrics}");
}
