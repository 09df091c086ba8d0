//! Words that met though they are written differently: as synonyms, as related words, by their sound. For people to see;
//! scores nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sound::Heard;
use crate::text::{Analysis, Term};

/// A word of the text and the word of the entry that it was taken for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Meant {
    pub how: How,
    /// As the text says it.
    pub said: String,
    /// As the entry says it.
    pub entry: String,
    /// What both are read as.
    pub read: String,
}

/// By which list two words met; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// 同义词 or 纠错.
    Synonym,
    /// A group of `related.txt`.
    Related,
    /// Pinyin.
    Sound,
}

impl How {
    pub fn title(self) -> &'static str {
        match self {
            Self::Synonym => "同义",
            Self::Related => "相近",
            Self::Sound => "音近",
        }
    }
}

/// A word as it stands in a text, and what it is read as.
type Reading<'a> = (&'a str, &'a str);

/// Between the text and the questions of one entry.
pub(super) fn meant(text: &Analysis, heard: &[Heard<'_>], questions: &[Analysis]) -> Vec<Meant> {
    let open = |at| !text.marks.iter().any(|mark| mark.span.contains(at));
    let said = telling(text).filter(|term| open(term.span)).map(|term| reading(text, term));
    let mut found =
        met(How::Synonym, said, questions, |question| telling(question).map(|term| reading(question, term)).collect());
    found.extend(met(How::Related, related(text).into_iter(), questions, related));
    let sounds = heard.iter().map(|heard| (heard.span.of(&text.normal), heard.word));
    found.extend(met(How::Sound, sounds, questions, |question| {
        telling(question).map(|term| reading(question, term)).collect()
    }));
    found.into_iter().collect()
}

/// Readings that both have, where the entry does not write what the text writes.
fn met<'a>(
    how: How,
    said: impl Iterator<Item = Reading<'a>>,
    questions: &'a [Analysis],
    readings: impl Fn(&'a Analysis) -> Vec<Reading<'a>>,
) -> BTreeSet<Meant> {
    let asked: Vec<Reading<'a>> = questions.iter().flat_map(readings).collect();
    let mut found = BTreeSet::new();
    for (said, read) in said {
        let written: BTreeSet<&str> = asked.iter().filter(|(_, it)| *it == read).map(|(word, _)| *word).collect();
        if written.contains(said) {
            continue;
        }
        let (said, read) = (said.to_owned(), read.trim_start_matches('≈').to_owned());
        found.extend(written.into_iter().map(|entry| Meant {
            how,
            said: said.clone(),
            entry: entry.to_owned(),
            read: read.clone(),
        }));
    }
    found
}

fn related(text: &Analysis) -> Vec<Reading<'_>> {
    text.related.iter().map(|it| (it.span.of(&text.normal), &*it.name)).collect()
}

fn reading<'a>(text: &'a Analysis, term: &'a Term) -> Reading<'a> {
    (term.span.of(&text.normal), &term.text)
}

/// Words that weigh something.
pub(super) fn telling(analysis: &Analysis) -> impl Iterator<Item = &Term> + Clone {
    analysis.terms.iter().filter(|term| term.weight > 0)
}
