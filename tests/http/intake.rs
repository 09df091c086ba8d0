//! Requests in: decided, recorded, repeated, in batches.

use axum::body::Body;
use serde_json::{Value, json};

use super::site::{Site, site, ticket, with};
use paidan::config::Settings;

#[tokio::test]
async fn a_triage_leaves_no_record() {
    let site = site();
    let decision = site.post("/v1/triage", ticket("超市涨价")).await.json();
    assert_eq!((&decision["outcome"], &decision["lead"]["value"]), (&json!("dispatched"), &json!("区市场监管局")));
    assert_eq!(site.get("/v1/tickets").await.json()["tickets"], json!([]));
}

/// LH-03, LH-05, LH-06, LH-14, HN-09, RC-04: each has its number; what cannot be answered is not.
#[tokio::test]
async fn a_ticket_is_answered_dispatched_or_queued() {
    let site = site();
    for (text, phase, lead) in
        [("营业执照怎么办理", "answered", ""), ("超市涨价", "dispatched", "区市场监管局"), ("路灯不亮", "queued", "")]
    {
        let reply = site.post("/v1/tickets", ticket(text)).await;
        let receipt = reply.json();
        assert_eq!(
            (reply.status, &receipt["phase"], &receipt["lead"]),
            (201, &json!(phase), &json!(lead)),
            "{text}: {receipt}"
        );
        let id = receipt["id"].as_str().expect("an id");
        assert!(id.starts_with("DM-20220929-"), "{id}");
        assert_eq!(site.get(&format!("/v1/tickets/{id}")).await.json()["ticket"]["phase"], phase);
    }
}

/// LH-13: what the requester chose decides where no rule speaks, is outvoted where one does, and is refused where it is no
/// category at all.
#[tokio::test]
async fn lh_13_a_chosen_class_is_a_hint() {
    let site = site();
    let post = |text: &str, category: &str| {
        let body = json!({ "jurisdiction": "demo", "text": text, "category": category }).to_string();
        async { site.post("/v1/triage", body).await }
    };
    let nature = |reply: &super::site::Reply| reply.json()["axes"]["nature"].clone();
    assert_eq!(nature(&post("路灯不亮", "投诉").await)["value"], "投诉");
    let overruled = nature(&post("超市涨价", "咨询").await);
    assert_eq!(overruled["value"], "投诉");
    let votes = overruled["votes"].as_array().expect("votes");
    assert!(votes.iter().any(|vote| vote["rule"] == "requester.choice" && vote["candidate"] == "咨询"));
    assert_eq!(post("路灯不亮", "表白").await.problem().0, 422);
}

#[tokio::test]
async fn without_rules_a_ticket_waits_for_a_person() {
    let reply = site().post("/v1/tickets", json!({ "jurisdiction": "empty", "text": "路灯不亮" }).to_string()).await;
    assert_eq!((reply.status, &reply.json()["obstacles"][0]["code"]), (201, &json!("no_release")));
}

async fn keyed(site: &Site, key: &str, text: &str) -> super::site::Reply {
    site.post_with("/v1/tickets", &[("idempotency-key", key)], ticket(text)).await
}

