//! A city's history as a file: JSON lines of `{"text","label"}`, so that it can begin with what it already knows.

use serde::Deserialize;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Given {
    #[serde(default)]
    pub title: String,
    pub text: String,
    /// A unit by any of its names, or a nature.
    #[serde(alias = "unit", alias = "lead", alias = "nature")]
    pub label: String,
}

impl Given {
    /// Title and text as one, as requests have them.
    pub fn whole_text(&self) -> String {
        if self.title.is_empty() { self.text.clone() } else { format!("{}\n{}", self.title, self.text) }
    }
}

/// Reads JSON lines; empty ones are passed over.
///
/// # Errors
/// The first line that is none, with its number (Chinese).
pub fn read_lines(content: &str) -> Result<Vec<Given>, String> {
    let lines = content.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let read = |(line, number): (&str, usize)| {
        let given: Given = serde_json::from_str(line)
            .map_err(|error| format!("第 {number} 行不是 {{\"text\",\"label\"}} 这样的一行 JSON：{error}"))?;
        match given.label.trim() {
            "" => Err(format!("第 {number} 行的 label 是空的")),
            label => Ok(Given { label: label.to_owned(), ..given }),
        }
    };
    lines.map(read).collect()
}
