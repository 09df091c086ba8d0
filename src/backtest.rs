//! What would change: the same requests under two releases, one by one, and what that adds up to. Pure and the same on any
//! number of threads; reading tickets and corpora is for the edges.
//!
//! Where only rules or the regulation differ, requests are decided on their stored facts, and a decision that the release
//! made itself is taken as it stands: it replays bit for bit. Where words, places or units differ, the text is analysed anew.

mod agreement;
mod changed;
mod drill;
mod item;
mod mode;
mod report;
mod side;
mod summary;
mod verdict;

pub use agreement::{Agreement, Grade, Score, Settled};
pub use changed::{Edit, RuleChange, rule_changes};
pub use drill::{Cast, Drill, VoteShift, drill};
pub use item::Item;
pub use mode::{Mode, choose};
pub use report::{Cell, ChangedItem, Matrix, Named, Report, RuleEffect};
pub use side::Side;
pub use summary::{Judged, Summary};
pub use verdict::{Change, Verdict};

use std::sync::Arc;

use rayon::prelude::*;

/// Two releases that are compared.
#[derive(Clone)]
pub struct Backtest {
    pub old: Arc<Side>,
    pub new: Arc<Side>,
    pub mode: Mode,
    /// Why this mode (Chinese).
    pub because: Vec<String>,
}

impl Backtest {
    /// One request under both.
    pub fn judge(&self, item: &Item) -> Judged {
        let (old, new) = (self.old.decide(item, self.mode), self.new.decide(item, self.mode));
        Judged::new(self, item, &old, &new)
    }

    /// Many requests, on the threads of the caller's rayon pool: their stacks must be deep enough for rules. In the order
    /// given.
    pub fn judge_all(&self, items: &[Item]) -> Vec<Judged> {
        items.par_iter().map(|item| self.judge(item)).collect()
    }
}
