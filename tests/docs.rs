//! The authors' guide tells the truth: its rules load in a real jurisdiction and its cases pass.

mod console;
mod knowledge;
mod regulation;

use std::fs;
use std::path::Path;

use paidan::packs::{Pack, Source};
use paidan::releases::Releases;

/// The fenced blocks of a language.
fn blocks(markdown: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for line in markdown.lines() {
        match (&mut open, line) {
            (None, line) if line.strip_prefix("```") == Some(language) => open = Some(String::new()),
            (Some(_), "```") => found.extend(open.take()),
            (Some(block), line) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {}
        }
    }
    found
}

fn guide() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md")).expect("the guide")
}

/// Longhua with the rules and cases of the guide instead of its own.
fn guide_pack() -> Pack {
    let shipped = Source::Folder(env!("CARGO_MANIFEST_DIR").into()).read().expect("the packs can be read");
    let kept = |path: &String| {
        path.starts_with("rules/longhua/") && path.ends_with(".toml") && !path.contains("/cases/")
            || path.starts_with("rules/calendar/")
            || path == "rules/common/regulation.toml"
            || path.starts_with("dictionaries/")
    };
    let mut pack =
        Pack { files: shipped.files.into_iter().filter(|(path, _)| kept(path)).collect(), ..Pack::default() };
    let guide = guide();
    pack.files.insert("rules/longhua/guide.rhai".into(), blocks(&guide, "rhai").join("\n"));
    pack.files.insert("rules/longhua/cases/guide.toml".into(), blocks(&guide, "toml").join("\n"));
    let tables = blocks(&guide, "csv");
    assert!(!tables.is_empty(), "the guide has a table");
    for (at, table) in tables.into_iter().enumerate() {
        // Cases begin with their name, rules with their id.
        let folder = if table.starts_with("名称") { "cases/" } else { "" };
        pack.files.insert(format!("rules/longhua/{folder}guide{at}.csv"), table);
    }
    pack
}

#[test]
fn the_examples_of_the_guide_work() {
    let pack = guide_pack();
    let (rules, cases) = (&pack.files["rules/longhua/guide.rhai"], &pack.files["rules/longhua/cases/guide.toml"]);
    let tables = pack.files.iter().filter(|(path, _)| path.contains("/cases/guide") && path.ends_with(".csv"));
    let rows: usize = tables.map(|(_, table)| table.lines().count() - 1).sum();
    let count = cases.matches("[[case]]").count() + rows;
    assert!(rows > 0 && rules.matches("route(").count() >= 6 && count >= 10, "the guide has its examples");
    let round = Releases::default().round(&pack);
    let report = &round.reports["longhua"];
    assert!(report.current, "{:#?}\n{:#?}", report.diagnostics, report.failed_cases);
    assert_eq!(report.cases, count);
}
