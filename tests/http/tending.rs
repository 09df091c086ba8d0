//! What tends the knowledge base: drafts out of closed tickets, campaigns, guided answers, policies told to subscribers.

use axum::http::StatusCode;
use paidan::knowledge::Entry;
use paidan::outbox::{Limits, Outbox};
use paidan::store::{Append, Target};
use paidan::ticket::{Actor, Event, TicketId};
use serde_json::{Value, json};

use super::receiver::receiver;
use super::site::{Site, now, site};

/// What a ticket says while it closes; that closing says it is for the scenarios to show.
fn close(site: &Site, ticket: &str, answer: &str) {
    let id: TicketId = ticket.parse().expect("a number");
    let known = site.app.store().ticket(&id).expect("it can be read").expect("it is there");
    let drafted =
        Event::EntryDrafted { question: known.summary, answer: answer.into(), owner: "区市场监管局".into() };
    let target = Target::Known { id, expected: known.version, fence: None };
    let append = Append { target, at: now(), actor: Actor::system(), events: vec![drafted], key: None };
    site.app.store().append(append).expect("it is stored");
}

async fn drafts(site: &Site) -> usize {
    let app = site.app.clone();
    tokio::task::spawn_blocking(move || app.draft_entries()).await.expect("it ends").expect("it is stored")
}

async fn act(site: &Site, id: &str, person: &str, act: &str) -> Value {
    let path = format!("/v1/knowledge/articles/{id}");
    let revision = site.get(&format!("{path}?jurisdiction=demo")).await.json()["revision"].clone();
    let wish = json!({ "jurisdiction": "demo", "revision": revision, "act": act });
    let done = site.post_with(&format!("{path}/acts"), &[("x-paidan-person", person)], wish.to_string()).await;
    assert_eq!(done.status, 200, "{act}: {}", done.text);
    done.json()
}

/// LH-08: closing a 咨询 makes a draft of the unit that answered, linked to the ticket, without personal data; it answers
/// nobody before somebody reviewed it.
#[tokio::test]
async fn lh_08_a_closed_consultation_becomes_a_draft_of_its_unit() {
    let site = site();
    let question = "摆摊许可怎么办理？我的电话13876543210";
    let ticket = site.ticket(question).await;
    assert_eq!(drafts(&site).await, 0);
    close(&site, &ticket, "到二楼窗口，张先生13911112222，座机0898-66778899");
    assert_eq!(drafts(&site).await, 1);
    assert_eq!(drafts(&site).await, 0, "nothing is done twice");
    let id = format!("ticket-{}", ticket.to_lowercase());
    let article = site.get(&format!("/v1/knowledge/articles/{id}?jurisdiction=demo")).await.json();
    let draft = &article["draft_entry"];
    assert_eq!(draft["question"], "摆摊许可怎么办理？我的电话〔略〕", "{article}");
    assert_eq!(draft["answer"], "到二楼窗口，张先生〔略〕，座机0898-66778899", "an office may be called");
    assert_eq!((&draft["owner"], &draft["source"]), (&json!("区市场监管局"), &json!(format!("工单 {ticket}"))));
    assert_eq!(article["state"], "draft");
    let hit = json!({ "jurisdiction": "demo", "text": "摆摊许可怎么办理" });
    let asked = || async { site.post("/v1/knowledge/hit", hit.to_string()).await.json()["answer"]["entry"].clone() };
    assert_ne!(asked().await, json!(id), "nobody reviewed it");
    act(&site, &id, "甲", "submit").await;
    act(&site, &id, "乙", "approve").await;
    assert_eq!(asked().await, json!(id));
}

fn publish(site: &Site, entry: Entry) {
    let (entry, actor) = (Entry { owner: "区市场监管局".into(), ..entry }, Actor::system());
    site.app.store().put_entry("demo", entry, actor, now()).expect("it is stored");
}

