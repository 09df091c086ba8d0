//! The fields of an entry: their names in files, for people, and how a cell of a table says them.

/// How a cell of a table says a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// One a line.
    List,
    /// `2026-01-31`; spreadsheets make dates of it.
    Day,
    /// 是 or nothing.
    Flag,
    /// Nothing is 0.
    Number,
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) kind: Kind,
}

const fn field(name: &'static str, title: &'static str, kind: Kind) -> Field {
    Field { name, title, kind }
}

/// All of them, in the order of files and comparisons.
pub(super) const FIELDS: [Field; 19] = [
    field("id", "编号", Kind::Text),
    field("question", "问题", Kind::Text),
    field("similar", "相似问", Kind::List),
    field("answer", "答案", Kind::Text),
    field("basis", "依据", Kind::Text),
    field("source", "来源", Kind::Text),
    field("owner", "责任单位", Kind::Text),
    field("category", "类别", Kind::Text),
    field("topic", "主题", Kind::Text),
    field("valid_from", "生效日期", Kind::Day),
    field("valid_until", "失效日期", Kind::Day),
    field("policy", "政策", Kind::Flag),
    field("review_days", "复核周期", Kind::Number),
    field("pre_notice", "提前报备", Kind::Flag),
    field("keywords", "关键字", Kind::List),
    field("related", "关联条目", Kind::List),
    field("tags", "标签", Kind::List),
    field("campaign", "专题", Kind::Text),
    field("guide", "情形导办", Kind::List),
];

/// The field of this name or title.
pub(super) fn find(name: &str) -> Option<Field> {
    FIELDS.into_iter().find(|field| field.name == name || field.title == name)
}

/// The name of a field for people; the field itself where it has none.
pub fn field_title(name: &str) -> &str {
    FIELDS.iter().find(|field| field.name == name).map_or(name, |field| field.title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Entry;

    /// Serde names every field when it is given one that it does not know.
    #[test]
    fn every_field_of_an_entry_has_a_column() {
        let message = serde_json::from_value::<Entry>(serde_json::json!({ "?": 0 })).unwrap_err().to_string();
        let known: Vec<&str> = message.split("expected ").nth(1).unwrap().split('`').skip(1).step_by(2).collect();
        for name in &known {
            assert!(find(name).is_some(), "{name} has no column");
        }
        assert_eq!(known.len(), FIELDS.len());
    }
}
