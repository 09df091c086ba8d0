//! Entries as maintainers work on them: drafts, review, versions, the next review, files.

use paidan::access::Token;
use paidan::config::Settings;
use paidan::ticket::{Actor, Role};
use serde_json::{Value, json};

use super::site::{RULES, Reply, Site, site, ticket, with};

const QUESTION: &str = "食品经营许可证怎么办理";

fn entry(answer: &str) -> Value {
    json!({ "id": "sp-1", "question": QUESTION, "answer": answer, "owner": "工商局", "basis": "示例办法" })
}

impl Site {
    async fn entry_save(&self, person: &str, revision: u64, entry: Value) -> Reply {
        let body = json!({ "jurisdiction": "demo", "revision": revision, "message": "试", "entry": entry });
        self.put_with("/v1/knowledge/articles/sp-1/draft", &[("x-paidan-person", person)], body.to_string()).await
    }

    async fn entry_act(&self, person: &str, revision: u64, act: Value) -> Reply {
        let mut body = act;
        body["jurisdiction"] = json!("demo");
        body["revision"] = json!(revision);
        self.post_with("/v1/knowledge/articles/sp-1/acts", &[("x-paidan-person", person)], body.to_string()).await
    }

    async fn knowledge(&self, path: &str) -> Value {
        let sign = if path.contains('?') { '&' } else { '?' };
        let reply = self.get(&format!("/v1/knowledge/{path}{sign}jurisdiction=demo")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }

    async fn answered(&self) -> Value {
        let found = self.post("/v1/entries/search", ticket(QUESTION)).await.json();
        // The jurisdiction has another entry, about something else.
        let ours = found["answer"]["entry"] == "sp-1";
        if ours { found["answer"].clone() } else { Value::Null }
    }

    async fn entry_published(&self) {
        assert_eq!(self.entry_save("甲", 0, entry("材料：身份证；20个工作日，免费")).await.status, 200);
        assert_eq!(self.entry_act("甲", 1, json!({ "act": "submit" })).await.status, 200);
        assert_eq!(self.entry_act("乙", 2, json!({ "act": "approve" })).await.status, 200);
    }
}

/// RC-13 and HN-45: another person reviews before anything is published; then it answers at once.
#[tokio::test]
async fn rc_13_hn_45_a_second_person_publishes_and_it_answers_at_once() {
    let site = site();
    let saved = site.entry_save("甲", 0, entry("材料：身份证")).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let saved = saved.json();
    assert_eq!((&saved["state"], &saved["draft_entry"]["owner"]), (&json!("draft"), &json!("区市场监管局")), "{saved}");
    assert_eq!(site.answered().await, Value::Null, "a draft is told to nobody");
    assert_eq!(site.entry_act("乙", 1, json!({ "act": "approve" })).await.problem(), (409, "entry_state".into()));
    assert_eq!(site.entry_act("甲", 1, json!({ "act": "submit" })).await.json()["state"], "in_review");
    assert_eq!(site.entry_act("甲", 2, json!({ "act": "approve" })).await.problem(), (403, "own_work".into()));
    let returned = site.entry_act("乙", 2, json!({ "act": "return", "reason": "缺办理时限" })).await.json();
    assert_eq!(returned["draft"]["reason"], "缺办理时限");
    assert_eq!(site.entry_save("甲", 3, entry("材料：身份证；20个工作日")).await.status, 200);
    assert_eq!(site.entry_act("甲", 4, json!({ "act": "submit" })).await.status, 200);
    let live = site.entry_act("乙", 5, json!({ "act": "approve" })).await.json();
    assert_eq!(
        (&live["state"], &live["live"]["version"], &live["due"]),
        (&json!("published"), &json!(2), &json!("2023-03-28"))
    );
    let answer = site.answered().await;
    assert_eq!((&answer["entry"], &answer["text"]), (&json!("sp-1"), &json!("材料：身份证；20个工作日")));
    let receipt = site.post("/v1/tickets", ticket(QUESTION)).await.json();
    assert_eq!((&receipt["outcome"], &receipt["answer"]["entry"]), (&json!("answered"), &json!("sp-1")), "{receipt}");
    let acts = site.knowledge("articles/sp-1").await["acts"].clone();
    assert_eq!(acts.as_array().map(Vec::len), Some(6));
    assert_eq!((&acts[2]["person"], &acts[2]["words"]), (&json!("乙"), &json!("缺办理时限")));
    let withdrawn = site.entry_act("丙", 6, json!({ "act": "withdraw", "reason": "停办" })).await.json();
    assert_eq!(withdrawn["state"], "withdrawn");
    assert_eq!(site.answered().await, Value::Null);
}

#[tokio::test]
async fn the_second_of_two_editors_is_told_who_changed_what() {
    let site = site();
    site.entry_published().await;
    assert_eq!(site.entry_save("乙", 3, entry("改了答案")).await.status, 200);
    let late = site.entry_save("丙", 3, entry("也改答案")).await;
    assert_eq!(late.problem(), (409, "conflict".into()));
    let errors = late.json()["errors"].clone();
    let told = errors[0]["message"].as_str().expect("a message");
    assert!(told.contains('乙') && told.contains("答案") && told.contains("第2版"), "{errors}");
    assert_eq!(site.entry_act("乙", 3, json!({ "act": "submit" })).await.problem(), (409, "conflict".into()));
    assert_eq!(site.knowledge("articles/sp-1").await["draft_entry"]["answer"], "改了答案", "nothing is lost");
}

#[tokio::test]
async fn versions_are_kept_compared_and_restored() {
    let site = site();
    site.entry_published().await;
    let mut second = entry("材料：身份证；15个工作日");
    second["valid_until"] = json!("2022-12-31");
    site.entry_save("甲", 3, second).await;
    site.entry_act("甲", 4, json!({ "act": "submit" })).await;
    site.entry_act("乙", 5, json!({ "act": "approve" })).await;
    let versions = site.knowledge("articles/sp-1/versions").await["versions"].clone();
    assert_eq!(versions.as_array().map(Vec::len), Some(2));
    assert_eq!((&versions[0]["author"], &versions[0]["approved_by"]), (&json!("甲"), &json!("乙")));
    let changes = site.knowledge("articles/sp-1/diff?from=1&to=2").await["changes"].clone();
    let fields: Vec<_> = changes.as_array().expect("changes").iter().map(|it| it["title"].clone()).collect();
    assert_eq!(fields, ["答案", "失效日期"]);
    let restored = site.entry_act("丙", 6, json!({ "act": "restore", "version": 1 })).await.json();
    assert_eq!((&restored["draft"]["version"], &restored["changes"][0]["field"]), (&json!(3), &json!("answer")));
    site.entry_act("丙", 7, json!({ "act": "submit" })).await;
    assert_eq!(site.entry_act("丙", 8, json!({ "act": "approve" })).await.problem().1, "own_work");
    site.entry_act("甲", 8, json!({ "act": "approve" })).await;
    assert_eq!(site.answered().await["text"], "材料：身份证；20个工作日，免费");
    let unknown = site.entry_act("丙", 9, json!({ "act": "restore", "version": 9 })).await;
    assert_eq!(unknown.problem(), (404, "unknown_entry".into()));
}

/// LH-60: what has to be looked at again stands on its owner's list, and the owner puts it off by confirming it.
#[tokio::test]
async fn lh_60_what_falls_due_is_on_the_list_of_its_owner() {
    let site = site();
    site.entry_published().await;
    let due = |query: &str| {
        let path = format!("due?{query}");
        let site = site.clone();
        async move { site.knowledge(&path).await["due"].clone() }
    };
    assert_eq!(due("within_days=179&owner=dm-sc").await, json!([]));
    let soon = due("within_days=181&owner=工商局").await;
    let ours =
        soon.as_array().expect("a list").iter().find(|it| it["entry"] == "sp-1").expect("it is on the list").clone();
    assert_eq!((&ours["owner"], &ours["days_over"]), (&json!("区市场监管局"), &json!(-180)));
    assert_eq!(due("within_days=181&owner=区交通局").await, json!([]));
    let confirmed = site.entry_act("丙", 3, json!({ "act": "confirm" })).await.json();
    assert_eq!((&confirmed["state"], &confirmed["revision"]), (&json!("published"), &json!(4)));
    assert_eq!(site.get("/v1/knowledge/due?jurisdiction=demo&owner=无").await.problem().0, 422);
}

/// 谁提供谁负责: rights by role, and a unit only its own.
#[tokio::test]
async fn rc_13_units_write_their_own_and_others_review() {
    let actor = |role, unit: &str| Actor { role, unit: unit.into(), jurisdiction: "demo".into(), ..Actor::default() };
    let tokens = [
        ("sc", actor(Role::Unit, "区市场监管局")),
        ("jt", actor(Role::Unit, "区交通局")),
        ("km", actor(Role::KnowledgeMaintainer, "")),
        ("ra", actor(Role::RuleAuthor, "")),
    ];
    let tokens = tokens.into_iter().map(|(name, actor)| Token::new(name, name, actor)).collect();
    let site = with(RULES, tokens, &Settings::default());
    let save = |bearer: &'static str, revision: u64| {
        let body = json!({ "revision": revision, "entry": entry("一") }).to_string();
        let site = site.clone();
        async move {
            let bearer = format!("Bearer {bearer}");
            site.put_with("/v1/knowledge/articles/sp-1/draft", &[("authorization", &bearer)], body).await
        }
    };
    let act = |bearer: &'static str, act: Value| {
        let site = site.clone();
        async move {
            let bearer = format!("Bearer {bearer}");
            site.post_with("/v1/knowledge/articles/sp-1/acts", &[("authorization", &bearer)], act.to_string()).await
        }
    };
    assert_eq!(save("ra", 0).await.problem(), (403, "forbidden".into()));
    assert_eq!(save("jt", 0).await.problem(), (403, "not_your_unit".into()));
    assert_eq!(save("sc", 0).await.status, 200);
    assert_eq!(act("sc", json!({ "act": "submit", "revision": 1 })).await.status, 200);
    assert_eq!(act("sc", json!({ "act": "approve", "revision": 2 })).await.problem(), (403, "forbidden".into()));
    assert_eq!(act("km", json!({ "act": "approve", "revision": 2 })).await.status, 200);
    assert_eq!(act("jt", json!({ "act": "confirm", "revision": 3 })).await.problem(), (403, "not_your_unit".into()));
    assert_eq!(act("sc", json!({ "act": "confirm", "revision": 3 })).await.status, 200);
    let csv = "id,question,answer,owner\nsp-1,公交卡怎么办理,改,区市场监管局\n";
    let path = "/v1/knowledge/import?format=csv&apply=true&overwrite=true";
    let taken = site.post_with(path, &[("authorization", "Bearer jt")], csv).await.json();
    assert_eq!((&taken["conflicts"], &taken["drafts"]), (&json!(1), &json!(0)), "{taken}");
    assert!(taken["entries"][0]["why"].as_str().is_some_and(|why| why.contains("区市场监管局")), "{taken}");
}