#[tokio::test]
async fn the_same_key_gives_the_first_ticket_and_with_another_body_a_refusal() {
    let site = site();
    let first = keyed(&site, "a", "超市涨价").await;
    let spaced = r#"{ "text": "超市涨价",   "jurisdiction": "demo" }"#;
    let again = site.post_with("/v1/tickets", &[("idempotency-key", "a")], spaced).await;
    assert_eq!((first.status, again.status), (201, 200));
    let (mut first, mut again) = (first.json(), again.json());
    assert_eq!((first["replayed"].take(), again["replayed"].take()), (json!(false), json!(true)));
    assert_eq!(first, again);
    assert_eq!(keyed(&site, "a", "别的").await.problem(), (422, "key_reused".into()));
    assert_eq!(keyed(&site, "", "别的").await.problem(), (422, "invalid_request".into()));
    assert_eq!(site.get("/v1/tickets").await.json()["tickets"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn posts_at_once_with_one_key_make_one_ticket() {
    let site = site();
    let posts: Vec<_> = (0..16)
        .map(|_| {
            let site = site.clone();
            tokio::spawn(async move { keyed(&site, "k", "路灯不亮").await.json()["id"].clone() })
        })
        .collect();
    let mut ids = Vec::new();
    for post in posts {
        ids.push(post.await.expect("an answer"));
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

async fn batch(site: &Site, body: impl Into<Body>) -> Vec<Value> {
    let reply = site.post_with("/v1/tickets/batch", &[("content-type", "application/x-ndjson")], body).await;
    assert_eq!((reply.status, reply.kind.as_str()), (200, "application/x-ndjson"), "{reply:?}");
    reply.text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[tokio::test]
async fn a_broken_line_spoils_only_itself() {
    let mut body = format!("{}\n\n{{\"text\": \n", ticket("超市涨价")).into_bytes();
    body.extend_from_slice(b"\"\xff\xfe\"\n");
    body.extend(r#"{"jurisdiction": "demo", "text": "路灯不亮", "idempotency_key": "x"}"#.bytes());
    body.extend(b"\n{\"jurisdiction\": \"nowhere\", \"text\": \"a\"}\n");
    body.extend(r#"{"jurisdiction": "demo", "text": "路灯不亮", "idempotency_key": "x"}"#.bytes());
    let results = batch(&site(), body).await;
    let told: Vec<(u64, u64, &str)> = results
        .iter()
        .map(|it| {
            (it["line"].as_u64().unwrap(), it["status"].as_u64().unwrap(), it["problem"]["code"].as_str().unwrap_or(""))
        })
        .collect();
    assert_eq!(
        told[..5],
        [
            (1, 201, ""),
            (3, 400, "malformed_body"),
            (4, 400, "not_utf8"),
            (5, told[3].1, ""),
            (6, 422, "invalid_request")
        ]
    );
    // The two lines with one key run side by side: whichever is second gets the first one's ticket.
    let mut statuses = [told[3].1, told[5].1];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201]);
    assert_eq!(results[3]["ticket"]["id"], results[5]["ticket"]["id"]);
}

#[tokio::test]
async fn a_batch_has_an_end() {
    let settings = Settings { batch_lines: 3, body_bytes: 4_096, ..Settings::default() };
    let site = with(super::site::RULES, Vec::new(), &settings);
    let results = batch(&site, format!("{}\n", ticket("路灯不亮")).repeat(5)).await;
    assert_eq!((results.len(), &results[3]["problem"]["code"]), (4, &json!("batch_too_long")));
    let results = batch(&site, format!("{}\n{}", ticket("路灯不亮"), "x".repeat(10_000))).await;
    assert_eq!((results.len(), &results[1]["problem"]["code"]), (2, &json!("body_too_large")));
}

#[tokio::test]
async fn a_rule_that_overruns_leaves_service_and_says_so() {
    let rules = r#"route("bad.loop", #{ any: ["涨价"], when: |t| { let n = 0; if t.has("amount") { while true { n += 1; } } true },
        then: #{ lead: "区交通局", weight: 4 }, basis: "示" });"#;
    let site = with(rules, Vec::new(), &Settings::default());
    let first = site.post("/v1/triage", ticket("涨价500元")).await.json();
    assert_eq!((&first["failed_rules"][0]["overrun"], &first["outcome"]), (&json!(true), &json!("queued")));
    assert_eq!(site.get("/v1/rules").await.json()["jurisdictions"]["demo"]["suspended"], json!(["bad.loop"]));
    let second = site.post("/v1/triage", ticket("涨价500元")).await.json();
    assert_eq!((&second["failed_rules"], &second["made_with"]["suspended"]), (&json!([]), &json!(["bad.loop"])));
    assert_eq!(site.get("/readyz").await.json()["status"], "degraded");
}
