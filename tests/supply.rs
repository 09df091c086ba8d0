//! What the program is made of: versions that are safe, from one source, and reasons for what nobody maintains any more.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// The least version without a known hole, for its line of versions. `cargo deny check advisories` knows more, with a network.
const SAFE: [(&str, &str, &str); 33] = [
    ("bytes", "1.11.1", "RUSTSEC-2026-0007"),
    ("chrono", "0.4.20", "RUSTSEC-2020-0159"),
    ("crossbeam-channel", "0.5.15", "RUSTSEC-2025-0024"),
    ("crossbeam-epoch", "0.9.20", "RUSTSEC-2026-0204"),
    ("crossbeam-utils", "0.8.7", "RUSTSEC-2022-0041"),
    ("curve25519-dalek", "4.1.3", "RUSTSEC-2024-0344"),
    ("dashmap", "5.1.0", "RUSTSEC-2022-0002"),
    ("futures-util", "0.3.2", "RUSTSEC-2020-0059"),
    ("generic-array", "0.13.3", "RUSTSEC-2020-0146"),
    ("h2", "0.4.16", "RUSTSEC-2026-0258"),
    ("hashbrown", "0.15.1", "RUSTSEC-2024-0402, 0.15.0 alone"),
    ("hyper", "1.0.0", "RUSTSEC-2021-0079"),
    ("idna", "1.0.0", "RUSTSEC-2024-0421"),
    ("lru", "0.18.2", "RUSTSEC-2026-0253"),
    ("lz4_flex", "0.12.1", "RUSTSEC-2026-0041"),
    ("memmap2", "0.9.11", "RUSTSEC-2026-0186"),
    ("mio", "0.8.11", "RUSTSEC-2024-0019"),
    ("oneshot", "0.1.12", "a race on drop"),
    ("quick-xml", "0.41.0", "quadratic attributes"),
    ("rand", "0.10.0", "RUSTSEC-2026-0097"),
    ("rand", "0.9.3", "RUSTSEC-2026-0097"),
    ("rand", "0.8.6", "RUSTSEC-2026-0097"),
    ("regex", "1.5.5", "RUSTSEC-2022-0013"),
    ("ring", "0.17.12", "RUSTSEC-2025-0009"),
    ("rustls", "0.23.18", "RUSTSEC-2024-0399"),
    ("rustls-webpki", "0.103.13", "RUSTSEC-2026-0098"),
    ("slab", "0.4.11", "RUSTSEC-2025-0047"),
    ("smallvec", "1.6.1", "RUSTSEC-2021-0003"),
    ("thread_local", "1.1.4", "RUSTSEC-2022-0006"),
    ("time", "0.3.47", "RUSTSEC-2026-0009"),
    ("tokio", "1.44.2", "RUSTSEC-2025-0023"),
    ("tracing-subscriber", "0.3.20", "RUSTSEC-2025-0055, log injection"),
    ("zip", "2.3.0", "RUSTSEC-2025-0020"),
];

/// What has an advisory and cannot be left out yet; each has its reason in deny.toml.
const IGNORED: [(&str, &str); 5] = [
    ("fxhash", "RUSTSEC-2025-0057"),
    ("instant", "RUSTSEC-2024-0384"),
    ("rsa", "RUSTSEC-2023-0071"),
    ("serde_cbor", "RUSTSEC-2021-0127"),
    ("smartstring", "RUSTSEC-2026-0249"),
];

/// Crates that nobody maintains, or with a hole that was never closed: none of them comes in unseen.
const UNMAINTAINED: [&str; 34] = [
    "adler",
    "ansi_term",
    "async-std",
    "atomic-polyfill",
    "atty",
    "backoff",
    "bincode",
    "core2",
    "derivative",
    "difference",
    "encoding",
    "failure",
    "fxhash",
    "instant",
    "json",
    "lexical-core",
    "linked-hash-map",
    "mach",
    "number_prefix",
    "owning_ref",
    "paste",
    "proc-macro-error",
    "proc-macro-error2",
    "remove_dir_all",
    "rsa",
    "rustls-pemfile",
    "safemem",
    "serde_cbor",
    "serde_yaml",
    "serde_yml",
    "smartstring",
    "tempdir",
    "users",
    "yaml-rust",
];

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
}

fn packages() -> Vec<Package> {
    toml::from_str::<Lock>(include_str!("../Cargo.lock")).expect("the lock file").package
}

fn deny() -> toml::Table {
    toml::from_str(include_str!("../deny.toml")).expect("deny.toml")
}

/// `1.2.3-x` as numbers.
fn numbers(version: &str) -> [u64; 3] {
    let plain = version.split(['-', '+']).next().unwrap_or(version);
    let mut parts = plain.split('.').map(|part| part.parse().unwrap_or(0));
    [(); 3].map(|()| parts.next().unwrap_or(0))
}

/// What Cargo holds to be compatible.
fn line(version: &str) -> (u64, u64) {
    match numbers(version) {
        [0, minor, _] => (0, minor),
        [major, ..] => (major, 0),
    }
}

#[test]
fn no_version_has_a_known_hole() {
    for package in packages() {
        let known: Vec<_> = SAFE.iter().filter(|(name, ..)| *name == package.name).collect();
        let same = known.iter().find(|(_, least, _)| line(least) == line(&package.version));
        let floors: Vec<_> = same.map_or_else(|| known.iter().collect(), |it| vec![it]);
        let holed = package.name == "hashbrown" && !package.version.starts_with("0.15.0");
        let safe = floors.is_empty()
            || holed
            || floors.iter().any(|(_, least, _)| numbers(&package.version) >= numbers(least));
        assert!(safe, "{} {}: at least {floors:?}", package.name, package.version);
    }
}

#[test]
fn all_comes_from_one_source() {
    for package in packages() {
        let expected = (package.name != "paidan").then_some("registry+https://github.com/rust-lang/crates.io-index");
        assert_eq!(package.source.as_deref(), expected, "{}", package.name);
    }
}

#[test]
fn what_is_unmaintained_has_a_reason() {
    let present: BTreeSet<String> = packages().into_iter().map(|it| it.name).collect();
    let found: Vec<&str> = UNMAINTAINED.into_iter().filter(|name| present.contains(*name)).collect();
    assert_eq!(found, IGNORED.map(|(name, _)| name), "in Cargo.lock, against those with a reason");
    let ignore = deny()["advisories"]["ignore"].as_array().expect("a list").clone();
    let mut reasons: BTreeMap<String, String> = BTreeMap::new();
    for item in ignore {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        reasons.insert(text("id"), text("reason"));
    }
    assert_eq!(reasons.keys().map(String::as_str).collect::<BTreeSet<_>>(), IGNORED.map(|(_, id)| id).into());
    for (name, id) in IGNORED {
        assert!(reasons[id].starts_with(name) && reasons[id].len() > 40, "{id}: {}", reasons[id]);
    }
}

#[test]
fn what_is_banned_is_not_here() {
    let banned = deny()["bans"]["deny"].as_array().expect("a list").clone();
    for item in banned {
        let name = item["crate"].as_str().unwrap_or_default();
        let versions: Vec<String> = packages().into_iter().filter(|it| it.name == name).map(|it| it.version).collect();
        let most = usize::from(item.get("deny-multiple-versions").is_some());
        assert!(versions.len() <= most, "{name} {versions:?}");
        assert!(item["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{name}");
    }
}
