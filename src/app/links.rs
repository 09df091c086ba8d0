//! Reminders about the shipped entries of a jurisdiction, with their places: links that lead nowhere, keywords used twice.

use crate::diagnostic::Diagnostic;
use crate::knowledge::Entry;
use crate::knowledge::links::loose_ends;
use crate::triage::Files;

/// `entries`: those of the files.
pub fn entry_reminders(files: &Files, entries: &[Entry]) -> Vec<Diagnostic> {
    let reminder = |(id, message): (String, String)| {
        let key = format!("id = \"{id}\"");
        let (path, text) = files.iter().find(|(_, text)| text.contains(&key))?;
        let line = text.lines().position(|line| line.trim_start().starts_with(&key)).map_or(1, |line| line + 1);
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Some(Diagnostic::warning(path, line, message).help("核对编号；条目撤下后，指向它的关联也要改"))
    };
    loose_ends(entries).into_iter().filter_map(reminder).collect()
}
