//! 一企一档: records, their officers, and the tickets of an enterprise together (CB-05, RC-08).

use axum::body::Body;
use axum::http::Request;
use paidan::access::Token;
use paidan::ticket::{Actor, Role};
use serde_json::{Value, json};

use super::site::{RULES, Reply, Site, site, with_lifecycle};

const ID: &str = "91371082MA3C1234XX";
const AT: &str = "/v1/enterprises/91371082MA3C1234XX?jurisdiction=demo";
const COMPLAINT: &str = "超市涨价太多，请查处";

/// Complaints about prices have the topic 市场.
fn rules() -> String {
    RULES.replace(r#"nature: "投诉""#, r#"nature: "投诉", topic: "市场""#)
}

fn record() -> Value {
    json!({ "name": "示例商贸有限公司", "officers": [
        { "title": "服务专员", "person": "张三", "phone": "13800138000" },
        { "title": "市场专员", "person": "李四", "phone": "13900139000", "topics": ["市场"] },
        { "title": "项目管家", "person": "王五", "phone": "13700137000", "topics": ["交通"] },
    ] })
}

async fn put(site: &Site, record: &Value) -> Value {
    let reply = site.put(AT, record.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// A ticket of the enterprise, its id written with spaces.
async fn ticket(site: &Site, text: &str) -> String {
    let requester = json!({ "id": "91371082 ma3c 1234xx", "kind": "法人", "phone": "13600136000" });
    let body = json!({ "jurisdiction": "demo", "text": text, "requester": requester }).to_string();
    let reply = site.post("/v1/tickets", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["id"].as_str().expect("an id").to_owned()
}

async fn officers_told(site: &Site, id: &str) -> Vec<Value> {
    let ticket = site.get(&format!("/v1/tickets/{id}")).await.json()["ticket"].clone();
    let notices = ticket["life"]["notices"].as_array().expect("notices").clone();
    let told = notices.into_iter().filter(|notice| notice["kind"] == "officers");
    told.map(|notice| notice["to"].clone()).collect()
}

#[tokio::test]
async fn rc_08_the_officers_of_the_topic_are_told_of_a_dispatch() {
    let site = with_lifecycle(&rules(), Vec::new());
    let before = ticket(&site, COMPLAINT).await;
    assert_eq!(officers_told(&site, &before).await, [] as [Value; 0], "nobody is known yet");
    put(&site, &record()).await;
    let id = ticket(&site, COMPLAINT).await;
    assert_eq!(officers_told(&site, &id).await, [json!(["服务专员张三", "市场专员李四"])]);
    let queued = ticket(&site, "有件事想反映一下").await;
    assert_eq!(officers_told(&site, &queued).await, [] as [Value; 0], "told when it is dispatched");
    let claim = json!({ "jurisdiction": "demo", "ticket": queued }).to_string();
    let fence = site.post("/v1/queue/claim", claim).await.json()["fence"].clone();
    let dispatch = json!({ "fence": fence, "lead": "区交通局" }).to_string();
    assert_eq!(site.post(&format!("/v1/queue/{queued}/dispatch"), dispatch).await.status, 200);
    assert_eq!(officers_told(&site, &queued).await, [json!(["服务专员张三"])], "no topic: who has all of them");
    let stranger = site.ticket(COMPLAINT).await;
    assert_eq!(officers_told(&site, &stranger).await, [] as [Value; 0]);
}

#[tokio::test]
async fn cb_05_a_record_with_its_tickets_newest_first() {
    let site = with_lifecycle(&rules(), Vec::new());
    assert_eq!(site.get(AT).await.problem(), (404, "unknown_enterprise".into()));
    let ids = [ticket(&site, COMPLAINT).await, ticket(&site, "营业执照怎么办理").await];
    let unwritten = site.get(AT).await.json();
    assert_eq!((&unwritten["record"], unwritten["tickets"].as_array().map(Vec::len)), (&Value::Null, Some(2)));
    let stored = put(&site, &record()).await;
    assert_eq!((&stored["version"], &stored["id"], &stored["jurisdiction"]), (&json!(1), &json!(ID), &json!("demo")));
    assert_eq!(put(&site, &record()).await["version"], 1, "the same once more");
    let file = site.get(AT).await.json();
    assert_eq!(file["record"], stored);
    let tickets = file["tickets"].as_array().expect("tickets");
    let found: Vec<&str> = tickets.iter().filter_map(|ticket| ticket["id"].as_str()).collect();
    assert_eq!(found, [ids[1].as_str(), ids[0].as_str()]);
    let line = &tickets[1];
    for (field, value) in [
        ("phase", json!("dispatched")),
        ("stage", json!("已派单")),
        ("lead", json!("区市场监管局")),
        ("due", json!("2022-10-07T09:30:00Z")),
        ("warning", json!("none")),
        ("overdue", json!(false)),
        ("topic", json!("市场")),
    ] {
        assert_eq!(line[field], value, "{field}");
    }
    let first = site.get(&format!("{AT}&limit=1")).await.json();
    let next = first["next"].as_str().expect("more");
    let second = site.get(&format!("{AT}&limit=1&cursor={next}")).await.json();
    assert_eq!(second["tickets"][0]["id"], ids[0]);
    let listed = site.get("/v1/enterprises?jurisdiction=demo").await.json();
    assert_eq!(listed["enterprises"], json!([stored]));
    let behind = site.get(&format!("/v1/enterprises?jurisdiction=demo&cursor={ID}")).await.json();
    assert_eq!(behind["enterprises"], json!([]));
}

#[tokio::test]
async fn cb_05_a_record_that_lacks_something_is_refused() {
    let site = site();
    let officer = |officer: Value| json!({ "name": "某公司", "officers": [officer] });
    for (body, field) in [
        (json!({ "name": " " }), "name"),
        (officer(json!({ "title": "", "person": "张三" })), "officers[0].title"),
        (officer(json!({ "title": "服务专员", "person": "长".repeat(41) })), "officers[0].person"),
        (officer(json!({ "title": "服务专员", "person": "张三", "topics": ["市厂"] })), "officers[0].topics"),
        (json!({ "name": "某公司", "officers": vec![json!({ "title": "专员", "person": "张三" }); 21] }), "officers"),
    ] {
        let reply = site.put(AT, body.to_string()).await;
        assert_eq!(reply.problem().0, 422, "{body}");
        assert_eq!(reply.json()["errors"][0]["field"], field, "{}", reply.text);
    }
    let named = |path: &'static str| site.put(path, r#"{"name": "某公司"}"#);
    assert_eq!(named("/v1/enterprises/00000?jurisdiction=demo").await.problem().0, 422, "a placeholder is nobody");
    assert_eq!(named("/v1/enterprises/91371082MA3C1234XX?jurisdiction=nowhere").await.problem().0, 404);
    assert_eq!(named("/v1/enterprises/91371082MA3C1234XX").await.problem().0, 422);
    assert_eq!(site.get(&format!("{AT}&limit=201")).await.problem().0, 400);
    assert_eq!(site.get(&format!("{AT}&cursor=x")).await.problem().0, 400);
}

async fn as_role(site: &Site, role: Role, method: &str, path: &str, body: String) -> Reply {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request = request.header("authorization", format!("Bearer {role:?}"));
    site.send(request.body(Body::from(body)).expect("a request")).await
}

/// Who may write the record sees all of it; others see telephone numbers only with the right to personal data, and an id
/// that has no record only with it.
#[tokio::test]
async fn rc_08_telephone_numbers_are_for_those_who_may_see_them() {
    let roles = [
        // Writes, reads the numbers of the record, of the event.
        (Role::Platform, true, true, true),
        (Role::Dispatcher, true, true, true),
        (Role::Center, true, true, true),
        (Role::Admin, true, true, false),
        (Role::Unit, false, true, true),
        (Role::Office, false, false, false),
        (Role::Auditor, false, false, false),
    ];
    let token = |role: Role| {
        let name = format!("{role:?}");
        let unit = if role == Role::Unit { "区市场监管局".into() } else { String::new() };
        Token::new(&name, &name, Actor { role, jurisdiction: "demo".into(), unit, ..Actor::default() })
    };
    let site = with_lifecycle(&rules(), roles.iter().map(|it| token(it.0)).collect());
    let path = "/v1/enterprises/91371082MA3C1234XX";
    let requester = json!({ "id": ID });
    let body = json!({ "text": COMPLAINT, "requester": requester }).to_string();
    as_role(&site, Role::Platform, "POST", "/v1/tickets", body.clone()).await;
    for (role, _, _, personal) in roles {
        let reply = as_role(&site, role, "GET", path, String::new()).await;
        assert_eq!(reply.status, if personal { 200 } else { 404 }, "{role:?}: {}", reply.text);
    }
    for (role, writes, numbers, personal) in roles {
        let reply = as_role(&site, role, "PUT", path, record().to_string()).await;
        assert_eq!(reply.status, if writes { 200 } else { 403 }, "{role:?}: {}", reply.text);
        let taken = as_role(&site, Role::Platform, "POST", "/v1/tickets", body.clone()).await.json();
        let id = taken["id"].as_str().expect("an id");
        for path in [path, "/v1/enterprises"] {
            let read = as_role(&site, role, "GET", path, String::new()).await;
            assert!(read.text.contains("张三"), "{role:?}: {}", read.text);
            assert_eq!(read.text.contains("13800138000"), numbers, "{role:?} {path}");
        }
        let events = as_role(&site, role, "GET", &format!("/v1/tickets/{id}/events"), String::new()).await;
        assert!(events.text.contains("officers_named"), "{role:?}: {}", events.text);
        assert_eq!(events.text.contains("13800138000"), personal, "{role:?}");
        let ticket = as_role(&site, role, "GET", "/v1/tickets", String::new()).await;
        assert!(!ticket.text.contains("13800138000"), "{role:?}: the state holds no number");
    }
}
