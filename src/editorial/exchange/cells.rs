//! One field ⇄ the text of one cell.

use serde_json::{Value, json};

use crate::editorial::fields::{Field, Kind};

/// The text of a cell for a value; nothing for none.
pub(super) fn show(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (_, Value::Null) | (Kind::Flag, Value::Bool(false)) => String::new(),
        (Kind::Flag, Value::Bool(true)) => "是".to_owned(),
        (Kind::Number, Value::Number(number)) if number.as_u64() == Some(0) => String::new(),
        (Kind::Text | Kind::Day, Value::String(text)) => text.clone(),
        (Kind::List, Value::Array(items)) => {
            let lines: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            let plain = |line: &&str| !line.is_empty() && line.trim() == *line && !line.contains(['\n', '\r']);
            match lines.filter(|lines| lines.iter().all(plain) && !lines.iter().any(|line| line.starts_with('['))) {
                Some(lines) => lines.join("\n"),
                None => value.to_string(),
            }
        }
        _ => value.to_string(),
    }
}

/// The value that a cell says; `None`: nothing stands in it.
///
/// # Errors
/// What is wrong and how to mend it.
pub(super) fn read(field: Field, text: &str) -> Result<Option<Value>, (String, &'static str)> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    let wrong = |help| (format!("{}“{trimmed}”读不懂", field.title), help);
    let value = match field.kind {
        Kind::Text => json!(text),
        Kind::Day => json!(trimmed),
        Kind::List if trimmed.starts_with('[') => from_json(trimmed).ok_or_else(|| wrong("每行写一条"))?,
        Kind::List => {
            let lines = trimmed.lines().map(str::trim).filter(|line| !line.is_empty());
            json!(lines.collect::<Vec<_>>())
        }
        Kind::Flag => match trimmed.to_lowercase().as_str() {
            "是" | "true" | "1" | "yes" | "y" | "√" => json!(true),
            "否" | "false" | "0" | "no" | "n" | "×" => json!(false),
            _ => return Err(wrong("写“是”，或者空着")),
        },
        Kind::Number => {
            let number = trimmed.trim_end_matches('天').trim().parse::<u32>();
            json!(number.map_err(|_| wrong("写整数，例如 180；空着就是本辖区的通例"))?)
        }
    };
    Ok(Some(value))
}

fn from_json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}
