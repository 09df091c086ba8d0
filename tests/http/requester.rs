//! What a platform shows to the requester: the receipt and the timeline.

use serde_json::{Value, json};

use super::site::{RULES, Site, site, with_lifecycle};

const COMPLAINT: &str = "超市涨价太多，请查处";

async fn command(site: &Site, id: &str, role: &str, command: Value) -> Value {
    let headers = [("x-paidan-role", role), ("x-paidan-unit", "%"), ("x-paidan-jurisdiction", "demo")];
    let unit = "区市场监管局";
    let headers = headers.map(|(name, value)| (name, if value == "%" { unit } else { value }));
    let headers = if role == "unit" { &headers[..] } else { &[headers[0], headers[2]][..] };
    let reply = site.post_with(&format!("/v1/tickets/{id}/commands"), headers, command.to_string()).await;
    assert_eq!(reply.status, 200, "{command} by {role}: {}", reply.text);
    reply.json()
}

async fn receipt(site: &Site, id: &str) -> Value {
    let reply = site.get(&format!("/v1/tickets/{id}/receipt")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn cb_06_the_receipt_promises_a_time_and_is_delivered_and_confirmed() {
    let site = with_lifecycle(RULES, Vec::new());
    let id = site.ticket(COMPLAINT).await;
    let first = receipt(&site, &id).await;
    let expected = json!({
        "ticket": id,
        "reference": "",
        "received_by": "联动中心",
        "channel": "",
        "received_at": "2022-09-29T07:00:00Z",
        "received": "2022年9月29日（周四）15:00",
        "stage": "已交承办单位",
        "unit": "区市场监管局",
        // Five working days: 30 September, 4 to 7 October (the demo rests on the 3rd only).
        "promise": {
            "due": "2022-10-07T09:30:00Z",
            "words": "2022年10月7日（周五）17:30前办结",
            "article": "本平台取值：5个工作日",
            "provisional": false,
        },
        "notice": { "at": "2022-09-29T07:00:00Z", "channels": ["message"], "not_before": null, "delivered": {} },
        "confirmed_at": null,
    });
    assert_eq!(first, expected);
    let detail = site.get(&format!("/v1/tickets/{id}")).await.json();
    let notices = detail["ticket"]["life"]["notices"].as_array().expect("notices").clone();
    let sent = notices.iter().find(|notice| notice["kind"] == "receipt").expect("a receipt");
    let deliver = json!({ "command": "deliver", "notice": sent["id"], "channel": "message" });
    command(&site, &id, "platform", deliver).await;
    command(&site, &id, "requester", json!({ "command": "acknowledge" })).await;
    let last = receipt(&site, &id).await;
    assert_eq!(last["notice"]["delivered"], json!({ "message": "2022-09-29T07:00:00Z" }));
    assert_eq!(last["confirmed_at"], "2022-09-29T07:00:00Z");
}

#[tokio::test]
async fn cb_06_before_the_dispatch_the_receipt_says_what_will_hold() {
    let site = with_lifecycle(RULES, Vec::new());
    let id = site.ticket("有件事想反映一下").await;
    let queued = receipt(&site, &id).await;
    assert_eq!((&queued["stage"], &queued["unit"]), (&json!("已受理，正在确定承办单位"), &json!("")));
    let promise = json!({
        "due": null, "words": "自派单起5个工作日内办结", "article": "本平台取值：5个工作日", "provisional": false
    });
    assert_eq!(queued["promise"], promise);
    let claim = json!({ "jurisdiction": "demo", "ticket": id }).to_string();
    let fence = site.post("/v1/queue/claim", claim).await.json()["fence"].clone();
    let refuse = json!({ "fence": fence, "code": 5, "reason": "请拨打119" }).to_string();
    assert_eq!(site.post(&format!("/v1/queue/{id}/refuse"), refuse).await.status, 200);
    let refused = receipt(&site, &id).await;
    assert_eq!((&refused["stage"], &refused["promise"]["article"]), (&json!("不予受理"), &json!("第九条（五）")));
}

#[tokio::test]
async fn rc_09_the_timeline_shows_the_nodes_and_no_more() {
    let site = with_lifecycle(RULES, Vec::new());
    let id = site.ticket(COMPLAINT).await;
    command(&site, &id, "unit", json!({ "command": "sign" })).await;
    command(&site, &id, "unit", json!({ "command": "contact", "channel": "电话", "note": "李四说13800138000" })).await;
    command(&site, &id, "unit", json!({ "command": "return", "reason": "不属本单位职责" })).await;
    let reply = site.get(&format!("/v1/tickets/{id}/timeline")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let timeline = reply.json();
    let nodes = timeline["nodes"].as_array().expect("nodes");
    let steps: Vec<&str> = nodes.iter().filter_map(|node| node["step"].as_str()).collect();
    assert_eq!(steps, ["received", "dispatched", "signed", "contacted"]);
    assert_eq!((&timeline["stage"], &nodes[1]["text"]), (&json!("办理中"), &json!("已交区市场监管局办理")));
    for inside in ["退", "李四", "138", "local", "催", "联络员"] {
        assert!(!reply.text.contains(inside), "{inside}: {}", reply.text);
    }
}

#[tokio::test]
async fn an_unknown_ticket_has_neither() {
    let site = site();
    for what in ["receipt", "timeline"] {
        let reply = site.get(&format!("/v1/tickets/DM-20220929-00009/{what}")).await;
        assert_eq!(reply.problem(), (404, "unknown_ticket".into()), "{what}");
    }
}
