//! A row → a registration. Every cell that cannot be read is reported by row, column and what stands in it; whether names
//! exist in a jurisdiction is asked later, as for scripts.

use std::sync::Arc;

use chrono::NaiveDate;
use rhai::{AST, Dynamic, Map};

use super::columns::{COLUMNS, Column, Kind, Part};
use super::value::{self, Wrong, texts};
use super::{Row, Table, no_functions};
use crate::diagnostic::{Diagnostic, nearest};
use crate::rules::outcome::AXES;
use crate::rules::register::Registration;
use crate::rules::rule::Verb;

/// What a verb may be called.
const VERBS: [(&str, Verb); 9] = [
    ("受理", Verb::Admit),
    ("归类", Verb::Classify),
    ("派单", Verb::Route),
    ("预警", Verb::Warn),
    ("admit", Verb::Admit),
    ("classify", Verb::Classify),
    ("route", Verb::Route),
    ("warn", Verb::Warn),
    ("", Verb::Route),
];

impl Table {
    /// All rules that can be read, each with the index of its row, and what is wrong with the others.
    pub(super) fn registrations(&self, file: &str) -> (Vec<(usize, Registration)>, Vec<Diagnostic>) {
        let (name, ast): (Arc<str>, Arc<AST>) = (file.into(), no_functions());
        let mut made = Vec::with_capacity(self.rows.len());
        let mut wrong = Vec::new();
        for (at, row) in self.rows.iter().enumerate().filter(|(_, row)| self.is_rule(row)) {
            match self.registration(row, &name, &ast) {
                Ok(registration) => made.push((at, registration)),
                Err(found) => wrong.extend(found),
            }
        }
        (made, wrong)
    }

    fn registration(&self, row: &Row, file: &Arc<str>, ast: &Arc<AST>) -> Result<Registration, Vec<Diagnostic>> {
        let mut reader = Reader { table: self, row, file, verb: Verb::Route, wrong: Vec::new() };
        reader.verb = reader.verb();
        let map = reader.map();
        if !reader.wrong.is_empty() {
            return Err(reader.wrong);
        }
        let line = row.cells.first().map_or(1, |cell| cell.line);
        let id = self.text(row, "id").to_owned();
        Ok(Registration { verb: reader.verb, id, map, file: file.clone(), line, column: 0, ast: ast.clone() })
    }

    /// A problem of one cell: where it is for the program, and where it is for a person.
    pub(super) fn cell_error(&self, file: &str, row: &Row, at: usize, (message, help): Wrong) -> Diagnostic {
        let (cell, column) = (&row.cells[at], self.columns[at]);
        let shown = cell.shown();
        let quoted = if shown.is_empty() || message.contains(&format!("“{shown}”")) {
            String::new()
        } else {
            format!("（写的是“{shown}”）")
        };
        cell.error(file, format!("第 {} 行“{}”{quoted}：{message}", row.number, column.name), help)
    }
}

