//! The report of a backtest: numbers and lists, nothing that depends on when or on how many threads it was made.

use serde::Serialize;
use utoipa::ToSchema;

use super::agreement::{Agreement, Grade, Settled};
use super::changed::RuleChange;
use super::mode::Mode;
use super::verdict::Change;

/// What would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestReport)]
pub struct Report {
    pub jurisdiction: String,
    pub old: Named,
    pub new: Named,
    pub mode: Mode,
    /// Why this mode (Chinese).
    pub because: Vec<String>,
    pub items: u64,
    /// Items on which anything differs.
    pub changed: u64,
    /// Tickets of the range that are none of this jurisdiction's, or did not begin with a triage.
    pub left_out: u64,
    pub matrices: Vec<Matrix>,
    pub agreement: Agreement,
    /// Rules that were edited or do otherwise, those that touch most items first.
    pub rules: Vec<RuleEffect>,
    /// By id.
    pub changed_items: Vec<ChangedItem>,
}

/// A release as it was named, with its content address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestNamed)]
pub struct Named {
    pub name: String,
    pub digest: String,
}

/// From old to new values of one field; the cells sum up to the number of items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestMatrix)]
pub struct Matrix {
    pub field: &'static str,
    /// For people.
    pub title: &'static str,
    /// Also those that stay; by old, then new value.
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestCell)]
pub struct Cell {
    /// Empty: undecided.
    pub old: String,
    pub new: String,
    pub items: u64,
}

/// An item on which something differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestChangedItem)]
pub struct ChangedItem {
    pub id: String,
    /// The beginning of the text, personal data covered.
    pub summary: String,
    pub changes: Vec<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_grade: Option<Grade>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_grade: Option<Grade>,
}

/// What an edit of a rule, or of another one, does to a rule's votes: numbers of items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestRuleEffect)]
pub struct RuleEffect {
    pub rule: String,
    /// How the rule itself was edited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit: Option<RuleChange>,
    pub appeared: u64,
    pub disappeared: u64,
    /// Another weight or candidate, or counted where it was not.
    pub changed: u64,
}

impl Report {
    /// With at most so many changed items.
    pub fn limited(mut self, most: usize) -> Self {
        self.changed_items.truncate(most);
        self
    }
}