/// RC-10, CB-24: a policy that is published is told to those who subscribed to its topic and to a tag of it.
#[tokio::test]
async fn rc_10_cb_24_a_published_policy_is_told_by_topic_and_tag() {
    let site = site();
    let policy = |id: &str, topic: &str, tags: &[&str]| Entry {
        id: id.into(),
        question: format!("{id}补贴怎么申请"),
        answer: "按季度申请".into(),
        topic: topic.into(),
        tags: tags.iter().map(ToString::to_string).collect(),
        policy: true,
        ..Entry::default()
    };
    publish(&site, policy("before", "市场", &["高新技术企业"]));
    let mut told = receiver(|_| StatusCode::OK).await;
    let mut tickets = receiver(|_| StatusCode::OK).await;
    told.subscribe(&site, json!({ "topics": ["市场"], "tags": ["高新技术企业", "专精特新"] })).await;
    tickets.subscribe(&site, json!({})).await;
    for (id, tag) in [("91371082MA3C1234XX", "专精特新"), ("91371082MA3C5678XX", "个体工商户")] {
        let record = json!({ "name": "示例公司", "tags": [tag] });
        let put = site.put(&format!("/v1/enterprises/{id}?jurisdiction=demo"), record.to_string()).await;
        assert_eq!((put.status, &put.json()["tags"]), (200, &json!([tag])), "{}", put.text);
    }
    let outbox = Outbox::start(site.app.clone(), Limits::default());
    publish(&site, policy("p-traffic", "交通", &["专精特新"]));
    publish(&site, policy("p-plain", "市场", &["个体工商户"]));
    publish(&site, Entry { policy: false, ..policy("p-none", "市场", &["专精特新"]) });
    let wanted = policy("p-1", "市场", &["专精特新"]);
    let wish = json!({ "jurisdiction": "demo", "revision": 0, "entry": Entry { owner: "工商局".into(), ..wanted } });
    let saved = site.put("/v1/knowledge/articles/p-1/draft", wish.to_string()).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    act(&site, "p-1", "甲", "submit").await;
    act(&site, "p-1", "乙", "approve").await;
    site.ticket("超市涨价").await;
    let event = told.next().await.json();
    assert_eq!((&event["type"], &event["subject"]), (&json!("paidan.policy.published"), &json!("p-1")), "{event}");
    assert_eq!((&event["data"]["owner"], &event["data"]["tags"]), (&json!("区市场监管局"), &json!(["专精特新"])));
    assert_eq!(event["data"]["enterprises"], json!(["91371082MA3C1234XX"]), "whose record has a tag of it");
    let got = tickets.several(3).await;
    assert!(got.iter().all(|it| it.json()["type"].as_str().is_some_and(|kind| kind.starts_with("paidan.ticket."))));
    outbox.stop().await;
    assert!(told.nothing_more() && tickets.nothing_more(), "each is told what it asked for");
}

#[tokio::test]
async fn topics_without_the_kind_are_refused() {
    let site = site();
    let wish = json!({ "url": "http://127.0.0.1:1/", "kinds": ["received"], "tags": ["高新技术企业"] });
    let refused = site.post("/v1/subscriptions", wish.to_string()).await;
    assert_eq!((refused.status, &refused.json()["errors"][0]["field"]), (422, &json!("tags")), "{}", refused.text);
}

async fn write(site: &Site, entry: &Value) {
    let id = entry["id"].as_str().expect("an id");
    let wish = json!({ "jurisdiction": "demo", "revision": 0, "entry": entry });
    let saved = site.put(&format!("/v1/knowledge/articles/{id}/draft"), wish.to_string()).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    act(site, id, "甲", "submit").await;
    act(site, id, "乙", "approve").await;
}

