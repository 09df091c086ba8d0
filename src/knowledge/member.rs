//! An entry prepared for comparison: each of its questions as a vector of pieces. Knows no other entry.

use std::sync::Arc;

use chrono::{Days, NaiveDate};

use super::entry::Entry;
use super::statistics::Vocabulary;
use crate::regulation::ReviewTerms;
use crate::text::{Gazetteer, Kind, Lexicon, analyse, pieces};

/// An entry as it stands published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Name of the jurisdiction, for example `longhua`.
    pub jurisdiction: Arc<str>,
    pub entry: Entry,
    /// Last change or review of the entry, Asia/Shanghai: the day for which its owner vouches.
    pub as_of: NaiveDate,
}

impl Published {
    /// Last day on which it answers by itself without another review.
    pub fn due(&self, terms: ReviewTerms) -> NaiveDate {
        let days = match (self.entry.review_days, self.entry.policy) {
            (0, true) => terms.policy_review_days,
            (0, false) => terms.review_days,
            (own, _) => own,
        };
        self.as_of.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
    }
}

/// One way of asking.
#[derive(Debug)]
pub(super) struct Form {
    /// Its place in `Entry::questions`.
    pub(super) question: usize,
    /// Letters and characters only: what an exact match is judged by.
    pub(super) bare: Box<str>,
    /// Distinct pieces, ascending, each with its share in thousandths.
    pub(super) pieces: Box<[(u32, u16)]>,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) published: Published,
    pub(super) valid_from: NaiveDate,
    pub(super) valid_until: NaiveDate,
    pub(super) forms: Vec<Form>,
    /// Distinct pieces of all forms, ascending.
    pub(super) pieces: Box<[u32]>,
    /// Words of the answer that no question has, ascending.
    pub(super) answer: Box<[u32]>,
}

impl Member {
    pub(super) fn new(published: Published, lexicon: &Lexicon, vocabulary: &mut Vocabulary) -> Self {
        let questions = published.entry.questions().enumerate();
        let forms: Vec<Form> =
            questions.map(|(question, text)| Form::new(question, text, lexicon, vocabulary)).collect();
        let mut all: Vec<u32> = forms.iter().flat_map(|form| form.pieces.iter().map(|(piece, _)| *piece)).collect();
        all.sort_unstable();
        all.dedup();
        let answer = answer_words(&published.entry, &all, lexicon, vocabulary);
        let (valid_from, valid_until) = published.entry.validity();
        Self { valid_from, valid_until, forms, pieces: all.into(), answer, published }
    }

    pub(super) fn id(&self) -> &str {
        &self.published.entry.id
    }

    pub(super) fn jurisdiction(&self) -> &str {
        &self.published.jurisdiction
    }

    pub(super) fn key(&self) -> (Arc<str>, Box<str>) {
        (self.published.jurisdiction.clone(), self.id().into())
    }

    pub(super) fn valid_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && day <= self.valid_until
    }
}

impl Form {
    fn new(question: usize, text: &str, lexicon: &Lexicon, vocabulary: &mut Vocabulary) -> Self {
        let analysis = analyse(lexicon, &Gazetteer::empty(), text);
        let mut numbered: Vec<(u32, u16)> =
            pieces(&analysis).iter().map(|piece| (vocabulary.number_or_new(piece), piece.share)).collect();
        numbered.sort_unstable_by_key(|(piece, share)| (*piece, std::cmp::Reverse(*share)));
        numbered.dedup_by_key(|(piece, _)| *piece);
        Self { question, bare: bare(&analysis.normal).into(), pieces: numbered.into() }
    }
}

fn answer_words(entry: &Entry, known: &[u32], lexicon: &Lexicon, vocabulary: &mut Vocabulary) -> Box<[u32]> {
    let analysis = analyse(lexicon, &Gazetteer::empty(), &entry.answer);
    let pieces = pieces(&analysis);
    let words = pieces.iter().filter(|piece| piece.kind == Kind::Word);
    let mut words: Vec<u32> = words.map(|word| vocabulary.number_or_new(word)).collect();
    words.retain(|word| known.binary_search(word).is_err());
    words.sort_unstable();
    words.dedup();
    words.into()
}

/// A text without spaces and punctuation.
pub(super) fn bare(normal: &str) -> String {
    normal.chars().filter(|c| c.is_alphanumeric()).collect()
}
