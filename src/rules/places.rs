//! Where things stand in the files of a set: files are read again, once, and only when there is something to report.

use std::collections::HashMap;
use std::sync::Arc;

use super::register::{CompiledFile, is_table};
use super::rule::Rule;
use super::scan::{Body, Script, Step, scan};
use super::table::Table;
use super::wrong::Wrong;
use crate::diagnostic::{Code, Diagnostic, Place};

pub(super) struct Places<'a> {
    files: &'a [Arc<CompiledFile>],
    scripts: HashMap<&'a str, Script<'a>>,
    tables: HashMap<&'a str, Option<Table>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(files: &'a [Arc<CompiledFile>]) -> Self {
        Self { files, scripts: HashMap::new(), tables: HashMap::new() }
    }

    fn file(&self, name: &str) -> Option<&'a CompiledFile> {
        self.files.iter().find(|file| &*file.name == name).map(|file| &**file)
    }

    /// A problem of a part of a rule.
    pub(super) fn wrong(&mut self, rule: &Rule, wrong: Wrong) -> Diagnostic {
        if let Some(told) = self.table(&rule.file).and_then(|table| table.wrong(rule, wrong.clone())) {
            return self.excerpt(told);
        }
        let place = self.of(rule, &wrong.path);
        let message = format!("规则 {}：{}", rule.id, wrong.message);
        let diagnostic = Diagnostic::error(&rule.file, place.line, message).code(wrong.code).at(place).help(wrong.help);
        self.excerpt(diagnostic)
    }

    /// The part of a rule, as near as it can be found.
    pub(super) fn of(&mut self, rule: &Rule, path: &[Step]) -> Place {
        let found = match self.table(&rule.file) {
            Some(table) => table.place_of(rule, path),
            None => self.script(&rule.file).map(|script| script.place_of(rule.line, rule.column, path)),
        };
        found.unwrap_or(Place { line: rule.line, ..Place::default() })
    }

    /// The id of a call.
    pub(super) fn call(&mut self, file: &str, line: u32, column: u32) -> Place {
        let found = self.script(file).map(|script| script.place_of(line, column, &[]));
        found.unwrap_or(Place { line, ..Place::default() })
    }

    /// The token at a place.
    pub(super) fn token(&mut self, file: &str, line: u32, column: u32) -> Place {
        let found = self.script(file).map(|script| script.token_at(line, column));
        found.unwrap_or(Place { line, ..Place::default() })
    }

    /// What the functions of a rule do, as far as its own statement shows.
    pub(super) fn body(&mut self, rule: &Rule) -> Body {
        self.script(&rule.file).map(|script| script.body_of(rule.line, rule.column)).unwrap_or_default()
    }

    /// The limits that the functions of a file ask for.
    pub(super) fn limits(&mut self, file: &str) -> Vec<(String, Place)> {
        self.script(file).map(Script::limits).unwrap_or_default()
    }

    /// Whether a list of a rule is one that the file names, and may serve others as well.
    pub(super) fn is_named(&mut self, rule: &Rule, path: &[Step]) -> bool {
        self.script(&rule.file).is_some_and(|script| script.is_named(rule.line, rule.column, path))
    }

    pub(super) fn excerpt(&self, diagnostic: Diagnostic) -> Diagnostic {
        match self.file(&diagnostic.file) {
            Some(file) => diagnostic.excerpt(&file.source),
            None => diagnostic,
        }
    }

    pub(super) fn report(&self, file: &str, code: Code, place: Place, message: String) -> Diagnostic {
        self.excerpt(Diagnostic::error(file, place.line, message).code(code).at(place))
    }

    fn table(&mut self, name: &str) -> Option<&Table> {
        let file = self.file(name).filter(|file| is_table(&file.name))?;
        let read = || Table::from_csv(&file.name, &file.source).ok();
        self.tables.entry(&file.name).or_insert_with(read).as_ref()
    }

    fn script(&mut self, name: &str) -> Option<&Script<'a>> {
        let file = self.file(name).filter(|file| !is_table(&file.name))?;
        Some(self.scripts.entry(&file.name).or_insert_with(|| scan(&file.source)))
    }
}
