//! What decided, shown: the parts of a rule's condition one by one, by the same functions that decide.

use std::collections::BTreeSet;

use rhai::{AST, Dynamic, Scope};

use super::condition::Misfit;
use super::facts::SoFar;
use super::outcome::Outcome;
use super::rule::{Pattern, Rule, Then, Verb};
use super::ruleset::{Ask, Gone, RuleSet, Silence, Voice, facet_fits, facet_values, in_time};
use super::script::Script;
use crate::text::Span;

/// Every part of a condition by itself.
pub struct Trial<'a> {
    pub in_time: bool,
    pub facets: Vec<FacetTrial<'a>>,
    /// `any` first, then the groups of `all`. A group without a hit keeps the rule silent.
    pub groups: Vec<Group<'a>>,
    pub unless: Vec<Seen<'a>>,
    /// Where words and exceptions have to stand together.
    pub within_sentence: bool,
    /// All groups are met, but in different sentences.
    pub apart: bool,
    /// What `when` says of this request; `None` without `when`.
    pub guard: Option<Result<bool, String>>,
}

/// One facet.
pub struct FacetTrial<'a> {
    pub facet: &'static str,
    pub wanted: &'a [String],
    pub found: Vec<&'a str>,
    pub fits: bool,
}

/// `any`, or one group of `all`.
pub struct Group<'a> {
    pub key: Key,
    pub words: Vec<Seen<'a>>,
}

/// Which list of a rule a word stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Any,
    /// Counted from 0.
    All(usize),
    Unless,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::All(group) => write!(f, "all[{}]", group + 1),
            Self::Unless => f.write_str("unless"),
        }
    }
}

/// A word of a condition and where it stands in the normalised text.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    pub word: &'a str,
    /// `word:`.
    pub whole_word: bool,
    pub at: Vec<Span>,
}

/// A word of a rule, with its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    pub key: Key,
    pub text: &'a str,
    pub whole_word: bool,
}

impl RuleSet {
    pub fn find(&self, id: &str) -> Option<&Rule> {
        self.position(id).map(|at| &*self.rules[at])
    }

    /// Rules that are written down and were switched off or replaced.
    pub fn gone(&self) -> &[Gone] {
        &self.gone
    }

    /// What one rule says, or why it says nothing: with or without the prefilter the same. `None`: there is no such rule.
    pub fn hear_one(&self, id: &str, ask: &Ask<'_>, so_far: &SoFar) -> Option<Result<Voice<'_>, Silence<'_>>> {
        let view = self.view(ask, so_far);
        self.position(id).map(|at| self.hear(at, ask, so_far, &view))
    }

    /// The rules of a verb that say nothing although a word of theirs is in the text, or they need none.
    pub fn silent(&self, verb: Verb, ask: &Ask<'_>, so_far: &SoFar) -> Vec<(&Rule, Silence<'_>)> {
        let view = self.view(ask, so_far);
        let near = self.prefilter.near(&ask.hits).filter(|idx| !ask.suspended.contains(idx));
        let of_verb = near.map(|idx| (idx as usize, &*self.rules[idx as usize])).filter(|(_, rule)| rule.verb == verb);
        of_verb.filter_map(|(idx, rule)| Some((rule, self.hear(idx, ask, so_far, &view).err()?))).collect()
    }

