//! A table against the names of a jurisdiction. [`Rule::parse`] judges a row as it judges a script's rule, and names the key
//! that is at fault; here the key becomes the column.

use super::columns::{Column, Part};
use super::{Row, Table};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::rules::register::Registration;
use crate::rules::rule::{Names, Rule, Verb};
use crate::rules::scan::Step;
use crate::rules::wrong::Wrong;

impl Table {
    /// Every problem of form: what can be said without knowing the jurisdiction.
    pub fn check_form(&self, file: &str) -> Vec<Diagnostic> {
        self.registrations(file).1
    }

    /// Every problem of the rows in a jurisdiction: form, and names where the form is right.
    pub fn check(&self, file: &str, names: &Names) -> Vec<Diagnostic> {
        let (rows, mut found) = self.registrations(file);
        for (at, registration) in rows {
            found.extend(self.check_row(file, &self.rows[at], &registration, names));
        }
        found.sort_by_key(|it| (it.line, it.column));
        found
    }

    fn check_row(&self, file: &str, row: &Row, registration: &Registration, names: &Names) -> Vec<Diagnostic> {
        let (rule, wrong) = Rule::parse(registration, names);
        let mut found: Vec<(usize, Diagnostic)> = wrong.into_iter().map(|it| self.told(file, row, &rule, it)).collect();
        found.sort_by_key(|(column, _)| *column);
        found.into_iter().map(|(_, it)| it).collect()
    }

    /// A problem of the rule that stands on a line, by row and column.
    pub(in crate::rules) fn wrong(&self, rule: &Rule, wrong: Wrong) -> Option<Diagnostic> {
        let row = self.row_on(rule.line)?;
        Some(self.told(&rule.file, row, rule, wrong).1)
    }

    /// The cell of a part of the rule that stands on a line.
    pub(in crate::rules) fn place_of(&self, rule: &Rule, path: &[Step]) -> Option<Place> {
        let row = self.row_on(rule.line)?;
        let cell = &row.cells[self.column_of(rule.verb, None, path).unwrap_or(0)];
        let Diagnostic { line, column, end_column, .. } = cell.error("", String::new(), String::new());
        Some(Place { line, column, end_column })
    }

    fn row_on(&self, line: u32) -> Option<&Row> {
        self.rows.iter().find(|row| row.cells.first().is_some_and(|cell| cell.line == line))
    }

    /// The index of the column, and what is said.
    fn told(&self, file: &str, row: &Row, rule: &Rule, wrong: Wrong) -> (usize, Diagnostic) {
        let code = wrong.code;
        match self.column_of(rule.verb, Some(code), &wrong.path) {
            Some(at) => {
                let message = in_chinese(&wrong.message, self.columns[at]);
                (at, self.cell_error(file, row, at, (message, wrong.help)).code(code))
            }
            // No cell is wrong by itself: what is wrong is the row.
            None => {
                let message = format!("第 {} 行，规则 {}：{}", row.number, rule.id, wrong.message);
                (usize::MAX, Diagnostic::error(file, rule.line, message).code(code).help(wrong.help))
            }
        }
    }

    fn column_of(&self, verb: Verb, code: Option<Code>, path: &[Step]) -> Option<usize> {
        let is = |column: &Column| match (path, column.part) {
            ([Step::Key(then), Step::Key(key), ..], Part::Then(_, verbs)) => {
                then == "then" && key == column.key && verbs.contains(&verb)
            }
            ([Step::Key(key), ..], Part::Rule(_)) => key == column.key,
            ([Step::Key(key), Step::Item(1)], Part::Until) => key == "valid",
            ([Step::Key(key), ..], Part::From) => key == "valid",
            ([Step::Key(key), ..], Part::Basis) => key == "basis",
            ([], Part::Id) => code == Some(Code::BadId),
            _ => false,
        };
        self.columns.iter().position(|column| is(column))
    }
}

/// The key in the message as the author knows it.
fn in_chinese(message: &str, column: &Column) -> String {
    match message.strip_prefix(column.key) {
        Some(rest) => format!("{}{rest}", column.name.trim_start_matches('定')),
        None => message.replacen(&format!("“{}”", column.key), &format!("“{}”", column.name), 1),
    }
}
