//! Any text as a rule file: it loads or it is told why, and every place that is named lies in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use paidan::triage::{Files, check};

fuzz_target!(|source: &str| {
    let mut files = Files::new();
    for (path, text) in [
        ("rules/demo/regulation.toml", include_str!("../seeds/regulation.toml")),
        ("rules/demo/units.toml", include_str!("../seeds/units.toml")),
        ("rules/demo/fuzz.rhai", source),
    ] {
        files.insert(path.to_owned(), text.to_owned());
    }
    let lines = source.lines().count().max(1) as u32;
    for it in check("demo", &files).into_iter().filter(|it| it.file.ends_with("fuzz.rhai")) {
        assert!(it.line >= 1 && it.line <= lines + 1, "{it:?}");
        assert!(it.end_column == 0 || it.end_column >= it.column, "{it:?}");
        assert!(!it.message.is_empty() && !it.render().is_empty());
    }
});
