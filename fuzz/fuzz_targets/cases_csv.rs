//! Any bytes as a table of cases or a decision table.

#![no_main]

use libfuzzer_sys::fuzz_target;
use paidan::packs::decode;
use paidan::rules::compile_file;
use paidan::triage::parse_cases;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = decode("rules/demo/cases/fuzz.csv", bytes.to_vec()) else { return };
    let (cases, found) = parse_cases("rules/demo/cases/fuzz.csv", &text);
    let lines = text.split('\n').count() as u32;
    assert!(cases.iter().all(|case| case.line >= 1 && case.line <= lines));
    assert!(found.iter().all(|it| it.line >= 1 && it.line <= lines && !it.render().is_empty()));
    let _ = compile_file("rules/demo/fuzz.csv", &text);
});
