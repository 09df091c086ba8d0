//! Rules of a script → rows. Only what a row says completely is moved; everything else is named and stays where it is.

use std::collections::BTreeMap;

use rhai::{Dynamic, FnPtr, Map};

use super::columns::{COLUMNS, Column, Kind, Part};
use super::csv::Cell;
use super::row::verb_name;
use super::value::{BETWEEN, level_name};
use super::{Row, Table};
use crate::rules::outcome::items;
use crate::rules::register::{CompiledFile, Registration};
use crate::rules::rule::Verb;

/// What a table cannot hold and the script keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftBehind {
    pub id: String,
    pub line: u32,
    /// Chinese.
    pub why: String,
}

/// Column → text.
type Cells = BTreeMap<&'static str, String>;

impl Table {
    /// The flat rules of a file as a table, with the comment above each, and what stays in the script.
    pub fn of_script(file: &CompiledFile) -> (Self, Vec<LeftBehind>) {
        let mut left = Vec::new();
        let mut rows: Vec<Cells> = Vec::new();
        for registration in &file.registrations {
            match flat(registration) {
                Ok(cells) => {
                    let remarks = comments_above(&file.source, registration.line);
                    rows.extend(remarks.into_iter().map(|remark| Cells::from([("编号", format!("# {remark}"))])));
                    rows.push(cells);
                }
                Err(why) => left.push(LeftBehind { id: registration.id.clone(), line: registration.line, why }),
            }
        }
        for off in &file.off {
            let why = "停用语句 off 只能写在脚本里".to_owned();
            left.push(LeftBehind { id: off.id.clone(), line: off.line, why });
        }
        left.sort_by_key(|it| it.line);
        (Self::of_rows(&rows), left)
    }

    fn of_rows(rows: &[Cells]) -> Self {
        let always = ["编号", "依据"];
        let used =
            |column: &&Column| always.contains(&column.name) || rows.iter().any(|row| row.contains_key(column.name));
        let columns: Vec<&'static Column> = COLUMNS.iter().filter(used).collect();
        let cell = |text: Option<&String>, line| Cell { text: text.cloned().unwrap_or_default(), line, column: 0 };
        let row = |(at, cells): (usize, &Cells)| {
            let number = at as u32 + 2;
            Row { number, cells: columns.iter().map(|column| cell(cells.get(column.name), number)).collect() }
        };
        let rows = rows.iter().enumerate().map(row).collect();
        Self { columns, rows }
    }
}

/// The cells of a rule, or why it has none.
fn flat(registration: &Registration) -> Result<Cells, String> {
    let mut cells = Cells::from([("编号", registration.id.clone())]);
    if registration.verb != Verb::Route {
        cells.insert("动词", verb_name(registration.verb).to_owned());
    }
    for (key, value) in &registration.map {
        match key.as_str() {
            _ if value.is::<FnPtr>() => return Err(format!("“{key}”是函数")),
            "then" => {
                for (key, value) in value.as_map_ref().map_err(|_| "结果 then 不是 #{ … }".to_owned())?.iter() {
                    fill(&mut cells, key, value, |part| match part {
                        Part::Then(kind, verbs) if verbs.contains(&registration.verb) => Some(kind),
                        _ => None,
                    })?;
                }
            }
            "valid" => {
                let days: Vec<String> = items(value).into_iter().filter_map(|day| day.into_string().ok()).collect();
                let [from, until] = &days[..] else { return Err("有效期不是起止两天".into()) };
                cells.insert("有效期起", from.clone());
                cells.insert("有效期止", until.clone());
            }
            key => fill(&mut cells, key, value, |part| match part {
                Part::Rule(kind) => Some(kind),
                Part::Basis => Some(Kind::Text),
                _ => None,
            })?,
        }
    }
    // What was written is read again: nothing is moved that would come out differently.
    let table = Table::of_rows(std::slice::from_ref(&cells));
    let (again, wrong) = table.registrations("");
    if !wrong.is_empty() {
        return Err(wrong.into_iter().map(|it| it.message).collect());
    }
    match &again[..] {
        [(_, again)] if same(again, registration) => Ok(cells),
        _ => Err("有的值在表格里写不出来（例如首尾有空格）".into()),
    }
}

