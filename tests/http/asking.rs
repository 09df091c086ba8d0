//! Hit tests, regression questions, gaps, guided and public answers over HTTP.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;
use paidan::access::Token;
use paidan::config::Settings;
use paidan::knowledge::regression::Question;
use paidan::ticket::{Actor, Role};
use serde_json::{Value, json};

use super::site::{RULES, Site, site, ticket, with};

const SECRET: &str = "secret-secret-secret";
const ASK: &str = "营业执照怎么办理";

fn asked(text: &str) -> String {
    json!({ "jurisdiction": "demo", "text": text }).to_string()
}

/// Test and live agree, and a test that is kept is found again, masked.
#[tokio::test]
async fn a_hit_test_is_the_live_path_and_is_kept_when_asked_for() {
    let site = site();
    for text in [ASK, "营业执照", "办理什么", "超市涨价"] {
        let live = site.post("/v1/triage", ticket(text)).await.json();
        let hit = site.post("/v1/knowledge/hit", asked(text)).await.json();
        let matches = live["matches"].as_array().expect("matches");
        assert_eq!(matches.len(), hit["matches"].as_array().map_or(0, Vec::len), "{text}");
        for (live, hit) in matches.iter().zip(hit["matches"].as_array().expect("matches")) {
            for (name, value) in live.as_object().expect("a match") {
                assert_eq!(&hit[name], value, "{text}: {name}");
            }
        }
    }
    let wish = json!({ "jurisdiction": "demo", "text": "露营基地的备案手续如何办理，电话13876543210", "keep": true });
    let hit = site.post("/v1/knowledge/hit", wish.to_string()).await;
    assert_eq!(hit.status, 200, "{}", hit.text);
    assert!(hit.json()["why_not"].as_str().expect("why").contains("低于门槛"), "{}", hit.text);
    let kept = site.get("/v1/knowledge/hits?jurisdiction=demo").await.json()["hits"].clone();
    assert_eq!((kept.as_array().map(Vec::len), &kept[0]["number"]), (Some(1), &json!(1)), "only what was to be kept");
    assert_eq!((&kept[0]["entry"], &kept[0]["answered"]), (&json!("dm-001"), &json!(false)));
    assert!(!kept.to_string().contains("13876543210"), "{kept}");
}

async fn runs(site: &Site) -> Vec<Value> {
    let app = site.app.clone();
    tokio::task::spawn_blocking(move || app.regress_changed()).await.expect("it ends").expect("it is stored");
    let runs = site.get("/v1/knowledge/regressions?jurisdiction=demo").await.json();
    runs["runs"].as_array().expect("runs").clone()
}

/// HN-45: each change of knowledge shows which regression questions it moved.
#[tokio::test]
async fn each_change_asks_the_regression_questions_again() {
    let site = site();
    let question = |text: &str, entry: &str| Question { text: text.into(), entry: entry.into() };
    let shipped = vec![question(ASK, "dm-001"), question("今晚停水什么时候恢复", "")];
    site.app.live().ship_questions(BTreeMap::from([("demo".to_owned(), shipped)]));
    let first = runs(&site).await;
    assert_eq!((first.len(), &first[0]["tally"]["right"], &first[0]["moved"]), (1, &json!(2), &json!([])));
    assert_eq!(runs(&site).await.len(), 1, "nothing changed, nothing is asked");
    let notice = json!({
        "jurisdiction": "demo", "question": "今晚停水什么时候恢复", "answer": "明早六点恢复", "basis": "停水通知",
        "owner": "工商局", "valid_from": "2022-09-29", "valid_until": "2022-09-30"
    });
    assert_eq!(site.post("/v1/pre-notices", notice.to_string()).await.status, 201);
    let second = runs(&site).await;
    let moved = &second[0]["moved"][0];
    assert_eq!((second.len(), &moved["how"], &moved["after"]["confidence"]), (2, &json!("broken"), &json!(1000)));
    let now = site.post("/v1/knowledge/regress", json!({ "jurisdiction": "demo" }).to_string()).await.json();
    assert_eq!((&now["tally"]["right"], &now["moved"]), (&json!(1), &json!([])), "against the last run: {now}");
    let entry = moved["after"]["found"].as_str().expect("an entry");
    let wish = json!({ "jurisdiction": "demo", "text": "今晚停水什么时候恢复", "entry": entry });
    let kept = site.post("/v1/knowledge/questions", wish.to_string()).await;
    assert_eq!(kept.status, 201, "{}", kept.text);
    assert_eq!(runs(&site).await[0]["moved"][0]["how"], "mended", "what a person keeps stands above what is shipped");
    let list = site.get("/v1/knowledge/questions?jurisdiction=demo").await.json();
    assert_eq!((list["shipped"].as_array().map(Vec::len), list["kept"].as_array().map(Vec::len)), (Some(2), Some(1)));
    let path = format!("/v1/knowledge/questions/{}?jurisdiction=demo", kept.json()["id"].as_str().expect("an id"));
    assert_eq!(site.delete(&path).await.status, 204);
    assert_eq!(site.delete(&path).await.problem(), (404, "unknown_question".into()));
    let wrong = json!({ "jurisdiction": "demo", "text": " ", "entry": "nothing" });
    let refused = site.post("/v1/knowledge/questions", wrong.to_string()).await.json();
    assert_eq!(refused["errors"].as_array().map(Vec::len), Some(2), "{refused}");
}

