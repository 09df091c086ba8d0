//! What is wrong, where, and how to mend it: Chinese, for rule authors.

mod code;
mod render;
mod toml_words;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::code::Code;
pub(crate) use self::toml_words::in_chinese as toml_in_chinese;

/// Errors keep a release from going live; warnings do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Warning,
    Error,
}

/// A stretch of one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters; 0 when only the line is known.
    pub column: u32,
    /// The first column behind it, on the same line; 0 when it is not known.
    pub end_column: u32,
}

impl Place {
    /// The place of a stretch of bytes; only its first line counts.
    pub fn of(source: &str, bytes: std::ops::Range<usize>) -> Self {
        let start = bytes.start.min(source.len());
        let before = source.get(..start).unwrap_or("");
        let line = before.matches('\n').count() as u32 + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
        let meant = source.get(start..bytes.end.min(source.len())).unwrap_or("");
        let meant = meant.lines().next().unwrap_or("").chars().count() as u32;
        Self { line, column, end_column: column + meant }
    }
}

/// One problem in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diagnostic {
    pub severity: Severity,
    /// One of the codes that `docs/rules.md` lists; never renamed.
    #[schema(value_type = String)]
    pub code: Code,
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters; 0 when only the line is known.
    pub column: u32,
    /// The first column behind what is meant, on the same line; 0 when it is not known.
    #[serde(default)]
    pub end_column: u32,
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// The line itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub excerpt: String,
}

/// Longest message or help, in characters: what is wrong may be as long as the file.
const LONGEST_MESSAGE: usize = 1_000;
/// Longest line kept with a diagnostic, in characters.
const LONGEST_EXCERPT: usize = 2_000;

impl Diagnostic {
    pub fn error(file: &str, line: u32, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, file, line, message.into())
    }

    pub fn warning(file: &str, line: u32, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, file, line, message.into())
    }

    fn new(severity: Severity, file: &str, line: u32, message: String) -> Self {
        Self {
            severity,
            code: Code::of_file(file),
            file: file.to_owned(),
            line,
            column: 0,
            end_column: 0,
            message: one_line(message),
            help: String::new(),
            excerpt: String::new(),
        }
    }

    pub fn code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    pub fn column(mut self, column: u32) -> Self {
        self.column = column;
        self
    }

    pub fn at(mut self, place: Place) -> Self {
        Place { line: self.line, column: self.column, end_column: self.end_column } = place;
        self
    }

    /// The first place of a text in the source; where it does not stand there, the line remains.
    pub fn at_text(self, source: &str, text: &str) -> Self {
        match source.find(text).filter(|_| !text.is_empty()) {
            Some(start) => self.at(Place::of(source, start..start + text.len())).excerpt(source),
            None => self,
        }
    }

    /// Where no column is known: the first name in the message that stands in quotes in the source, from the line on.
    pub fn at_named(self, source: &str) -> Self {
        if self.column > 0 {
            return self.excerpt(source);
        }
        let lines = source.split_inclusive('\n').take(self.line.saturating_sub(1) as usize);
        let from: usize = lines.map(str::len).sum();
        let names = self.message.split('“').skip(1).filter_map(|rest| rest.split('”').next());
        let place = names.filter(|name| !name.is_empty()).find_map(|name| {
            let quoted = format!("\"{name}\"");
            let start = from + source.get(from..)?.find(&quoted)?;
            Some(Place::of(source, start..start + quoted.len()))
        });
        match place {
            Some(place) => self.at(place).excerpt(source),
            None => self.excerpt(source),
        }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = one_line(help.into());
        self
    }

    /// Adds the line of source that is meant.
    pub fn excerpt(mut self, source: &str) -> Self {
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        let line = source.lines().nth(self.line.saturating_sub(1) as usize).unwrap_or("");
        self.excerpt = line.chars().take(LONGEST_EXCERPT).collect();
        self
    }

    /// A TOML error with its place.
    pub fn from_toml(file: &str, source: &str, err: &toml::de::Error) -> Self {
        let place = err.span().map_or(Place { line: 1, ..Place::default() }, |span| Place::of(source, span));
        let (message, help) = toml_in_chinese(err.message());
        Self::error(file, place.line, message).code(Code::Toml).at(place).help(help).excerpt(source)
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// What is quoted of a file may hold line breaks; what is said of it stands on one line.
fn one_line(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(LONGEST_MESSAGE) {
        text.truncate(at);
        text.push('…');
    }
    if text.contains(['\n', '\r']) { text.replace(['\n', '\r'], " ") } else { text }
}

/// "Did you mean": the nearest known name, or the list when it is short.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let best = known.iter().map(|name| (closeness(wrong, name), *name)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        // Latin letters resemble each other by chance, characters do not.
        Some((score, name)) if score >= if wrong.is_ascii() { 0.55 } else { 0.4 } => format!("是不是“{name}”？"),
        _ if known.is_empty() => "这里还没有可用的名称".to_owned(),
        _ if known.len() <= 30 => format!("可用的有：{}", known.join("、")),
        _ => format!("没有相近的名称；可用的有 {} 个，例如：{}", known.len(), known[..5].join("、")),
    }
}

fn closeness(a: &str, b: &str) -> f64 {
    let inside = if a.chars().count() >= 2 && (b.contains(a) || a.contains(b)) { 0.3 } else { 0.0 };
    strsim::normalized_damerau_levenshtein(a, b) + inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_proposed() {
        assert_eq!(nearest("区商物局", ["区商务局", "区教育局"]), "是不是“区商务局”？");
        assert!(nearest("xyz", ["区商务局"]).contains("可用的有"));
    }
}
