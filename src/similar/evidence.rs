//! What the nearest tickets say together.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Hit;
use crate::triage::Thousandths;

/// The unit that most of the nearest tickets went to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SimilarEvidence)]
pub struct Evidence {
    /// Empty: nothing alike was decided, or it was given back as often.
    pub unit: String,
    /// 0..=1000: the unit's share, damped while there is little of it.
    pub score: Thousandths,
    /// Tickets that speak for the unit.
    pub count: u32,
    /// The category that most of them have.
    pub category: String,
}

/// So much likeness (thousandths, weighted, added up) speaks in full.
const ENOUGH: i64 = 1_000;

/// Adds up who handled what is alike: the more alike, and the surer the lesson, the more it says. A unit that gave such a ticket
/// back has it counted against itself.
pub fn evidence(hits: &[Hit]) -> Evidence {
    let mut units: BTreeMap<&str, (i64, u32)> = BTreeMap::new();
    for hit in hits {
        let likeness = i64::from(hit.likeness);
        let unit = units.entry(&hit.decided.unit).or_default();
        unit.0 += likeness * i64::from(hit.decided.weight) / 1_000;
        unit.1 += 1;
        for returned in &hit.decided.returned {
            units.entry(returned).or_default().0 -= likeness;
        }
    }
    let total: i64 = units.values().map(|(weight, _)| (*weight).max(0)).sum();
    let best = units.iter().max_by_key(|(unit, (weight, count))| (*weight, *count, Reverse(**unit)));
    let Some((unit, (weight, count))) = best.filter(|(_, (weight, _))| *weight > 0) else { return Evidence::default() };
    let score = 1_000 * weight / total.max(1) * (*weight).min(ENOUGH) / ENOUGH;
    Evidence { unit: (*unit).to_owned(), score: score as Thousandths, count: *count, category: category(hits, unit) }
}

fn category(hits: &[Hit], unit: &str) -> String {
    let mut categories: BTreeMap<&str, Thousandths> = BTreeMap::new();
    for hit in hits.iter().filter(|hit| hit.decided.unit == unit && !hit.decided.category.is_empty()) {
        *categories.entry(&hit.decided.category).or_default() += hit.likeness;
    }
    let best = categories.into_iter().max_by_key(|(name, weight)| (*weight, Reverse(*name)));
    best.map(|(name, _)| name.to_owned()).unwrap_or_default()
}
