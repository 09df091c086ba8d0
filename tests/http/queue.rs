//! The manual queue: one person, one ticket.

use serde_json::{Value, json};

use super::site::{Reply, Site, site};

async fn claim(site: &Site, person: &str, body: Value) -> Reply {
    site.post_with("/v1/queue/claim", &[("x-paidan-person", person)], body.to_string()).await
}

async fn act(site: &Site, person: &str, claimed: &Value, verb: &str, mut body: Value) -> Reply {
    let id = claimed["ticket"]["id"].as_str().expect("an id");
    if body["fence"].is_null() {
        body["fence"] = claimed["fence"].clone();
    }
    site.post_with(&format!("/v1/queue/{id}/{verb}"), &[("x-paidan-person", person)], body.to_string()).await
}

fn demo() -> Value {
    json!({ "jurisdiction": "demo" })
}

#[tokio::test]
async fn two_people_who_claim_at_once_get_two_tickets() {
    let site = site();
    site.ticket("路灯不亮").await;
    site.ticket("井盖坏了").await;
    let (one, two) = tokio::join!(claim(&site, "甲", demo()), claim(&site, "乙", demo()));
    let (one, two) = (one.json(), two.json());
    assert_ne!(one["ticket"]["id"], two["ticket"]["id"]);
    assert_eq!((&one["lease_s"], &one["request"]["jurisdiction"]), (&json!(300), &json!("demo")));
    assert_eq!(claim(&site, "丙", demo()).await.status, 204);
}

