//! Same requester, same matter: found at intake, shown, proposed for refusal where the rules say so, never merged.

use paidan::access::Token;
use paidan::config::Settings;
use paidan::ticket::{Actor, Role};
use serde_json::{Value, json};

use super::site::{RULES, Site, with};

const NOISE: &str = "丽发新城小区旁边的搅拌站昼夜施工，噪音和粉尘严重影响居民休息，老人孩子天天咳嗽，要求查处搬迁";
const REPEATS: &str = r#"
admit("refuse.again", #{ when: |t| t.repeat_open + t.repeat_done >= 1, then: #{ refuse: 5, why: "重复" }, basis: "示" });
warn("repeat.shared", #{ when: |t| t.same_matter >= 3, then: #{ level: "yellow", why: "集中反映" }, basis: "示" });
"#;

fn body(phone: &str, text: &str) -> String {
    json!({ "jurisdiction": "demo", "text": text, "requester": { "phone": phone } }).to_string()
}

async fn post(site: &Site, phone: &str, text: &str) -> Value {
    let reply = site.post("/v1/tickets", body(phone, text)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn hn_07_the_same_requester_with_the_same_matter_is_shown_the_earlier_ticket() {
    let site = with(REPEATS, Vec::new(), &Settings::default());
    let first = post(&site, "13800138000", NOISE).await;
    assert_eq!((&first["outcome"], &first["earlier"]), (&json!("queued"), &json!([])));
    let again = post(&site, "138-0013-8000", &format!("您好，{NOISE}，谢谢")).await;
    assert_ne!(first["id"], again["id"], "never merged");
    assert_eq!(
        (&again["outcome"], &again["phase"]),
        (&json!("refusal_proposed"), &json!("queued")),
        "a person confirms"
    );
    let earlier = &again["earlier"][0];
    assert_eq!((&earlier["ticket"], &earlier["phase"]), (&first["id"], &json!("queued")));
    assert_eq!(earlier["relation"], "same_requester_same_matter");
    assert!(earlier["similarity"].as_u64().is_some_and(|it| (300..=1000).contains(&it)), "{earlier}");
    let path = format!("/v1/tickets/{}", again["id"].as_str().expect("an id"));
    let dossier = site.get(&path).await.json();
    assert_eq!(dossier["decision"]["earlier"], again["earlier"]);
    assert_eq!(dossier["decision"]["facts"]["repeats"], 1);
    let claimed = json!({ "jurisdiction": "demo", "ticket": again["id"] }).to_string();
    assert_eq!(site.post("/v1/queue/claim", claimed).await.json()["decision"]["earlier"], again["earlier"]);
    let other = post(&site, "13800138000", "小区门口的路灯坏了半个月，晚上漆黑一片，请派人维修").await;
    assert_eq!((&other["outcome"], &other["earlier"]), (&json!("queued"), &json!([])));
}

#[tokio::test]
async fn hn_07_an_earlier_ticket_that_was_refused_is_shown_and_proposes_nothing() {
    let site = with(REPEATS, Vec::new(), &Settings::default());
    let first = post(&site, "13800138000", NOISE).await;
    let claim = json!({ "jurisdiction": "demo", "ticket": first["id"] }).to_string();
    let fence = site.post("/v1/queue/claim", claim).await.json()["fence"].clone();
    let refuse = json!({ "fence": fence, "code": 5, "reason": "请拨打119" }).to_string();
    let path = format!("/v1/queue/{}/refuse", first["id"].as_str().expect("an id"));
    assert_eq!(site.post(&path, refuse).await.json()["phase"], "refused");
    let again = post(&site, "13800138000", NOISE).await;
    assert_eq!((&again["outcome"], &again["earlier"][0]["phase"]), (&json!("queued"), &json!("refused")));
}

#[tokio::test]
async fn hn_26_three_requesters_with_one_matter_are_seen_together() {
    let site = with(REPEATS, Vec::new(), &Settings::default());
    for (phone, shown, warning) in
        [("13800138000", 0, "none"), ("13800138001", 1, "none"), ("13800138002", 2, "yellow")]
    {
        let receipt = post(&site, phone, NOISE).await;
        assert_eq!(receipt["earlier"].as_array().map(Vec::len), Some(shown), "{receipt}");
        assert_eq!((&receipt["warning"], &receipt["outcome"]), (&json!(warning), &json!("queued")));
    }
}

#[tokio::test]
async fn whoever_may_not_see_tickets_learns_nothing_of_earlier_ones() {
    let token =
        |name: &str, role| Token::new(name, name, Actor { role, jurisdiction: "demo".into(), ..Actor::default() });
    let tokens = vec![token("p", Role::Platform), token("m", Role::KnowledgeMaintainer), token("a", Role::Auditor)];
    let site = with(REPEATS, tokens, &Settings::default());
    let receipt = site.post_with("/v1/tickets", &[("authorization", "Bearer p")], body("13800138000", NOISE)).await;
    for (name, shown) in [("p", 1), ("m", 0)] {
        let bearer = format!("Bearer {name}");
        let headers = [("authorization", bearer.as_str())];
        let decision = site.post_with("/v1/triage", &headers, body("13800138000", NOISE)).await.json();
        assert_eq!(decision["earlier"].as_array().map_or(0, Vec::len), shown, "{name}");
    }
    let path = format!("/v1/tickets/{}", receipt.json()["id"].as_str().expect("an id"));
    for path in [path.clone(), format!("{path}/events")] {
        let request = axum::http::Request::get(path).header("authorization", "Bearer a");
        let seen = site.send(request.body(axum::body::Body::empty()).expect("a request")).await;
        assert_eq!(seen.status, 200);
        let key = paidan::matter::Trace::new("", "13800138000", &Default::default()).requester.expect("a key");
        assert!(!seen.text.contains(key.as_str()), "a digest of a number can be tried out: it is covered");
    }
}

#[tokio::test]
async fn cb_05_a_text_with_two_matters_is_proposed_to_be_split_and_nothing_is_split() {
    let rules = format!(
        "{RULES}\nroute(\"bus.line\", #{{ any: [\"公交\"], then: #{{ lead: \"区交通局\", weight: 4 }}, basis: \"示\" }});"
    );
    let site = with(&rules, Vec::new(), &Settings::default());
    let text = "反映两件事：一、门口的超市每天都在涨价；二、三路公交车等一个小时也不来。";
    let receipt = post(&site, "", text).await;
    let parts = receipt["proposed_split"].as_array().expect("parts");
    let shown: Vec<(&str, &str)> = parts
        .iter()
        .map(|part| {
            let at = |name: &str| part[name].as_u64().expect("an offset") as usize;
            (part["lead"].as_str().expect("a lead"), &text[at("start")..at("end")])
        })
        .collect();
    let wanted = [("区市场监管局", "一、门口的超市每天都在涨价；"), ("区交通局", "二、三路公交车等一个小时也不来。")];
    assert_eq!(shown, wanted);
    assert_eq!(receipt["outcome"], "queued", "two units are too close, and nobody is sent anything");
    for one in ["超市涨价，另外店员态度也不好，请查处", "一、超市天天都在涨价了；二、隔壁超市也在涨价。"]
    {
        assert_eq!(post(&site, "", one).await["proposed_split"], json!([]), "{one}");
    }
}
