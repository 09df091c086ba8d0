//! Two wordings of an entry, field by field.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

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

/// Fields and their names for people.
const TITLES: [(&str, &str); 14] = [
    ("id", "编号"),
    ("question", "问题"),
    ("similar", "相似问"),
    ("answer", "答案"),
    ("basis", "依据"),
    ("source", "来源"),
    ("owner", "责任单位"),
    ("category", "类别"),
    ("topic", "主题"),
    ("valid_from", "生效日期"),
    ("valid_until", "失效日期"),
    ("policy", "政策"),
    ("review_days", "复核周期"),
    ("pre_notice", "提前报备"),
];

/// The name of a field for people; the field itself where it has none.
pub fn field_title(field: &str) -> &str {
    TITLES.iter().find(|(name, _)| *name == field).map_or(field, |(_, title)| title)
}

/// What differs between two wordings, in the order of the fields.
pub fn difference(before: &Entry, after: &Entry) -> Vec<FieldChange> {
    let (before, after) = (fields(before), fields(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    let place = |name: &str| TITLES.iter().position(|(known, _)| *known == name).unwrap_or(TITLES.len());
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
