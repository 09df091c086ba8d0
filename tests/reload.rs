//! Hot reload: a broken, half-written, deleted or renamed file changes nothing that works, and no request sees two releases.

mod torture;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use paidan::app::{Live, Loader, Refreshed};
use paidan::packs::Source;
use paidan::releases::Policy;
use paidan::store::{Options, Store};
use paidan::triage::Decision;
use tempfile::TempDir;

use crate::demo::{NOW, UNITS, ask, pack, request};
use crate::store::fixture::try_open;

struct Site {
    folder: TempDir,
    loader: Loader,
    live: Arc<Live>,
}

fn clock() -> u64 {
    0
}

/// A folder with one rule that routes 涨价, served from memory.
fn site(unit: &str) -> Site {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in pack(&routes(unit)).files {
        write(folder.path(), &path, &text);
    }
    serve(folder, Store::memory(clock))
}

fn serve(folder: TempDir, store: Store) -> Site {
    let source = Source::Folder(folder.path().to_owned());
    let (loader, live) =
        Loader::start(source, store, Policy::default(), NOW.parse().expect("an instant")).expect("it starts");
    Site { folder, loader, live }
}

/// Both the lead and the topic follow the release: a decision that mixed two would show it.
fn routes(unit: &str) -> String {
    let topic = if unit == "区交通局" { "交通" } else { "市场" };
    format!(
        "classify(\"t.one\", #{{ any: [\"涨价\"], then: #{{ topic: \"{topic}\", weight: 2 }}, basis: \"示\" }});\n\
         route(\"a.one\", #{{ any: [\"涨价\"], then: #{{ lead: \"{unit}\", weight: 4 }}, basis: \"示\" }});\n"
    )
}

fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
    fs::write(file, text).expect("a file");
}

const RULES: &str = "rules/demo/test.rhai";

impl Site {
    fn put(&mut self, path: &str, text: &str) -> Refreshed {
        write(self.folder.path(), path, text);
        self.refresh()
    }

    fn refresh(&mut self) -> Refreshed {
        self.loader.refresh(NOW.parse().expect("an instant")).expect("a look at the folder")
    }

    fn decide(&self) -> Decision {
        ask(&self.live.snapshot(), &request("超市涨价"))
    }

    #[track_caller]
    fn check(&self, lead: &str, current: bool) {
        assert_eq!(self.decide().lead.value, lead);
        assert_eq!(self.live.reports.load().jurisdictions["demo"].current, current);
    }
}

#[test]
fn an_edit_goes_live_and_a_broken_one_does_not() {
    let mut site = site("区市场监管局");
    site.check("区市场监管局", true);
    assert_eq!(site.refresh(), Refreshed::Unchanged);
    site.put(RULES, &routes("区交通局"));
    site.check("区交通局", true);
    let good = routes("区市场监管局");
    for broken in [
        "route(“a.b”",
        &good[..good.len() / 2],
        "route(\"a.one\", #{ any: [\"涨价\"], then: #{ lead: \"没有的局\" }, basis: \"示\" });",
        "\u{0}\u{1}",
    ] {
        site.put(RULES, broken);
        site.check("区交通局", false);
        assert!(
            site.live.reports.load().jurisdictions["demo"]
                .diagnostics
                .iter()
                .any(|it| it.is_error() && !it.help.is_empty())
        );
    }
    site.put(RULES, &good);
    site.check("区市场监管局", true);
}

/// Rules are not read again without need: a name that vanishes elsewhere is a need.
#[test]
fn a_rule_is_judged_again_when_the_names_change() {
    let mut site = site("区交通局");
    let renamed = UNITS.replace("区交通局", "区交运局");
    for _ in 0..3 {
        site.put("rules/demo/units.toml", &renamed);
        site.check("区交通局", false);
        site.put("rules/demo/units.toml", UNITS);
        site.check("区交通局", true);
    }
    let function = "route(\"a.fn\", #{ any: [\"涨价\"], then: |t| #{ lead: \"区交通局\" }, basis: \"示\" });\n";
    site.put("rules/demo/function.rhai", function);
    site.check("区交通局", true);
    site.put("rules/demo/units.toml", &renamed);
    site.check("区交通局", false);
    let reports = site.live.reports.load();
    let told = |file: &str| reports.jurisdictions["demo"].diagnostics.iter().any(|it| it.file == file && it.is_error());
    assert!(told(RULES) && told("rules/demo/function.rhai"), "{reports:?}");
}

