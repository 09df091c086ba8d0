//! One knowledge entry, as maintainers write it: its shape, what is wrong with it, and the files it comes in.
//! Does not know whether the owner is a unit of the jurisdiction: the release check does.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use utoipa::ToSchema;

use super::guide::{self, Step};
use crate::diagnostic::{Diagnostic, toml_in_chinese};

/// A question with its answer. The owner unit vouches for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub id: String,
    pub question: String,
    #[serde(default)]
    pub similar: Vec<String>,
    pub answer: String,
    #[serde(default)]
    pub basis: String,
    #[serde(default)]
    pub source: String,
    /// A unit of the jurisdiction.
    pub owner: String,
    #[serde(default)]
    pub category: String,
    #[serde(default)]
    pub topic: String,
    /// First and last day of validity, `YYYY-MM-DD`, Asia/Shanghai; open when empty.
    #[serde(default)]
    pub valid_from: String,
    #[serde(default)]
    pub valid_until: String,
    /// 提前报备 (湖南 第十七条): foreseen by its owner for a time; while valid it stands above entries that fit about as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pre_notice: bool,
    /// 关键字回复: a text that is one of these, and nothing else, is answered by this entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Ids of entries shown with the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<String>,
    /// Tags of enterprises or themes that a policy is for; subscribers choose by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// 专题: the set of entries that it is switched on and off with.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub campaign: String,
    /// It tells a policy: reviewed oftener.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub policy: bool,
    /// Days after which its owner has to look at it again; 0: as the jurisdiction has it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub review_days: u32,
    /// 情形导办: asked one at a time, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guide: Vec<Step>,
}

fn is_zero(days: &u32) -> bool {
    *days == 0
}

/// Longest id, in bytes: ids stand in URLs and store keys.
const MAX_ID: usize = 64;
const MAX_SIMILAR: usize = 50;
/// Longest basis, source, owner, category or topic, in characters.
const MAX_FIELD: usize = 500;
/// Longest time between two reviews, in days.
const MAX_REVIEW: u32 = 1_100;

impl Entry {
    /// Longest question, in characters: beyond it the text is a story, not a question.
    pub const MOST_QUESTION: usize = 200;
    /// Longest answer, in characters: it has to fit a message and a value of the store.
    pub const MOST_ANSWER: usize = 8_000;

    /// Everything that is wrong with the entry, in Chinese; empty when it may be published.
    pub fn check(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        self.check_id(&mut wrong);
        self.check_questions(&mut wrong);
        check_text("答案 answer", &self.answer, Self::MOST_ANSWER, true, &mut wrong);
        check_text("责任单位 owner", &self.owner, MAX_FIELD, true, &mut wrong);
        for (name, text) in [
            ("依据 basis", &self.basis),
            ("来源 source", &self.source),
            ("类别 category", &self.category),
            ("主题 topic", &self.topic),
        ] {
            check_text(name, text, MAX_FIELD, false, &mut wrong);
        }
        self.check_validity(&mut wrong);
        self.check_notice(&mut wrong);
        self.check_links(&mut wrong);
        guide::check(self, &mut wrong);
        if self.review_days > MAX_REVIEW {
            wrong.push(format!("复核周期 review_days 最长 {MAX_REVIEW} 天，写的是 {}", self.review_days));
        }
        wrong
    }

