//! Which rules matter: over the cases, a corpus or stored tickets, what fired, what counted, what decided.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::effect::{Effect, effects};
use crate::triage::{Decision, Release};

/// Counts; the order in which decisions are added changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    texts: u64,
    rules: BTreeMap<String, Counts>,
    sources: BTreeMap<String, Source>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    fired: u64,
    counted: u64,
    against: u64,
    decided: u64,
}

#[derive(Clone, Debug, Default)]
struct Source {
    texts: u64,
    fired: BTreeSet<String>,
    decided: BTreeSet<String>,
}

/// What the texts say about the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Covered {
    pub jurisdiction: String,
    pub release: String,
    pub texts: u64,
    pub rules: usize,
    pub fired: usize,
    pub decided: usize,
    /// By file and id.
    pub each: Vec<RuleCounts>,
    pub never_fired: Vec<String>,
    /// Fired, and never decided anything, for nor against.
    pub never_decided: Vec<String>,
    /// Fired, and never counted: a stronger rule of the group always spoke for the same.
    pub always_outvoted: Vec<String>,
    /// By file of cases or corpus.
    pub sources: Vec<SourceCounts>,
}

/// Numbers of texts for one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleCounts {
    pub rule: String,
    pub verb: &'static str,
    pub file: String,
    pub line: u32,
    pub fired: u64,
    pub counted: u64,
    /// It counted against somebody who then did not win.
    pub against: u64,
    pub decided: u64,
}

/// Numbers of rules for one file of texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SourceCounts {
    pub source: String,
    pub texts: u64,
    pub fired: usize,
    pub decided: usize,
}

impl Coverage {
    /// `source`: the file the text comes from.
    pub fn add(&mut self, source: &str, decision: &Decision) {
        self.texts += 1;
        let of_source = self.sources.entry(source.to_owned()).or_default();
        of_source.texts += 1;
        for (rule, effect) in effects(decision) {
            let counts = self.rules.entry(rule.to_owned()).or_default();
            counts.fired += 1;
            counts.counted += u64::from(effect >= Effect::Counted);
            counts.against += u64::from(effect == Effect::Against);
            counts.decided += u64::from(effect == Effect::Decided);
            of_source.fired.insert(rule.to_owned());
            if effect == Effect::Decided {
                of_source.decided.insert(rule.to_owned());
            }
        }
    }

    /// Both together.
    pub fn merge(mut self, other: Self) -> Self {
        self.texts += other.texts;
        for (rule, counts) in other.rules {
            let own = self.rules.entry(rule).or_default();
            own.fired += counts.fired;
            own.counted += counts.counted;
            own.against += counts.against;
            own.decided += counts.decided;
        }
        for (name, source) in other.sources {
            let own = self.sources.entry(name).or_default();
            own.texts += source.texts;
            own.fired.extend(source.fired);
            own.decided.extend(source.decided);
        }
        self
    }

    pub fn report(&self, release: &Release) -> Covered {
        let each: Vec<RuleCounts> = release
            .rules
            .rules()
            .iter()
            .map(|rule| {
                let Counts { fired, counted, against, decided } = self.rules.get(&rule.id).copied().unwrap_or_default();
                let (rule, verb, file, line) = (rule.id.clone(), rule.verb.name(), rule.file.to_string(), rule.line);
                RuleCounts { rule, verb, file, line, fired, counted, against, decided }
            })
            .collect();
        let named = |wanted: fn(&RuleCounts) -> bool| -> Vec<String> {
            each.iter().filter(|it| wanted(it)).map(|it| it.rule.clone()).collect()
        };
        let never_fired = named(|it| it.fired == 0);
        let never_decided = named(|it| it.fired > 0 && it.decided + it.against == 0);
        let sources = self.sources.iter().map(|(name, source)| SourceCounts {
            source: name.clone(),
            texts: source.texts,
            fired: source.fired.len(),
            decided: source.decided.len(),
        });
        Covered {
            jurisdiction: release.jurisdiction.clone(),
            release: release.digest.to_string(),
            texts: self.texts,
            rules: each.len(),
            fired: each.len() - never_fired.len(),
            decided: each.iter().filter(|it| it.decided > 0).count(),
            always_outvoted: named(|it| it.fired > 0 && it.counted == 0),
            never_fired,
            never_decided,
            sources: sources.collect(),
            each,
        }
    }
}