    /// All parts of a rule's condition, also those after the first that fails.
    pub fn trial<'a>(&'a self, rule: &'a Rule, ask: &'a Ask<'_>, so_far: &'a SoFar) -> Trial<'a> {
        let facets = rule.facets.iter().map(|(facet, wanted)| FacetTrial {
            facet,
            wanted,
            found: facet_values(facet, ask.facts, so_far)
                .iter()
                .map(String::as_str)
                .filter(|it| !it.is_empty())
                .collect(),
            fits: facet_fits(facet, wanted, ask.facts, so_far),
        });
        let seen = |list: &'a [Pattern]| list.iter().map(|pattern| self.seen(pattern, ask)).collect();
        let any = (!rule.any.is_empty()).then(|| Group { key: Key::Any, words: seen(&rule.any) });
        let all = rule.all.iter().enumerate().map(|(at, group)| Group { key: Key::All(at), words: seen(group) });
        let words = self.position(&rule.id).map(|at| &self.words[at]);
        let view = self.view(ask, so_far);
        let guard = rule.when.as_ref().map(|when| self.guard(when, &view).map_err(|err| err.message));
        Trial {
            in_time: in_time(rule, ask.today),
            facets: facets.collect(),
            groups: any.into_iter().chain(all).collect(),
            unless: seen(&rule.unless),
            within_sentence: rule.within_sentence,
            apart: words.is_some_and(|words| words.apart(&ask.hits, &ask.sentences)),
            guard,
        }
    }

    /// The facts that a rule's guard reads, with their values; what cannot be shown is left out.
    pub fn facts_read(&self, rule: &Rule, source: &str, ask: &Ask<'_>, so_far: &SoFar) -> Vec<(String, String)> {
        let Some(when) = &rule.when else { return Vec::new() };
        let expressions = Script::read(source).reads(rule).into_iter();
        let shown = expressions.filter(|it| !matches!(it.as_str(), "t.text" | "t.words"));
        let view = self.view(ask, so_far);
        let value = |expression: &str| {
            let mut scope = Scope::new();
            scope.push("t", view.clone());
            let read: AST = self.engine.compile_with_scope(&scope, expression).ok()?;
            let whole = when.ast.merge(&read);
            let value = self.engine.eval_ast_with_scope::<Dynamic>(&mut scope, &whole).ok()?;
            Some(in_words(&value))
        };
        shown.filter_map(|it| Some((it.clone(), value(&it)?))).take(FACTS_SHOWN).collect()
    }

    fn seen<'a>(&'a self, pattern: &'a Pattern, ask: &Ask<'_>) -> Seen<'a> {
        let at = self.automaton.id(pattern).map(|id| ask.hits.spans(id).collect()).unwrap_or_default();
        Seen { word: &pattern.text, whole_word: pattern.whole_word, at }
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }
}

/// A guard that reads more is no simple one.
const FACTS_SHOWN: usize = 8;
/// Characters of a value.
const VALUE_SHOWN: usize = 60;

fn in_words(value: &Dynamic) -> String {
    if let Ok(number) = value.as_float() {
        return number.to_string();
    }
    match value.clone().into_string() {
        Ok(text) => format!("“{}”", text.chars().take(VALUE_SHOWN).collect::<String>()),
        Err(_) => value.to_string().chars().take(VALUE_SHOWN).collect(),
    }
}

impl Ask<'_> {
    /// A place of the normalised text in the text as it was sent.
    pub fn as_sent(&self, span: Span) -> Span {
        self.offsets.raw_span(span)
    }

    pub fn sentences(&self) -> &[Span] {
        &self.sentences
    }
}

impl Misfit {
    /// The list that lacks a word.
    pub fn key(self) -> Option<Key> {
        match self {
            Self::Any => Some(Key::Any),
            Self::Group(group) => Some(Key::All(group)),
            Self::NoSentence | Self::Unless(_) => None,
        }
    }
}

impl Rule {
    /// Every word of the condition.
    pub fn words(&self) -> impl Iterator<Item = Word<'_>> {
        let any = (Key::Any, &self.any);
        let all = self.all.iter().enumerate().map(|(at, group)| (Key::All(at), group));
        let lists = std::iter::once(any).chain(all).chain([(Key::Unless, &self.unless)]);
        lists.flat_map(|(key, list)| list.iter().map(move |it| Word { key, text: &it.text, whole_word: it.whole_word }))
    }

    /// Facet → accepted values.
    pub fn facets(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        self.facets.iter().map(|(facet, values)| (*facet, values.as_slice()))
    }

    /// What it says, where no function computes it.
    pub fn fixed(&self) -> Option<&Outcome> {
        match &self.then {
            Then::Fixed(outcome) => Some(outcome),
            Then::Computed(_) => None,
        }
    }

    /// Whether a function has a say.
    pub fn computes(&self) -> bool {
        self.when.is_some() || self.fixed().is_none()
    }

    /// Whether all but the functions is the same, wherever it stands.
    pub fn same_data(&self, other: &Self) -> bool {
        let facets = self.facets == other.facets && self.valid == other.valid;
        let words = (&self.any, &self.all, &self.unless) == (&other.any, &other.all, &other.unless);
        let reach = (self.within_sentence, self.auto) == (other.within_sentence, other.auto);
        let named = (self.verb, &self.group, &self.basis) == (other.verb, &other.group, &other.basis);
        let says = self.fixed() == other.fixed() && self.guarded() == other.guarded();
        facets && words && reach && named && says
    }

    /// Whether `when` is asked.
    pub fn guarded(&self) -> bool {
        self.when.is_some()
    }

    /// First and last day.
    pub fn valid(&self) -> Option<(chrono::NaiveDate, chrono::NaiveDate)> {
        self.valid
    }

    pub fn within_sentence(&self) -> bool {
        self.within_sentence
    }

    /// What a fixed outcome names: (key, name).
    pub fn names(&self) -> BTreeSet<(&'static str, &str)> {
        self.fixed().map(Outcome::names).unwrap_or_default()
    }
}
