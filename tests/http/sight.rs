//! An attacker's afternoon: tokens of the wrong role, unit and jurisdiction, and what they get to read.

use axum::body::Body;
use axum::http::Request;
use paidan::access::Token;
use paidan::config::Settings;
use paidan::outbox::wants;
use paidan::store::{Secret, Subscription};
use paidan::ticket::{Actor, Role};
use serde_json::{Value, json};

use super::access::routes;
use super::site::{RULES, Reply, Site, now, with, with_lifecycle};

const PHONE: &str = "13800138000";
const NAME: &str = "欧阳举报";
const SECRET: &str = "缺斤短两的事";
/// The requester's id: an enterprise.
const FIRM: &str = "91371082MA3C1234XX";

fn token(name: &str, role: Role, unit: &str) -> Token {
    Token::new(name, name, Actor { role, jurisdiction: "demo".into(), unit: unit.into(), ..Actor::default() })
}

fn tokens() -> Vec<Token> {
    let mut all = vec![
        token("hotline", Role::Platform, ""),
        token("business", Role::Platform, ""),
        token("seat", Role::Dispatcher, ""),
        token("seat2", Role::Dispatcher, ""),
        token("center", Role::Center, ""),
        token("market", Role::Unit, "区市场监管局"),
        token("traffic", Role::Unit, "区交通局"),
        token("office", Role::Office, ""),
        token("auditor", Role::Auditor, ""),
        token("admin", Role::Admin, ""),
        token("author", Role::RuleAuthor, ""),
        token("maintainer", Role::KnowledgeMaintainer, ""),
    ];
    let elsewhere = Actor { role: Role::Center, jurisdiction: "empty".into(), ..Actor::default() };
    all.push(Token::new("elsewhere", "elsewhere", elsewhere));
    all
}

async fn get(site: &Site, bearer: &str, path: &str) -> Reply {
    let request = Request::get(path).header("authorization", format!("Bearer {bearer}"));
    site.send(request.body(Body::empty()).expect("a request")).await
}

async fn post(site: &Site, bearer: &str, path: &str, body: Value) -> Reply {
    site.post_with(path, &[("authorization", &format!("Bearer {bearer}"))], body.to_string()).await
}

async fn command(site: &Site, bearer: &str, id: &str, body: Value) -> Reply {
    post(site, bearer, &format!("/v1/tickets/{id}/commands"), body).await
}

