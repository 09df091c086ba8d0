//! JSON lines: an entry a line.

use std::collections::BTreeMap;

use super::Placed;
use crate::diagnostic::Diagnostic;
use crate::knowledge::Entry;

const HELP: &str = "每行一个 JSON 对象，必填 id、question、answer、owner";

pub(super) fn read(file: &str, text: &str) -> Result<Vec<Placed>, Vec<Diagnostic>> {
    let mut entries = Vec::new();
    let mut wrong = Vec::new();
    let mut first = BTreeMap::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        match serde_json::from_str::<Entry>(text) {
            Ok(entry) => {
                let problems = entry.check().into_iter();
                wrong.extend(problems.map(|message| Diagnostic::error(file, line, message).help(HELP)));
                if let Some(earlier) = first.insert(entry.id.clone(), line) {
                    let message = format!("编号「{}」与第 {earlier} 行重复", entry.id);
                    wrong.push(Diagnostic::error(file, line, message).help("一个编号只能出现一次"));
                }
                entries.push(Placed { line, row: line, entry });
            }
            Err(error) => {
                let column = u32::try_from(error.column()).unwrap_or(0);
                let message = format!("这一行读不成条目：{error}");
                wrong.push(Diagnostic::error(file, line, message).column(column).help(HELP));
            }
        }
    }
    if wrong.is_empty() { Ok(entries) } else { Err(wrong) }
}

pub(super) fn write(entries: &[Entry]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut out, entry).map_err(|error| error.to_string())?;
        out.push(b'\n');
    }
    Ok(out)
}
