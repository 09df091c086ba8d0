//! Entries and what they answer. `search` gives matches with a confidence that means the same in test and live.

mod entry;

use crate::text::Analysis;
use crate::triage::{Answer, Match};
pub use entry::Entry;
#[derive(Clone, Default)]
pub struct Knowledge;
impl Knowledge {
    pub fn search(&self, _: &Analysis, _: &str, _: chrono::NaiveDate, _: usize) -> Vec<Match> {
        vec![]
    }
    pub fn answer(&self, _: &[Match], _: i32) -> Result<Answer, ()> {
        Err(())
    }
    pub fn version(&self) -> &str {
        ""
    }
}
