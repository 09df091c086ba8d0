//! Who names which requirement: test functions by name or doc comment, scenario checks by `proves`, rule cases by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::ids::{in_name, in_prose};
use crate::files::below;

/// A test, as a reader finds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Proof {
    /// Relative to the repository.
    pub(super) file: String,
    /// The function or the case; empty: the whole scenario.
    pub(super) name: String,
}

#[derive(Default)]
pub(super) struct Proofs {
    pub(super) by_id: BTreeMap<String, BTreeSet<Proof>>,
    /// Names that prove nothing.
    pub(super) wrong: Vec<String>,
}

impl Proofs {
    pub(super) fn read(root: &Path) -> Self {
        let mut proofs = Self::default();
        let text = |file: &str| fs::read_to_string(root.join(file)).expect("a file that can be read");
        for folder in ["src", "tests"] {
            for file in below(root, folder, "rs") {
                let found = tests_of(&text(&file));
                if !found.is_empty() && !is_module(root, &file) {
                    proofs.wrong.push(format!("{file} is no module of the suite: its tests never run"));
                }
                for (name, ids) in found {
                    proofs.add(&file, &name, ids);
                }
            }
        }
        for file in below(root, "tests/scenarios", "toml") {
            proofs.scenario(&file, &text(&file));
        }
        for file in below(root, "rules", "toml").into_iter().filter(|file| file.contains("/cases/")) {
            let table: toml::Table = text(&file).parse().unwrap_or_else(|err| panic!("{file}: {err}"));
            for name in tables(&table, "case").filter_map(|case| case.get("name")?.as_str()) {
                proofs.add(&file, name, in_prose(name));
            }
        }
        proofs
    }

    pub(super) fn prove(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    fn add(&mut self, file: &str, name: &str, ids: Vec<String>) {
        for id in ids {
            let proof = Proof { file: file.to_owned(), name: name.to_owned() };
            self.by_id.entry(id).or_default().insert(proof);
        }
    }

    /// A check must look at something, or a step must have to be refused: else the scenario proves nothing by passing.
    fn scenario(&mut self, file: &str, text: &str) {
        let table: toml::Table = text.parse().unwrap_or_else(|err| panic!("{file}: {err}"));
        let refuses = tables(&table, "step").any(|step| step.contains_key("refused"));
        for check in tables(&table, "check") {
            let Some(proves) = check.get("proves").and_then(toml::Value::as_str) else { continue };
            let ids = in_prose(proves);
            let looks = check.keys().any(|key| !matches!(key.as_str(), "at" | "proves"));
            if ids.is_empty() || !looks && !refuses {
                self.wrong.push(format!("{file}: the check that proves “{proves}” names or looks at nothing"));
            }
            self.add(file, "", ids);
        }
    }
}

fn tables<'a>(table: &'a toml::Table, key: &str) -> impl Iterator<Item = &'a toml::Table> {
    table.get(key).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_table)
}

/// Whether the file above declares it.
fn is_module(root: &Path, file: &str) -> bool {
    let stem = file.trim_end_matches(".rs");
    let Some((folder, name)) = stem.rsplit_once('/') else { return false };
    let parents = match folder {
        "src" => vec!["src/lib.rs".to_owned(), "src/main.rs".to_owned()],
        "tests" => vec!["tests/lib.rs".to_owned()],
        _ => vec![format!("{folder}.rs")],
    };
    let declares = |parent: &String| {
        let text = fs::read_to_string(root.join(parent)).unwrap_or_default();
        text.lines().any(|line| line.trim().ends_with(&format!("mod {name};")))
    };
    parents.contains(&file.to_owned()) || parents.iter().any(declares)
}

/// Test functions that are run, with the ids they name.
fn tests_of(source: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let (mut doc, mut runs, mut ignored) = (String::new(), false, false);
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            doc.push_str(text);
            doc.push('\n');
        } else if line.starts_with("#[") {
            runs |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            ignored |= line.starts_with("#[ignore");
        } else if !line.starts_with("//") {
            if let Some(name) = function(line).filter(|_| runs && !ignored) {
                let mut ids = in_prose(&doc);
                ids.extend(in_name(name));
                if !ids.is_empty() {
                    found.push((name.to_owned(), ids));
                }
            }
            (doc, runs, ignored) = (String::new(), false, false);
        }
    }
    found
}

fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")?.split(['(', '<']).next()
}

#[test]
fn only_tests_that_run_prove_anything() {
    let told = |source: &str| tests_of(source).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let named = ["/// LH", "-26: late.\n#[test]\nfn late() {}\nfn rc_17_helper() {}"].concat();
    assert_eq!(told(&named), ["late"]);
    assert_eq!(told("#[tokio::test(start_paused = true)]\nasync fn rc_17_cutoff() {"), ["rc_17_cutoff"]);
    assert_eq!(told("#[test]\n#[ignore = \"long\"]\nfn rc_17_cutoff() {"), [""; 0]);
    assert_eq!(told("#[test]\nfn plain() {"), [""; 0]);
}
