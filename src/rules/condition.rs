//! Do the words of a rule fit, and if not, what is missing? Pure set logic over hits; the same for the prefiltered and the
//! exhaustive run, and for the explanation.

use super::automaton::{Automaton, Hits, PatternId};
use super::rule::{Pattern, Rule};
use crate::text::Span;

/// A rule's words as pattern ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    any: Vec<PatternId>,
    all: Vec<Vec<PatternId>>,
    unless: Vec<PatternId>,
    within_sentence: bool,
}

/// Where the words that made a rule fire stand.
pub(super) type Found = Vec<(PatternId, Span)>;

/// The first part of a condition that does not hold; of several sentences, in the one that came furthest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// `within: "sentence"`, and there is no sentence.
    NoSentence,
    /// No word of `any`.
    Any,
    /// No word of this group of `all`, counted from 0.
    Group(usize),
    /// A word of `unless` stands here in the normalised text.
    Unless(Span),
}

impl Misfit {
    /// How far the condition was met before.
    fn rank(self) -> usize {
        match self {
            Self::NoSentence => 0,
            Self::Any => 1,
            Self::Group(group) => 2 + group,
            Self::Unless(_) => usize::MAX,
        }
    }
}

/// Places shown per word: an explanation, not a concordance.
const SHOWN_PER_WORD: usize = 3;
/// Hits kept per vote.
pub(super) const SHOWN_PER_VOTE: usize = 8;
const WHOLE: Span = Span { start: 0, end: u32::MAX };

impl Words {
    pub(super) fn new(rule: &Rule, automaton: &Automaton) -> Self {
        let ids = |list: &[Pattern]| list.iter().filter_map(|pattern| automaton.id(pattern)).collect();
        Self {
            any: ids(&rule.any),
            all: rule.all.iter().map(|group| ids(group)).collect(),
            unless: ids(&rule.unless),
            within_sentence: rule.within_sentence,
        }
    }

    /// The parts of the condition that each need a word.
    pub(super) fn required(&self) -> impl Iterator<Item = &[PatternId]> {
        let any = Some(&self.any[..]).filter(|any| !any.is_empty());
        any.into_iter().chain(self.all.iter().map(Vec::as_slice))
    }

    /// Words that keep the rule silent wherever they stand.
    pub(super) fn excluded_anywhere(&self) -> &[PatternId] {
        if self.within_sentence { &[] } else { &self.unless }
    }

    /// The hits that satisfy the condition, or what is missing. A rule without words always holds.
    pub(super) fn fit(&self, hits: &Hits, sentences: &[Span]) -> Result<Found, Misfit> {
        if !self.within_sentence {
            return self.fit_in(hits, WHOLE);
        }
        let mut closest = Misfit::NoSentence;
        for &sentence in sentences {
            match self.fit_in(hits, sentence) {
                Ok(found) => return Ok(found),
                Err(misfit) if misfit.rank() > closest.rank() => closest = misfit,
                Err(_) => {}
            }
        }
        Err(closest)
    }

    /// Every group is met somewhere, yet no sentence meets them all.
    pub(super) fn apart(&self, hits: &Hits, sentences: &[Span]) -> bool {
        let lacks_word = |misfit| !matches!(misfit, Misfit::Unless(_));
        self.within_sentence
            && self.fit(hits, sentences).is_err_and(lacks_word)
            && !self.fit_in(hits, WHOLE).is_err_and(lacks_word)
    }

    fn fit_in(&self, hits: &Hits, range: Span) -> Result<Found, Misfit> {
        let inside = |id: PatternId| {
            let within = move |span: &Span| span.start >= range.start && span.end <= range.end;
            hits.spans(id).filter(within).take(SHOWN_PER_WORD).map(move |span| (id, span))
        };
        let mut found = Found::with_capacity(SHOWN_PER_VOTE);
        found.extend(self.any.iter().flat_map(|&id| inside(id)));
        if found.is_empty() && !self.any.is_empty() {
            return Err(Misfit::Any);
        }
        for (number, group) in self.all.iter().enumerate() {
            let before = found.len();
            found.extend(group.iter().flat_map(|&id| inside(id)));
            if found.len() == before {
                return Err(Misfit::Group(number));
            }
        }
        match self.unless.iter().find_map(|&id| inside(id).next()) {
            Some((_, at)) => Err(Misfit::Unless(at)),
            None => Ok(found),
        }
    }
}
