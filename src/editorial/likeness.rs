//! What stands beside an entry before it is published: others that answer the same question, and answers that do not agree.
//! Judged by the very search that requests get.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;

use super::version::{Finding, FindingKind};
use crate::knowledge::{Change, Entry, Knowledge, KnowledgeError};
use crate::text::{Gazetteer, Lexicon, Mark, MarkKind, analyse};
use crate::triage::{Match, Thousandths};

/// From here on two questions are about the same: a rival can have taken a quarter of what an entry would get alone.
const ALIKE: Thousandths = 750;
/// From here on the questions are the same, so that answers that differ in anything contradict.
const SAME: Thousandths = 900;
/// Findings shown at most, and figures of one answer.
const MOST: usize = 8;
const MOST_FIGURES: usize = 6;

/// Entries that are about the same as `entry`, the likest first. Its own live version does not count.
///
/// # Errors
/// The index cannot be changed.
pub fn findings(
    entry: &Entry,
    knowledge: &Knowledge,
    lexicon: &Lexicon,
    jurisdiction: &str,
    today: NaiveDate,
) -> Result<Vec<Finding>, KnowledgeError> {
    let own = Change::Retire { jurisdiction: Arc::from(jurisdiction), id: entry.id.clone() };
    let others = knowledge.with_changes(knowledge.version(), vec![own], lexicon)?;
    let mut found: Vec<Finding> = Vec::new();
    for question in entry.questions() {
        let analysis = analyse(lexicon, &Gazetteer::empty(), question);
        for other in others.search(&analysis, jurisdiction, today, MOST) {
            let known = found.iter_mut().find(|known| known.entry == other.entry);
            match known {
                _ if other.confidence < ALIKE => {}
                Some(known) if known.confidence >= other.confidence => {}
                Some(known) => *known = compare(entry, question, &others, jurisdiction, other, lexicon),
                None => found.push(compare(entry, question, &others, jurisdiction, other, lexicon)),
            }
        }
    }
    found.sort_by(|a, b| b.confidence.cmp(&a.confidence).then_with(|| a.entry.cmp(&b.entry)));
    found.truncate(MOST);
    Ok(found)
}

fn compare(
    entry: &Entry,
    question: &str,
    others: &Knowledge,
    jurisdiction: &str,
    other: Match,
    lexicon: &Lexicon,
) -> Finding {
    let answer = others.find(jurisdiction, &other.entry).map_or("", |published| published.entry.answer.as_str());
    let mut differing = differing(&entry.answer, answer, lexicon);
    let same_question = other.confidence >= SAME;
    if differing.is_empty() && same_question && bare(&entry.answer) != bare(answer) {
        differing.push("问题相同，答案的文字不同".to_owned());
    }
    let kind = if differing.is_empty() { FindingKind::Duplicate } else { FindingKind::Contradiction };
    Finding {
        kind,
        entry: other.entry,
        owner: other.owner,
        question: question.to_owned(),
        other_question: other.matched_question,
        confidence: other.confidence,
        differing,
    }
}

/// Figures that only one of two answers has, where each has some of its own.
fn differing(ours: &str, theirs: &str, lexicon: &Lexicon) -> Vec<String> {
    let (ours, theirs) = (figures(ours, lexicon), figures(theirs, lexicon));
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| -> Vec<String> {
        a.difference(b).take(MOST_FIGURES).cloned().collect()
    };
    match (only(&ours, &theirs), only(&theirs, &ours)) {
        (a, b) if a.is_empty() || b.is_empty() => Vec::new(),
        (a, b) => vec![format!("本条写 {}；另一条写 {}", a.join("、"), b.join("、"))],
    }
}

/// Amounts, dates, telephone numbers and counted numbers, each in one spelling.
fn figures(answer: &str, lexicon: &Lexicon) -> BTreeSet<String> {
    let analysis = analyse(lexicon, &Gazetteer::empty(), answer);
    let told = analysis.marks.iter().filter_map(|mark| match mark.kind {
        MarkKind::Amount { yuan } => Some(format!("{yuan}元")),
        MarkKind::DocumentNumber | MarkKind::Number => None,
        _ => Some(mark.value.clone()),
    });
    let mut found: BTreeSet<String> = told.collect();
    let typed = |at: usize| {
        let covers = |mark: &&Mark| (mark.span.start as usize..mark.span.end as usize).contains(&at);
        analysis.marks.iter().find(covers).filter(|mark| mark.kind != MarkKind::Number)
    };
    let (normal, mut rest) = (analysis.normal.as_str(), 0);
    while let Some(start) = normal[rest..].find(|c: char| c.is_ascii_digit()).map(|at| rest + at) {
        if let Some(mark) = typed(start) {
            rest = mark.span.end as usize;
            continue;
        }
        let tail = &normal[start..];
        let run = tail.find(|c: char| !(c.is_ascii_digit() || ".-:/".contains(c))).unwrap_or(tail.len());
        let number = tail[..run].trim_end_matches(['.', '-', ':', '/']);
        let unit = UNITS.into_iter().find(|unit| tail[run..].starts_with(unit)).unwrap_or_default();
        // A short number that counts nothing numbers a list or begins a range.
        if !unit.is_empty() || number.len() >= LONG {
            found.insert(format!("{number}{}", unit.trim_start_matches('个')));
        }
        rest = start + run;
    }
    found
}

/// What a number counts, the longer word first.
const UNITS: [&str; 30] = [
    "个工作日",
    "工作日",
    "个月",
    "个",
    "年",
    "月",
    "日",
    "天",
    "小时",
    "分钟",
    "周岁",
    "周",
    "岁",
    "元",
    "万",
    "亿",
    "%",
    "‰",
    "折",
    "倍",
    "人",
    "次",
    "份",
    "套",
    "平方米",
    "平米",
    "平",
    "公里",
    "米",
    "号",
];
/// So many digits tell something also without a unit: a telephone number, a year, a code.
const LONG: usize = 4;

/// Without spaces and punctuation.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}
