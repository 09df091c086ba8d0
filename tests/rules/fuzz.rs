//! What nobody meant to write: pieces of real rule files in the wrong places, and soups of tokens. Nothing panics, and
//! whatever is said points into the text. `docs/fuzzing.md` tells how to go on for longer.

use std::path::Path;
use std::sync::LazyLock;

use paidan::diagnostic::Diagnostic;
use paidan::rules::{compile_file, format};
use paidan::triage::{Cache, Files, Release, parse_cases};
use proptest::prelude::*;

use crate::demo::pack;
use crate::files::below;

/// Pieces of shipped rule files, each a few rules long.
static SHIPPED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pieces = Vec::new();
    for path in below(root, "rules", "rhai") {
        let source = std::fs::read_to_string(root.join(path)).expect("a rule file");
        let lines: Vec<&str> = source.lines().collect();
        pieces.extend(lines.chunks(40).map(|lines| lines.join("\n")));
    }
    pieces
});

static BASE: LazyLock<Files> = LazyLock::new(|| pack("").release_files("demo"));

/// Checks a rule file, and that what is said of it can be shown.
fn told(source: &str) -> Result<Vec<Diagnostic>, TestCaseError> {
    let mut files = BASE.clone();
    files.insert("rules/demo/fuzz.rhai".into(), source.to_owned());
    let (_, found) = Release::check("demo", &files, &mut Cache::default(), None);
    for it in &found {
        let lines = files.get(&it.file).map_or(1, |text| text.split('\n').count()) as u32;
        prop_assert!(it.line >= 1 && it.line <= lines, "{:?} in {}", it, source);
        let line = files.get(&it.file).and_then(|text| text.lines().nth(it.line as usize - 1)).unwrap_or("");
        let length = line.chars().count() as u32;
        prop_assert!(it.column <= length + 1 && it.end_column <= length + 2, "{:?} in {}", it, source);
        prop_assert!(it.end_column == 0 || it.end_column >= it.column, "{:?} in {}", it, source);
        prop_assert!(!it.message.is_empty() && !it.help.is_empty(), "{:?} in {}", it, source);
        prop_assert!(it.render().lines().count() <= 6, "{:?}", it);
    }
    Ok(found)
}

/// What slips in.
const SLIPS: [&str; 34] = [
    "", "\"", "“", "”", "'", "`", "，", "：", "；", "（", "）", "｛", ",", ";", ":", "=", "(", ")", "[", "]", "{", "}",
    "#{", "#", "/*", "//", "\u{feff}", "\u{200b}", "\u{3000}", "\r", "\t", "\u{0}", "甲乙", "|t|",
];

/// One edit: where (per mille of the text), how much goes, what comes.
fn edit() -> impl Strategy<Value = (usize, usize, &'static str)> {
    (0..1_000_usize, 0..4_usize, prop::sample::select(SLIPS.to_vec()))
}

fn edited(source: &str, edits: &[(usize, usize, &str)]) -> String {
    let mut text: Vec<char> = source.chars().collect();
    for (at, len, with) in edits {
        let at = at * text.len() / 1_000;
        let end = (at + len).min(text.len());
        text.splice(at..end, with.chars());
    }
    text.into_iter().collect()
}

const TOKENS: [&str; 44] = [
    "route",
    "admit",
    "warn",
    "off",
    "let",
    "const",
    "fn",
    "t",
    "any",
    "then",
    "when",
    "basis",
    "unless",
    "lead",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "#{",
    ",",
    ";",
    ":",
    "=",
    "==",
    "|",
    "||",
    ".",
    "\"a.b\"",
    "\"涨价\"",
    "\"区交通局\"",
    "\"",
    "'",
    "`",
    "停车",
    "，",
    "”",
    "3",
    "1.5",
    "true",
    "//",
    "\n",
    " ",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn shipped_rules_with_slips(
        piece in 0..1_000_000_usize,
        edits in prop::collection::vec(edit(), 1..6),
    ) {
        let source = edited(&SHIPPED[piece % SHIPPED.len()], &edits);
        told(&source)?;
        let _ = format("fuzz.rhai", &source);
    }

    #[test]
    fn soups_of_tokens(tokens in prop::collection::vec(prop::sample::select(TOKENS.to_vec()), 0..60), blank in any::<bool>()) {
        let source = tokens.join(if blank { " " } else { "" });
        let found = told(&source)?;
        if let Ok(once) = format("fuzz.rhai", &source) {
            prop_assert_eq!(format("fuzz.rhai", &once).ok(), Some(once.clone()), "{}", source);
            prop_assert_eq!(compile_file("a", &once).registered(), compile_file("a", &source).registered(), "{}", source);
        } else {
            prop_assert!(found.iter().any(Diagnostic::is_error), "{}", source);
        }
    }

    #[test]
    fn any_text_is_a_table(text in "[名称文字主责结果预警,、；\"\r\n\ta-z0-9“”]{0,200}") {
        for path in ["rules/demo/cases/a.csv", "rules/demo/cases/a.toml"] {
            let (_, found) = parse_cases(path, &text);
            let lines = text.split('\n').count() as u32;
            prop_assert!(found.iter().all(|it| it.line >= 1 && it.line <= lines && !it.help.is_empty()), "{:?}: {:?}", text, found);
        }
        compile_file("rules/demo/a.csv", &text);
    }
}
