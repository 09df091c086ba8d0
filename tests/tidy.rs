//! House rules that a machine can check: the core knows no edge, files stay small, nothing is left open.

use std::fs;
use std::path::{Path, PathBuf};

/// Everything else is core: new code is pure unless it is named here.
const EDGES: [&str; 16] = [
    "access", "app", "audit", "bench", "cli", "clock", "config", "counting", "http", "main", "outbox", "packs",
    "store", "tending", "ticker", "watch",
];
const FORBIDDEN_IN_CORE: [&str; 10] = [
    "tokio::",
    "axum::",
    "sled::",
    "std::fs",
    "std::net",
    "std::env",
    "crate::clock::",
    "crate::clock;",
    "crate::store",
    "crate::http",
];
const LONGEST_FILE: usize = 500;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for item in fs::read_dir(folder).expect("a folder") {
        let path = item.expect("an item").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

fn every_source() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    sources(&root.join("src"), &mut found);
    found.sort();
    let read = |path: PathBuf| {
        let name = path.strip_prefix(root).expect("inside").display().to_string();
        (name, fs::read_to_string(path).expect("a source file"))
    };
    found.into_iter().map(read).collect()
}

fn is_edge(name: &str) -> bool {
    let first = name.trim_start_matches("src/").split(['/', '.']).next().unwrap_or("");
    EDGES.contains(&first)
}

#[test]
fn the_core_names_no_edge() {
    for (name, text) in every_source().into_iter().filter(|(name, _)| !is_edge(name)) {
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for word in FORBIDDEN_IN_CORE {
            assert!(!code.contains(word), "{name} is core and names {word}");
        }
    }
}

#[test]
fn files_are_small_and_say_what_they_are() {
    for (name, text) in every_source() {
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE, "{name} has {lines} lines");
        assert!(text.starts_with("//!"), "{name} does not say what it is");
        assert!(!name.ends_with("mod.rs"), "{name}: use foo.rs and foo/");
    }
}

#[test]
fn nothing_is_left_open() {
    for (name, text) in every_source() {
        for word in ["TODO", "FIXME", "XXX", "unimplemented!", "(in work)"] {
            assert!(!text.contains(word), "{name} holds {word}");
        }
    }
}
