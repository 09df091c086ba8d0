//! What is wrong, where, and how to mend it: Chinese, for rule authors.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr;
use utoipa::ToSchema;

/// Errors keep a release from going live; warnings do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Warning,
    Error,
}

/// One problem in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diagnostic {
    pub severity: Severity,
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters; 0 when only the line is known.
    pub column: u32,
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// The line itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub excerpt: String,
}

impl Diagnostic {
    pub fn error(file: &str, line: u32, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, file, line, message.into())
    }

    pub fn warning(file: &str, line: u32, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, file, line, message.into())
    }

    fn new(severity: Severity, file: &str, line: u32, message: String) -> Self {
        Self { severity, file: file.to_owned(), line, column: 0, message, help: String::new(), excerpt: String::new() }
    }

    pub fn column(mut self, column: u32) -> Self {
        self.column = column;
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Adds the line of source that is meant.
    pub fn excerpt(mut self, source: &str) -> Self {
        let line = source.lines().nth(self.line.saturating_sub(1) as usize).unwrap_or("");
        self.excerpt = line.chars().take(200).collect();
        self
    }

    /// A TOML error with its place.
    pub fn from_toml(file: &str, source: &str, err: &toml::de::Error) -> Self {
        let at = err.span().map_or(0, |span| span.start.min(source.len()));
        let before = source.get(..at).unwrap_or("");
        let line = before.matches('\n').count() as u32 + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
        Self::error(file, line, format!("TOML 格式有误：{}", err.message()))
            .column(column)
            .help("检查引号、方括号、等号；中文键名要加双引号；键名不认识时对照其他辖区的同名文件")
            .excerpt(source)
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Several lines for a terminal: place, message, excerpt with a marker, help.
    pub fn render(&self) -> String {
        let kind = if self.is_error() { "错误" } else { "提醒" };
        let mut out = format!("{kind} {}:{}", self.file, self.line);
        if self.column > 0 {
            let _ = write!(out, ":{}", self.column);
        }
        let _ = write!(out, "  {}", self.message);
        if !self.excerpt.is_empty() {
            let _ = write!(out, "\n    | {}", self.excerpt);
            if self.column > 0 {
                let before: String = self.excerpt.chars().take(self.column as usize - 1).collect();
                let _ = write!(out, "\n    | {}^", " ".repeat(before.width()));
            }
        }
        if !self.help.is_empty() {
            let _ = write!(out, "\n    怎样改：{}", self.help);
        }
        out
    }
}

/// "Did you mean": the nearest known name, or the list when it is short.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let best = known.iter().map(|name| (closeness(wrong, name), *name)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((score, name)) if score >= 0.4 => format!("是不是“{name}”？"),
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

    #[test]
    fn the_marker_stands_under_the_place() {
        let shown = Diagnostic::error("a.rhai", 1, "全角逗号").column(4).help("改成 ,").excerpt("区商，x").render();
        assert!(shown.contains("\n    |       ^"), "{shown}");
    }
}
