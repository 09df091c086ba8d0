//! Any text through the formatter: what comes out registers the same rules, and formatting it again changes nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use paidan::rules::{compile_file, format};

fuzz_target!(|source: &str| {
    let Ok(once) = format("fuzz.rhai", source) else { return };
    let twice = format("fuzz.rhai", &once).expect("what was formatted scans");
    assert_eq!(once, twice);
    let (before, after) = (compile_file("fuzz.rhai", source), compile_file("fuzz.rhai", &once));
    assert_eq!(before.registered(), after.registered());
});
