//! The files of the log: `<day>.jsonl`, one per day in Asia/Shanghai. Reading needs nothing but the folder, so it goes on
//! beside a running service, and on a copy.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::line::{Act, Line, What, nothing};

/// No setting makes the log forget sooner (网络安全法: six months).
pub const LEAST_DAYS: u32 = 180;

/// Which lines are wanted; an empty query wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub client: Option<String>,
    pub person: Option<String>,
    pub jurisdiction: Option<String>,
    /// Part of what it was about: the number of a ticket, or a path.
    pub target: Option<String>,
    /// Only readings of personal data.
    pub personal: bool,
    /// Lines after this number.
    pub after: u64,
}

impl Query {
    fn wants(&self, line: &Line) -> bool {
        let in_time = self.from.is_none_or(|from| line.at >= from) && self.until.is_none_or(|until| line.at < until);
        in_time && line.n > self.after && (self.wants_all_acts() || self.wants_act(line))
    }

    fn wants_all_acts(&self) -> bool {
        let Self { client, person, jurisdiction, target, personal, .. } = self;
        !personal && [client, person, jurisdiction, target].into_iter().all(Option::is_none)
    }

    fn wants_act(&self, line: &Line) -> bool {
        let What::Act(act) = &line.what else { return false };
        let same = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
        let about = |act: &Act| self.target.as_ref().is_none_or(|target| act.target.contains(target.as_str()));
        same(&self.client, &act.client)
            && same(&self.person, &act.person)
            && same(&self.jurisdiction, &act.jurisdiction)
            && about(act)
            && (act.personal || !self.personal)
    }

    /// Whether a file of this day may hold something wanted. A line stands in the file of its day, or of a later one where
    /// the clock was set back.
    fn wants_day(&self, day: NaiveDate) -> bool {
        let first = self.from.map(crate::calendar::local_date);
        first.is_none_or(|first| day >= first)
    }
}

/// The files, oldest first.
pub(super) fn files(dir: &Path) -> io::Result<Vec<(NaiveDate, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let day = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".jsonl")?.parse().ok());
        found.extend(day.map(|day: NaiveDate| (day, path)));
    }
    found.sort();
    Ok(found)
}

pub(super) fn file_of(dir: &Path, day: NaiveDate) -> PathBuf {
    dir.join(format!("{day}.jsonl"))
}

/// Shows the wanted lines in order until `visit` breaks. Damaged lines are passed over: [`verify`] names them.
pub fn read(dir: &Path, query: &Query, visit: &mut dyn FnMut(Line) -> ControlFlow<()>) -> io::Result<()> {
    for (_, path) in files(dir)?.into_iter().filter(|(day, _)| query.wants_day(*day)) {
        for text in BufReader::new(File::open(path)?).lines() {
            let Some((line, _)) = Line::open(&text?) else { continue };
            if query.wants(&line) && visit(line).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// What a look at the whole chain found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub files: usize,
    pub lines: u64,
    /// SM3 of the last line.
    pub last: String,
    /// Number of the first line that is kept; above 1 once old days were removed.
    pub first: u64,
    pub seals: Vec<(NaiveDate, String)>,
    pub faults: Vec<Fault>,
}

/// A place where the chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub file: PathBuf,
    /// Of the file, from 1.
    pub line: u64,
    /// What is wrong (Chinese).
    pub what: String,
}

/// Checks every line, the chain and the seals. The end of the newest file may be in the middle of being written.
pub fn verify(dir: &Path) -> io::Result<Checked> {
    let mut walk = Walk { checked: Checked::default(), before: None, sealed: false };
    let files = files(dir)?;
    let newest = files.len();
    for (index, (day, path)) in files.into_iter().enumerate() {
        walk.file(day, &path, index + 1 == newest)?;
    }
    Ok(walk.checked)
}

struct Walk {
    checked: Checked,
    /// Number and SM3 of the line before.
    before: Option<(u64, String)>,
    sealed: bool,
}

impl Walk {
    fn file(&mut self, day: NaiveDate, path: &Path, newest: bool) -> io::Result<()> {
        if self.checked.files > 0 && !self.sealed {
            self.fault(path, 0, "上一天的日志没有封存就换了文件，末尾可能被删去");
        }
        self.checked.files += 1;
        self.sealed = false;
        let bytes = fs::read(path)?;
        let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        let rest = lines.pop().unwrap_or_default();
        if !rest.is_empty() && !newest {
            self.fault(path, lines.len() as u64 + 1, "最后一行不完整");
        }
        for (text, number) in lines.into_iter().zip(1..) {
            self.line(day, path, number, text);
        }
        Ok(())
    }

    fn line(&mut self, day: NaiveDate, path: &Path, number: u64, text: &[u8]) {
        self.checked.lines += 1;
        if self.sealed {
            self.fault(path, number, "封存之后又添了行");
        }
        let Some((line, sm3)) = std::str::from_utf8(text).ok().and_then(Line::open) else {
            return self.fault(path, number, "内容与摘要不符，这一行被改动或损坏");
        };
        match &self.before {
            None if line.n == 1 && line.prev != nothing() => self.fault(path, number, "第一行之前还有过别的行"),
            None => self.checked.first = line.n,
            Some((_, before)) if *before != line.prev => {
                self.fault(path, number, "与上一行接不上，中间有行被删、换或插入")
            }
            Some((n, _)) if n + 1 != line.n => self.fault(path, number, "行号不连续"),
            Some(_) => {}
        }
        if let What::Sealed { day: sealed, lines } = line.what {
            self.sealed = true;
            if sealed != day || lines != number {
                self.fault(path, number, "封存的日期或行数与文件不符");
            }
            self.checked.seals.push((sealed, sm3.clone()));
        }
        self.checked.last.clone_from(&sm3);
        self.before = Some((line.n, sm3));
    }

    fn fault(&mut self, file: &Path, line: u64, what: &str) {
        self.checked.faults.push(Fault { file: file.to_owned(), line, what: what.to_owned() });
    }
}

/// Removes the files of days that need no longer be kept; the newest one always stays. The days that went.
pub(super) fn forget(dir: &Path, today: NaiveDate, days: u32) -> io::Result<Vec<NaiveDate>> {
    let days = u64::from(days.max(LEAST_DAYS));
    let mut files = files(dir)?;
    files.pop();
    let mut gone = Vec::new();
    for (day, path) in files {
        if day.checked_add_days(Days::new(days)).is_some_and(|last| last < today) {
            fs::remove_file(path)?;
            gone.push(day);
        }
    }
    Ok(gone)
}
