//! Every scenario under `tests/scenarios/` holds, each in the world it is written for: the shipped packs, or for
//! `tests/scenarios/sixth/` a sixth jurisdiction that is nothing but data.

use std::fs;
use std::path::{Path, PathBuf};

use paidan::app::World;
use paidan::packs::Source;
use paidan::simulate::{Report, Scenario, run};

use crate::files::below;

const FOLDER: &str = "tests/scenarios";
const SIXTH: &str = "tests/scenarios/sixth/";
const SIXTH_PACK: &str = "tests/packs/sixth";
/// What a pack of its own shares with the shipped ones.
const SHARED: [&str; 3] = ["rules/common", "rules/calendar", "dictionaries"];
/// The machine that runs the tests has so many cores.
const THREADS: usize = 2;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn world(folder: PathBuf) -> World {
    World::load(&Source::Folder(folder), "2026-01-01".parse().expect("a date")).expect("the packs can be read")
}

/// What a scenario did otherwise than it says; empty: it holds.
fn differences(world: &World, file: &str) -> Vec<String> {
    let source = fs::read_to_string(root().join(file)).expect("a scenario");
    let scenario = match Scenario::parse(file, &source) {
        Ok(scenario) => scenario,
        Err(wrong) => return vec![wrong.render()],
    };
    let pack = world.reports.get(&scenario.jurisdiction);
    if let Some(wrong) = pack.and_then(|report| report.diagnostics.iter().find(|it| it.is_error())) {
        return vec![wrong.render()];
    }
    match run(&world.snapshot, &scenario) {
        Ok(report) => told(&report),
        Err(why) => vec![why],
    }
}

fn told(report: &Report) -> Vec<String> {
    let checks = report.checks.iter().flat_map(|check| {
        let at = check.at.format("%F %T UTC").to_string();
        check.differences.iter().map(move |it| format!("{at} {}: {it}", check.proves))
    });
    report.failures.iter().cloned().chain(checks).collect()
}

fn all_hold(world: &World, files: &[String]) {
    assert!(!files.is_empty(), "there is nothing to hold");
    let share = files.len().div_ceil(THREADS).max(1);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let check = |files: &[String]| {
            let one = |file: &String| {
                differences(world, file).into_iter().map(|it| format!("{file}: {it}")).collect::<Vec<_>>()
            };
            files.iter().flat_map(one).collect::<Vec<_>>()
        };
        let running: Vec<_> = files.chunks(share).map(|part| scope.spawn(move || check(part))).collect();
        running.into_iter().flat_map(|it| it.join().expect("a scenario never panics")).collect()
    });
    assert!(wrong.is_empty(), "{} things are otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_scenario_of_the_shipped_jurisdictions_holds() {
    let files: Vec<String> = below(root(), FOLDER, "toml").into_iter().filter(|it| !it.starts_with(SIXTH)).collect();
    all_hold(&world(root().to_owned()), &files);
}

#[test]
fn every_scenario_of_a_sixth_jurisdiction_holds() {
    let files: Vec<String> = below(root(), FOLDER, "toml").into_iter().filter(|it| it.starts_with(SIXTH)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    for shared in SHARED {
        copy(shared, "", folder.path());
    }
    copy(SIXTH_PACK, SIXTH_PACK, folder.path());
    all_hold(&world(folder.path().to_owned()), &files);
}

/// Copies what lies below a folder of the repository, without the part of its path that is to be left out.
fn copy(from: &str, without: &str, to: &Path) {
    for ending in ["toml", "rhai", "txt"] {
        for file in below(root(), from, ending) {
            let path = to.join(file.trim_start_matches(without).trim_start_matches('/'));
            fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            fs::copy(root().join(&file), path).expect("it can be copied");
        }
    }
}
