//! What single comparisons add up to. The order in which they are added changes nothing.

use std::collections::BTreeMap;

use super::Backtest;
use super::agreement::{Agreement, Grade, Settled};
use super::drill::shifts;
use super::item::Item;
use super::report::{Cell, ChangedItem, Matrix, Named, Report, RuleEffect};
use super::verdict::{COUNTED, Change, Verdict};
use crate::text::mask_text;
use crate::triage::Decision;

/// One item under both releases.
pub struct Judged {
    pub id: String,
    old: Verdict,
    new: Verdict,
    changes: Vec<Change>,
    settled: Option<(Settled, Grade, Grade)>,
    rules: Vec<Shift>,
    /// Of those that changed: the beginning of the text, personal data covered.
    summary: String,
}

/// What one rule does otherwise on one item.
struct Shift {
    rule: String,
    how: How,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Appeared,
    Disappeared,
    Changed,
}

/// Characters of a text that lists show.
const SUMMARY: usize = 40;

impl Judged {
    pub(super) fn new(backtest: &Backtest, item: &Item, old: &Decision, new: &Decision) -> Self {
        let same = std::ptr::eq(old, new);
        let (before, after) = (Verdict::of(old), Verdict::of(new));
        let changes = before.changes(&after);
        let settled = item.settled.as_ref().map(|settled| {
            let grades = (settled.grade(&backtest.old, &before), settled.grade(&backtest.new, &after));
            (settled.clone(), grades.0, grades.1)
        });
        let rules = if same { Vec::new() } else { rules(old, new) };
        let summary = if changes.is_empty() { String::new() } else { summary(item) };
        Self { id: item.id.clone(), old: before, new: after, changes, settled, rules, summary }
    }
}

/// Each rule once, with the strongest of what it does otherwise.
fn rules(old: &Decision, new: &Decision) -> Vec<Shift> {
    let mut found: BTreeMap<String, How> = BTreeMap::new();
    for shift in shifts(old, new) {
        let how = match (shift.old, shift.new) {
            (None, _) => How::Appeared,
            (_, None) => How::Disappeared,
            _ => How::Changed,
        };
        let known = found.entry(shift.rule).or_insert(how);
        if *known != how {
            *known = How::Changed;
        }
    }
    found.into_iter().map(|(rule, how)| Shift { rule, how }).collect()
}

fn summary(item: &Item) -> String {
    if item.request.confidential {
        return "（保密）".to_owned();
    }
    let masked = mask_text(&item.request.whole_text());
    masked.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SUMMARY).collect()
}

/// Sums.
#[derive(Default)]
pub struct Summary {
    items: u64,
    /// (field, old, new) → items.
    cells: BTreeMap<(&'static str, String, String), u64>,
    changed: Vec<ChangedItem>,
    agreement: Agreement,
    rules: BTreeMap<String, [u64; 3]>,
}

impl Summary {
    pub fn add(&mut self, judged: Judged) {
        self.items += 1;
        for (field, _) in COUNTED {
            let cell = (field, judged.old.value(field).to_owned(), judged.new.value(field).to_owned());
            *self.cells.entry(cell).or_default() += 1;
        }
        for Shift { rule, how } in judged.rules {
            let counts = self.rules.entry(rule).or_default();
            counts[how as usize] += 1;
        }
        if let Some((_, old, new)) = &judged.settled {
            self.agreement.add(*old, *new);
        }
        if !judged.changes.is_empty() {
            let Judged { id, changes, settled, summary, .. } = judged;
            let (settled, old_grade, new_grade) = match settled {
                Some((settled, old, new)) => (Some(settled), Some(old), Some(new)),
                None => (None, None, None),
            };
            self.changed.push(ChangedItem { id, summary, changes, settled, old_grade, new_grade });
        }
    }

    /// Both together.
    pub fn merge(mut self, other: Self) -> Self {
        self.items += other.items;
        for (cell, count) in other.cells {
            *self.cells.entry(cell).or_default() += count;
        }
        for (rule, counts) in other.rules {
            let own = self.rules.entry(rule).or_default();
            own.iter_mut().zip(counts).for_each(|(own, more)| *own += more);
        }
        self.changed.extend(other.changed);
        self.agreement.merge(other.agreement);
        self
    }

    /// The report; changed items by id.
    pub fn report(mut self, backtest: &Backtest) -> Report {
        self.changed.sort_by(|a, b| order(&a.id).cmp(&order(&b.id)));
        let edits = super::rule_changes(&backtest.old.release, &backtest.new.release);
        let mut rules: Vec<RuleEffect> = edits
            .into_iter()
            .map(|change| {
                let [appeared, disappeared, changed] = self.rules.remove(&change.rule).unwrap_or_default();
                RuleEffect { rule: change.rule.clone(), edit: Some(change), appeared, disappeared, changed }
            })
            .collect();
        rules.extend(self.rules.into_iter().map(|(rule, [appeared, disappeared, changed])| RuleEffect {
            rule,
            edit: None,
            appeared,
            disappeared,
            changed,
        }));
        let touched = |it: &RuleEffect| it.appeared + it.disappeared + it.changed;
        rules.sort_by(|a, b| (touched(b), &a.rule).cmp(&(touched(a), &b.rule)));
        let named = |side: &super::Side| Named { name: side.name.clone(), digest: side.release.digest.to_string() };
        Report {
            jurisdiction: backtest.new.release.jurisdiction.clone(),
            old: named(&backtest.old),
            new: named(&backtest.new),
            mode: backtest.mode,
            because: backtest.because.clone(),
            items: self.items,
            changed: self.changed.len() as u64,
            left_out: 0,
            matrices: matrices(&self.cells),
            agreement: self.agreement,
            rules,
            changed_items: self.changed,
        }
    }
}

/// Numbers of lines as numbers, ids of tickets as texts.
fn order(id: &str) -> (u64, &str) {
    (id.parse().unwrap_or(u64::MAX), id)
}

fn matrices(cells: &BTreeMap<(&'static str, String, String), u64>) -> Vec<Matrix> {
    let of = |field: &'static str| {
        let own = cells.iter().filter(move |((name, _, _), _)| *name == field);
        own.map(|((_, old, new), count)| Cell { old: old.clone(), new: new.clone(), items: *count }).collect()
    };
    COUNTED.iter().map(|(field, title)| Matrix { field, title, cells: of(field) }).collect()
}
