//! Diagnostics as SARIF 2.1.0: what editors and CI read.

use serde::Serialize;

use crate::diagnostic::{Code, Diagnostic};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Run>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    /// Columns are characters, not UTF-16 units.
    column_kind: &'static str,
    results: Vec<Result>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Result {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<Message>,
}

pub(super) fn log(diagnostics: &[&Diagnostic]) -> Log {
    let mut codes: Vec<Code> = diagnostics.iter().map(|it| it.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules = codes.iter().map(|code| Rule { id: code.name(), short_description: text(code.title()) });
    let driver = Driver { name: "paidan", semantic_version: env!("CARGO_PKG_VERSION"), rules: rules.collect() };
    let results = diagnostics.iter().map(|it| result(it, codes.binary_search(&it.code).unwrap_or(0)));
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results: results.collect() };
    Log { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: vec![run] }
}

fn result(it: &Diagnostic, rule_index: usize) -> Result {
    let help = if it.help.is_empty() { String::new() } else { format!("\n怎样改：{}", it.help) };
    let column = Some(it.column).filter(|&column| column > 0);
    let region = Region {
        start_line: it.line.max(1),
        start_column: column,
        end_column: Some(it.end_column).filter(|&end| column.is_some() && end > it.column),
        snippet: Some(text(&it.excerpt)).filter(|it| !it.text.is_empty()),
    };
    let artifact_location = ArtifactLocation { uri: uri(&it.file) };
    Result {
        rule_id: it.code.name(),
        rule_index,
        level: if it.is_error() { "error" } else { "warning" },
        message: text(&format!("{}{help}", it.message)),
        locations: [Location { physical_location: PhysicalLocation { artifact_location, region } }],
    }
}

fn text(text: &str) -> Message {
    Message { text: text.to_owned() }
}

/// A path as a relative URI: what a URI may not hold is escaped.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let escape = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Place;

    #[test]
    fn a_log_names_rule_place_and_message() {
        let place = Place { line: 3, column: 5, end_column: 9 };
        let error = Diagnostic::error("rules/甲/a b.rhai", 3, "错了").code(Code::UnknownUnit).at(place).help("改");
        let plain = Diagnostic::warning("rules/demo/units.toml", 1, "缺联系人");
        let log = serde_json::to_value(log(&[&error, &plain])).unwrap();
        let run = &log["runs"][0];
        assert_eq!(log["version"], "2.1.0");
        let first = &run["results"][0];
        assert_eq!((first["ruleId"].as_str(), first["level"].as_str()), (Some("unknown-unit"), Some("error")));
        assert_eq!(run["tool"]["driver"]["rules"][first["ruleIndex"].as_u64().unwrap() as usize]["id"], "unknown-unit");
        let physical = &first["locations"][0]["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "rules/%E7%94%B2/a%20b.rhai");
        assert_eq!(physical["region"], serde_json::json!({ "startLine": 3, "startColumn": 5, "endColumn": 9 }));
        assert_eq!(
            run["results"][1]["locations"][0]["physicalLocation"]["region"],
            serde_json::json!({ "startLine": 1 })
        );
    }
}
