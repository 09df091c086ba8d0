//! `tests/data/requirements.toml`: what is required, how it is read, and whether we claim it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// A document: its code, its name, the number of its last row and the first number (one row has the number 0).
pub(super) struct Series {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    first: u32,
    last: u32,
}

const fn series(code: &'static str, name: &'static str, first: u32, last: u32) -> Series {
    Series { code, name, first, last }
}

pub(super) const SERIES: [Series; 5] = [
    series("LH", "龙华 · 海龙府〔2019〕17号", 1, 71),
    series("RC", "荣成 · 企业一体化服务平台管理办法", 1, 27),
    series("HN", "湖南 · 湘发改优化规〔2022〕708号", 1, 57),
    series("CB", "赤壁 · 赤政办发〔2022〕14号", 0, 29),
    series("HK", "海口 · 优化营商环境赋能建设案例", 1, 16),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// A test proves it.
    Claimed,
    /// A part is proven; `why` says which, and what is missing.
    Partly,
    /// Left for later.
    Later,
    /// Nothing that a dispatcher could do.
    None,
}

/// A requirement, or a reading of an unclear one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) id: String,
    /// Where the document says it.
    #[serde(default)]
    pub(super) source: String,
    pub(super) what: String,
    /// S: the document says so; R: we read it so; D: our own value.
    #[serde(default)]
    pub(super) mark: String,
    /// How it is read, where the codes do not say it.
    #[serde(default)]
    pub(super) reading: String,
    #[serde(default)]
    pub(super) readings: Vec<String>,
    #[serde(default = "claimed")]
    pub(super) status: Status,
    #[serde(default)]
    pub(super) why: String,
}

fn claimed() -> Status {
    Status::Claimed
}

impl Row {
    pub(super) fn needs_proof(&self) -> bool {
        matches!(self.status, Status::Claimed | Status::Partly)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Requirements {
    pub(super) row: Vec<Row>,
    pub(super) reading: Vec<Row>,
}

impl Requirements {
    pub(super) fn read(root: &Path) -> Self {
        let text = fs::read_to_string(root.join("tests/data/requirements.toml")).expect("the requirements");
        toml::from_str(&text).unwrap_or_else(|err| panic!("tests/data/requirements.toml: {err}"))
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.row.iter().chain(&self.reading).any(|row| row.id == id)
    }

    /// The rows that a reading speaks of.
    pub(super) fn governed<'a>(&'a self, reading: &'a str) -> impl Iterator<Item = &'a Row> {
        self.row.iter().filter(move |row| row.readings.iter().any(|it| it == reading))
    }

    pub(super) fn of<'a>(rows: &'a [Row], series: &'a Series) -> impl Iterator<Item = &'a Row> {
        rows.iter().filter(move |row| row.id.trim_start_matches("A-").starts_with(series.code))
    }

    /// What is wrong with the file itself.
    pub(super) fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut seen = BTreeSet::new();
        for row in self.row.iter().chain(&self.reading) {
            if !seen.insert(row.id.as_str()) {
                wrong.push(format!("{} stands twice", row.id));
            }
            let explained = row.status == Status::Claimed || !row.why.is_empty();
            if row.what.is_empty() || !explained {
                wrong.push(format!("{} does not say what it is or why it stands so", row.id));
            }
            for reading in row.readings.iter().filter(|id| !self.reading.iter().any(|it| it.id == **id)) {
                wrong.push(format!("{}: no reading {reading}", row.id));
            }
        }
        for row in self.row.iter().filter(|row| row.source.is_empty() || !is_mark(&row.mark)) {
            wrong.push(format!("{}: source or mark", row.id));
        }
        for series in &SERIES {
            let ids = (series.first..=series.last).map(|number| format!("{}-{number:02}", series.code));
            wrong.extend(ids.filter(|id| !seen.contains(id.as_str())).map(|id| format!("{id} is missing")));
        }
        wrong
    }
}

fn is_mark(mark: &str) -> bool {
    mark.split('+').all(|it| matches!(it, "S" | "R" | "D"))
}