async fn gaps(site: &Site) -> Vec<Value> {
    let found = site.get("/v1/knowledge/gaps?jurisdiction=demo").await;
    assert_eq!(found.status, 200, "{}", found.text);
    found.json()["gaps"].as_array().expect("gaps").clone()
}

/// HN-45: questions without an answer and answers that were called wrong are listed, the most asked first, masked.
#[tokio::test]
async fn hn_45_what_is_not_answered_is_a_gap() {
    let site = site();
    for text in ["露营基地的备案手续如何办理，我的电话13876543210", "露营基地和房车的备案手续如何办理", "超市涨价"]
    {
        site.ticket(text).await;
    }
    let found = gaps(&site).await;
    assert_eq!(found.iter().map(|gap| gap["count"].as_u64()).sum::<Option<u64>>(), Some(2), "{found:?}");
    assert!(found.iter().all(|gap| gap["lack"] == "unanswered"), "{found:?}");
    assert!(!json!(found).to_string().contains("13876543210"), "{found:?}");
    let id = site.ticket(ASK).await;
    assert_eq!(gaps(&site).await.len(), found.len(), "what is answered is no gap");
    let rate = json!({ "command": "rate", "rating": "dissatisfied", "note": "地址早就搬了" });
    let rated = site.post(&format!("/v1/tickets/{id}/commands"), rate.to_string()).await;
    assert_eq!(rated.status, 200, "{}", rated.text);
    let wrong: Vec<Value> = gaps(&site).await.into_iter().filter(|gap| gap["lack"] == "wrong").collect();
    assert_eq!((&wrong[0]["entry"], &wrong[0]["unit"]), (&json!("dm-001"), &json!("区市场监管局")), "{wrong:?}");
    assert_eq!((&wrong[0]["said"][0], &wrong[0]["tickets"][0]), (&json!("地址早就搬了"), &json!(id)));
}

fn open(public: &str) -> Site {
    let settings = Settings::resolve("test", public, Vec::new(), Default::default()).expect("sound settings");
    let actor = Actor { person: "p".into(), role: Role::Platform, jurisdiction: "demo".into(), ..Actor::default() };
    with(RULES, vec![Token::new("t", SECRET, actor)], &settings)
}

/// HN-45: everybody may ask, where it is switched on, as often as is allowed; what is not answered becomes a gap.
#[tokio::test]
async fn hn_45_everybody_may_ask_where_it_is_switched_on() {
    let closed = open("").post("/v1/public/ask", asked(ASK)).await;
    assert_eq!(closed.problem(), (404, "not_found".into()));
    let site = open("[public]\nenabled = true\nper_minute = 4\ntext_chars = 20\n");
    let answer = site.post("/v1/public/ask", asked(ASK)).await;
    assert_eq!(answer.status, 200, "without a token: {}", answer.text);
    assert_eq!(answer.json()["answer"]["text"], "带身份证到政务服务中心二楼");
    assert_eq!(answer.json()["answer"]["owner"], "区市场监管局");
    let none = site.post("/v1/public/ask", asked("摆摊要什么许可 13876543210")).await;
    assert!(none.json()["none"].as_str().expect("why").contains("换一种说法"), "{}", none.text);
    assert!(!none.text.contains("‰") && !none.text.contains("confidence"), "{}", none.text);
    assert_eq!(site.post("/v1/public/ask", asked(&"长".repeat(21))).await.status, 422);
    assert_eq!(site.post("/v1/public/ask", asked(ASK)).await.status, 200);
    assert_eq!(site.post("/v1/public/ask", asked(ASK)).await.problem(), (429, "too_many_questions".into()));
    let with_token = Request::get("/v1/knowledge/gaps?jurisdiction=demo");
    let with_token = with_token.header("authorization", format!("Bearer {SECRET}"));
    let gaps = site.send(with_token.body(Body::empty()).expect("a request")).await;
    let gaps = gaps.json()["gaps"].clone();
    assert_eq!((&gaps[0]["count"], &gaps[0]["tickets"]), (&json!(1), &json!([])), "{gaps}");
    assert!(!gaps.to_string().contains("13876543210"), "{gaps}");
    assert_eq!(site.get("/v1/knowledge/gaps?jurisdiction=demo").await.status, 401);
}