/// A ticket that goes to 区市场监管局 by itself.
async fn posted(site: &Site, confidential: bool) -> String {
    let text = format!("超市涨价，还有{SECRET}，请回电{PHONE}");
    let body = json!({ "text": text, "confidential": confidential, "requester": { "name": NAME, "phone": PHONE, "id": FIRM } });
    let reply = post(site, "hotline", "/v1/tickets", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["id"].as_str().expect("an id").to_owned()
}

/// Everything that can be read, as one of them reads it.
async fn everything(site: &Site, bearer: &str, id: &str) -> Vec<(String, Reply)> {
    let mut read = Vec::new();
    for (method, path, _) in routes(site) {
        if method != "get" || path == "/v1/events" {
            continue;
        }
        let asked = match path.as_str() {
            "/v1/enterprises/{id}" => format!("/v1/enterprises/{FIRM}?jurisdiction=demo"),
            other => other.replace("{jurisdiction}", "demo").replace("{id}", id).replace("{backtest}", "1"),
        };
        let asked = if asked.contains('{') { continue } else { asked };
        let query =
            matches!(asked.as_str(), "/v1/queue" | "/v1/enterprises" | "/v1/knowledge/gaps" | "/v1/knowledge/articles");
        let asked = if query { format!("{asked}?jurisdiction=demo") } else { asked };
        let reply = get(site, bearer, &asked).await;
        read.push((asked, reply));
    }
    read
}

/// HN-51: co-units see what they need, others nothing.
#[tokio::test]
async fn hn_51_a_unit_sees_its_own_tickets_and_no_others() {
    let site = with_lifecycle(RULES, tokens());
    let id = posted(&site, false).await;
    let one = format!("/v1/tickets/{id}");
    for path in ["", "/events", "/receipt", "/timeline", "/clocks"] {
        for bearer in ["traffic", "elsewhere"] {
            let reply = get(&site, bearer, &format!("{one}{path}")).await;
            assert_eq!(reply.problem(), (404, "unknown_ticket".into()), "{bearer} {path}");
        }
    }
    for (asked, reply) in everything(&site, "traffic", &id).await {
        let known = reply.text.contains(&id) && reply.status == 200;
        assert!(!known && !reply.text.contains(SECRET) && !reply.text.contains(PHONE), "{asked}: {reply:?}");
    }
    assert_eq!(get(&site, "traffic", &format!("/v1/enterprises/{FIRM}")).await.status, 404);
    assert_eq!(get(&site, "market", &format!("/v1/enterprises/{FIRM}")).await.status, 200);
    for body in [json!({"command": "note", "text": "a"}), json!({"command": "sign"})] {
        assert_eq!(command(&site, "traffic", &id, body).await.problem(), (404, "unknown_ticket".into()));
    }
    assert!(get(&site, "traffic", "/v1/tickets").await.json()["tickets"].as_array().is_some_and(Vec::is_empty));
    let lead = get(&site, "market", &one).await.text;
    assert!(lead.contains(PHONE) && lead.contains(NAME), "the lead works on it: {lead}");

    let added =
        command(&site, "center", &id, json!({"command": "add_assist", "unit": "区交通局", "task": "查运输"})).await;
    assert_eq!(added.status, 200, "{}", added.text);
    let shown = get(&site, "traffic", &one).await;
    assert!(shown.status == 200 && shown.text.contains("查运输") && shown.text.contains(SECRET), "{shown:?}");
    for (asked, reply) in everything(&site, "traffic", &id).await {
        assert!(!reply.text.contains(PHONE) && !reply.text.contains(NAME), "{asked}: {reply:?}");
    }
    let moved = json!({"command": "redispatch", "lead": "联动中心", "reason": "改派", "ground": "职责"});
    assert_eq!(command(&site, "center", &id, moved).await.status, 200);
    for bearer in ["market", "traffic"] {
        let before = get(&site, bearer, &one).await;
        assert!(before.status == 200 && !before.text.contains(PHONE), "{bearer} had it: covered");
    }
}

#[tokio::test]
async fn pages_of_a_unit_leave_no_gap_and_count_nothing_of_others() {
    let site = with(RULES, tokens(), &Settings::default());
    let mut own = Vec::new();
    for n in 0..9 {
        let text = if n % 3 == 0 { "超市涨价" } else { "路灯不亮" };
        let reply = post(&site, "hotline", "/v1/tickets", json!({"text": format!("{text}{n}")})).await.json();
        if n % 3 == 0 {
            own.push(reply["id"].as_str().expect("an id").to_owned());
        }
    }
    own.reverse();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&site, "market", &format!("/v1/tickets?limit=2{cursor}")).await.json();
        seen.extend(
            page["tickets"].as_array().expect("tickets").iter().map(|it| it["id"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, own);
    let queue = get(&site, "market", "/v1/queue?jurisdiction=demo").await.json();
    assert_eq!(queue["tickets"], json!([]), "what waits is nobody's");
    assert_eq!(
        get(&site, "seat", "/v1/queue?jurisdiction=demo").await.json()["tickets"].as_array().map(Vec::len),
        Some(6)
    );
}

/// LH-62, HN-50: whoever need not see personal data sees none, wherever they look.
#[tokio::test]
async fn hn_50_no_output_has_personal_data_for_those_who_need_none() {
    let site = with_lifecycle(RULES, tokens());
    let id = posted(&site, false).await;
    for body in [
        json!({"command": "sign"}),
        json!({"command": "contact", "channel": "电话", "note": format!("{PHONE}无人接听")}),
        json!({"command": "reply", "text": format!("已联系{PHONE}"), "evidence": [{"name": format!("{PHONE}.pdf"), "url": format!("https://x/{PHONE}")}]}),
        json!({"command": "return", "reason": format!("请问{PHONE}"), "basis": PHONE}),
    ] {
        let reply = command(&site, "market", &id, body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    for bearer in ["office", "auditor", "admin", "author", "maintainer"] {
        for (asked, reply) in everything(&site, bearer, &id).await {
            assert!(!reply.text.contains(PHONE) && !reply.text.contains(NAME), "{bearer} {asked}: {reply:?}");
        }
    }
    assert!(
        get(&site, "office", &format!("/v1/tickets/{id}")).await.text.contains(SECRET),
        "the matter itself is shown"
    );
}

/// HN-51: what the requester wants kept secret goes to those who handle it.
#[tokio::test]
async fn hn_51_a_confidential_ticket_shows_its_content_to_its_handlers() {
    let site = with_lifecycle(RULES, tokens());
    let id = posted(&site, true).await;
    let added = json!({"command": "add_assist", "unit": "区交通局", "task": "查运输"});
    assert_eq!(command(&site, "center", &id, added).await.status, 200);
    for bearer in ["business", "seat", "traffic", "office", "auditor", "admin", "author", "maintainer"] {
        for (asked, reply) in everything(&site, bearer, &id).await {
            let told = [SECRET, PHONE, NAME, "w.red", "market.price"].iter().any(|it| reply.text.contains(it));
            let rules = asked.starts_with("/v1/rules") || asked.starts_with("/v1/releases");
            assert!(!told || rules, "{bearer} {asked}: {reply:?}");
        }
        let known =
            ["author", "maintainer"].contains(&bearer) || get(&site, bearer, "/v1/tickets").await.text.contains(&id);
        assert!(known, "{bearer} is told that it is there");
    }
    assert!(get(&site, "traffic", &format!("/v1/tickets/{id}")).await.text.contains("查运输"), "and what it has to do");
    for bearer in ["hotline", "center", "market"] {
        let shown = get(&site, bearer, &format!("/v1/tickets/{id}")).await;
        assert!(shown.text.contains(SECRET) && shown.text.contains(PHONE), "{bearer} handles it: {shown:?}");
        assert!(!get(&site, bearer, "/v1/tickets").await.text.contains(SECRET), "{bearer}: lists show it without text");
    }
    let lift = json!({"command": "confidential", "confidential": false, "reason": "来件人同意公开"});
    for (bearer, status) in [("office", 403), ("business", 403), ("seat", 403), ("center", 200), ("center", 409)] {
        assert_eq!(command(&site, bearer, &id, lift.clone()).await.status, status, "{bearer}");
    }
    assert!(get(&site, "office", &format!("/v1/tickets/{id}")).await.text.contains(SECRET));
    let set = command(&site, "seat", &id, json!({"command": "confidential", "reason": "不宜公开"})).await;
    assert!(set.status == 200 && !set.text.contains(SECRET), "set by one who now does not see it: {set:?}");
}

#[tokio::test]
async fn the_holder_of_a_claim_reads_a_confidential_ticket_and_no_other_dispatcher() {
    let site = with(RULES, tokens(), &Settings::default());
    let body = json!({"text": format!("路灯不亮，{SECRET}"), "confidential": true});
    let id = post(&site, "hotline", "/v1/tickets", body).await.json()["id"].as_str().expect("an id").to_owned();
    let waiting = get(&site, "seat", "/v1/queue?jurisdiction=demo").await;
    assert!(waiting.text.contains(&id) && !waiting.text.contains(SECRET), "{waiting:?}");
    let claimed = post(&site, "seat", "/v1/queue/claim", json!({"jurisdiction": "demo"})).await;
    assert!(claimed.status == 200 && claimed.text.contains(SECRET), "{claimed:?}");
    assert!(get(&site, "seat", &format!("/v1/tickets/{id}")).await.text.contains(SECRET));
    for path in [format!("/v1/tickets/{id}"), format!("/v1/queue/{id}/suggestions"), format!("/v1/tickets/{id}/events")]
    {
        assert!(!get(&site, "seat2", &path).await.text.contains(SECRET), "{path}");
    }
    let gaps = get(&site, "maintainer", "/v1/knowledge/gaps?jurisdiction=demo").await;
    assert!(gaps.status == 200 && !gaps.text.contains(SECRET), "{gaps:?}");
}

fn subscription(role: Role, unit: &str, by: &str) -> Subscription {
    Subscription {
        id: "s".into(),
        url: "http://127.0.0.1:1/".into(),
        secret: Secret("s".into()),
        role,
        unit: unit.into(),
        by: by.into(),
        jurisdiction: "demo".into(),
        kinds: Vec::new(),
        categories: Vec::new(),
        topics: Vec::new(),
        tags: Vec::new(),
        created_at: now(),
        ended: None,
    }
}

#[tokio::test]
async fn a_subscription_is_told_of_what_its_unit_sees() {
    let site = with(RULES, tokens(), &Settings::default());
    let id = posted(&site, true).await;
    let ticket = site.app.store().ticket(&id.parse().expect("an id")).expect("readable").expect("there");
    let told = |role, unit: &str| wants(&subscription(role, unit, "hotline"), "received", &ticket);
    assert!(told(Role::Unit, "区市场监管局") && !told(Role::Unit, "区交通局") && !told(Role::Unit, ""));
    for (role, by, all) in
        [(Role::Platform, "hotline", true), (Role::Platform, "business", false), (Role::Center, "business", false)]
    {
        let sight = subscription(role, "", by).viewer().sight(&ticket);
        assert_eq!(sight == paidan::ticket::Sight::All, all, "{role:?} by {by}");
    }
    let wish = |unit: &str| json!({"url": "http://127.0.0.1:1/", "role": "unit", "unit": unit});
    assert_eq!(post(&site, "hotline", "/v1/subscriptions", wish("")).await.problem().0, 422);
    let made = post(&site, "hotline", "/v1/subscriptions", wish("区交通局")).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let secret = made.json()["secret"].as_str().expect("shown once").to_owned();
    for path in ["/v1/subscriptions", &format!("/v1/subscriptions/{}", made.json()["id"].as_str().expect("an id"))] {
        assert!(!get(&site, "hotline", path).await.text.contains(&secret), "{path}: never shown again");
    }
}

/// Nobody decides on what they asked for, not with a second token either.
#[tokio::test]
async fn nobody_grants_their_own_return_with_a_second_token() {
    let person = |name: &str, role, unit: &str, person: &str| {
        let actor =
            Actor { person: person.into(), role, jurisdiction: "demo".into(), unit: unit.into(), ..Actor::default() };
        Token::new(name, name, actor)
    };
    let tokens = vec![
        token("hotline", Role::Platform, ""),
        person("at-work", Role::Unit, "区市场监管局", "u-17"),
        person("second", Role::Center, "", "u-17"),
        token("shared", Role::Center, ""),
    ];
    let site = with_lifecycle(RULES, tokens);
    let id = posted(&site, false).await;
    assert_eq!(
        command(&site, "at-work", &id, json!({"command": "return", "reason": "不属本单位职责"})).await.status,
        200
    );
    let grant = json!({"command": "decide_return", "granted": false, "reason": "继续办理"});
    assert_eq!(command(&site, "second", &id, grant.clone()).await.problem(), (403, "own_work".into()));
    assert_eq!(command(&site, "shared", &id, grant).await.status, 200, "another person");
}
