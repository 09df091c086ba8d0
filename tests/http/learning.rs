//! Learning from people: what was decided speaks for the next request, models are trained, used and taken back, and history
//! becomes a draft of rules.

use paidan::config::Settings;
use paidan::releases::EditedIn;
use serde_json::{Value, json};

use super::site::{RULES, Reply, Site, site, ticket, with};

/// The jurisdiction's rules with the shipped evidence.
fn rules() -> String {
    [RULES, include_str!("../../rules/common/route.rhai")].join("\n")
}

fn learner() -> Site {
    with(&rules(), Vec::new(), &Settings { source: EditedIn::Api, ..Settings::default() })
}

async fn claim(site: &Site, id: &str) -> Value {
    let body = json!({ "jurisdiction": "demo", "ticket": id }).to_string();
    site.post_with("/v1/queue/claim", &[("x-paidan-person", "甲")], body).await.json()
}

/// A ticket that a person dispatched.
async fn dispatched(site: &Site, text: &str, lead: &str) -> String {
    let id = site.ticket(text).await;
    let fence = claim(site, &id).await["fence"].clone();
    let body = json!({ "fence": fence, "lead": lead }).to_string();
    let reply = site.post_with(&format!("/v1/queue/{id}/dispatch"), &[("x-paidan-person", "甲")], body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    id
}

const LAMPS: [&str; 3] = [
    "小区门口的路灯坏了半个月，晚上漆黑一片，请维修。联系电话13800138000",
    "解放路的路灯不亮，晚上走路漆黑一片，请尽快维修",
    "公园门口路灯坏了，晚上漆黑，请派人维修",
];
const DARK: &str = "学校门口的路灯坏了，晚上漆黑一片，请维修";

#[tokio::test]
async fn what_a_person_decided_is_found_by_the_next_request() {
    let site = learner();
    let before = site.post("/v1/triage", ticket(DARK)).await.json();
    assert_eq!((&before["facts"]["similar"], &before["lead"]["ranking"]), (&Value::Null, &json!([])), "{before}");
    for text in LAMPS {
        dispatched(&site, text, "区交通局").await;
        let now = site.post("/v1/triage", ticket(text)).await.json();
        assert_eq!(now["facts"]["similar"]["unit"], "区交通局", "at once: {now}");
    }
    let id = site.ticket(DARK).await;
    let decision = &site.get(&format!("/v1/tickets/{id}")).await.json()["decision"];
    let similar = &decision["facts"]["similar"];
    assert_eq!(
        (&similar["count"], decision["precedents"].as_array().map(Vec::len)),
        (&json!(3), Some(3)),
        "{decision}"
    );
    assert!(similar["score"].as_i64().is_some_and(|score| score > 500), "{similar}");
    assert_eq!(decision["lead"]["votes"][0]["rule"], "evidence.similar");
    // Evidence of this kind alone dispatches nothing.
    assert_eq!((&decision["outcome"], &decision["lead"]["value"]), (&json!("queued"), &json!("")));
}

#[tokio::test]
async fn a_claim_comes_with_units_their_reasons_and_tickets_that_are_alike() {
    let site = learner();
    for text in LAMPS {
        dispatched(&site, text, "区交通局").await;
    }
    let id = site.ticket(DARK).await;
    let claimed = claim(&site, &id).await;
    let suggested = &claimed["suggestions"];
    let (unit, like) = (&suggested["units"][0], &suggested["similar"]);
    assert_eq!((&unit["unit"], &unit["similar"], &unit["returned"]), (&json!("区交通局"), &json!(3), &json!(0)));
    assert!(unit["reasons"].to_string().contains("3 件相似工单由它办理"), "{unit}");
    assert_eq!(like.as_array().map(Vec::len), Some(3));
    for one in like.as_array().expect("tickets") {
        assert_eq!((&one["unit"], &one["days_ago"]), (&json!("区交通局"), &json!(0)), "{one}");
        let text = one["text"].as_str().expect("a text");
        assert!(text.contains("路灯") && !text.contains("13800138000"), "{text}");
        assert!(one["ticket"] != id.as_str() && one["likeness"].as_i64().is_some_and(|it| it >= 100), "{one}");
    }
    assert_eq!(site.get(&format!("/v1/queue/{id}/suggestions")).await.json(), *suggested);
    let unknown = site.get("/v1/queue/DM-20220929-09999/suggestions").await;
    assert_eq!(unknown.problem(), (404, "unknown_ticket".into()));
}

#[tokio::test]
async fn a_return_takes_the_lesson_back() {
    let site = learner();
    let id = dispatched(&site, LAMPS[0], "区交通局").await;
    let similar = async || site.post("/v1/triage", ticket(LAMPS[0])).await.json()["facts"]["similar"].clone();
    assert_eq!(similar().await["unit"], "区交通局");
    let command = async |body: Value, role: &str, unit: &str| -> Reply {
        // Nobody grants the return that they asked for.
        let mut headers = vec![("x-paidan-person", if role == "unit" { "丁" } else { "丙" }), ("x-paidan-role", role)];
        if !unit.is_empty() {
            headers.extend([("x-paidan-unit", unit), ("x-paidan-post", "liaison")]);
        }
        site.post_with(&format!("/v1/tickets/{id}/commands"), &headers, body.to_string()).await
    };
    let asked = json!({ "command": "return", "reason": "不属我局职责", "basis": "三定方案" });
    let reply = command(asked, "unit", "区交通局").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let reply = command(
        json!({ "command": "decide_return", "granted": true, "reason": "同意", "lead": "区市场监管局" }),
        "center",
        "",
    )
    .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(similar().await["unit"], "区市场监管局");
    let next = site.ticket(DARK).await;
    let units = claim(&site, &next).await["suggestions"]["units"].clone();
    let (first, all) = (&units[0], units.to_string());
    assert_eq!((&first["unit"], &first["returned"]), (&json!("区市场监管局"), &json!(0)), "{all}");
}

/// A hundred and fifty texts of two units.
fn lines() -> Vec<Value> {
    let things = ["路灯", "红绿灯", "站牌", "公交站台", "井盖", "斑马线", "护栏", "人行道", "天桥", "减速带"];
    let troubles =
        ["坏了", "不亮", "倒了", "缺失", "松动", "晚上看不清", "很危险", "没人修", "被撞了", "有裂缝", "生锈了"];
    let shops = ["超市", "餐馆", "早餐店", "药店", "水果店", "理发店", "美容院", "健身房", "菜市场", "便利店"];
    let cheats = [
        "卖假货",
        "不退款",
        "缺斤少两",
        "乱收费",
        "食品过期",
        "没有营业执照",
        "虚假宣传",
        "强制消费",
        "价格欺诈",
        "涨价",
        "不给发票",
    ];
    let roads = things.iter().flat_map(|thing| troubles.map(|trouble| (format!("{thing}{trouble}，请处理"), "dm-jt")));
    let markets = shops.iter().flat_map(|shop| cheats.map(|cheat| (format!("这家{shop}{cheat}，请处理"), "工商局")));
    roads.chain(markets).map(|(text, label)| json!({ "text": text, "label": label })).collect()
}

async fn trained(site: &Site, body: Value) -> Value {
    let reply = site.post("/v1/rules/demo/models", body.to_string()).await;
    assert_eq!((reply.status, &reply.json()["running"]), (202, &json!(true)), "{}", reply.text);
    loop {
        let list = site.get("/v1/rules/demo/models").await.json();
        if list["training"]["running"] == false {
            return list;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_model_decides_only_when_somebody_puts_it_to_use_and_the_rollback_is_the_older_one() {
    let site = learner();
    let text = "天桥护栏松动，请处理";
    let learned = async || site.post("/v1/triage", ticket(text)).await.json();
    let list = trained(&site, json!({ "lines": lines() })).await;
    let model = &list["models"][0];
    assert_eq!((&model["number"], &model["examples"], &list["in_use"]), (&json!(1), &json!(220), &json!([])), "{list}");
    assert!(model["report"]["accuracy"].as_i64().is_some_and(|it| it > 900), "{model}");
    let before = learned().await;
    assert_eq!((&before["facts"]["learned"], &before["made_with"]["models"]), (&Value::Null, &Value::Null), "{before}");

    let put = async |body: Value| site.post("/v1/rules/demo/models/use", body.to_string()).await;
    assert_eq!(put(json!({ "number": 1 })).await.json()["number"], 1);
    let decision = learned().await;
    let facts = &decision["facts"]["learned"];
    assert_eq!((&facts["unit"], &facts["sure"]), (&json!("区交通局"), &json!(true)), "{facts}");
    assert_eq!((&decision["lead"]["value"], &decision["outcome"]), (&json!("区交通局"), &json!("dispatched")));
    assert_eq!(decision["made_with"]["models"], json!([model["digest"]]));

    let number = trained(&site, json!({ "lines": lines() })).await["models"][0]["number"].clone();
    assert_eq!(number, 2);
    assert_eq!(put(json!({ "number": 2 })).await.status, 200);
    assert_eq!(site.delete("/v1/rules/demo/models/2").await.problem(), (422, "invalid_request".into()));
    assert_eq!(put(json!({ "number": 1 })).await.status, 200);
    assert!(site.delete("/v1/rules/demo/models/2").await.json()["discarded"]["at"].is_string());
    assert_eq!(put(json!({ "number": 2 })).await.problem(), (422, "invalid_request".into()));
    assert_eq!(put(json!({ "number": 7 })).await.problem(), (404, "unknown_model".into()));
    assert_eq!(put(json!({ "number": 1, "target": "nature" })).await.problem(), (422, "invalid_request".into()));
    assert_eq!(put(json!({})).await.json()["number"], Value::Null);
    assert_eq!(learned().await["facts"]["learned"], Value::Null);
}

#[tokio::test]
async fn too_few_examples_make_no_model_and_say_so() {
    let site = site();
    dispatched(&site, LAMPS[0], "区交通局").await;
    let list = trained(&site, json!({})).await;
    assert!(list["training"]["error"].as_str().is_some_and(|it| it.contains("1 件") && it.contains("200")), "{list}");
    assert_eq!(list["models"], json!([]));
    let natures = site.post("/v1/rules/demo/models", json!({ "target": "nature" }).to_string()).await;
    assert_eq!(natures.problem(), (422, "invalid_request".into()));
}

#[tokio::test]
async fn history_becomes_a_draft_that_passes_its_own_cases() {
    let site = learner();
    let mut lines = lines();
    lines.push(json!({ "text": "路灯坏了", "label": "无此局" }));
    let body = json!({ "lines": lines, "support": 3, "map": { "dm-jt": "区交通局" } }).to_string();
    let reply = site.post("/v1/rules/demo/mine", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mined = reply.json();
    assert_eq!(mined["mined"]["unknown"], json!({ "无此局": 1 }));
    let rules = mined["mined"]["rules"].as_array().expect("rules");
    assert!(rules.iter().any(|rule| rule["label"] == "区交通局"), "{mined}");
    assert!(rules.iter().all(|rule| rule["precision"].as_i64().is_some_and(|it| it >= 900)), "{mined}");
    let draft = mined["draft"]["id"].as_str().expect("a draft");
    let checked = site.post(&format!("/v1/drafts/demo/{draft}/check"), "{}").await.json();
    assert_eq!((&checked["sound"], &checked["failed_cases"]), (&json!(true), &json!([])), "{checked}");
    assert_eq!(checked["cases"], rules.len());
    let files = site.get(&format!("/v1/releases/demo/files?draft={draft}&path=rules/demo/mined.rhai")).await.json();
    let script = files["files"]["rules/demo/mined.rhai"].as_str().expect("a file").to_owned();
    assert!(script.contains("历史工单统计：支持"), "{script}");
    assert_eq!(paidan::rules::format("mined.rhai", &script).as_deref(), Ok(script.as_str()));
}

#[tokio::test]
async fn what_a_model_was_sure_of_is_judged_by_what_people_make_of_it() {
    let site = learner();
    trained(&site, json!({ "lines": lines() })).await;
    site.post("/v1/rules/demo/models/use", json!({ "number": 1 }).to_string()).await;
    let headers = [("x-paidan-person", "丙"), ("x-paidan-role", "center")];
    for (text, lead) in [("天桥护栏松动，请处理", "区市场监管局"), ("井盖缺失，请处理", "区交通局")]
    {
        let id = site.ticket(text).await;
        let body = json!({ "command": "redispatch", "lead": lead, "reason": "按职责" }).to_string();
        let reply = site.post_with(&format!("/v1/tickets/{id}/commands"), &headers, body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        for recorded in site.app.store().events(&id.parse().expect("an id")).expect("events") {
            site.app.heard(&recorded).expect("it is counted");
        }
    }
    let metrics = site.get("/metrics").await.text;
    for line in [
        "paidan_learned_total{jurisdiction=\"demo\",sure=\"yes\"} 2",
        "paidan_learned_judged_total{jurisdiction=\"demo\",verdict=\"wrong\"} 1",
        "paidan_learned_judged_total{jurisdiction=\"demo\",verdict=\"right\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
}
