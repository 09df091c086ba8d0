//! Why a rule kept silent, or what became of what it said: as values, and in words.

use serde::Serialize;
use utoipa::ToSchema;

use super::near::Near;
use crate::rules::{Ask, Key, Misfit, Rule, Silence, SoFar};
use crate::text::Span;

/// Why a rule did not decide. The first reason, in the order in which a rule is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
#[schema(as = InsightReason)]
pub enum Reason {
    /// Switched off, and where.
    Off {
        file: String,
        line: u32,
        because: String,
    },
    /// Out of service: it overran or kept failing.
    Suspended {},
    /// Outside `valid`.
    NotToday {
        from: String,
        until: String,
        today: String,
    },
    Facet {
        facet: String,
        wanted: Vec<String>,
        found: Vec<String>,
    },
    /// No word of a list is in the text.
    Word {
        key: String,
        words: Vec<String>,
        near: Vec<Near>,
    },
    /// `within: "sentence"`: the words are there, in different sentences.
    Apart {
        words: Vec<Placed>,
    },
    /// A word of `unless` is there; its place in the text as sent.
    Exception {
        word: String,
        start: u32,
        end: u32,
    },
    /// `when` is false; the facts that it reads.
    Guard {
        facts: Vec<Fact>,
    },
    /// A computed `then` says nothing this time.
    Nothing {},
    Failed {
        message: String,
    },
    /// It did fire.
    Fired {
        standing: Standing,
    },
}

/// What became of what a rule said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
#[schema(as = InsightStanding)]
pub enum Standing {
    /// It counted for what was decided.
    Decided { value: String },
    /// A stronger rule of its group speaks for the same.
    Outvoted { by: String },
    /// It counted, for a candidate that did not win.
    Lost { candidate: String, winner: String, weight: i32, ahead: i32 },
    /// It counted, and nothing was decided.
    Open { candidate: String, because: String },
    /// A refusal that an emergency cancelled.
    Cancelled {},
    /// A remark, a warning or a request for a person that took effect.
    Heard { what: String },
}

/// A word and the sentence in which it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InsightPlaced)]
pub struct Placed {
    pub key: String,
    pub word: String,
    pub sentence: String,
}

/// A fact that a function reads, with its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InsightFact)]
pub struct Fact {
    pub name: String,
    pub value: String,
}

/// The reason in a few words, for lists.
pub(super) fn short(rule: &Rule, silence: &Silence<'_>, ask: &Ask<'_>, so_far: &SoFar) -> String {
    match silence {
        Silence::NotToday => {
            let (from, until) = valid(rule);
            format!("只在 {from} 至 {until} 有效")
        }
        Silence::Facet(facet) => {
            let wanted = rule.facets().find(|(name, _)| name == facet).map(|(_, wanted)| wanted).unwrap_or_default();
            let found = found_of(facet, ask, so_far);
            let found = if found.is_empty() { "没有".to_owned() } else { format!("是“{}”", found.join("、")) };
            format!("{facet} 要“{}”，来件{found}", wanted.join("、"))
        }
        Silence::Words(Misfit::Unless(at)) => format!("有例外词“{}”", at.of(&ask.facts.text)),
        Silence::Words(Misfit::NoSentence) => "来件没有句子".to_owned(),
        Silence::Words(misfit) => match misfit.key() {
            Some(key) if rule.within_sentence() => format!("没有一句话同时有各组的词（缺 {}）", list(key)),
            Some(key) => format!("{}一个也没有", list(key)),
            None => "词语没有命中".to_owned(),
        },
        Silence::Guard => "when 不成立".to_owned(),
        Silence::Nothing => "then 这次没有说出结果".to_owned(),
        Silence::Failed(failure) => format!("函数出错：{}", failure.message),
    }
}

/// How far the rule was from firing, for putting the closest first.
pub(super) fn closeness(rule: &Rule, silence: &Silence<'_>) -> u8 {
    let has_words = rule.words().next().is_some();
    match silence {
        Silence::Failed(_) => 5,
        Silence::Words(Misfit::Unless(_)) => 4,
        Silence::Guard | Silence::Nothing if has_words => 3,
        Silence::Words(_) => 2,
        Silence::Facet(_) | Silence::NotToday if has_words => 1,
        _ => 0,
    }
}

pub(super) fn found_of(facet: &str, ask: &Ask<'_>, so_far: &SoFar) -> Vec<String> {
    crate::rules::facet_values(facet, ask.facts, so_far).iter().filter(|it| !it.is_empty()).cloned().collect()
}

pub(super) fn valid(rule: &Rule) -> (String, String) {
    rule.valid().map(|(from, until)| (from.to_string(), until.to_string())).unwrap_or_default()
}

/// A list of words, as authors call it.
pub(super) fn list(key: Key) -> String {
    match key {
        Key::Any => "any 的词".to_owned(),
        Key::All(group) => format!("all 第 {} 组的词", group + 1),
        Key::Unless => "unless 的词".to_owned(),
    }
}

/// The sentence around a place of the normalised text.
pub(super) fn sentence_of(ask: &Ask<'_>, at: Span) -> String {
    let sentence = ask.sentences().iter().find(|sentence| sentence.contains(at)).copied().unwrap_or(at);
    sentence.of(&ask.facts.text).chars().take(40).collect()
}
