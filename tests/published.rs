//! The one source of truth: what a folder may change where rules are edited through the API, what outlives a restart, and
//! what somebody forced.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use paidan::access::{Access, Caller, Claims};
use paidan::app::{App, DraftWish, Live, Loader, Pool, TrialWish, Which};
use paidan::packs::Source;
use paidan::releases::{EditedIn, Kind, Limits, OwnTerms, Policy, Terms};
use paidan::store::{Options, Store};
use tempfile::TempDir;

use crate::demo::{NOW, ask, pack, request};
use crate::store::fixture::try_open;

const RULES: &str = "rules/demo/test.rhai";

fn now() -> chrono::DateTime<chrono::Utc> {
    NOW.parse().expect("an instant")
}

fn rules(unit: &str) -> String {
    format!("route(\"a.one\", #{{ any: [\"涨价\"], then: #{{ lead: \"{unit}\", weight: 4 }}, basis: \"示\" }});\n")
}

fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
    fs::write(file, text).expect("a file");
}

fn folder(unit: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in pack(&rules(unit)).files {
        write(folder.path(), &path, &text);
    }
    folder
}

fn api() -> Policy {
    let own = OwnTerms { source: Some(EditedIn::Api), approval: None };
    Policy { all: Terms::default(), own: [("demo".to_owned(), own)].into() }
}

struct Site {
    loader: Loader,
    live: Arc<Live>,
    app: App,
    caller: Caller,
}

fn serve(folder: &Path, store: Store, policy: Policy) -> Site {
    let source = Source::Folder(folder.to_owned());
    let (loader, live) = Loader::start(source, store.clone(), policy.clone(), now()).expect("it starts");
    let pool = Pool::start(1, 8).expect("threads");
    let app = App::new(live.clone(), store, pool, 60, now).with_policy(policy);
    let claims = Claims { person: Some("甲".as_bytes()), ..Claims::default() };
    let caller = Access::new(Vec::new()).caller(&claims, now()).expect("a local caller");
    Site { loader, live, app, caller }
}

impl Site {
    fn lead(&self) -> String {
        ask(&self.live.snapshot(), &request("超市涨价")).lead.value
    }

    async fn publish(&self, unit: &str) {
        let edits = [(RULES.to_owned(), Some(rules(unit)))].into();
        let wish = DraftWish { id: None, version: 0, message: None, edits, whole: false };
        let draft = self.app.write_draft(&self.caller, "demo", wish).await.expect("a draft");
        self.app.publish(&self.caller, "demo", &draft.id, 1, false).await.expect("published");
    }
}

#[tokio::test]
async fn what_the_api_published_outlives_a_restart_and_the_folder_changes_nothing() {
    let (data, folder) = (tempfile::tempdir().expect("a data folder"), folder("区市场监管局"));
    let open = || try_open(data.path(), &Options::default()).expect("the store opens");
    let mut site = serve(folder.path(), open(), api());
    assert_eq!(site.lead(), "区市场监管局", "the folder gives the first release");
    site.publish("区交通局").await;
    assert_eq!(site.lead(), "区交通局");
    write(folder.path(), RULES, &rules("联动中心"));
    site.loader.refresh(now()).expect("a look");
    assert_eq!(site.lead(), "区交通局", "the folder is not watched");
    assert!(site.live.reports.load().jurisdictions["demo"].current);
    drop(site);
    let site = serve(folder.path(), open(), api());
    assert_eq!(site.lead(), "区交通局");
    let records = site.app.records(&site.caller, "demo", None, 9).await.expect("records");
    assert_eq!(records.iter().map(|it| it.number).collect::<Vec<_>>(), [2, 1]);
    assert_eq!((records[0].author.as_str(), records[1].author.as_str()), ("甲", ""));
}

#[tokio::test]
async fn a_trial_goes_on_after_a_restart() {
    let (data, folder) = (tempfile::tempdir().expect("a data folder"), folder("区市场监管局"));
    let open = || try_open(data.path(), &Options::default()).expect("the store opens");
    let site = serve(folder.path(), open(), api());
    let edits = [(RULES.to_owned(), Some(rules("区交通局")))].into();
    let which = Which { edits, ..Which::default() };
    let wish = TrialWish { which, kind: Kind::Shadow, limits: Limits::default(), message: String::new() };
    let trial = site.app.try_release(&site.caller, "demo", wish).await.expect("on trial");
    drop(site);
    let site = serve(folder.path(), open(), api());
    let snapshot = site.live.snapshot();
    assert_eq!(snapshot.trials["demo"].trial.id, trial.id);
    assert_eq!(snapshot.trials["demo"].release.digest, trial.release);
    let world = snapshot.with_trial(&snapshot.trials["demo"]);
    assert_eq!(ask(&world, &request("超市涨价")).lead.value, "区交通局");
    let ended = site.app.stop_trial(&site.caller, "demo", "够了".into()).await.expect("it ends");
    assert!(ended.ended.is_some() && site.live.snapshot().trials.is_empty());
}

#[tokio::test]
async fn a_saved_file_whose_cases_fail_goes_live_when_somebody_forces_it() {
    let folder = folder("区市场监管局");
    let mut site = serve(folder.path(), Store::memory(|| 0), Policy::default());
    let case = "[[case]]\nname = \"涨价\"\ntext = \"超市涨价\"\nexpect = { lead = \"区市场监管局\" }\n";
    write(folder.path(), "rules/demo/cases/one.toml", case);
    write(folder.path(), RULES, &rules("区交通局"));
    site.loader.refresh(now()).expect("a look");
    assert_eq!(site.lead(), "区市场监管局");
    let wanted = site.live.reports.load().jurisdictions["demo"].wanted.to_string();
    site.app.force(&site.caller, "demo", &wanted, "紧急".into()).expect("noted");
    site.loader.refresh(now()).expect("a look");
    assert_eq!(site.lead(), "区交通局");
    let record = site.app.records(&site.caller, "demo", None, 1).await.expect("records").remove(0);
    assert_eq!((record.note.forced_by.as_deref(), record.note.message.as_str()), (Some("甲"), "紧急"));
    assert_eq!(record.note.failed_cases, ["涨价"]);
    // The next edit is judged by its cases again.
    write(folder.path(), RULES, &rules("联动中心"));
    site.loader.refresh(now()).expect("a look");
    assert_eq!(site.lead(), "区交通局");
}

/// A decision is made again bit for bit from what the store keeps.
#[tokio::test]
async fn the_release_that_decided_can_always_be_loaded_again() {
    let folder = folder("区市场监管局");
    let store = Store::memory(|| 0);
    let site = serve(folder.path(), store.clone(), api());
    let before = ask(&site.live.snapshot(), &request("超市涨价"));
    site.publish("区交通局").await;
    let files = store.release(&before.made_with.release).expect("read").expect("kept");
    let (release, _) = paidan::triage::Release::compile("demo", &files, &mut paidan::triage::Cache::default());
    let release = release.expect("it compiles");
    assert_eq!(paidan::replay::redecided(&before, &release), Vec::new());
    assert_ne!(site.live.snapshot().release("demo").expect("live").digest, release.digest);
}
