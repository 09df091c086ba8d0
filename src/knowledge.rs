//! Entries and what they answer. [`Knowledge::search`] gives matches with a confidence that means the same in
//! test and live; [`Knowledge::answer`] answers a 咨询 or abstains and says why.
//!
//! tantivy proposes candidates, integer arithmetic over live entries judges them. An index is derived, in
//! memory, from the published entries that the caller holds; nothing here is the truth.

mod answer;
mod confidence;
mod entry;
mod explain;
mod folds;
pub mod gaps;
pub mod guide;
mod keyword;
pub mod links;
mod meant;
mod member;
mod probe;
pub mod regression;
mod search;
mod shelf;
mod sound;
mod state;
mod statistics;
mod tokenizer;

pub use answer::Abstain;
pub use entry::{Entry, parse, parse_placed};
pub use explain::{Asking, Compared, Explained, OutOfForce};
pub use folds::{Fold, FoldKind};
pub use meant::{How, Meant};
pub use member::Published;
pub use state::{Change, Knowledge, KnowledgeError};
