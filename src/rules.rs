//! Rhai sources → compiled rules or every diagnostic; facts → votes with their trace.
//!
//! A script *registers* rules when it is loaded; conditions are data in one automaton per jurisdiction, and only guards
//! and computed outcomes run at triage, inside a sandbox that bounds every size. No file is opened here.

mod automaton;
mod cache;
mod condition;
mod emphasis;
mod facts;
mod fingerprint;
mod format;
mod functions;
mod join;
mod lint;
mod outcome;
mod places;
mod register;
mod rule;
mod ruleset;
mod sandbox;
mod scan;
mod tally;
mod times;
mod wrong;

pub use cache::Cache;
pub use facts::SoFar;
pub use fingerprint::fingerprints;
pub use format::format;
pub use lint::lint;
pub(crate) use outcome::AXES;
pub use outcome::{Outcome, Route};
pub use register::{CompiledFile, compile_file};
pub use rule::{Names, Rule, Verb};
pub use ruleset::{Ask, RuleSet, Said, Voice};
pub use tally::{Evidence, Tally, tally};