struct Reader<'a> {
    table: &'a Table,
    row: &'a Row,
    file: &'a str,
    verb: Verb,
    wrong: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: usize, wrong: Wrong) {
        self.wrong.push(self.table.cell_error(self.file, self.row, at, wrong));
    }

    /// The cells that are filled in.
    fn filled(&self) -> Vec<(usize, &'static Column)> {
        let filled = |at: &usize| !self.row.cells[*at].text.trim().is_empty();
        (0..self.row.cells.len()).filter(filled).map(|at| (at, self.table.columns[at])).collect()
    }

    fn cell(&self, at: usize) -> &str {
        self.row.cells[at].text.trim()
    }

    fn position(&self, part: Part) -> Option<usize> {
        self.table.columns.iter().position(|column| column.part == part)
    }

    fn verb(&mut self) -> Verb {
        let Some(at) = self.position(Part::Verb) else { return Verb::Route };
        let text = self.cell(at).to_ascii_lowercase();
        match VERBS.iter().find(|(name, _)| *name == text) {
            Some(&(_, verb)) => verb,
            None => {
                let help = nearest(&text, VERBS.iter().map(|(name, _)| *name).filter(|name| !name.is_empty()));
                self.wrong(at, (format!("没有“{text}”这个动词"), help));
                Verb::Route
            }
        }
    }

    fn map(&mut self) -> Map {
        let (mut map, mut then) = (Map::new(), Map::new());
        for (at, column) in self.filled() {
            let (kind, inner) = match column.part {
                Part::Rule(kind) => (kind, false),
                Part::Basis => (Kind::Text, false),
                Part::Then(kind, verbs) if verbs.contains(&self.verb) => (kind, true),
                Part::Then(_, verbs) => {
                    self.other_verb(at, verbs);
                    continue;
                }
                Part::Id | Part::Verb | Part::From | Part::Until | Part::Note => continue,
            };
            match value::read(kind, self.cell(at)) {
                Ok(value) => _ = if inner { &mut then } else { &mut map }.insert(column.key.into(), value),
                Err(wrong) => self.wrong(at, wrong),
            }
        }
        self.needed();
        self.outcome(&then);
        if let Some(valid) = self.valid() {
            map.insert("valid".into(), valid);
        }
        map.insert("then".into(), Dynamic::from_map(then));
        map
    }

    fn other_verb(&mut self, at: usize, verbs: &[Verb]) {
        let names: Vec<&str> = verbs.iter().map(|verb| chinese(*verb)).collect();
        let message = format!("这一列只用于{}，这一行是{}", names.join("、"), chinese(self.verb));
        self.wrong(at, (message, "清空这一格，或者改“动词”".into()));
    }

    fn needed(&mut self) {
        for (part, help) in [
            (Part::Id, "写上编号，例如 parking.fee；整行都是说明时，编号写 #"),
            (Part::Basis, "写上依据，例如：某办法第几条"),
        ] {
            if let Some(at) = self.position(part).filter(|&at| self.cell(at).is_empty()) {
                self.wrong(at, ("没有填".into(), help.into()));
            }
        }
    }

    /// A row has one outcome. What a script would pass over silently is an error where a slip of the column is so easy.
    fn outcome(&mut self, then: &Map) {
        let rivals: &[&[&str]] = match self.verb {
            Verb::Admit => &[&["special_urgent"], &["special"], &["manual"], &["refuse"]],
            Verb::Classify => &[&AXES],
            Verb::Route => &[&["lead", "assist", "follow"], &["not"], &["manual"]],
            Verb::Warn => &[&["level"]],
        };
        let said: Vec<&str> =
            rivals.iter().filter_map(|keys| keys.iter().copied().find(|key| then.contains_key(*key))).collect();
        match said[..] {
            [] if self.wrong.is_empty() => {
                let names: Vec<&str> =
                    rivals.concat().into_iter().filter_map(|key| Some(self.named(key)?.name)).collect();
                let id = self.position(Part::Id).unwrap_or_default();
                self.wrong(id, ("这一行没有写结果".into(), format!("填上{}其中的一列", names.join("、"))));
            }
            [] | [_] => {}
            [first, second, ..] => {
                let first = self.named(first).map_or("", |column| column.name);
                let second = self.named(second).map_or("", |column| column.name);
                let at = self.table.columns.iter().position(|column| column.name == second);
                let message = format!("不能和“{first}”写在同一行");
                self.wrong(at.unwrap_or_default(), (message, "一行只写一种结果；拆成两行，编号不同".into()));
            }
        }
    }

    /// The column of an outcome of this row's verb.
    fn named(&self, key: &str) -> Option<&'static Column> {
        let fits = |column: &&Column| matches!(column.part, Part::Then(_, verbs) if verbs.contains(&self.verb));
        COLUMNS.iter().filter(fits).find(|column| column.key == key)
    }

    fn valid(&mut self) -> Option<Dynamic> {
        let (from, until) = (self.position(Part::From), self.position(Part::Until));
        let (from, until) =
            (from.filter(|&at| !self.cell(at).is_empty()), until.filter(|&at| !self.cell(at).is_empty()));
        if let (Some(at), None) | (None, Some(at)) = (from, until) {
            self.wrong(at, ("有效期要写起止两天".into(), "另一天也写上；首尾两天都算在内".into()));
            return None;
        }
        let (from, until) = (self.day(from?)?, self.day(until?)?);
        if from > until {
            let at = self.position(Part::Until)?;
            self.wrong(at, (format!("早于有效期起 {from}"), "止不能早于起".into()));
            return None;
        }
        Some(texts([from.to_string(), until.to_string()]))
    }

    fn day(&mut self, at: usize) -> Option<NaiveDate> {
        let day = value::day(self.cell(at));
        if day.is_none() {
            self.wrong(at, ("不是日期".into(), "写成 2022-07-25 这样".into()));
        }
        day
    }
}

fn chinese(verb: Verb) -> &'static str {
    VERBS.iter().find(|(_, known)| *known == verb).map_or("", |(name, _)| name)
}

/// How a verb is written in a table.
pub(super) fn verb_name(verb: Verb) -> &'static str {
    chinese(verb)
}