    /// The standard question and the similar ones, in the order written.
    pub fn questions(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.question.as_str()).chain(self.similar.iter().map(String::as_str))
    }

    /// First and last day on which it may answer. A date that cannot be read closes its side, so that
    /// an entry nobody can date never answers; `check` refuses such an entry before it is published.
    pub(super) fn validity(&self) -> (NaiveDate, NaiveDate) {
        let read = |text: &str, open, closed| {
            if text.is_empty() { open } else { date(text).unwrap_or(closed) }
        };
        (
            read(&self.valid_from, NaiveDate::MIN, NaiveDate::MAX),
            read(&self.valid_until, NaiveDate::MAX, NaiveDate::MIN),
        )
    }

    /// `today` where it is in force, else the nearest day on which it was or will be; `None`: there is no such day.
    pub fn day_in_force(&self, today: NaiveDate) -> Option<NaiveDate> {
        let (from, until) = self.validity();
        (from <= until).then(|| today.clamp(from, until))
    }

    /// Whether its last day of validity lies before this one.
    pub fn ended_before(&self, day: NaiveDate) -> bool {
        self.last_day() < day
    }

    /// Last day of its validity; the last of all days where it is open.
    pub fn last_day(&self) -> NaiveDate {
        self.validity().1
    }

    fn check_id(&self, wrong: &mut Vec<String>) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if self.id.is_empty() {
            wrong.push("编号 id 为空".to_owned());
        } else if self.id.len() > MAX_ID {
            wrong.push(format!("编号 id 超过 {MAX_ID} 个字符"));
        } else if !self.id.chars().all(plain) {
            wrong.push(format!("编号 id「{}」只能用小写字母、数字和 - _ .", self.id));
        }
    }

    fn check_questions(&self, wrong: &mut Vec<String>) {
        check_text("问题 question", &self.question, Self::MOST_QUESTION, true, wrong);
        if self.similar.len() > MAX_SIMILAR {
            wrong.push(format!("相似问 similar 超过 {MAX_SIMILAR} 条"));
        }
        for (number, text) in (1..).zip(&self.similar) {
            check_text(&format!("第 {number} 条相似问 similar"), text, Self::MOST_QUESTION, true, wrong);
        }
    }

    fn check_validity(&self, wrong: &mut Vec<String>) {
        for (name, text) in [("生效日期 valid_from", &self.valid_from), ("失效日期 valid_until", &self.valid_until)]
        {
            if !text.is_empty() && date(text).is_none() {
                wrong.push(format!("{name}「{text}」不是日期，应写成 2026-01-31"));
            }
        }
        if let (Some(from), Some(until)) = (date(&self.valid_from), date(&self.valid_until))
            && until < from
        {
            wrong.push(format!("失效日期 {until} 早于生效日期 {from}"));
        }
    }

    /// A notice is for a time and rests on something.
    fn check_notice(&self, wrong: &mut Vec<String>) {
        let needed = [
            ("生效日期 valid_from", &self.valid_from),
            ("失效日期 valid_until", &self.valid_until),
            ("依据 basis", &self.basis),
        ];
        for (name, _) in needed.iter().filter(|(_, text)| self.pre_notice && text.trim().is_empty()) {
            wrong.push(format!("提前报备必须写明{name}"));
        }
    }
}

/// Entries of one file of `kb-index/`, or everything that is wrong with it.
///
/// # Errors
/// Every problem found, with its line: TOML that cannot be read, unknown or missing keys, entries that
/// `Entry::check` refuses, ids used twice.
pub fn parse(file: &str, toml: &str) -> Result<Vec<Entry>, Vec<Diagnostic>> {
    Ok(parse_placed(file, toml)?.into_iter().map(|(_, entry)| entry).collect())
}

/// The same, each entry with the line where it begins.
///
/// # Errors
/// As [`parse`].
pub fn parse_placed(file: &str, toml: &str) -> Result<Vec<(u32, Entry)>, Vec<Diagnostic>> {
    let reader = Reader { file, toml };
    let tables = reader.tables().map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let mut first_line = BTreeMap::new();
    let mut entries = Vec::new();
    for table in tables {
        let line = reader.line(table.span().start);
        match table.into_inner().try_into::<Entry>() {
            Ok(entry) => {
                problems.extend(entry.check().into_iter().map(|message| reader.problem(line, message)));
                if let Some(earlier) = first_line.insert(entry.id.clone(), line) {
                    problems.push(reader.problem(line, format!("编号「{}」与第 {earlier} 行重复", entry.id)));
                }
                entries.push((line, entry));
            }
            Err(error) => problems.push(reader.problem(line, unreadable(&error))),
        }
    }
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    entry: Vec<Spanned<toml::Table>>,
}

struct Reader<'a> {
    file: &'a str,
    toml: &'a str,
}

impl Reader<'_> {
    fn tables(&self) -> Result<Vec<Spanned<toml::Table>>, Diagnostic> {
        let read = toml::from_str::<File>(self.toml);
        read.map(|file| file.entry).map_err(|error| {
            let line = self.line(error.span().map_or(0, |span| span.start));
            self.problem(line, unreadable(&error))
        })
    }

    fn problem(&self, line: u32, message: String) -> Diagnostic {
        let help = "每条以 [[entry]] 开头，必填 id、question、answer、owner".to_owned();
        Diagnostic::error(self.file, line, message).help(help)
    }

    /// 1-based line of a byte offset.
    fn line(&self, offset: usize) -> u32 {
        let before = self.toml.as_bytes().iter().take(offset);
        1 + u32::try_from(before.filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX - 1)
    }
}

fn unreadable(error: &toml::de::Error) -> String {
    format!("条目无法读取：{}", toml_in_chinese(error.message()).0)
}

pub(super) fn check_text(name: &str, text: &str, most: usize, required: bool, wrong: &mut Vec<String>) {
    if required && text.trim().is_empty() {
        wrong.push(format!("{name} 为空"));
    }
    let length = text.chars().count();
    if length > most {
        wrong.push(format!("{name} 有 {length} 字，最多 {most} 字"));
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}
