//! Erasing a requester through the API: what goes, what stays and why.

use paidan::access::Token;
use paidan::config::Settings;
use paidan::store::{Algorithm, MasterFile, Options, Store};
use paidan::ticket::{Actor, Role};
use serde_json::{Value, json};

use super::site::{self, RULES, Site};
use crate::demo::{REGULATION, pack};

const PHONE: &str = "13912345678";

fn encrypted(dir: &std::path::Path, kept_for_good: &str) -> Site {
    MasterFile::of(&dir.join("keys")).add(Algorithm::Sm4Gcm, site::now()).unwrap();
    let store = Store::open(dir, &Options::default()).unwrap();
    let mut pack = pack(RULES);
    let regulation = format!("kept_for_good = \"{kept_for_good}\"\n{REGULATION}");
    for (path, text) in &mut pack.files {
        if path.ends_with("/regulation.toml") {
            *text = regulation.as_str().into();
        }
    }
    site::over(store, &pack, Vec::new(), &Settings::default())
}

async fn post(site: &Site, text: &str) -> String {
    let body = json!({"jurisdiction": "demo", "text": text, "requester": {"name": "王小二", "phone": PHONE}});
    let reply = site.post("/v1/tickets", body.to_string()).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["id"].as_str().unwrap().to_owned()
}

async fn erase(site: &Site) -> Value {
    let wish = json!({"jurisdiction": "demo", "phone": PHONE, "reason": "来件人书面申请"});
    let reply = site.post("/v1/requesters/erase", wish.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn ended_tickets_go_and_open_ones_stay() {
    let dir = tempfile::tempdir().unwrap();
    let site = encrypted(dir.path(), "");
    // Answered by the knowledge base: as good as closed. The other one waits in the queue.
    let (answered, waiting) = (post(&site, "营业执照怎么办理").await, post(&site, "路灯不亮").await);
    let done = erase(&site).await;
    let open = json!([{ "ticket": waiting, "code": "open", "why": "仍在办理，办结归档后方可销毁" }]);
    assert_eq!((&done["erased"], &done["kept"]), (&json!([answered]), &open));
    let ticket = site.get(&format!("/v1/tickets/{answered}")).await;
    assert!(!ticket.text.contains(PHONE) && !ticket.text.contains("王小二"), "{}", ticket.text);
    assert_eq!(ticket.json()["request"]["text"], "", "{}", ticket.text);
    assert_eq!(ticket.json()["ticket"]["erased"], true, "{}", ticket.text);
    assert_eq!(site.get(&format!("/v1/tickets/{answered}/events")).await.status, 200);
    assert_eq!(erase(&site).await["erased"], json!([]), "nobody is found twice");
}

/// HN-39: kept for good, so nothing is destroyed; the article says so.
#[tokio::test]
async fn hn_39_what_must_be_kept_is_not_erased() {
    let dir = tempfile::tempdir().unwrap();
    let site = encrypted(dir.path(), "第二十一条");
    let answered = post(&site, "营业执照怎么办理").await;
    let done = erase(&site).await;
    assert_eq!((&done["erased"], &done["kept"][0]["code"]), (&json!([]), &json!("kept_for_good")));
    assert!(done["kept"][0]["why"].as_str().unwrap().contains("第二十一条"));
    assert!(site.get(&format!("/v1/tickets/{answered}")).await.text.contains("营业执照怎么办理"));
}

#[tokio::test]
async fn a_plain_store_says_that_it_cannot() {
    let site = site::site();
    post(&site, "营业执照怎么办理").await;
    assert_eq!(erase(&site).await["kept"][0]["code"], "not_encrypted");
}

#[tokio::test]
async fn only_the_center_erases_and_says_whom_and_why() {
    let actor = |role| Actor { role, ..Actor::default() };
    let tokens = vec![Token::new("center", "c", actor(Role::Center)), Token::new("desk", "d", actor(Role::Dispatcher))];
    let site = site::with(RULES, tokens, &Settings::default());
    let ask = async |secret: &str, body: Value| {
        let bearer = format!("Bearer {secret}");
        site.post_with("/v1/requesters/erase", &[("authorization", &bearer)], body.to_string()).await.status
    };
    let whole = json!({"jurisdiction": "demo", "phone": PHONE, "reason": "申请"});
    assert_eq!((ask("d", whole.clone()).await, ask("c", whole).await), (403, 200));
    assert_eq!(ask("c", json!({"jurisdiction": "demo", "phone": PHONE, "reason": " "})).await, 422);
    assert_eq!(ask("c", json!({"jurisdiction": "demo", "reason": "申请"})).await, 422);
    assert_eq!(ask("c", json!({"jurisdiction": "nowhere", "phone": PHONE, "reason": "申请"})).await, 404);
}
