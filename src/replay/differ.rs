//! Two values that should be the same: where they are not.

use serde::Serialize;
use serde_json::Value;

/// One place at which two values differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `life.clocks.0.due`.
    pub place: String,
    pub stored: String,
    pub again: String,
}

/// Characters of a value that are shown.
const SHOWN: usize = 120;

/// Every leaf that differs. Values that cannot be written as JSON differ in nothing.
pub(super) fn differences<T: Serialize>(stored: &T, again: &T) -> Vec<Difference> {
    let value = |it: &T| serde_json::to_value(it).unwrap_or_default();
    let mut found = Vec::new();
    walk("", &value(stored), &value(again), &mut found);
    found
}

fn walk(place: &str, stored: &Value, again: &Value, found: &mut Vec<Difference>) {
    let below = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    match (stored, again) {
        (Value::Object(a), Value::Object(b)) => {
            let more = b.keys().filter(|key| !a.contains_key(*key));
            for key in a.keys().chain(more) {
                walk(&below(key), a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for at in 0..a.len().max(b.len()) {
                let (a, b) = (a.get(at).unwrap_or(&Value::Null), b.get(at).unwrap_or(&Value::Null));
                walk(&below(&at.to_string()), a, b, found);
            }
        }
        _ if stored == again => {}
        _ => found.push(Difference { place: place.to_owned(), stored: shown(stored), again: shown(again) }),
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "无".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() > SHOWN { text.chars().take(SHOWN).chain(['…']).collect() } else { text }
}
