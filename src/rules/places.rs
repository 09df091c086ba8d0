//! Where things stand in the files of a set: files are scanned again, once, and only when there is something to report.

use std::collections::HashMap;
use std::sync::Arc;

use super::register::CompiledFile;
use super::rule::Rule;
use super::scan::{Body, Script, Step, scan};
use super::wrong::Wrong;
use crate::diagnostic::{Code, Diagnostic, Place};

pub(super) struct Places<'a> {
    files: &'a [Arc<CompiledFile>],
    scripts: HashMap<&'a str, Script<'a>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(files: &'a [Arc<CompiledFile>]) -> Self {
        Self { files, scripts: HashMap::new() }
    }

    fn file(&self, name: &str) -> Option<&'a CompiledFile> {
        self.files.iter().find(|file| &*file.name == name).map(|file| &**file)
    }

    /// A problem of a part of a rule.
    pub(super) fn wrong(&mut self, rule: &Rule, wrong: Wrong) -> Diagnostic {
        let place = self.of(rule, &wrong.path);
        let message = format!("规则 {}：{}", rule.id, wrong.message);
        let diagnostic = Diagnostic::error(&rule.file, place.line, message).code(wrong.code).at(place).help(wrong.help);
        self.excerpt(diagnostic)
    }

    /// The part of a rule, as near as it can be found.
    pub(super) fn of(&mut self, rule: &Rule, path: &[Step]) -> Place {
        let found = self.in_file(&rule.file, |script| script.place_of(rule.line, rule.column, path));
        found.unwrap_or(Place { line: rule.line, ..Place::default() })
    }

    /// The id of a call.
    pub(super) fn call(&mut self, file: &str, line: u32, column: u32) -> Place {
        let found = self.in_file(file, |script| script.place_of(line, column, &[]));
        found.unwrap_or(Place { line, ..Place::default() })
    }

    /// The token at a place.
    pub(super) fn token(&mut self, file: &str, line: u32, column: u32) -> Place {
        let found = self.in_file(file, |script| script.token_at(line, column));
        found.unwrap_or(Place { line, ..Place::default() })
    }

    /// What the functions of a rule do, as far as its own statement shows.
    pub(super) fn body(&mut self, rule: &Rule) -> Body {
        self.in_file(&rule.file, |script| script.body_of(rule.line, rule.column)).unwrap_or_default()
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

    fn in_file<T>(&mut self, name: &str, look: impl FnOnce(&Script<'a>) -> T) -> Option<T> {
        let file = self.file(name)?;
        let script = self.scripts.entry(&file.name).or_insert_with(|| scan(&file.source));
        Some(look(script))
    }
}
