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
mod spared;
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

use std::borrow::Cow;
use std::sync::Arc;

use rayon::prelude::*;

use self::spared::Edited;

/// Two releases that are compared.
#[derive(Clone)]
pub struct Backtest {
    pub old: Arc<Side>,
    pub new: Arc<Side>,
    pub mode: Mode,
    /// Why this mode (Chinese).
    pub because: Vec<String>,
    /// Where only rules differ, which.
    edited: Option<Edited>,
}

impl Backtest {
    /// On stored facts or from text, as the files that differ ask for.
    pub fn new(old: Arc<Side>, new: Arc<Side>) -> Self {
        let (mode, because) = choose(&old.release.files, &new.release.files);
        let edited = Edited::between(&old.release, &new.release);
        Self { old, new, mode, because, edited }
    }

    /// From text, and why.
    pub fn from_text(self, because: &str) -> Self {
        Self { mode: Mode::Text, because: vec![because.to_owned()], ..self }
    }

    /// On stored facts whatever differs, and without asking which rules were edited: slower, and the same.
    pub fn on_facts(self) -> Self {
        Self { mode: Mode::Facts, edited: None, ..self }
    }

    /// One request under both.
    pub fn judge(&self, item: &Item) -> Judged {
        let old = self.old.decide(item, self.mode);
        if let (Mode::Facts, Some(edited), Cow::Borrowed(stored)) = (self.mode, &self.edited, &old)
            && edited.spares(stored, &self.new.release)
        {
            return Judged::new(self, item, stored, stored);
        }
        let new = self.new.decide(item, self.mode);
        Judged::new(self, item, &old, &new)
    }

    /// Many requests, on the threads of the caller's rayon pool: their stacks must be deep enough for rules. In the order
    /// given.
    pub fn judge_all(&self, items: &[Item]) -> Vec<Judged> {
        items.par_iter().map(|item| self.judge(item)).collect()
    }
}
