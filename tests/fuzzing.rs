//! The fuzz targets without a fuzzer: their seeds, and mutations of them, on every `cargo test`. docs/fuzzing.md.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;

#[path = "../fuzz/checks.rs"]
mod checks;

use checks::TARGETS;

/// The seeds of each target, by name.
static SEEDS: LazyLock<Vec<Vec<Vec<u8>>>> = LazyLock::new(|| {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let of = |name: &str| {
        let folder = std::fs::read_dir(seeds.join(name)).unwrap_or_else(|error| panic!("seeds of {name}: {error}"));
        let mut files: Vec<_> = folder.map(|file| file.expect("a file").path()).collect();
        files.sort();
        files.into_iter().map(|file| std::fs::read(file).expect("a seed")).collect()
    };
    TARGETS.iter().map(|(name, _)| of(name)).collect()
});

#[test]
fn every_seed_passes() {
    for ((name, check), seeds) in TARGETS.iter().zip(&*SEEDS) {
        assert!(!seeds.is_empty(), "{name} has no seeds");
        seeds.iter().for_each(|seed| check(seed));
    }
}

/// Targets, seeds, programs and what `.ci/long` runs name the same.
#[test]
fn every_target_is_a_program_and_runs_for_long() {
    let manifest = include_str!("../fuzz/Cargo.toml");
    let long = include_str!("../.ci/long");
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
        assert!(long.contains(name), "{name} in .ci/long");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
}

/// Where (per mille), how many bytes go, what comes.
fn edits() -> impl Strategy<Value = Vec<(usize, usize, Vec<u8>)>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..4),
        prop::sample::select(
            ["\"", "，", "138", "１", "幺", " - ", "\n", "\u{0}", "\u{202e}", "{", "]", "9e99", "甲"].to_vec()
        )
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop::collection::vec((0..1_000_usize, 0..6_usize, piece), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn mutations_of_seeds_pass(target in 0..TARGETS.len(), seed in any::<prop::sample::Index>(), edits in edits()) {
        let seeds = &SEEDS[target];
        let mut bytes = seeds[seed.index(seeds.len())].clone();
        for (at, gone, comes) in edits {
            let at = at * bytes.len() / 1_000;
            let end = (at + gone).min(bytes.len());
            bytes.splice(at..end, comes);
        }
        (TARGETS[target].1)(&bytes);
    }

    #[test]
    fn numbers_in_any_writing_are_masked(choice in any::<[u8; 4]>(), around in "[甲乙我的电话身份证卡号 ,。0-9a-z-]{0,24}") {
        let mut bytes = choice.to_vec();
        bytes.extend(around.as_bytes());
        checks::mask(&bytes);
    }
}
