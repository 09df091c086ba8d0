//! The match of a text with the units' duties: one more piece of evidence, weak by design.

use std::collections::HashMap;

use super::Units;
use crate::triage::Thousandths;

/// Duty words of all units, weighted by how few units share them.
#[derive(Clone, Debug, Default)]
pub struct Duties {
    /// Word → (units that have it, its weight).
    words: HashMap<String, (Vec<usize>, i64)>,
    units: Vec<String>,
}

/// The unit whose duties fit the text best.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DutyMatch {
    pub unit: String,
    pub score: Thousandths,
}

impl Duties {
    /// `words_of` cuts a duty phrase into its telling words.
    pub fn new(units: &Units, words_of: impl Fn(&str) -> Vec<String>) -> Self {
        let names: Vec<String> = units.iter().map(|unit| unit.name.clone()).collect();
        let mut owners: HashMap<String, Vec<usize>> = HashMap::new();
        for (idx, unit) in units.iter().enumerate() {
            for word in unit.duties.iter().flat_map(|duty| words_of(duty)) {
                let list = owners.entry(word).or_default();
                if list.last() != Some(&idx) {
                    list.push(idx);
                }
            }
        }
        let words = owners.into_iter().map(|(word, list)| (word, (list.clone(), 1_000 / list.len() as i64))).collect();
        Self { words, units: names }
    }

    /// Share of the text's duty words (weighted) that belong to the best unit, damped while they are few:
    /// one shared word proves little, three prove much. Ties go to the unit that stands first in `units.toml`.
    pub fn best<'a>(&self, terms: impl Iterator<Item = &'a str>) -> DutyMatch {
        let mut scores = vec![(0_i64, 0_i64); self.units.len()];
        let mut total = 0;
        let mut seen: Vec<&str> = Vec::new();
        for term in terms {
            let Some((owners, weight)) = self.words.get(term) else { continue };
            if seen.contains(&term) {
                continue;
            }
            seen.push(term);
            total += weight;
            for &owner in owners {
                scores[owner].0 += weight;
                scores[owner].1 += 1;
            }
        }
        let best = scores.iter().enumerate().max_by_key(|(idx, (weight, _))| (*weight, std::cmp::Reverse(*idx)));
        match best {
            Some((idx, &(weight, count))) if weight > 0 => {
                let damped = 1_000 * weight / total * count.min(3) / 3;
                DutyMatch { unit: self.units[idx].clone(), score: damped as Thousandths }
            }
            _ => DutyMatch::default(),
        }
    }
}
