//! What ties entries together: links, keywords, tags, campaigns; and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::entry::{Entry, check_text};
use super::keyword::keyword;
use super::member::Published;
use super::state::Knowledge;
use crate::triage::Linked;

/// Keywords, links or tags of one entry.
const MOST: usize = 30;
/// Longest keyword, tag or name of a campaign, in characters.
const LONGEST: usize = 30;

impl Entry {
    pub(super) fn check_links(&self, wrong: &mut Vec<String>) {
        for (name, list) in
            [("关键字 keywords", &self.keywords), ("关联条目 related", &self.related), ("标签 tags", &self.tags)]
        {
            if list.len() > MOST {
                wrong.push(format!("{name} 超过 {MOST} 个"));
            }
            let mut seen = BTreeSet::new();
            for word in list {
                if name.starts_with("关联") {
                    if *word == self.id {
                        wrong.push(format!("{name} 里有条目自己「{word}」"));
                    }
                } else {
                    check_text(&format!("{name}「{word}」"), word, LONGEST, true, wrong);
                }
                if !seen.insert(keyword(word)) {
                    wrong.push(format!("{name}「{word}」重复"));
                }
            }
        }
        for word in self.keywords.iter().filter(|word| !word.trim().is_empty() && keyword(word).is_empty()) {
            wrong.push(format!("关键字 keywords「{word}」没有文字"));
        }
        check_text("专题 campaign", &self.campaign, LONGEST, false, wrong);
    }

    /// Ids of entries that it leads to: its links, and where its guide goes.
    pub fn leads_to(&self) -> impl Iterator<Item = &str> {
        let guided = self.guide.iter().flat_map(|step| &step.options).map(|option| option.entry.as_str());
        self.related.iter().map(String::as_str).chain(guided).filter(|id| !id.is_empty())
    }
}

/// Reminders about the entries of one jurisdiction taken together: links that lead nowhere, keywords of two entries. Id of the
/// entry and what is wrong, Chinese; in the order of the entries.
pub fn loose_ends<'a>(entries: impl IntoIterator<Item = &'a Entry> + Clone) -> Vec<(String, String)> {
    let ids: BTreeSet<&str> = entries.clone().into_iter().map(|entry| entry.id.as_str()).collect();
    let mut first: BTreeMap<String, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for entry in entries {
        for id in entry.leads_to().filter(|id| !ids.contains(id)) {
            found.push((entry.id.clone(), format!("条目「{}」关联的「{id}」不在知识库里", entry.id)));
        }
        for word in &entry.keywords {
            let other = *first.entry(keyword(word)).or_insert(&entry.id);
            if other != entry.id {
                found.push((
                    entry.id.clone(),
                    format!("关键字「{word}」在条目「{other}」和「{}」里都有，只有前一个会答复", entry.id),
                ));
            }
        }
    }
    found
}

/// A set of entries that are in force together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Campaign {
    pub name: String,
    pub entries: usize,
    /// Of them, in force on the day that was asked about.
    pub in_force: usize,
    /// The first and the last day of all of them, `YYYY-MM-DD`; empty: open, or they differ.
    pub valid_from: String,
    pub valid_until: String,
    /// False: its entries have different days.
    pub agreed: bool,
}

impl Knowledge {
    /// Entries that an entry is linked to, in the order written; those that are gone are left out.
    pub fn related(&self, published: &Published) -> Vec<Linked> {
        let ids = published.entry.related.iter();
        let found = ids.filter_map(|id| self.find(&published.jurisdiction, id));
        found.map(|it| Linked { entry: it.entry.id.clone(), question: it.entry.question.clone() }).collect()
    }

    /// The campaigns of a jurisdiction by name.
    pub fn campaigns(&self, jurisdiction: &str, today: NaiveDate) -> Vec<Campaign> {
        let mut found: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for published in self.published().filter(|it| *it.jurisdiction == *jurisdiction) {
            if !published.entry.campaign.is_empty() {
                found.entry(&published.entry.campaign).or_default().push(&published.entry);
            }
        }
        let campaign = |(name, entries): (&str, Vec<&Entry>)| {
            let days = |entry: &&Entry| (entry.valid_from.clone(), entry.valid_until.clone());
            let all: BTreeSet<_> = entries.iter().map(days).collect();
            let agreed = all.len() == 1;
            let (valid_from, valid_until) = all.into_iter().next().filter(|_| agreed).unwrap_or_default();
            let in_force = entries.iter().filter(|entry| entry.day_in_force(today) == Some(today)).count();
            Campaign { name: name.to_owned(), entries: entries.len(), in_force, valid_from, valid_until, agreed }
        };
        found.into_iter().map(campaign).collect()
    }
}