#[tokio::test]
async fn what_is_no_entry_is_refused_with_every_reason() {
    let site = site();
    for (field, value, status) in [
        ("owner", json!("没有这个单位"), 422),
        ("owner", json!(""), 422),
        ("answer", json!(""), 422),
        ("review_days", json!(9999), 422),
        ("valid_until", json!("2022-13-01"), 422),
        ("id", json!("other"), 422),
    ] {
        let mut wrong = entry("答");
        wrong[field] = value;
        let reply = site.entry_save("甲", 0, wrong).await;
        assert_eq!(reply.problem().0, status, "{field}: {}", reply.text);
    }
    assert_eq!(site.entry_act("甲", 0, json!({ "act": "submit" })).await.problem(), (404, "unknown_entry".into()));
    assert_eq!(site.knowledge("articles").await["articles"], json!([]));
}

/// Duplicates and contradictions are pointed out before publishing, to the reviewer too.
#[tokio::test]
async fn rc_13_the_reviewer_sees_what_repeats_or_contradicts() {
    let site = site();
    site.entry_published().await;
    let mut twin = entry("材料：身份证；10个工作日，收费50元");
    twin["id"] = json!("sp-2");
    twin["question"] = json!("食品经营许可证如何办理");
    let wish = json!({ "jurisdiction": "demo", "entry": twin });
    let checked = site.post("/v1/knowledge/check", wish.to_string()).await.json();
    let finding = &checked["findings"][0];
    assert_eq!((&finding["kind"], &finding["entry"]), (&json!("contradiction"), &json!("sp-1")), "{checked}");
    let told = finding["differing"][0].as_str().expect("what differs");
    assert!(told.contains("10工作日") && told.contains("20工作日"), "{told}");
    assert!(finding["confidence"].as_i64().is_some_and(|it| it >= 750), "{finding}");
    let body = json!({ "jurisdiction": "demo", "revision": 0, "entry": twin });
    let path = "/v1/knowledge/articles/sp-2";
    assert_eq!(site.put(&format!("{path}/draft"), body.to_string()).await.status, 200);
    let submit = json!({ "jurisdiction": "demo", "revision": 1, "act": "submit" });
    let submitted = site.post(&format!("{path}/acts"), submit.to_string()).await.json();
    assert_eq!(submitted["draft"]["findings"][0]["entry"], "sp-1", "recorded with the submission");
    let own = json!({ "jurisdiction": "demo", "entry": entry("材料：身份证；20个工作日，免费") });
    let own = site.post("/v1/knowledge/check", own.to_string()).await.json();
    let itself = own["findings"].as_array().expect("findings").iter().any(|it| it["entry"] == "sp-1");
    assert!(!itself, "an entry does not repeat itself: {own}");
    let other = json!({ "id": "x", "question": "公交线路什么时候调整", "answer": "见公告", "owner": "区交通局" });
    let other = json!({ "jurisdiction": "demo", "entry": other });
    assert_eq!(site.post("/v1/knowledge/check", other.to_string()).await.json()["findings"], json!([]));
}

