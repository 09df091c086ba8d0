//! Files torn, deleted, renamed and written by several at once, while decisions are made. What must hold every time: no
//! decision fails; each was made by one release, which can be loaded from the store and decides the same again; what was
//! good stays until something better is there; and when the files are whole again, they are what decides.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use paidan::app::{Live, Refreshed};
use paidan::digest::Digest;
use paidan::packs::Source;
use paidan::store::Store;
use paidan::ticket::Request;
use paidan::triage::{Cache, Decision, Release, Snapshot};

use super::{RULES, Site, clock, routes, serve, write};
use crate::demo::{ask, pack, request};
use crate::large::{self, Dice};

const CASES: &str = "rules/demo/cases/torture.toml";
/// Keeps a release out in which either rule is missing.
const BOTH_FIRE: &str = "[[case]]\nname = \"涨价\"\ntext = \"超市涨价\"\nexpect = { fires = [\"t.one\", \"a.one\"] }\n";

/// A site with the case, and its store.
fn guarded(unit: &str) -> (Site, Store) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in pack(&routes(unit)).files {
        write(folder.path(), &path, &text);
    }
    write(folder.path(), CASES, BOTH_FIRE);
    let store = Store::memory(clock);
    (serve(folder, store.clone()), store)
}

/// Two threads that decide without a pause.
struct Crowd {
    done: Arc<AtomicBool>,
    seen: Arc<Mutex<BTreeMap<Digest, Decision>>>,
    workers: Vec<JoinHandle<()>>,
}

impl Crowd {
    fn start(live: &Arc<Live>, request: &Request) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let seen = Arc::new(Mutex::new(BTreeMap::<Digest, Decision>::new()));
        let work = || {
            let (live, done, request, seen) = (live.clone(), done.clone(), request.clone(), Arc::clone(&seen));
            std::thread::spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let snapshot = live.snapshot();
                    let decision = ask(&snapshot, &request);
                    let digest = decision.made_with.release.clone();
                    assert_eq!(Some(&digest), snapshot.release(&request.jurisdiction).map(|release| &release.digest));
                    let mut seen = seen.lock().expect("no panic");
                    let before = seen.entry(digest).or_insert_with(|| decision.clone());
                    assert_eq!(*before, decision, "one release, two decisions");
                }
            })
        };
        let workers = vec![work(), work()];
        Self { done, seen, workers }
    }

    /// Stops, and decides again with every release that was live, out of the store. Gives how many there were.
    fn stop(self, store: &Store, request: &Request) -> usize {
        self.done.store(true, Ordering::Relaxed);
        self.workers.into_iter().for_each(|worker| worker.join().expect("no decision failed"));
        let seen = self.seen.lock().expect("no panic");
        let mut cache = Cache::default();
        for (digest, decision) in seen.iter() {
            let files = store.release(digest).expect("the store can be read").expect("what decides is kept");
            let (release, wrong) = Release::compile(&request.jurisdiction, &files, &mut cache);
            let release = release.unwrap_or_else(|| panic!("{wrong:#?}"));
            let releases = [(request.jurisdiction.clone(), Some(Arc::new(release)))].into();
            let again = ask(&Snapshot { releases, ..Snapshot::default() }, request);
            let plain = |decision: &Decision| Decision { made_with: Default::default(), ..decision.clone() };
            assert_eq!(plain(&again), plain(decision));
        }
        assert!(!seen.is_empty(), "somebody decided");
        seen.len()
    }
}

/// Statement ends, and bytes here and there, also inside of a character.
#[test]
fn a_file_cut_anywhere_changes_nothing() {
    let (mut site, store) = guarded("区市场监管局");
    let crowd = Crowd::start(&site.live, &request("超市涨价"));
    let whole = routes("区交通局");
    let ends = whole.match_indices('\n').map(|(at, _)| at + 1).filter(|&at| at < whole.len());
    let mut dice = Dice::new(1);
    let cuts: Vec<usize> = ends.chain((0..40).map(|_| dice.below(whole.trim_end().len() - 2))).chain([0]).collect();
    for cut in cuts {
        fs::write(site.folder.path().join(RULES), &whole.as_bytes()[..cut]).expect("written");
        site.refresh();
        site.check("区市场监管局", false);
    }
    site.put(RULES, &whole);
    site.check("区交通局", true);
    assert!(crowd.stop(&store, &request("超市涨价")) <= 2);
}

