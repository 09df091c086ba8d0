//! Why a rule kept silent on a text, in one sentence and part by part; or what became of what it said.

use serde::Serialize;
use utoipa::ToSchema;

use super::near::{self, Near};
use super::reason::{Fact, Placed, Reason, found_of, sentence_of, valid};
use super::sight::Sight;
use super::words::sentence;
use crate::diagnostic::nearest;
use crate::rules::{Ask, How, Misfit, Rule, Silence, SoFar, Trial};
use crate::text::Span;
use crate::triage::{Hit, so_far};

/// One rule on one text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhyNot {
    pub rule: String,
    pub verb: &'static str,
    pub file: String,
    pub line: u32,
    pub fired: bool,
    pub reason: Reason,
    /// The closest miss in one sentence (Chinese).
    pub sentence: String,
    /// Every part of the condition, also those after the first that fails.
    pub parts: Vec<Part>,
}

/// One part of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InsightPart)]
pub struct Part {
    /// `valid`, `channel`, `any`, `all[1]`, `unless`, `within`, `when`.
    pub key: String,
    pub holds: bool,
    /// What is asked for, and what is there (Chinese).
    pub detail: String,
    /// The words that are there, in the text as sent.
    pub hits: Vec<Hit>,
    /// What looks most like the words that are not.
    pub near: Vec<Near>,
}

/// Words named when a list has no hit.
const NAMED: usize = 12;

/// Why a rule did not decide. An unknown rule is an error that names the nearest one (Chinese).
pub fn why_not(sight: &Sight<'_>, id: &str) -> Result<WhyNot, String> {
    let rules = &sight.release.rules;
    let Some(rule) = rules.find(id) else { return switched_off(sight, id) };
    let ask = sight.ask();
    let before = so_far(rule.verb, sight.decision);
    let trial = rules.trial(rule, &ask, &before);
    let reason = match rules.hear_one(id, &ask, &before) {
        _ if sight.suspended().contains(id) => Reason::Suspended {},
        Some(Ok(voice)) => Reason::Fired { standing: sight.standing(&voice) },
        Some(Err(silence)) => silenced(sight, rule, &silence, &trial, &ask, &before),
        None => Reason::Nothing {},
    };
    Ok(WhyNot {
        rule: rule.id.clone(),
        verb: rule.verb.name(),
        file: rule.file.to_string(),
        line: rule.line,
        fired: matches!(reason, Reason::Fired { .. }),
        sentence: sentence(&rule.id, &reason),
        reason,
        parts: parts(sight, rule, &trial, &ask, &before),
    })
}

fn switched_off(sight: &Sight<'_>, id: &str) -> Result<WhyNot, String> {
    let rules = &sight.release.rules;
    let off = rules.gone().iter().rev().find_map(|gone| match &gone.how {
        How::Off { file, line, reason } if gone.id == id => Some((gone, file, *line, reason)),
        _ => None,
    });
    let Some((gone, file, line, because)) = off else {
        let help = nearest(id, rules.rules().iter().map(|rule| rule.id.as_str()));
        return Err(format!("没有编号为“{id}”的规则；{help}"));
    };
    let reason = Reason::Off { file: file.to_string(), line, because: because.clone() };
    Ok(WhyNot {
        rule: id.to_owned(),
        verb: "",
        file: gone.file.to_string(),
        line: gone.line,
        fired: false,
        sentence: sentence(id, &reason),
        reason,
        parts: Vec::new(),
    })
}

fn silenced(
    sight: &Sight<'_>,
    rule: &Rule,
    silence: &Silence<'_>,
    trial: &Trial<'_>,
    ask: &Ask<'_>,
    before: &SoFar,
) -> Reason {
    match silence {
        Silence::NotToday => {
            let (from, until) = valid(rule);
            Reason::NotToday { from, until, today: ask.today.to_string() }
        }
        Silence::Facet(facet) => {
            let wanted = trial.facets.iter().find(|it| it.facet == *facet).map(|it| it.wanted.to_vec());
            let found = found_of(facet, ask, before);
            Reason::Facet { facet: (*facet).to_owned(), wanted: wanted.unwrap_or_default(), found }
        }
        Silence::Words(Misfit::Unless(at)) => {
            let sent = ask.as_sent(*at);
            Reason::Exception { word: at.of(&ask.facts.text).to_owned(), start: sent.start, end: sent.end }
        }
        Silence::Words(_) if trial.apart => Reason::Apart { words: apart(trial, ask) },
        Silence::Words(misfit) => missing(*misfit, trial, ask),
        Silence::Guard => Reason::Guard { facts: facts(sight, rule, ask, before) },
        Silence::Nothing => Reason::Nothing {},
        Silence::Failed(failure) => Reason::Failed { message: failure.message.clone() },
    }
}

