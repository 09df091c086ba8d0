//! 提前报备: filed, live at once, listed.

use paidan::access::Token;
use paidan::config::Settings;
use paidan::ticket::{Actor, Role};
use serde_json::{Value, json};

use super::site::{RULES, site, ticket, with};

fn notice() -> Value {
    json!({
        "jurisdiction": "demo", "question": "今晚停水什么时候恢复", "answer": "主管抢修，明早六点恢复供水",
        "basis": "停水通知2022-17号", "owner": "工商局", "valid_from": "2022-09-29", "valid_until": "2022-09-30"
    })
}

#[tokio::test]
async fn hn_28_a_notice_is_live_as_soon_as_it_is_filed() {
    let site = with(&RULES.replace("怎么办理", "什么时候"), Vec::new(), &Settings::default());
    assert_eq!(site.post("/v1/tickets", ticket("今晚停水什么时候恢复")).await.json()["outcome"], "queued");
    let filed = site.post("/v1/pre-notices", notice().to_string()).await;
    assert_eq!(filed.status, 201, "{}", filed.text);
    let entry = &filed.json()["entry"];
    assert_eq!((&entry["owner"], &entry["pre_notice"]), (&json!("区市场监管局"), &json!(true)), "an alias is known");
    let receipt = site.post("/v1/tickets", ticket("请问今晚停水什么时候恢复")).await.json();
    assert_eq!((&receipt["outcome"], &receipt["answer"]["entry"]), (&json!("answered"), &entry["id"]), "{receipt}");
    let complaint = site.post("/v1/triage", ticket("今晚停水，超市涨价")).await.json();
    assert_eq!(complaint["outcome"], "dispatched");
    assert_eq!(complaint["matches"][0]["pre_notice"], true, "attached for the seat: {}", complaint["matches"]);
    let listed = || async { site.get("/v1/pre-notices?jurisdiction=demo").await.json()["notices"].clone() };
    assert_eq!(listed().await[0]["entry"], *entry);
    site.post("/v1/pre-notices", notice().to_string()).await;
    assert_eq!(listed().await.as_array().map(Vec::len), Some(1), "filed twice it is one");
    let mut longer = notice();
    longer["id"] = entry["id"].clone();
    longer["valid_until"] = json!("2022-10-08");
    assert_eq!(site.post("/v1/pre-notices", longer.to_string()).await.status, 201);
    assert_eq!(listed().await[0]["entry"]["valid_until"], "2022-10-08");
    assert_eq!(listed().await.as_array().map(Vec::len), Some(1), "replaced");
}

#[tokio::test]
async fn hn_28_a_notice_that_lacks_something_is_refused() {
    let site = site();
    for (field, value, status) in [
        ("basis", json!(""), 422),
        ("valid_until", json!(""), 422),
        ("valid_until", json!("2022-09-01"), 422),
        ("owner", json!("没有这个单位"), 422),
        ("id", json!("dm-001"), 404),
        ("jurisdiction", json!("nowhere"), 422),
    ] {
        let mut wrong = notice();
        wrong[field] = value;
        let reply = site.post("/v1/pre-notices", wrong.to_string()).await;
        assert_eq!(reply.problem().0, status, "{field}: {}", reply.text);
    }
    assert_eq!(site.get("/v1/pre-notices?jurisdiction=demo").await.json()["notices"], json!([]));
}

#[tokio::test]
async fn hn_28_units_the_center_and_maintainers_file_notices() {
    let roles = [
        (Role::Platform, 201),
        (Role::Center, 201),
        (Role::KnowledgeMaintainer, 201),
        (Role::Dispatcher, 403),
        (Role::RuleAuthor, 403),
    ];
    let token = |(role, _): &(Role, u16)| {
        let name = format!("{role:?}");
        Token::new(&name, &name, Actor { role: *role, jurisdiction: "demo".into(), ..Actor::default() })
    };
    let site = with(RULES, roles.iter().map(token).collect(), &Settings::default());
    for (role, status) in roles {
        let bearer = format!("Bearer {role:?}");
        let reply = site.post_with("/v1/pre-notices", &[("authorization", &bearer)], notice().to_string()).await;
        assert_eq!(reply.status, status, "{role:?}: {}", reply.text);
    }
}
