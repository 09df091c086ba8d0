//! Labelled texts as JSON lines.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One line: what was written, and what is right. Other keys are ignored, so that one file can serve several measurements.
#[derive(Clone, Deserialize)]
pub(super) struct Row {
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) text: String,
    pub(super) label: Option<String>,
    /// The entry that answers it; absent or empty: none does.
    pub(super) entry: Option<String>,
    /// File and line.
    #[serde(skip)]
    pub(super) place: String,
}

impl Row {
    /// Title and text as one.
    pub(super) fn whole(&self) -> String {
        if self.title.is_empty() { self.text.clone() } else { format!("{}\n{}", self.title, self.text) }
    }

    pub(super) fn answerable(&self) -> Option<&str> {
        self.entry.as_deref().filter(|entry| !entry.is_empty())
    }
}

pub(super) fn read(file: &Path) -> anyhow::Result<Vec<Row>> {
    let mut rows: Vec<Row> = lines(file)?;
    for (line, row) in (1..).zip(&mut rows) {
        row.place = format!("{} 第 {line} 条", file.display());
    }
    Ok(rows)
}

/// A value for each line that is not empty.
pub(super) fn lines<T: DeserializeOwned>(file: &Path) -> anyhow::Result<Vec<T>> {
    let content = fs::read_to_string(file).with_context(|| format!("读不了 {}", file.display()))?;
    let content = content.strip_prefix('\u{feff}').unwrap_or(&content);
    let numbered = (1..).zip(content.lines()).filter(|(_, line)| !line.trim().is_empty());
    let parse = |(number, line): (usize, &str)| {
        serde_json::from_str(line).with_context(|| format!("{} 第 {number} 行不是合用的 JSON", file.display()))
    };
    numbered.map(parse).collect()
}