#[test]
fn a_failing_case_keeps_the_release_out() {
    let mut site = site("区市场监管局");
    site.put(
        "rules/demo/cases/one.toml",
        "[[case]]\nname = \"涨价\"\ntext = \"超市涨价\"\nexpect = { lead = \"区市场监管局\" }\n",
    );
    site.check("区市场监管局", true);
    site.put(RULES, &routes("区交通局"));
    site.check("区市场监管局", false);
    let reports = site.live.reports.load();
    let failed = &reports.jurisdictions["demo"].failed_cases[0];
    assert_eq!((failed.name.as_str(), failed.line), ("涨价", 1));
    assert_eq!(failed.differences, ["lead 应为“区市场监管局”，实为“区交通局”"]);
}

#[test]
fn deleted_renamed_and_foreign_files() {
    let mut site = site("区市场监管局");
    site.put("rules/demo/.test.rhai.swp", "rubbish");
    site.put("rules/demo/notes.md", "rubbish");
    site.check("区市场监管局", true);
    fs::rename(site.folder.path().join(RULES), site.folder.path().join("rules/demo/other.rhai")).expect("a rename");
    site.refresh();
    site.check("区市场监管局", true);
    fs::remove_file(site.folder.path().join("rules/demo/units.toml")).expect("a deletion");
    site.refresh();
    site.check("区市场监管局", false);
    fs::remove_dir_all(site.folder.path().join("rules/demo")).expect("a deletion");
    site.refresh();
    site.check("区市场监管局", false);
}

#[test]
fn bytes_that_are_no_text_and_files_that_are_too_large() {
    let mut site = site("区市场监管局");
    fs::write(site.folder.path().join("rules/demo/gbk.rhai"), b"// \xb9\xe3\xb6\xab\n").expect("a file");
    site.refresh();
    site.check("区市场监管局", false);
    let reports = site.live.reports.load();
    let found = reports.jurisdictions["demo"].diagnostics.iter().find(|it| it.file.ends_with("gbk.rhai"));
    assert!(found.is_some_and(|it| it.message.contains("UTF-8")), "{reports:?}");
    drop(reports);
    fs::remove_file(site.folder.path().join("rules/demo/gbk.rhai")).expect("a deletion");
    fs::write(site.folder.path().join("rules/demo/big.rhai"), "x".repeat(5 << 20)).expect("a file");
    site.refresh();
    site.check("区市场监管局", false);
}

#[test]
fn one_jurisdiction_never_blocks_another() {
    let mut site = site("区市场监管局");
    for (path, text) in pack(&routes("区交通局")).files {
        if path.contains("demo") {
            write(site.folder.path(), &path.replace("demo", "other"), &text);
        }
    }
    site.put("rules/demo/broken.rhai", "route(");
    let reports = site.live.reports.load();
    assert!(!reports.jurisdictions["demo"].current && reports.jurisdictions["other"].current);
}

#[test]
fn a_restart_with_a_broken_file_serves_the_last_good_release() {
    let data = tempfile::tempdir().expect("a data folder");
    let open = || try_open(data.path(), &Options::default()).expect("the store opens");
    let folder = site("区市场监管局").folder;
    let site = serve(folder, open());
    site.check("区市场监管局", true);
    let Site { folder, loader, live } = site;
    drop((loader, live));
    write(folder.path(), RULES, "route(");
    serve(folder, open()).check("区市场监管局", false);
}

#[test]
fn two_hundred_reloads_under_load_mix_nothing() {
    let mut site = site("区市场监管局");
    let (live, done, count) = (site.live.clone(), Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let (live, done, count) = (live.clone(), done.clone(), count.clone());
            std::thread::spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let decision = ask(&live.snapshot(), &request("超市涨价"));
                    let pair = (decision.lead.value.as_str(), decision.axis("topic"));
                    assert!(
                        matches!(pair, ("区交通局", "交通") | ("区市场监管局", "市场")),
                        "two releases in one: {pair:?}"
                    );
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for round in 0..200 {
        match round % 4 {
            3 => site.put(RULES, "route(“"),
            odd if odd % 2 == 1 => site.put(RULES, &routes("区交通局")),
            _ => site.put(RULES, &routes("区市场监管局")),
        };
    }
    done.store(true, Ordering::Relaxed);
    workers.into_iter().for_each(|worker| worker.join().expect("no request failed"));
    assert!(count.load(Ordering::Relaxed) > 0);
}
