//! What must hold for any input: one function per target. The fuzz targets run them on what libFuzzer makes up, and
//! `cargo test` on the seeds and on mutations of them (tests/fuzzing.rs).

use paidan::diagnostic::Diagnostic;
use paidan::editorial::exchange;
use paidan::packs::decode;
use paidan::rules::{compile_file, format};
use paidan::text::{Gazetteer, Lexicon, analyse, mask_text, normalise};
use paidan::ticket::Request;
use paidan::triage::{Files, check, parse_cases};

/// What has to hold for some bytes.
pub(crate) type Check = fn(&[u8]);

/// By name, for those who have seeds in folders.
pub(crate) const TARGETS: [(&str, Check); 8] = [
    ("body", body),
    ("cases_csv", cases_csv),
    ("entries", entries),
    ("format", format_rules),
    ("journal", journal),
    ("load", load),
    ("mask", mask),
    ("text", text),
];

fn text_of(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// A rule file: it loads or it is told why, and every place that is named lies in the text.
pub(crate) fn load(bytes: &[u8]) {
    let Some(source) = text_of(bytes) else { return };
    let mut files = Files::new();
    for (path, text) in [
        ("rules/demo/regulation.toml", include_str!("seeds/regulation.toml")),
        ("rules/demo/units.toml", include_str!("seeds/units.toml")),
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
}

/// The formatter: what comes out registers the same rules, and formatting it again changes nothing.
pub(crate) fn format_rules(bytes: &[u8]) {
    let Some(source) = text_of(bytes) else { return };
    let Ok(once) = format("fuzz.rhai", source) else { return };
    let twice = format("fuzz.rhai", &once).expect("what was formatted scans");
    assert_eq!(once, twice);
    let (before, after) = (compile_file("fuzz.rhai", source), compile_file("fuzz.rhai", &once));
    assert_eq!(before.registered(), after.registered());
}

/// A table of cases, and a decision table.
pub(crate) fn cases_csv(bytes: &[u8]) {
    let Ok(text) = decode("rules/demo/cases/fuzz.csv", bytes.to_vec()) else { return };
    let (cases, found) = parse_cases("rules/demo/cases/fuzz.csv", &text);
    let lines = text.split('\n').count() as u32;
    assert!(cases.iter().all(|case| case.line >= 1 && case.line <= lines));
    assert!(found.iter().all(|it| it.line >= 1 && it.line <= lines && !it.render().is_empty()));
    let _ = compile_file("rules/demo/fuzz.csv", &text);
}

/// The analysis of a request: every place lies in the text, on characters, and cutting loses nothing.
pub(crate) fn text(bytes: &[u8]) {
    let Some(raw) = text_of(bytes) else { return };
    let analysis = analyse(Lexicon::plain(), &Gazetteer::default(), raw);
    assert_eq!(normalise(&analysis.normal).text, analysis.normal, "normalising again changes nothing");
    let cuts = analysis.cuts();
    assert!(cuts.is_sorted() && cuts.iter().all(|cut| analysis.normal.is_char_boundary(*cut as usize)));
    assert!(cuts.last().is_none_or(|last| *last as usize == analysis.normal.len()));
    let mut end = 0;
    for mark in &analysis.marks {
        assert!(mark.span.start >= end && mark.span.end > mark.span.start, "{mark:?}");
        end = mark.span.end;
        let at = analysis.offsets.raw_span(mark.span);
        assert!(raw.get(at.start as usize..at.end as usize).is_some(), "{mark:?} in {raw:?}");
    }
    let _ = analysis.masked();
}

/// Masking: a number that is planted in any text, in whatever writing, cannot be read out of what is shown.
///
/// The first bytes choose number, writing and separators; the rest is the text around it.
pub(crate) fn mask(bytes: &[u8]) {
    let Some((choice, rest)) = bytes.split_at_checked(4) else { return };
    let around = String::from_utf8_lossy(rest);
    let half = around.char_indices().nth(around.chars().count() / 2).map_or(0, |(at, _)| at);
    let number = NUMBERS[choice[0] as usize % NUMBERS.len()];
    let written = written(number, choice[1], choice[2]);
    let raw = format!("{}，{written}，{}", &around[..half], &around[half..]);
    let masked = mask_text(&raw);
    let shown = digits(&masked);
    let found = shown.iter().any(|run| run.contains(number));
    // The text around may hold it as a part of something longer, which is no number of anybody.
    let elsewhere = digits(&around).iter().any(|run| run.contains(number));
    assert!(!found || elsewhere, "{raw:?} is shown as {masked:?}");
}

/// Of nobody: phones, identity cards, bank cards, with right checksums.
const NUMBERS: [&str; 8] = [
    "13812345678",
    "19900001111",
    "15000000000",
    "11010519491231002X",
    "440524188001010014",
    "110105194912310021",
    "6222021234567890128",
    "4111111111111111",
];

/// The number in one of the ways in which people write it.
fn written(number: &str, digits: u8, between: u8) -> String {
    const HAN: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    const FORMAL: [char; 10] = ['〇', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
    const BETWEEN: [&str; 10] = ["", " ", "-", "　", "－", "—", " - ", "  ", ".", "·"];
    let one = |ch: char| match (ch.to_digit(10), digits % 5) {
        (Some(value), 1) => char::from_u32('０' as u32 + value).unwrap_or(ch),
        (Some(value), 2) => HAN[value as usize],
        (Some(1), 3) => '幺',
        (Some(value), 3) => HAN[value as usize],
        (Some(value), 4) => FORMAL[value as usize],
        (None, 1) => 'Ｘ',
        _ => ch,
    };
    let groups: &[usize] = match (number.len(), between / 10 % 2) {
        (11, 0) => &[3, 4, 4],
        (11, _) => &[3, 3, 5],
        (18, 0) => &[6, 8, 4],
        (18, _) => &[6, 4, 4, 4],
        (16, _) => &[4, 4, 4, 4],
        _ => &[4, 4, 4, 4, 3],
    };
    let separator = BETWEEN[between as usize % BETWEEN.len()];
    if between >= 200 {
        // One by one: 1 3 8 …
        return number.chars().map(|ch| one(ch).to_string()).collect::<Vec<_>>().join(separator);
    }
    let mut chars = number.chars().map(one);
    let parts = groups.iter().map(|len| chars.by_ref().take(*len).collect::<String>());
    parts.collect::<Vec<_>>().join(separator)
}

/// Runs of digits as a reader sees them: in any writing, over single separators.
fn digits(text: &str) -> Vec<String> {
    let value = |ch: char| match ch {
        '0'..='9' | 'X' | 'x' => Some(ch.to_ascii_uppercase()),
        '０'..='９' => char::from_digit(ch as u32 - '０' as u32, 10),
        'Ｘ' | 'ｘ' => Some('X'),
        '零' | '〇' => Some('0'),
        '一' | '壹' | '幺' => Some('1'),
        '二' | '贰' => Some('2'),
        '三' | '叁' => Some('3'),
        '四' | '肆' => Some('4'),
        '五' | '伍' => Some('5'),
        '六' | '陆' => Some('6'),
        '七' | '柒' => Some('7'),
        '八' | '捌' => Some('8'),
        '九' | '玖' => Some('9'),
        _ => None,
    };
    let separates = |ch: char| ch.is_whitespace() || "-－—.·".contains(ch);
    let mut runs = vec![String::new()];
    for ch in text.chars() {
        match value(ch) {
            Some(digit) => runs.last_mut().expect("one at least").push(digit),
            None if separates(ch) => {}
            None => runs.push(String::new()),
        }
    }
    runs
}

/// A segment of the journal, whole or not: what is counted adds up, and nothing is made up.
pub(crate) fn journal(bytes: &[u8]) {
    let found = paidan::store::inspect(bytes);
    assert!(found.good + found.bad <= bytes.len(), "{found:?} of {}", bytes.len());
    assert!(found.frames == 0 || found.good > 0);
}

/// The body of `POST /v1/tickets`: read strictly, and written again it is the same.
pub(crate) fn body(bytes: &[u8]) {
    let Ok(request) = serde_json::from_slice::<Request>(bytes) else { return };
    let written = serde_json::to_vec(&request).expect("a request is JSON");
    let again: Request = serde_json::from_slice(&written).expect("what was written is read");
    assert_eq!(request, again);
    let _ = normalise(&request.whole_text());
}

/// Entries as files: the first byte says in which format. Read or told, and what was read can be written and read again.
pub(crate) fn entries(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let format = exchange::Format::ALL[*first as usize % 4];
    let file = format!("fuzz.{}", format.ending());
    let read = |bytes: &[u8]| match format {
        exchange::Format::Xlsx => Some(exchange::read_book(&file, bytes)),
        _ => Some(exchange::read_text(format, &file, text_of(bytes)?)),
    };
    let told = |wrong: Vec<Diagnostic>| {
        assert!(!wrong.is_empty() && wrong.iter().all(|it| it.line >= 1 && !it.render().is_empty()), "{wrong:?}");
    };
    match read(rest) {
        None => {}
        Some(Err(wrong)) => told(wrong),
        Some(Ok(placed)) => {
            let entries: Vec<_> = placed.into_iter().map(|it| it.entry).collect();
            let Ok(written) = exchange::write(format, &entries) else { return };
            let again = read(&written).expect("text").expect("what was written is read");
            let again: Vec<_> = again.into_iter().map(|it| it.entry).collect();
            assert_eq!(entries, again, "{}", String::from_utf8_lossy(&written));
        }
    }
}