#[test]
fn every_file_may_vanish_or_change_its_name_for_a_while() {
    let (mut site, store) = guarded("区市场监管局");
    let crowd = Crowd::start(&site.live, &request("超市涨价"));
    let files: Vec<String> =
        Source::Folder(site.folder.path().into()).read().expect("read").files.into_keys().collect();
    for path in &files {
        let (here, there) = (site.folder.path().join(path), site.folder.path().join(format!("{path}.bak")));
        let text = fs::read_to_string(&here).expect("text");
        fs::rename(&here, &there).expect("renamed");
        site.refresh();
        assert_eq!(site.decide().lead.value, "区市场监管局", "without {path}");
        fs::rename(&there, &here).expect("renamed back");
        site.refresh();
        site.check("区市场监管局", true);
        fs::remove_file(&here).expect("removed");
        fs::create_dir(&here).expect("a folder in its place");
        site.refresh();
        assert_eq!(site.decide().lead.value, "区市场监管局", "{path} is a folder");
        fs::remove_dir(&here).expect("removed");
        site.put(path, &text);
        site.check("区市场监管局", true);
    }
    crowd.stop(&store, &request("超市涨价"));
}

#[test]
fn folders_moved_away_come_back() {
    let (mut site, store) = guarded("区市场监管局");
    let crowd = Crowd::start(&site.live, &request("超市涨价"));
    let away = tempfile::tempdir().expect("a folder");
    for folder in ["rules/demo", "rules", "dictionaries", "rules/demo/cases", "rules/calendar"] {
        let (here, there) = (site.folder.path().join(folder), away.path().join("moved"));
        fs::rename(&here, &there).expect("moved away");
        site.refresh();
        assert_eq!(site.decide().lead.value, "区市场监管局", "without {folder}");
        fs::rename(&there, &here).expect("moved back");
        site.refresh();
        site.check("区市场监管局", true);
    }
    crowd.stop(&store, &request("超市涨价"));
}

/// A burst is one look at its end.
#[test]
fn the_last_write_of_a_burst_counts() {
    let (mut site, store) = guarded("区市场监管局");
    let crowd = Crowd::start(&site.live, &request("超市涨价"));
    for burst in 0..10 {
        for step in 0..50 {
            let text = if step % 3 == 0 {
                "route(".to_owned()
            } else {
                format!("{}// {burst} {step}\n", routes("区交通局"))
            };
            write(site.folder.path(), RULES, &text);
        }
        let unit = if burst % 2 == 0 { "区交通局" } else { "区市场监管局" };
        assert_eq!(site.put(RULES, &routes(unit)), Refreshed::Round);
        site.check(unit, true);
        assert_eq!(site.refresh(), Refreshed::Unchanged);
    }
    assert!(crowd.stop(&store, &request("超市涨价")) <= 2);
}

/// The rules of a unit, as long as those of any other: a file written in one go is never half the one and half the other.
fn padded(unit: &str) -> String {
    let rules = routes(unit);
    let blank = " ".repeat(600 - rules.len());
    format!("{rules}{blank}\n")
}

