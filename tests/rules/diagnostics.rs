//! A fixture for every kind of problem: real mistakes, and word for word what their author is told.
//!
//! `tests/data/diagnostics/<code>[--variant].<where>.<ending>`; what is said of it stands beside, in a `.txt`.
//! `PAIDAN_BLESS=1` writes those anew: read them as their author would before they go in.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use paidan::diagnostic::{Code, Diagnostic};
use paidan::packs::decode;
use paidan::triage::{Cache, Release};

use crate::demo::pack;

const SOUND: &str =
    "route(\"demo.one\", #{ any: [\"超市涨价\"], then: #{ lead: \"区市场监管局\", weight: 4 }, basis: \"示例\" });\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/diagnostics")
}

fn fixtures() -> Vec<String> {
    let items = fs::read_dir(folder()).expect("the folder of fixtures");
    let names = items.map(|item| item.expect("an item").file_name().into_string().expect("a name"));
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(".txt")).collect();
    names.sort();
    names
}

/// Where a fixture stands in the pack.
fn place(name: &str) -> String {
    let mut parts = name.rsplitn(3, '.');
    let (ending, kind) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    match kind {
        "units" | "regulation" | "matters" => format!("rules/demo/{kind}.toml"),
        "calendar" => "rules/calendar/2022.toml".into(),
        "places" => "dictionaries/places/demo.toml".into(),
        "words" => "dictionaries/words.txt".into(),
        "cases" => format!("rules/demo/cases/test.{ending}"),
        "entries" => "kb-index/demo/test.toml".into(),
        "scenario" => "scenarios/test.toml".into(),
        "table" => "rules/demo/route/test.csv".into(),
        _ => "rules/demo/test.rhai".into(),
    }
}

fn said(name: &str) -> Vec<Diagnostic> {
    let path = place(name);
    let bytes = fs::read(folder().join(name)).expect("a fixture");
    let mut files = pack(SOUND).release_files("demo");
    match decode(&path, bytes) {
        _ if name.ends_with(".gone") => _ = files.remove(&path),
        Err(why) => return vec![Diagnostic::error(&path, 1, why).code(Code::Unreadable)],
        Ok(text) if path.starts_with("kb-index/") => {
            return paidan::knowledge::parse(&path, &text).expect_err("a broken entry");
        }
        Ok(text) if path.starts_with("scenarios/") => {
            return vec![paidan::simulate::Scenario::parse(&path, &text).expect_err("a broken scenario")];
        }
        Ok(text) => _ = files.insert(path, text),
    }
    let today = "2026-01-01".parse().ok();
    let (_, mut found) = Release::check("demo", &files, &mut Cache::default(), today);
    // The demo's units have no contacts; nothing is learnt from hearing it every time.
    found.retain(|it| !it.message.contains("缺少分管领导"));
    found
}

#[test]
fn every_fixture_is_told_what_is_beside_it() {
    let bless = std::env::var_os("PAIDAN_BLESS").is_some();
    let mut wrong = Vec::new();
    for name in fixtures() {
        let found = said(&name);
        let code = name.split(['.', '-']).next().map(|_| name.split("--").next().unwrap_or(&name));
        let code = code.and_then(|code| code.split('.').next()).unwrap_or("");
        if !found.iter().any(|it| it.code.name() == code) {
            wrong
                .push(format!("{name}: no {code} in {:#?}", found.iter().map(|it| it.code.name()).collect::<Vec<_>>()));
        }
        for it in &found {
            assert!(!it.message.is_empty() && (!it.help.is_empty() || it.code == Code::Unreadable), "{name}: {it:?}");
            assert!(it.line > 0 && (it.end_column == 0 || it.end_column >= it.column), "{name}: {it:?}");
        }
        let text: Vec<String> = found.iter().map(Diagnostic::render).collect();
        let (text, beside) = (text.join("\n\n") + "\n", folder().join(format!("{name}.txt")));
        if bless {
            fs::write(&beside, &text).expect("the rendering is written");
        } else if fs::read_to_string(&beside).unwrap_or_default() != text {
            wrong.push(format!("{name} is now told:\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_code_has_a_fixture() {
    let names = fixtures();
    assert!(names.len() >= 40, "{}", names.len());
    let fixed: BTreeSet<&str> = names.iter().filter_map(|name| name.split("--").next()?.split('.').next()).collect();
    let missing: Vec<&str> = Code::ALL.iter().map(|code| code.name()).filter(|name| !fixed.contains(name)).collect();
    assert!(missing.is_empty(), "no fixture for {missing:?}");
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    let foreign: Vec<&&str> = fixed.iter().filter(|name| !known.contains(**name)).collect();
    assert!(foreign.is_empty(), "no such code: {foreign:?}");
}
