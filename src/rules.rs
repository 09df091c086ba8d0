//! Rhai sources and decision tables → compiled rules or every diagnostic; facts → votes with their trace.
//!
//! A script *registers* rules when it is loaded; conditions are data in one automaton per jurisdiction, and only guards
//! and computed outcomes run at triage, inside a sandbox that bounds every size. No file is opened here.

mod automaton;
mod cache;
mod condition;
mod emphasis;
mod explain;
mod facts;
mod fingerprint;
mod format;
mod functions;
mod fuse;
mod join;
mod lint;
mod outcome;
mod places;
mod prefilter;
mod reading;
mod register;
mod rule;
mod ruleset;
mod sandbox;
mod scan;
mod script;
mod table;
mod tally;
mod times;
mod wrong;

pub use cache::Cache;
pub use condition::Misfit;
pub use explain::{FacetTrial, Group, Key, Seen, Trial, Word};
pub use facts::SoFar;
pub use fingerprint::fingerprints;
pub use format::format;
#[cfg(test)]
pub(crate) use fuse::enter;
pub(crate) use fuse::evaluation;
pub use fuse::{Fuse, Running, fuses};
pub use lint::lint;
pub use outcome::{AXES, Outcome, Route};
pub use register::{CompiledFile, compile_file};
pub use rule::{Names, Rule, Verb};
pub(crate) use ruleset::facet_values;
pub use ruleset::{Ask, Failure, Gone, How, RuleSet, Said, Silence, Voice};
pub use script::{Quoted, Script};
pub use table::{LeftBehind, MAX_ROWS, Table};
pub(crate) use table::{MAX_UNPACKED, csv, unpacked};
pub use tally::{Evidence, Tally, tally};
