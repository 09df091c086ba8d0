//! 繁→简 with OpenCC's tables, one character for one character.
//!
//! A text without a traditional character never reaches the library: a table made with it once decides.

use std::sync::LazyLock;

use opencc_fmmseg::OpenCC;

/// Compatibility ideographs, radicals and glyph variants → the ordinary character (⼈ → 人).
pub(super) fn unify(c: char) -> char {
    // A compatibility form may lead to a glyph variant, which leads on (U+2F8EA → 槪 → 概).
    TABLES.unified.get(TABLES.unified.get(c))
}

pub(super) fn is_traditional(c: char) -> bool {
    TABLES.simplified.get(c) != c
}

/// The whole text in simplified characters. Phrases decide where a character has several readings (乾坤, 乾燥).
pub(super) fn simplify(text: &str) -> String {
    // Some phrases leave a character that is traditional outside of them; again, so that the result is stable.
    const PASSES: usize = 3;
    let count = text.chars().count();
    let mut simple = text.to_owned();
    for _ in 0..PASSES {
        let next = TABLES.library.t2s(&simple, false);
        if next.chars().count() != count {
            break;
        }
        if next == simple {
            return simple;
        }
        simple = next;
    }
    simple.chars().map(|c| TABLES.simplified.get(c)).collect()
}

static TABLES: LazyLock<Tables> = LazyLock::new(Tables::new);

struct Tables {
    library: OpenCC,
    unified: CharTable,
    simplified: CharTable,
}

impl Tables {
    fn new() -> Self {
        let mut library = OpenCC::new();
        // Our texts are short; its thread pool would cost more than the work.
        library.set_parallel(false);
        let unified = CharTable::new(|lines| library.normalize_compat_extended(lines));
        let simplified = CharTable::new(|lines| library.t2s(lines, false));
        Self { library, unified, simplified }
    }
}

/// Character → character: an array for the common ideographs, a sorted list for the rare ones that change.
struct CharTable {
    common: Vec<char>,
    rare: Vec<(char, char)>,
}

const COMMON: std::ops::RangeInclusive<char> = '\u{2E80}'..='\u{9FFF}';
const RARE: [std::ops::RangeInclusive<char>; 2] = ['\u{F900}'..='\u{FAFF}', '\u{20000}'..='\u{323AF}'];

impl CharTable {
    /// `convert` gets one character a line.
    fn new(convert: impl Fn(&str) -> String) -> Self {
        let common = convert_each(COMMON, &convert);
        let rare = RARE
            .into_iter()
            .flat_map(|range| range.clone().zip(convert_each(range, &convert)))
            .filter(|(from, to)| from != to)
            .collect();
        Self { common, rare }
    }

    fn get(&self, c: char) -> char {
        if c < *COMMON.start() {
            return c;
        }
        let index = c as usize - *COMMON.start() as usize;
        match self.common.get(index) {
            Some(&to) => to,
            None => self.rare.binary_search_by_key(&c, |&(from, _)| from).map_or(c, |at| self.rare[at].1),
        }
    }
}

/// A line that does not come back as one character keeps its own.
fn convert_each(range: std::ops::RangeInclusive<char>, convert: impl Fn(&str) -> String) -> Vec<char> {
    let lines: String = range.clone().flat_map(|c| [c, '\n']).collect();
    let converted = convert(&lines);
    let mut converted = converted.lines();
    range
        .map(|c| {
            let mut line = converted.next().unwrap_or("").chars();
            match (line.next(), line.next()) {
                (Some(to), None) => to,
                _ => c,
            }
        })
        .collect()
}
