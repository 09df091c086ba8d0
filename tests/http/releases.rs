//! Drafts and releases as an author uses them: write, check, approve, publish, roll back.

use std::collections::BTreeMap;

use paidan::config::Settings;
use paidan::releases::EditedIn;
use serde_json::{Value, json};

use super::site::{RULES, Reply, Site, ticket, with};

const FILE: &str = "rules/demo/test.rhai";

fn site(approval: bool) -> Site {
    with(RULES, Vec::new(), &Settings { source: EditedIn::Api, approval, ..Settings::default() })
}

fn rules(unit: &str) -> String {
    RULES.replace("区市场监管局", unit)
}

fn case(lead: &str) -> String {
    format!("[[case]]\nname = \"涨价\"\ntext = \"超市涨价\"\nexpect = {{ lead = \"{lead}\" }}\n")
}

impl Site {
    async fn as_person(&self, person: &str, path: &str, body: Value) -> Reply {
        self.post_with(path, &[("x-paidan-person", person)], body.to_string()).await
    }

    async fn draft(&self, person: &str, files: Value) -> (String, u64) {
        let reply = self.as_person(person, "/v1/drafts/demo", json!({ "message": "试", "files": files })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let draft = reply.json();
        (draft["id"].as_str().expect("an id").to_owned(), draft["version"].as_u64().expect("a version"))
    }

    async fn publish(&self, person: &str, id: &str, version: u64) -> Reply {
        self.as_person(person, &format!("/v1/drafts/demo/{id}/publish"), json!({ "version": version })).await
    }

    async fn act(&self, person: &str, id: &str, body: Value) -> Reply {
        self.as_person(person, &format!("/v1/drafts/demo/{id}/acts"), body).await
    }

    async fn lead(&self) -> String {
        let decision = self.post("/v1/triage", ticket("超市涨价")).await.json();
        decision["lead"]["value"].as_str().expect("a lead").to_owned()
    }
}

#[tokio::test]
async fn a_draft_becomes_the_release_and_the_one_before_comes_back() {
    let site = site(false);
    let (id, version) = site.draft("甲", json!({ FILE: rules("区交通局") })).await;
    assert_eq!(site.lead().await, "区市场监管局", "a draft decides nothing");
    let checked = site.post(&format!("/v1/drafts/demo/{id}/check"), "").await.json();
    assert!(checked["sound"] == true && checked["changed"][0]["path"] == FILE, "{checked}");
    let record = site.publish("甲", &id, version).await.json();
    assert_eq!((&record["number"], &record["author"], &record["way"]), (&json!(2), &json!("甲"), &json!("published")));
    assert_eq!(site.lead().await, "区交通局");
    let taken = site.post("/v1/tickets", ticket("超市涨价")).await.json();
    assert_eq!(taken["made_with"]["release"], record["digest"]);
    assert_eq!(site.publish("甲", &id, version + 1).await.problem(), (409, "draft_stage".into()));

    let back =
        site.as_person("乙", "/v1/releases/demo/rollback", json!({ "to": "1", "message": "投诉多" })).await.json();
    assert_eq!((&back["number"], &back["way"], &back["message"]), (&json!(3), &json!("rolled_back"), &json!("投诉多")));
    assert_eq!(site.lead().await, "区市场监管局");
    let page = site.get("/v1/releases/demo?limit=2").await.json();
    assert_eq!((page["releases"][0]["number"].as_u64(), page["next"].as_u64()), (Some(3), Some(2)));
    // Every release that ever decided can be loaded again.
    let digest = record["digest"].as_str().expect("a digest");
    let old = site.get(&format!("/v1/releases/demo/files?release={digest}&path={FILE}")).await.json();
    assert_eq!(old["files"][FILE], rules("区交通局"));
}

#[tokio::test]
async fn what_is_broken_stays_out() {
    let site = site(false);
    let (id, version) = site.draft("甲", json!({ FILE: RULES.replace("区市场监管局", "区市场监督局") })).await;
    let refused = site.publish("甲", &id, version).await;
    assert_eq!(refused.problem(), (422, "rules_broken".into()));
    let errors = refused.json()["errors"].clone();
    assert!(errors[0]["field"].as_str().is_some_and(|it| it.starts_with(FILE)), "{errors}");
    assert!(errors[0]["message"].as_str().is_some_and(|it| it.contains("区市场监管局")), "{errors}");
    assert_eq!(site.lead().await, "区市场监管局");
    for path in ["rules/other/a.rhai", "/etc/passwd", "rules/demo/../x.rhai", "kb-index/demo/a.toml"] {
        let body = json!({ "files": { path: "x" } }).to_string();
        assert_eq!(site.post("/v1/drafts/demo", body).await.problem(), (422, "invalid_request".into()), "{path}");
    }
}

#[tokio::test]
async fn a_failing_case_keeps_a_draft_out_unless_it_is_forced() {
    let site = site(false);
    let files = json!({ FILE: rules("区交通局"), "rules/demo/cases/one.toml": case("区市场监管局") });
    let (id, version) = site.draft("甲", files).await;
    let refused = site.publish("甲", &id, version).await;
    assert_eq!(refused.problem(), (409, "cases_fail".into()));
    assert!(refused.text.contains("涨价") && refused.text.contains("区交通局"), "{}", refused.text);
    let path = format!("/v1/drafts/demo/{id}/publish");
    let forced = site.as_person("甲", &path, json!({ "version": version, "force": true })).await.json();
    assert_eq!((&forced["forced_by"], &forced["failed_cases"]), (&json!("甲"), &json!(["涨价"])));
    assert_eq!(site.lead().await, "区交通局");
}

#[tokio::test]
async fn the_second_of_two_authors_is_told() {
    let site = site(false);
    let (first, version) = site.draft("甲", json!({ FILE: rules("区交通局") })).await;
    let (second, other) = site.draft("乙", json!({ FILE: rules("联动中心") })).await;
    assert_eq!(site.publish("甲", &first, version).await.status, 200);
    let refused = site.publish("乙", &second, other).await;
    assert_eq!(refused.problem(), (409, "release_moved".into()));
    let told = refused.json()["errors"][0]["message"].as_str().expect("what happened").to_owned();
    assert!(told.contains('甲') && told.contains(FILE), "{told}");
    let checked = site.post(&format!("/v1/drafts/demo/{second}/check"), "").await.json();
    assert_eq!(checked["contested"], json!([FILE]));
    // Two windows on one draft.
    let path = format!("/v1/drafts/demo/{second}");
    let edit = json!({ "version": other, "files": { FILE: rules("联动中心") } }).to_string();
    assert_eq!(site.put(&path, edit.clone()).await.json()["version"], other + 1);
    assert_eq!(site.put(&path, edit).await.problem(), (409, "conflict".into()));
}

#[tokio::test]
async fn where_approval_is_needed_a_second_person_gives_it() {
    let site = site(true);
    let (id, version) = site.draft("甲", json!({ FILE: rules("区交通局") })).await;
    assert_eq!(site.publish("甲", &id, version).await.problem(), (409, "not_approved".into()));
    let submitted = site.act("甲", &id, json!({ "act": "submit", "version": version })).await.json();
    assert_eq!((&submitted["stage"]["stage"], &submitted["version"]), (&json!("submitted"), &json!(2)));
    let own = site.act("甲", &id, json!({ "act": "approve", "version": 2 })).await;
    assert_eq!(own.problem(), (403, "own_work".into()));
    let stale = site.act("乙", &id, json!({ "act": "approve", "version": 1 })).await;
    assert_eq!(stale.problem(), (409, "conflict".into()));
    assert_eq!(site.act("乙", &id, json!({ "act": "approve", "version": 2 })).await.status, 200);
    let record = site.publish("甲", &id, 3).await.json();
    assert_eq!(record["approved_by"], "乙");
    assert_eq!(site.lead().await, "区交通局");
}

#[tokio::test]
async fn a_whole_folder_can_be_published_and_exported() {
    let site = site(false);
    let live = site.get("/v1/releases/demo/files").await.json();
    let mut files: BTreeMap<String, String> = serde_json::from_value(live["files"].clone()).expect("files");
    files.insert("rules/demo/route/more.rhai".into(), "// 空\n".into());
    files.insert("dictionaries/words.txt".into(), "哄抬物价\n".into());
    files.remove("rules/calendar/2022.toml");
    let body = json!({ "message": "整体", "files": files, "whole": true });
    let draft = site.as_person("甲", "/v1/drafts/demo", body).await.json();
    let paths = json!(["dictionaries/words.txt", "rules/calendar/2022.toml", "rules/demo/route/more.rhai"]);
    assert_eq!(draft["paths"], paths);
    assert_eq!(site.publish("甲", draft["id"].as_str().expect("an id"), 1).await.status, 200);
    let now = site.get("/v1/releases/demo/files").await.json();
    assert_eq!(serde_json::from_value::<BTreeMap<String, String>>(now["files"].clone()).expect("files"), files);
}

#[tokio::test]
async fn rules_on_the_disk_are_not_published_over_the_api() {
    let site = super::site::site();
    let (id, version) = site.draft("甲", json!({ FILE: rules("区交通局") })).await;
    assert_eq!(site.publish("甲", &id, version).await.problem(), (409, "edited_on_disk".into()));
    let back = site.as_person("甲", "/v1/releases/demo/rollback", json!({ "to": "1" })).await;
    assert_eq!(back.problem(), (409, "edited_on_disk".into()));
    let checked = site.post("/v1/rules/demo/check", json!({ "files": { FILE: "route(" } }).to_string()).await.json();
    assert!(checked["sound"] == false && !checked["diagnostics"].as_array().expect("a list").is_empty(), "{checked}");
}

#[tokio::test]
async fn what_does_not_exist() {
    let site = site(false);
    assert_eq!(site.get("/v1/drafts/demo/d-none").await.problem(), (404, "unknown_draft".into()));
    assert_eq!(site.get("/v1/drafts/nowhere").await.problem(), (404, "unknown_jurisdiction".into()));
    assert_eq!(site.get("/v1/releases/demo/files?release=99").await.problem(), (404, "unknown_release".into()));
    let back = site.as_person("甲", "/v1/releases/demo/rollback", json!({ "to": "abcdef12" })).await;
    assert_eq!(back.problem(), (404, "unknown_release".into()));
    let force = json!({ "digest": "x", "message": "急" }).to_string();
    assert_eq!(site.post("/v1/releases/demo/force", force).await.problem(), (404, "unknown_release".into()));
}