fn fill(cells: &mut Cells, key: &str, value: &Dynamic, kind: impl Fn(Part) -> Option<Kind>) -> Result<(), String> {
    let column = COLUMNS.iter().find_map(|column| Some((column, kind(column.part).filter(|_| column.key == key)?)));
    let (column, kind) = column.ok_or_else(|| format!("表格里没有与“{key}”对应的列"))?;
    if let Some(word) = apart(value) {
        return Err(format!("“{key}”里的“{word}”含有表格用来分隔词语的标点"));
    }
    let text = written(kind, value).ok_or_else(|| format!("“{key}”的值在表格里写不出来"))?;
    cells.insert(column.name, text);
    Ok(())
}

fn written(kind: Kind, value: &Dynamic) -> Option<String> {
    match kind {
        Kind::Text => value.clone().into_string().ok(),
        Kind::Words | Kind::List => list(value),
        Kind::Groups => Some(items(value).iter().map(list).collect::<Option<Vec<_>>>()?.join("；")),
        Kind::Flag => Some(if value.as_bool().ok()? { "是" } else { "否" }.to_owned()),
        Kind::Sentence => (value.clone().into_string().ok()? == "sentence").then(|| "是".to_owned()),
        Kind::Number => number(value).map(|number| number.to_string()),
        Kind::Code => Some(value.as_int().ok()?.to_string()),
        Kind::Level => level_name(&value.clone().into_string().ok()?).map(str::to_owned),
    }
}

fn list(value: &Dynamic) -> Option<String> {
    let words: Vec<String> = items(value).into_iter().map(|word| word.into_string().ok()).collect::<Option<_>>()?;
    Some(words.join("、"))
}

/// A word of a list that would fall apart in a cell.
fn apart(value: &Dynamic) -> Option<String> {
    let list = value.as_array_ref().ok()?;
    list.iter().find_map(|item| match item.clone().into_string() {
        Ok(word) => Some(word).filter(|word| word.contains(BETWEEN)),
        Err(_) => apart(item),
    })
}

fn number(value: &Dynamic) -> Option<f64> {
    value.as_float().ok().or_else(|| value.as_int().ok().map(|whole| whole as f64))
}

/// The same rule, however its numbers and one-word lists were written.
pub(super) fn same(a: &Registration, b: &Registration) -> bool {
    (a.verb, &a.id) == (b.verb, &b.id) && plain_map(&a.map) == plain_map(&b.map)
}

fn plain_map(map: &Map) -> BTreeMap<String, String> {
    map.iter().map(|(key, value)| (key.to_string(), plain(value))).collect()
}

fn plain(value: &Dynamic) -> String {
    if let Ok(map) = value.as_map_ref() {
        return format!("{:?}", plain_map(&map));
    }
    match (value.as_array_ref(), number(value)) {
        // One item and a list of it are the same to every key that takes a list.
        (Ok(list), _) if list.len() == 1 && list[0].as_array_ref().is_ok_and(|inner| inner.len() != 1) => {
            format!("[{}]", plain(&list[0]))
        }
        (Ok(list), _) if list.len() == 1 => plain(&list[0]),
        (Ok(list), _) => format!("{:?}", list.iter().map(plain).collect::<Vec<_>>()),
        (_, Some(number)) => number.to_string(),
        _ => value.to_string(),
    }
}

/// The `//` lines between a rule and what stands before it.
fn comments_above(source: &str, line: u32) -> Vec<String> {
    let before: Vec<&str> = source.lines().take(line.saturating_sub(1) as usize).collect();
    let remarks =
        before.iter().rev().map(|line| line.trim()).take_while(|line| line.is_empty() || line.starts_with("//"));
    let mut remarks: Vec<String> = remarks.map(|line| line.trim_matches('/').trim().to_owned()).collect();
    remarks.retain(|remark| !remark.is_empty());
    remarks.reverse();
    remarks
}
