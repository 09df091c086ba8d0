//! A table against the names of a jurisdiction. [`Rule::parse`] judges a row as it judges a script's rule; where it finds
//! fault, each cell is put to it alone, so that the fault is told by column, and every one of them.

use rhai::{Dynamic, Map};

use super::columns::{Column, Kind, Part};
use super::{Row, Table};
use crate::diagnostic::Diagnostic;
use crate::rules::register::Registration;
use crate::rules::rule::{Names, Rule};

/// Stands in for what a rule needs and the cell in question is not.
const STAND_IN: &str = "占位";

impl Table {
    /// Every problem of form: what can be said without knowing the jurisdiction.
    pub fn check_form(&self, file: &str) -> Vec<Diagnostic> {
        self.registrations(file).err().unwrap_or_default()
    }

    /// Every problem of the rows in a jurisdiction: form first, and names once the form is right.
    pub fn check(&self, file: &str, names: &Names) -> Vec<Diagnostic> {
        match self.registrations(file) {
            Err(wrong) => wrong,
            Ok(all) => all.iter().flat_map(|(at, one)| self.check_row(file, &self.rows[*at], one, names)).collect(),
        }
    }

    fn check_row(&self, file: &str, row: &Row, registration: &Registration, names: &Names) -> Vec<Diagnostic> {
        let Err(whole) = Rule::parse(registration, names) else { return Vec::new() };
        let mut found = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            let wrong = probes(column, registration).into_iter().filter_map(|probe| Rule::parse(&probe, names).err());
            for problem in wrong.flatten() {
                let message = in_chinese(&bare(&problem.message), column);
                found.push(self.cell_error(file, row, at, (message, problem.help)));
            }
        }
        if found.is_empty() {
            // No cell is wrong by itself: what is wrong is the row.
            found = whole
                .into_iter()
                .map(|it| Diagnostic { message: format!("第 {} 行，{}", row.number, it.message), ..it })
                .collect();
        }
        found
    }
}

/// The message without the rule's name in front: the row says which rule.
fn bare(message: &str) -> String {
    let named = message.strip_prefix("规则 ").and_then(|rest| rest.split_once('：'));
    named.map_or(message, |(_, rest)| rest).to_owned()
}

/// The key in the message as the author knows it.
fn in_chinese(message: &str, column: &Column) -> String {
    match message.strip_prefix(column.key) {
        Some(rest) => format!("{}{rest}", column.name.trim_start_matches('定')),
        None => message.replacen(&format!("“{}”", column.key), &format!("“{}”", column.name), 1),
    }
}

/// Rules that are right but for what may be wrong in one cell: one per item of a list.
fn probes(column: &Column, registration: &Registration) -> Vec<Registration> {
    let put = |id: &str, key: Option<(&str, Dynamic)>, then: Map| {
        let mut map = Map::from([("any".into(), Dynamic::from_array(vec![STAND_IN.into()]))]);
        map.insert("basis".into(), STAND_IN.into());
        map.extend(key.map(|(key, value)| (key.into(), value)));
        map.insert("then".into(), Dynamic::from_map(then));
        Registration { id: id.to_owned(), map, ..registration.clone() }
    };
    let sound_id = "probe.cell";
    match column.part {
        Part::Id => vec![put(&registration.id, None, Map::new())],
        Part::Rule(kind) => each(kind, registration.map.get(column.key))
            .into_iter()
            .map(|value| put(sound_id, Some((column.key, value)), Map::new()))
            .collect(),
        Part::Then(Kind::Number, _) => Vec::new(),
        Part::Then(kind, verbs) if verbs.contains(&registration.verb) => {
            let then = registration.map.get("then").and_then(|then| then.as_map_ref().ok()?.get(column.key).cloned());
            // Texts that go with an outcome say nothing alone.
            let names = !matches!(column.key, "why" | "tell");
            each(kind, then.as_ref().filter(|_| names))
                .into_iter()
                .map(|value| put(sound_id, None, Map::from([(column.key.into(), value)])))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The value for each probe. A word stands beside a sound one, so that it is only itself that can be wrong.
fn each(kind: Kind, value: Option<&Dynamic>) -> Vec<Dynamic> {
    let items = |value: &Dynamic| value.clone().into_array().unwrap_or_default();
    let beside = |word: Dynamic| Dynamic::from_array(vec![STAND_IN.into(), word]);
    match (kind, value) {
        (_, None) => Vec::new(),
        (Kind::Words, Some(list)) => items(list).into_iter().map(beside).collect(),
        (Kind::List, Some(list)) => items(list).into_iter().map(|item| Dynamic::from_array(vec![item])).collect(),
        (Kind::Groups, Some(groups)) => {
            let words = items(groups).iter().flat_map(items).collect::<Vec<_>>();
            words.into_iter().map(|word| Dynamic::from_array(vec![beside(word)])).collect()
        }
        (_, Some(value)) => vec![value.clone()],
    }
}