/// HK-06: a set of entries is switched on and off together by its first and last day.
#[tokio::test]
async fn hk_06_a_campaign_is_switched_on_and_off() {
    let site = site();
    for (id, question) in [("xbh-1", "消博会门票怎么预约"), ("xbh-2", "消博会地铁接驳怎么坐")] {
        let entry = json!({
            "id": id, "question": question, "answer": format!("{id}的答复"), "owner": "工商局", "campaign": "消博会",
            "valid_from": "2022-01-01", "valid_until": "2022-01-31"
        });
        write(&site, &entry).await;
    }
    let asked = || async {
        let hit = json!({ "jurisdiction": "demo", "text": "消博会门票怎么预约" });
        site.post("/v1/knowledge/hit", hit.to_string()).await.json()["answer"]["entry"].clone()
    };
    let listed =
        || async { site.get("/v1/knowledge/campaigns?jurisdiction=demo").await.json()["campaigns"][0].clone() };
    assert_eq!((asked().await, listed().await["in_force"].clone()), (Value::Null, json!(0)));
    let path = "/v1/knowledge/campaigns/%E6%B6%88%E5%8D%9A%E4%BC%9A";
    let days =
        |until: &str| json!({ "jurisdiction": "demo", "valid_from": "2022-09-01", "valid_until": until }).to_string();
    let on = site.put(path, days("2022-10-31")).await;
    assert_eq!(
        (on.status, &on.json()["in_force"], &on.json()["agreed"]),
        (200, &json!(2), &json!(true)),
        "{}",
        on.text
    );
    assert_eq!(asked().await, "xbh-1");
    site.put(path, days("2022-09-28")).await;
    assert_eq!((asked().await, listed().await["in_force"].clone()), (Value::Null, json!(0)), "off since yesterday");
    assert_eq!(site.put(path, days("2022-08-31")).await.status, 422, "it ends before it begins");
    let unknown = site.put("/v1/knowledge/campaigns/none", days("2022-10-31")).await;
    assert_eq!(unknown.problem(), (404, "unknown_campaign".into()));
}

/// HK-13: the service asks one question at a time, remembers nothing, and says what can be chosen.
#[tokio::test]
async fn hk_13_a_question_is_answered_in_steps() {
    let site = site();
    let guide = json!([{ "ask": "开什么店？", "options": [
        { "text": "餐饮店", "answer": "先办食品经营许可" }, { "text": "其他", "entry": "dm-001" }
    ] }]);
    let entry = json!({
        "id": "open", "question": "开店手续怎么办", "answer": "先办执照", "owner": "工商局", "guide": guide,
        "related": ["dm-001"]
    });
    write(&site, &entry).await;
    let ask = |choices: Value| {
        let wish = json!({ "jurisdiction": "demo", "text": "开店手续怎么办", "choices": choices });
        let site = site.clone();
        async move { site.post("/v1/knowledge/ask", wish.to_string()).await }
    };
    let first = ask(json!([])).await.json();
    assert_eq!(first, json!({ "question": { "ask": "开什么店？", "options": ["餐饮店", "其他"] } }));
    let answer = ask(json!(["餐饮店"])).await.json()["answer"].clone();
    assert_eq!((&answer["text"], &answer["owner"]), (&json!("先办食品经营许可"), &json!("区市场监管局")));
    assert_eq!(answer["related"][0]["question"], "营业执照怎么办理");
    assert_eq!((&answer["as_of"], &answer["entry"]), (&json!("2022-09-29"), &json!("open")));
    assert_eq!(ask(json!(["2"])).await.json()["answer"]["entry"], "dm-001", "the other entry answers");
    let unknown = ask(json!(["书店"])).await;
    assert_eq!(unknown.problem(), (422, "invalid_request".into()));
    assert!(unknown.text.contains("可选：餐饮店、其他"), "{}", unknown.text);
    let nothing = json!({ "jurisdiction": "demo", "text": "火星旅行" });
    assert_eq!(site.post("/v1/knowledge/ask", nothing.to_string()).await.json()["none"], "知识库中没有相关条目");
}
