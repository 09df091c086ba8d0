//! Two wordings of an entry, field by field.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::fields::{FIELDS, field_title};
use crate::knowledge::Entry;

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// As files name it.
    pub field: String,
    /// For people.
    pub title: String,
    /// Absent: it had none.
    #[schema(value_type = Object)]
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub before: Value,
    #[schema(value_type = Object)]
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub after: Value,
}

impl FieldChange {
    /// Whether more than line ends differ, which files do not keep.
    pub fn is_real(&self) -> bool {
        !same_value(&self.before, &self.after)
    }
}

/// Whether two values say the same, whatever their line ends; an empty one is none.
pub(super) fn same_value(a: &Value, b: &Value) -> bool {
    plain(a) == plain(b)
}

fn plain(value: &Value) -> Value {
    match value {
        Value::String(text) if text.trim().is_empty() => Value::Null,
        Value::String(text) => Value::String(text.replace("\r\n", "\n").replace('\r', "\n")),
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        other => other.clone(),
    }
}

/// What differs between two wordings, in the order of the fields.
pub fn difference(before: &Entry, after: &Entry) -> Vec<FieldChange> {
    let (before, after) = (fields(before), fields(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    let place = |name: &str| FIELDS.iter().position(|field| field.name == name).unwrap_or(FIELDS.len());
    names.sort_by_key(|name| (place(name), *name));
    names.dedup();
    let value = |side: &Map<String, Value>, name: &String| side.get(name).cloned().unwrap_or_default();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    changed
        .map(|name| FieldChange {
            field: name.clone(),
            title: field_title(name).to_owned(),
            before: value(&before, name),
            after: value(&after, name),
        })
        .collect()
}

/// An empty field is none.
fn fields(entry: &Entry) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(entry) else { return Map::new() };
    fields.retain(|_, value| match value {
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    });
    fields
}
