//! 知识缺口: questions that the knowledge base did not answer, and answers that were called wrong, put together by likeness
//! and ranked. Pure: what happened comes in as values, texts masked already.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::keyword::keyword;
use crate::matter::Signature;
use crate::triage::Thousandths;

/// Why it is a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// An answer was given and called wrong.
    Wrong,
    /// No entry was sure enough.
    Unanswered,
}

impl Lack {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Wrong => "答复有误",
            Self::Unanswered => "无人能答",
        }
    }
}

/// One question that was not answered well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub lack: Lack,
    /// Masked.
    pub text: String,
    pub at: DateTime<Utc>,
    /// Number of the ticket; empty: it was asked in the open.
    pub ticket: String,
    pub signature: Signature,
    /// The best entry at the time, or the one that was wrong; empty: none.
    pub entry: String,
    pub confidence: Thousandths,
    /// Who got it, or whose duty it sounds like; empty: nobody known.
    pub unit: String,
    /// What whoever called the answer wrong said.
    pub said: String,
}

/// Questions that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Gap {
    pub lack: Lack,
    pub count: usize,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
    /// The unit that most of them went to: it should own the entry. Empty: nobody known.
    pub unit: String,
    /// The entry that came nearest most often, or that is wrong; empty: none did.
    pub entry: String,
    /// The highest confidence that it had, in thousandths.
    pub confidence: Thousandths,
    /// In the words of those who asked, the newest first; at most five.
    pub texts: Vec<String>,
    /// What was said of wrong answers, at most five.
    pub said: Vec<String>,
    /// The newest ticket numbers, at most ten.
    pub tickets: Vec<String>,
}

/// From here on two questions are one, in thousandths.
const ALIKE: u16 = 400;
const MOST_TEXTS: usize = 5;
const MOST_TICKETS: usize = 10;

/// The same words of few words, where a signature tells little.
fn alike(one: &Asked, other: &Asked) -> bool {
    one.lack == other.lack
        && (keyword(&one.text) == keyword(&other.text)
            || (!one.signature.is_empty() && one.signature.likeness(&other.signature) >= ALIKE)
            || (one.lack == Lack::Wrong && !one.entry.is_empty() && one.entry == other.entry))
}

/// Groups and ranks: the most asked first, then those that have waited longest. The order of `asked` changes nothing but
/// ties of likeness: they go to the oldest.
pub fn group(mut asked: Vec<Asked>) -> Vec<Gap> {
    asked.sort_by(|a, b| (a.at, &a.ticket, &a.text).cmp(&(b.at, &b.ticket, &b.text)));
    let mut groups: Vec<Vec<Asked>> = Vec::new();
    for one in asked {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| alike(first, &one))) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    let mut gaps: Vec<Gap> = groups.iter().filter_map(|group| gap(group)).collect();
    gaps.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.first.cmp(&b.first)).then_with(|| a.texts.cmp(&b.texts)));
    gaps
}

/// `group`: the oldest first.
fn gap(group: &[Asked]) -> Option<Gap> {
    let (first, last) = (group.first()?, group.last()?);
    let newest = || group.iter().rev();
    let entry = most(group.iter().map(|it| it.entry.as_str()));
    let confidence = group.iter().filter(|it| it.entry == entry).map(|it| it.confidence).max().unwrap_or(0);
    Some(Gap {
        lack: first.lack,
        count: group.len(),
        first: first.at,
        last: last.at,
        unit: most(group.iter().map(|it| it.unit.as_str())),
        entry,
        confidence,
        texts: distinct(newest().map(|it| it.text.as_str()), MOST_TEXTS),
        said: distinct(newest().map(|it| it.said.as_str()), MOST_TEXTS),
        tickets: distinct(newest().map(|it| it.ticket.as_str()), MOST_TICKETS),
    })
}

/// The name that is said most often; of several the first in order. Empty ones do not count.
fn most<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    names.filter(|name| !name.is_empty()).for_each(|name| *counts.entry(name).or_default() += 1);
    let best = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    best.map(|(name, _)| name.to_owned()).unwrap_or_default()
}

fn distinct<'a>(words: impl Iterator<Item = &'a str>, most: usize) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        if all.len() < most && !all.iter().any(|known| known == word) {
            all.push(word.to_owned());
        }
    }
    all
}