/// The list that has no word in the text; of a rule within a sentence, the first one without any at all.
fn missing(misfit: Misfit, trial: &Trial<'_>, ask: &Ask<'_>) -> Reason {
    let lacking = trial.groups.iter().find(|group| group.words.iter().all(|word| word.at.is_empty()));
    let by_key = || trial.groups.iter().find(|group| Some(group.key) == misfit.key());
    let Some(group) = lacking.or_else(by_key) else {
        return Reason::Word { key: String::new(), words: Vec::new(), near: Vec::new() };
    };
    Reason::Word {
        key: group.key.to_string(),
        words: group.words.iter().take(NAMED).map(|word| word.word.to_owned()).collect(),
        near: near_misses(ask, group.words.iter().map(|word| word.word)),
    }
}

fn near_misses<'a>(ask: &Ask<'_>, words: impl Iterator<Item = &'a str>) -> Vec<Near> {
    let sent = |(near, at): (Near, Span)| {
        let sent = ask.as_sent(at);
        Near { start: sent.start, end: sent.end, ..near }
    };
    near::nearest(&ask.facts.text, words).into_iter().map(sent).collect()
}

/// The first word of each group with its sentence.
fn apart(trial: &Trial<'_>, ask: &Ask<'_>) -> Vec<Placed> {
    let first = |group: &crate::rules::Group<'_>| {
        let word = group.words.iter().find(|word| !word.at.is_empty())?;
        let at = word.at.first()?;
        Some(Placed { key: group.key.to_string(), word: word.word.to_owned(), sentence: sentence_of(ask, *at) })
    };
    trial.groups.iter().filter_map(first).collect()
}

fn facts(sight: &Sight<'_>, rule: &Rule, ask: &Ask<'_>, before: &SoFar) -> Vec<Fact> {
    let read = sight.release.rules.facts_read(rule, sight.source(&rule.file), ask, before);
    read.into_iter().map(|(name, value)| Fact { name, value }).collect()
}

fn parts(sight: &Sight<'_>, rule: &Rule, trial: &Trial<'_>, ask: &Ask<'_>, before: &SoFar) -> Vec<Part> {
    let plain = |key: &str, holds, detail| Part { key: key.to_owned(), holds, detail, hits: vec![], near: vec![] };
    let mut parts = Vec::new();
    if let Some((from, until)) = rule.valid() {
        parts.push(plain("valid", trial.in_time, format!("{from} 至 {until}，来件是 {}", ask.today)));
    }
    for facet in &trial.facets {
        let found = if facet.found.is_empty() { "没有".to_owned() } else { facet.found.join("、") };
        parts.push(plain(facet.facet, facet.fits, format!("要“{}”，来件：{found}", facet.wanted.join("、"))));
    }
    parts.extend(trial.groups.iter().map(|group| group_part(group, ask)));
    if trial.within_sentence && trial.groups.len() > 1 {
        parts.push(plain("within", !trial.apart, "各组的词要在同一句话里".to_owned()));
    }
    if !trial.unless.is_empty() {
        let hits = hits(&trial.unless, ask);
        let names: Vec<&str> = hits.iter().map(|hit| hit.word.as_str()).collect();
        let detail =
            if hits.is_empty() { "没有例外词".to_owned() } else { format!("有“{}”", names.join("、")) };
        parts.push(Part { key: "unless".into(), holds: hits.is_empty(), detail, hits, near: vec![] });
    }
    if let Some(guard) = &trial.guard {
        let read = facts(sight, rule, ask, before).into_iter().map(|fact| format!("{} = {}", fact.name, fact.value));
        let detail = match guard {
            Ok(_) => read.collect::<Vec<_>>().join("，"),
            Err(message) => message.clone(),
        };
        parts.push(plain("when", *guard == Ok(true), detail));
    }
    parts
}

fn group_part(group: &crate::rules::Group<'_>, ask: &Ask<'_>) -> Part {
    let hits = hits(&group.words, ask);
    let names: Vec<&str> = hits.iter().map(|hit| hit.word.as_str()).collect();
    let holds = !hits.is_empty();
    let inside = group.words.iter().find(|word| word.whole_word && ask.facts.text.contains(word.word));
    let detail = match (holds, inside) {
        (true, _) => format!("有“{}”", names.join("、")),
        (false, Some(word)) => format!("“{}”不是独立的词，只是别的词的一部分", word.word),
        (false, None) => format!("{} 个词一个也没有", group.words.len()),
    };
    let near = if holds { Vec::new() } else { near_misses(ask, group.words.iter().map(|word| word.word)) };
    Part { key: group.key.to_string(), holds, detail, hits, near }
}

/// The first place of each word, in the text as sent.
fn hits(words: &[crate::rules::Seen<'_>], ask: &Ask<'_>) -> Vec<Hit> {
    let first = |word: &crate::rules::Seen<'_>| {
        let sent = ask.as_sent(*word.at.first()?);
        Some(Hit { word: word.word.to_owned(), start: sent.start, end: sent.end })
    };
    words.iter().filter_map(first).collect()
}