/// HN-45: exchange with other systems by file.
#[tokio::test]
async fn hn_45_files_go_out_and_come_back_with_a_dry_run() {
    let site = site();
    site.entry_published().await;
    for format in ["toml", "jsonl", "csv"] {
        let path = format!("/v1/knowledge/export?jurisdiction=demo&format={format}");
        let file = site.get(&path).await;
        assert_eq!(file.status, 200, "{}", file.text);
        assert!(file.text.contains(QUESTION));
        let path = format!("/v1/knowledge/import?jurisdiction=demo&format={format}&apply=true");
        let back = site.post(&path, file.text).await.json();
        assert_eq!((&back["unchanged"], &back["drafts"]), (&json!(1), &json!(0)), "{format}: {back}");
    }
    let csv =
        "编号,问题,答案,责任单位,依据\nsp-1,食品经营许可证怎么办理,新答案,工商局,示例办法\nsp-9,问,答,区交通局,\n";
    let import = |more: &str, body: String| {
        let path = format!("/v1/knowledge/import?jurisdiction=demo&format=csv&file=a.csv{more}");
        let site = site.clone();
        async move { site.post_with(&path, &[("x-paidan-person", "丁")], body).await }
    };
    let dry = import("", csv.to_owned()).await.json();
    assert_eq!((&dry["new"], &dry["changed"], &dry["drafts"]), (&json!(1), &json!(1), &json!(0)), "{dry}");
    assert_eq!(dry["entries"][0]["changes"][0]["title"], "答案");
    assert_eq!(site.knowledge("articles/sp-1").await["draft"], Value::Null, "a dry run changes nothing");
    let applied = import("&apply=true&submit=true", csv.to_owned()).await.json();
    assert_eq!(applied["drafts"], 2);
    let waiting = site.knowledge("articles?waiting=true").await["articles"].clone();
    assert_eq!(waiting.as_array().map(Vec::len), Some(2), "{waiting}");
    assert_eq!(site.entry_act("丁", 5, json!({ "act": "approve" })).await.problem().1, "own_work");
    assert_eq!(site.entry_act("戊", 5, json!({ "act": "approve" })).await.status, 200);
    let stale = import("", csv.replace("新答案", "材料：身份证；20个工作日，免费")).await.json();
    assert_eq!(stale["entries"][0]["fate"], "conflict", "it would undo 丁: {stale}");
    let wrong = import("", csv.replace("区交通局", "没有的局").replace("新答案", "")).await;
    assert_eq!(wrong.problem().0, 422);
    assert!(wrong.text.contains("a.csv:2") && wrong.text.contains("第 2 行“答案”"), "{}", wrong.text);
}