/// Writers and the loader race; whoever wins, a decision is of one release.
fn race(paths: [&'static str; 2], texts: impl Fn(usize, usize) -> String + Send + Sync + Copy + 'static) {
    let (mut site, store) = guarded("区市场监管局");
    let crowd = Crowd::start(&site.live, &request("超市涨价"));
    let root = site.folder.path().to_owned();
    let writers: Vec<JoinHandle<()>> = paths
        .into_iter()
        .enumerate()
        .map(|(writer, path)| {
            let root = root.clone();
            std::thread::spawn(move || (0..300).for_each(|round| write(&root, path, &texts(writer, round))))
        })
        .collect();
    while writers.iter().any(|writer| !writer.is_finished()) {
        site.refresh();
        let decision = site.decide();
        assert!(!decision.lead.value.is_empty() && !decision.axis("topic").is_empty(), "{decision:?}");
    }
    writers.into_iter().for_each(|writer| writer.join().expect("written"));
    for (writer, path) in paths.into_iter().enumerate() {
        site.put(path, &texts(writer, 0));
    }
    assert!(site.live.reports.load().jurisdictions["demo"].current);
    crowd.stop(&store, &request("超市涨价"));
}

#[test]
fn two_writers_of_one_file() {
    race([RULES, RULES], |writer, round| {
        padded(if (writer + round) % 2 == 0 { "区交通局" } else { "区市场监管局" })
    });
}

#[test]
fn two_writers_of_two_files() {
    race([RULES, "rules/demo/other.rhai"], |writer, round| match writer {
        0 => padded(if round % 2 == 0 { "区交通局" } else { "区市场监管局" }),
        _ => {
            format!("warn(\"w.n{}\", #{{ any: [\"涨价\"], then: #{{ level: \"red\" }}, basis: \"示\" }});\n", round % 7)
        }
    });
}

/// What is broken in one place stands in nobody else's way.
#[test]
fn one_jurisdiction_is_broken_while_another_publishes() {
    let (mut site, store) = guarded("区市场监管局");
    let other = |unit: &str| -> Vec<(String, String)> {
        let files = pack(&routes(unit)).files.into_iter().filter(|(path, _)| path.contains("demo"));
        files.map(|(path, text)| (path.replace("demo", "other"), text)).collect()
    };
    other("区交通局").iter().for_each(|(path, text)| write(site.folder.path(), path, text));
    site.refresh();
    let of_other = Request { jurisdiction: "other".into(), ..request("超市涨价") };
    let crowds = [request("超市涨价"), of_other.clone()].map(|request| (Crowd::start(&site.live, &request), request));
    let broken = ["route(", "route(“", "", "\u{0}", "[[case]]"];
    for round in 0..40 {
        write(site.folder.path(), RULES, broken[round % broken.len()]);
        let unit = if round % 2 == 0 { "区市场监管局" } else { "区交通局" };
        other(unit).iter().for_each(|(path, text)| write(site.folder.path(), path, text));
        site.refresh();
        site.check("区市场监管局", false);
        assert!(site.live.reports.load().jurisdictions["other"].current);
        assert_eq!(ask(&site.live.snapshot(), &of_other).lead.value, unit);
    }
    site.put(RULES, &routes("区交通局"));
    site.check("区交通局", true);
    for (crowd, request) in crowds {
        crowd.stop(&store, &request);
    }
}

/// 10,000 rules in fifty files: edited, broken, mended, while decisions are made.
#[test]
fn ten_thousand_rules_with_an_edit() {
    let shipped = Source::Folder(env!("CARGO_MANIFEST_DIR").into()).read().expect("the packs can be read");
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in large::pack(shipped, 10_000, 0).files {
        write(folder.path(), &path, &text);
    }
    let store = Store::memory(clock);
    let mut site = serve(folder, store.clone());
    let text = Request { jurisdiction: "longhua".into(), ..request(&large::text(3, 10_000)) };
    let crowd = Crowd::start(&site.live, &text);
    let (path, whole) = (large::path(7, 0), large::file(7, 10_000, 0));
    let standing = |site: &Site| {
        let report = site.live.reports.load().jurisdictions["longhua"].clone();
        (report.current, report.rules, report.failed_cases.len())
    };
    assert_eq!(standing(&site), (true, 10_000, 0));
    let edited = whole.replacen("weight: ", "weight: -", 1);
    for (text, current) in [(&edited[..], true), (&whole[..whole.len() / 2], false), ("", false), (&whole, true)] {
        site.put(&path, text);
        assert_eq!(standing(&site).0, current);
    }
    assert_eq!(standing(&site), (true, 10_000, 0));
    assert!(crowd.stop(&store, &text) <= 2);
}
