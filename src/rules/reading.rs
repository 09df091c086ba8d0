//! Registrations → rules, once for a file and the names of a jurisdiction: what an edit does not touch is not read again.

use std::sync::{Arc, Mutex, PoisonError};

use super::register::CompiledFile;
use super::rule::{Names, Rule};
use super::wrong::Wrong;
use crate::digest::Digest;

/// A rule as far as it could be read, with its problems.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) rule: Arc<Rule>,
    pub(super) wrong: Vec<Wrong>,
}

/// What a file was read as: under the names of each jurisdiction that uses it, as they stand and as they stood before.
#[derive(Debug, Default)]
pub(super) struct Readings(Mutex<Vec<(Digest, Arc<[Reading]>)>>);

/// Sets of names remembered for a file.
const KEPT: usize = 16;

impl Clone for Readings {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl CompiledFile {
    /// The rules of the file under these names.
    pub(super) fn rules(&self, names: &Names) -> Arc<[Reading]> {
        // Held while reading: whoever asks for the same waits for it instead of doing it again.
        let mut known = self.readings.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, read)) = known.iter().find(|(digest, _)| digest == names.digest()) {
            return read.clone();
        }
        let read = |registration| {
            let (rule, wrong) = Rule::parse(registration, names);
            Reading { rule: Arc::new(rule), wrong }
        };
        let rules: Arc<[Reading]> = self.registrations.iter().map(read).collect();
        known.push((names.digest().clone(), rules.clone()));
        let surplus = known.len().saturating_sub(KEPT);
        known.drain(..surplus);
        rules
    }
}
