//! Rules out of history: words and pairs of words that labelled texts of one unit (or nature) have and others have not. Found on
//! one half of the texts and measured on the other, so that what stands in a draft is not the luck of what was looked at. The
//! result is files like an author's, formatted, with cases; a person reads, edits and publishes them.

mod draft;
mod find;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use draft::mine;

use crate::triage::{Files, Thousandths};

/// What is asked of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// So often it has to be right on texts that it was not found on, in thousandths.
    pub precision: Thousandths,
    /// In so many of these texts it has to stand.
    pub support: usize,
    /// Rules of one unit at most.
    pub most: usize,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { precision: 900, support: 5, most: 20 }
    }
}

/// A rule that was proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MinedRule {
    pub id: String,
    pub label: String,
    /// One, or two that have to stand in one text.
    pub words: Vec<String>,
    /// Texts of the measuring half that have them, and how many of these are the label's.
    pub support: usize,
    pub right: usize,
    /// Thousandths.
    pub precision: Thousandths,
    /// Votes, in thousandths.
    pub weight: Thousandths,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mined {
    pub rules: Vec<MinedRule>,
    /// Texts that were looked at, and the half that was measured on.
    pub texts: usize,
    pub measured: usize,
    /// Of these: those that a proposed rule speaks about, and those about which the strongest is right.
    pub reached: usize,
    pub right: usize,
    /// Rules left out because they broke a case of the jurisdiction, or no text could show them.
    pub left_out: Vec<String>,
    /// Labels that mean nothing in this jurisdiction, with their numbers.
    pub unknown: BTreeMap<String, usize>,
    /// Path → text: the new files only.
    #[serde(skip)]
    pub files: Files,
}