#[tokio::test]
async fn the_riskiest_comes_first_and_the_list_shows_who_holds_what() {
    let site = site();
    site.ticket("路灯不亮").await;
    let risky = site.ticket("附近有爆炸声").await;
    let listed = site.get("/v1/queue?jurisdiction=demo").await.json();
    assert_eq!(listed["tickets"][0]["ticket"]["id"], risky.as_str());
    assert_eq!(claim(&site, "甲", demo()).await.json()["ticket"]["id"], risky.as_str());
    let listed = site.get("/v1/queue?jurisdiction=demo").await.json();
    assert_eq!(listed["tickets"][0]["lease_left_s"], 300);
    let free = site.get("/v1/queue?jurisdiction=demo&unclaimed=true").await.json();
    assert_eq!(free["tickets"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_stale_claim_decides_nothing() {
    let site = site();
    let id = site.ticket("路灯不亮").await;
    let first = claim(&site, "甲", demo()).await.json();
    assert_eq!(act(&site, "甲", &first, "release", json!({})).await.status, 200);
    let second = claim(&site, "乙", json!({ "ticket": id })).await.json();
    let dispatch = json!({ "lead": "区交通局" });
    assert_eq!(act(&site, "甲", &first, "dispatch", dispatch.clone()).await.problem(), (409, "stale_claim".into()));
    let stolen = json!({ "fence": second["fence"], "lead": "区交通局" });
    assert_eq!(act(&site, "甲", &first, "dispatch", stolen).await.problem(), (409, "claimed_by_other".into()));
    assert_eq!(act(&site, "乙", &second, "dispatch", dispatch.clone()).await.json()["phase"], "dispatched");
    assert_eq!(act(&site, "乙", &second, "dispatch", dispatch).await.problem(), (409, "not_queued".into()));
}

#[tokio::test]
async fn a_person_dispatches_answers_refuses_renews_and_skips() {
    let site = site();
    for (verb, body, phase) in [
        ("renew", json!({ "lease_s": 60 }), "queued"),
        ("dispatch", json!({ "lead": "工商局", "assists": ["dm-jt"] }), "dispatched"),
        ("answer", json!({ "text": "已电话答复" }), "answered"),
        ("answer", json!({ "entry": "dm-001" }), "answered"),
        ("refuse", json!({ "code": 5, "reason": "请拨打110" }), "refused"),
        ("skip", json!({ "reason": "不熟悉" }), "queued"),
    ] {
        site.ticket("路灯不亮").await;
        let claimed = claim(&site, "甲", demo()).await.json();
        let reply = act(&site, "甲", &claimed, verb, body).await;
        assert_eq!((reply.status, &reply.json()["phase"]), (200, &json!(phase)), "{verb}: {}", reply.text);
        match verb {
            "dispatch" => {
                let ticket = reply.json();
                assert_eq!((&ticket["lead"], &ticket["assists"]), (&json!("区市场监管局"), &json!(["区交通局"])));
            }
            "refuse" => assert_eq!(reply.json()["refusal"]["article"], "第九条（五）"),
            "renew" => drop(act(&site, "甲", &claimed, "answer", json!({ "text": "好" })).await),
            _ => {}
        }
    }
}

#[tokio::test]
async fn wrong_wishes_are_refused_with_what_would_be_right() {
    let site = site();
    site.ticket("路灯不亮").await;
    let claimed = claim(&site, "甲", demo()).await.json();
    for (verb, body, status, code, told) in [
        ("dispatch", json!({ "lead": "区交通居" }), 422, "invalid_request", "区交通局"),
        ("dispatch", json!({ "lead": "" }), 422, "no_lead", "主责"),
        ("dispatch", json!({ "lead": "区交通局", "assists": ["区交通局"] }), 422, "unit_twice", "区交通局"),
        ("skip", json!({ "reason": " " }), 422, "no_reason", "理由"),
        ("answer", json!({ "text": "" }), 422, "no_answer", "答复"),
        ("answer", json!({ "entry": "none" }), 404, "unknown_entry", "条目"),
        ("refuse", json!({ "code": 99, "reason": "x" }), 422, "invalid_request", "属于紧急求助"),
        ("renew", json!({ "lease_s": 0 }), 422, "bad_lease", "86400"),
    ] {
        let reply = act(&site, "甲", &claimed, verb, body).await;
        assert_eq!(reply.problem(), (status, code.to_owned()), "{verb}");
        assert!(reply.text.contains(told), "{verb}: {}", reply.text);
    }
    assert_eq!(claim(&site, "甲", json!({})).await.problem(), (422, "invalid_request".into()));
}

#[tokio::test]
async fn a_repeated_claim_or_step_is_done_once() {
    let site = site();
    site.ticket("路灯不亮").await;
    site.ticket("井盖坏了").await;
    let keyed = async |path: &str, body: Value| {
        site.post_with(path, &[("x-paidan-person", "甲"), ("idempotency-key", path)], body.to_string()).await
    };
    let (one, two) = (keyed("/v1/queue/claim", demo()).await.json(), keyed("/v1/queue/claim", demo()).await.json());
    assert_eq!((&one["ticket"]["id"], &one["fence"]), (&two["ticket"]["id"], &two["fence"]));
    let path = format!("/v1/queue/{}/dispatch", one["ticket"]["id"].as_str().expect("an id"));
    let body = json!({ "fence": one["fence"], "lead": "区交通局" });
    assert_eq!((keyed(&path, body.clone()).await.status, keyed(&path, body).await.status), (200, 200));
}

/// A decision out of the queue as a command is the queue's own: the claim is needed, and an entry answers with its text.
#[tokio::test]
async fn a_command_decides_out_of_the_queue_like_the_queue_does() {
    let site = site();
    let id = site.ticket("路灯不亮").await;
    let claimed = claim(&site, "甲", demo()).await.json();
    let path = format!("/v1/tickets/{id}/commands");
    let order = |fence: Value| json!({ "command": "answer", "entry": "dm-001", "fence": fence }).to_string();
    let by = [("x-paidan-person", "甲")];
    assert_eq!(site.post_with(&path, &by, order(Value::Null)).await.problem().0, 409);
    let done = site.post_with(&path, &by, order(claimed["fence"].clone())).await.json();
    assert_eq!(done["ticket"]["phase"], "answered", "{done}");
    let answered = done["events"].as_array().expect("events").iter().find(|it| it["kind"] == "answered");
    assert!(answered.is_some_and(|it| it["data"]["answer"]["text"] == "带身份证到政务服务中心二楼"), "{done}");
}
