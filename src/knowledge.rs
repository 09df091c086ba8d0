//! Entries and what they answer. `search` gives matches with a confidence that means the same in test and live.

mod entry;

pub use entry::Entry;
