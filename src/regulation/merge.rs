//! The lifecycle sections of two files as one: the common defaults, and what the jurisdiction says instead.
//!
//! Rules of a list are replaced by id: all that the jurisdiction writes under an id stand for all common ones of that
//! id, in the order of the common file, new ids behind. `off = true` takes one away. A table is replaced whole.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::clock::ClockRule;
use super::learning::Learning;
use super::lifecycle::{
    AssistPolicy, CloseCode, Closing, ContactPolicy, CountRule, ExtensionRule, Floor, Ground, GuardRule, Lifecycle,
    NoticeRule, Reading, Review, ReviewTerms, Strategy,
};
use crate::calendar::{Hours, Rest};
use crate::ticket::RatedBy;

/// The lifecycle part of one file; other keys are the regulation's own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sections {
    hours: Option<Hours>,
    rest: Option<Rest>,
    offices: BTreeMap<String, String>,
    clock: Vec<ClockRule>,
    count: Vec<CountRule>,
    guard: Vec<GuardRule>,
    notify: Vec<NoticeRule>,
    extension: Vec<ExtensionRule>,
    floor: Vec<Floor>,
    strategy: Vec<Strategy>,
    reading: Vec<Reading>,
    close_code: Vec<CloseCode>,
    supervise_ground: Vec<Ground>,
    review: Option<Review>,
    closing: Option<Closing>,
    contact: Option<ContactPolicy>,
    knowledge: Option<ReviewTerms>,
    rating_by: Option<Vec<RatedBy>>,
    assists: Option<AssistPolicy>,
    learning: Option<Learning>,
}

/// Keys of these sections, as files have them.
pub(super) const KEYS: [&str; 20] = [
    "hours",
    "rest",
    "offices",
    "clock",
    "count",
    "guard",
    "notify",
    "extension",
    "floor",
    "strategy",
    "reading",
    "close_code",
    "supervise_ground",
    "review",
    "closing",
    "contact",
    "knowledge",
    "rating_by",
    "assists",
    "learning",
];

/// Something with an id that a jurisdiction can replace or take away.
macro_rules! replaceable {
    ($($type:ty),*) => { $(
        impl Replaceable for $type {
            fn id(&self) -> &str {
                &self.id
            }

            fn off(&self) -> bool {
                self.off
            }
        }
    )* };
}

trait Replaceable: Clone {
    fn id(&self) -> &str;
    fn off(&self) -> bool;
}

replaceable!(ClockRule, CountRule, GuardRule, NoticeRule, ExtensionRule, Floor, Strategy, Reading, CloseCode, Ground);

fn joined<T: Replaceable>(common: &[T], own: &[T]) -> Vec<T> {
    let mut list: Vec<T> = Vec::new();
    for rule in common {
        let instead: Vec<&T> = own.iter().filter(|it| it.id() == rule.id()).collect();
        let placed = list.iter().any(|it| it.id() == rule.id()) && !instead.is_empty();
        match instead.is_empty() {
            true => list.push(rule.clone()),
            false if placed => {}
            false => list.extend(instead.into_iter().cloned()),
        }
    }
    list.extend(own.iter().filter(|it| !common.iter().any(|rule| rule.id() == it.id())).cloned());
    list.retain(|rule| !rule.off());
    list
}

impl Sections {
    /// How it learns where `own` speaks over `self`.
    pub(super) fn learning_under(&self, own: &Self) -> Learning {
        own.learning.or(self.learning).unwrap_or_default()
    }

    /// What holds where `own` speaks over `self`.
    pub(super) fn under(&self, own: &Self) -> Lifecycle {
        let mut offices = self.offices.clone();
        offices.extend(own.offices.clone());
        Lifecycle {
            hours: own.hours.clone().or_else(|| self.hours.clone()).unwrap_or_default(),
            rest: own.rest.or(self.rest).unwrap_or_default(),
            offices,
            clock: joined(&self.clock, &own.clock),
            count: joined(&self.count, &own.count),
            guard: joined(&self.guard, &own.guard),
            notify: joined(&self.notify, &own.notify),
            extension: joined(&self.extension, &own.extension),
            floor: joined(&self.floor, &own.floor),
            strategy: joined(&self.strategy, &own.strategy),
            reading: joined(&self.reading, &own.reading),
            close_code: joined(&self.close_code, &own.close_code),
            supervise_ground: joined(&self.supervise_ground, &own.supervise_ground),
            review: own.review.clone().or_else(|| self.review.clone()).unwrap_or_default(),
            closing: own.closing.clone().or_else(|| self.closing.clone()).unwrap_or_default(),
            contact: own.contact.clone().or_else(|| self.contact.clone()).unwrap_or_default(),
            knowledge: own.knowledge.or(self.knowledge).unwrap_or_default(),
            assists: own.assists.or(self.assists).unwrap_or_default(),
            rating_by: own.rating_by.clone().or_else(|| self.rating_by.clone()).unwrap_or_default(),
        }
    }
}
