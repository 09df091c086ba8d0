//! The formatter: one form, nothing lost, nothing changed.

use std::collections::BTreeMap;
use std::path::Path;

use paidan::rules::{compile_file, fingerprints, format};
use proptest::prelude::*;

use crate::files::below;

/// Path → source of every shipped rule file.
fn shipped() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths = below(root, "rules", "rhai").into_iter().chain(below(root, "tests/packs", "rhai"));
    paths.map(|path| (path.clone(), std::fs::read_to_string(root.join(&path)).expect("a rule file"))).collect()
}

/// Comments of a source, trimmed and sorted.
fn comments(source: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut quoted = false;
    for line in source.lines() {
        let bytes: Vec<(usize, char)> = line.char_indices().collect();
        quoted = false;
        for (index, &(at, ch)) in bytes.iter().enumerate() {
            match ch {
                '"' if index == 0 || bytes[index - 1].1 != '\\' => quoted = !quoted,
                '/' if !quoted && line[at..].starts_with("//") => {
                    found.push(line[at..].trim_end().to_owned());
                    break;
                }
                _ => {}
            }
        }
    }
    assert!(!quoted, "a quote is open");
    found.sort();
    found
}

#[track_caller]
fn formatted(path: &str, source: &str) -> String {
    format(path, source).unwrap_or_else(|wrong| panic!("{path}: {wrong:#?}"))
}

#[test]
fn shipped_files_mean_the_same_and_keep_their_comments() {
    for (path, source) in shipped() {
        let new = formatted(&path, &source);
        assert_eq!(formatted(&path, &new), new, "{path}: formatting again changes it");
        assert_eq!(comments(&new), comments(&source), "{path}");
        let (before, after) = (compile_file(&path, &source), compile_file(&path, &new));
        assert_eq!(after.registered(), before.registered(), "{path}");
        assert_eq!(fingerprints(&new).len(), fingerprints(&source).len(), "{path}");
    }
}

#[test]
fn shipped_files_are_formatted() {
    for (path, source) in shipped() {
        assert!(formatted(&path, &source) == source, "{path}: run `paidan rules fmt {path}`");
    }
}

#[test]
fn the_form() {
    let source = "// 头\r\n\r\n\r\nlet WORDS=[\"甲乙\",\"丙丁\" ,];   \n\
        route( \"a.b\" ,#{any:[\"涨价\",\"乱涨价\"],then:#{lead:\"区商务局\",weight:3},\n\n\n  // 依据\n  basis:\"办法\" } ) ; // 尾\n\
        fn big(t) {   \n      t.amount > 3 }\n\n\n\noff(\"x.y\",\n \"理由\");";
    let wanted = "// 头\n\nlet WORDS = [\"甲乙\", \"丙丁\"];\n\
        route(\"a.b\", #{\n    any:   [\"涨价\", \"乱涨价\"],\n    then:  #{ lead: \"区商务局\", weight: 3 },\n\n    // 依据\n    basis: \"办法\",\n}); // 尾\n\
        fn big(t) {\n      t.amount > 3 }\n\noff(\"x.y\", \"理由\");\n";
    assert_eq!(formatted("a.rhai", source), wanted);
}

#[test]
fn long_lists_are_wrapped_and_comments_in_them_stay() {
    let word = "\"一二三四五六七八\"";
    let source = format!(
        "route(\"a.b\", #{{ any: [{}, // 第一类\n // 第二类\n {word}], all: [[{word}], [{word}]], then: |t| {{\n  1\n}}, basis: \"x\" }});",
        [word; 14].join(", ")
    );
    let new = formatted("a.rhai", &source);
    assert_eq!(comments(&new), ["// 第一类", "// 第二类"]);
    assert!(new.contains("    any:   [\n        \"一"), "{new}");
    assert!(new.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 120), "{new}");
    assert_eq!(formatted("a.rhai", &new), new);
}

#[test]
fn a_file_of_nothing_stays() {
    assert_eq!(formatted("a.rhai", " ;;\n"), " ;;\n");
    assert_eq!(formatted("a.rhai", "\n\n// 只有说明\n\n\n"), "// 只有说明\n");
}

#[test]
fn what_does_not_scan_is_left_alone() {
    let wrong = format("a.rhai", "route(“a.b”, #{ });").expect_err("full-width quotes");
    assert_eq!(wrong[0].line, 1);
}

fn word() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["甲", "乙丙", "停车", "a", "，", "/", "//", " "]), 1..6)
        .prop_map(|parts| format!("\"{}\"", parts.concat()))
}

fn blank() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        " ",
        "\n",
        "\n\n\n",
        "   \n",
        " // 注释\n",
        "\n// 单独一行\n",
        "/* 块 */",
        "\r\n",
        "\t",
    ])
}

fn list(depth: u32) -> BoxedStrategy<String> {
    let item = if depth == 0 { word().boxed() } else { prop_oneof![word(), list(depth - 1)].boxed() };
    (prop::collection::vec((blank(), item, blank()), 0..20), any::<bool>())
        .prop_map(|(items, comma)| {
            let parts: Vec<String> =
                items.iter().map(|(before, item, after)| format!("{before}{item}{after}")).collect();
            format!("[{}{}]", parts.join(","), if comma && !parts.is_empty() { "," } else { "" })
        })
        .boxed()
}

fn rule() -> impl Strategy<Value = String> {
    let value = prop_oneof![list(1), word(), Just("|t| t.amount > 3".to_owned()), Just("words()".to_owned())];
    let then = Just("#{ lead: \"甲局\", weight: 3 }".to_owned());
    (blank(), prop::collection::vec((blank(), value, blank()), 1..5), then, blank(), 0..1_000_u32).prop_map(
        |(lead, values, then, tail, id)| {
            let keys = ["any", "all", "unless", "when", "within"];
            let keyed =
                values.iter().zip(keys).map(|((before, value, after), key)| format!("{before}{key}:{value}{after}"));
            format!("{lead}route(\"a.n{id}\",#{{{},then:{then}}});{tail}", keyed.collect::<Vec<_>>().join(","))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn formatting_twice_changes_nothing_more(rules in prop::collection::vec(rule(), 1..4)) {
        let source = format!("fn words() {{ [\"甲乙\"] }}\n{}", rules.concat());
        let new = formatted("a.rhai", &source);
        prop_assert_eq!(formatted("a.rhai", &new), new.clone(), "{}", source);
        prop_assert_eq!(compile_file("a.rhai", &new).registered(), compile_file("a.rhai", &source).registered(), "{}", source);
        let count = |text: &str| ["注释", "单独一行", "块"].map(|it| text.matches(it).count());
        prop_assert_eq!(count(&new), count(&source), "{}", source);
    }
}
