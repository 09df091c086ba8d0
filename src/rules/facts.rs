//! What a guard or a computed outcome sees: `t`. Values only, never `()`, cheap to pass.

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, FLOAT, INT, ImmutableString};

use super::emphasis;
use crate::triage::{Facts, Special};

/// Every fact by name, for `check` and for the authors' guide.
pub(super) const FACTS: &[&str] = &[
    "text",
    "words",
    "length",
    "nature",
    "category",
    "topic",
    "urgency",
    "impact",
    "skill",
    "lead",
    "special",
    "channel",
    "requester",
    "section",
    "places",
    "place_unit",
    "amount",
    "amounts",
    "best",
    "duty",
    "similar",
    "learned",
    "repeats",
    "repeat_open",
    "repeat_done",
    "same_matter",
    "terminated",
    "hour",
    "workday",
    "mark",
    "clock",
    "flags",
    "has",
    "head",
    "upfront",
    "limit",
];

/// What `t.best` holds.
pub(super) const BEST: &[&str] = &["id", "owner", "category", "confidence"];
/// What `t.duty` holds.
pub(super) const DUTY: &[&str] = &["unit", "score"];
/// What `t.similar` holds.
pub(super) const SIMILAR: &[&str] = &["unit", "score", "count", "category"];
/// What `t.learned` holds.
pub(super) const LEARNED: &[&str] = &["unit", "confidence", "sure", "nature", "nature_confidence"];

/// What earlier phases decided; "" when undecided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoFar {
    pub nature: String,
    pub category: String,
    pub topic: String,
    pub urgency: String,
    pub impact: String,
    pub skill: String,
    pub lead: String,
    pub special: Special,
}

/// The value bound to a function's parameter.
#[derive(Clone)]
pub(super) struct View {
    facts: Arc<Facts>,
    so_far: Arc<SoFar>,
    limits: Arc<BTreeMap<String, f64>>,
    /// The text once, for all rules that read it.
    text: ImmutableString,
}

impl View {
    pub(super) fn new(facts: &Arc<Facts>, so_far: &SoFar, limits: &Arc<BTreeMap<String, f64>>) -> Self {
        let text = facts.text.as_str().into();
        Self { facts: facts.clone(), so_far: Arc::new(so_far.clone()), limits: limits.clone(), text }
    }
}

/// `t.best`
#[derive(Clone)]
struct Best(Arc<Facts>);

/// `t.duty`
#[derive(Clone)]
struct Duty(Arc<Facts>);

/// `t.similar`
#[derive(Clone)]
struct Similar(Arc<Facts>);

/// `t.learned`
#[derive(Clone)]
struct Learned(Arc<Facts>);

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<View>("事实").register_type_with_name::<Best>("最佳条目");
    engine.register_type_with_name::<Duty>("职责匹配");
    register_request(engine);
    register_decided(engine);
    register_history(engine);
    engine
        .register_get("best", |t: &mut View| Best(t.facts.clone()))
        .register_get("id", |best: &mut Best| text(&best.0.best_entry))
        .register_get("owner", |best: &mut Best| text(&best.0.best_owner))
        .register_get("category", |best: &mut Best| text(&best.0.best_category))
        .register_get("confidence", |best: &mut Best| FLOAT::from(best.0.best_confidence) / 1_000.0)
        .register_get("duty", |t: &mut View| Duty(t.facts.clone()))
        .register_get("unit", |duty: &mut Duty| text(&duty.0.duty_unit))
        .register_get("score", |duty: &mut Duty| FLOAT::from(duty.0.duty_score) / 1_000.0);
    engine
        .register_fn("has", |t: &mut View, name: &str| has(t, name))
        .register_fn("head", |t: &mut View, words: Array, except: Array| {
            emphasis::head(&t.text, &strings(&words), &strings(&except))
        })
        .register_fn("upfront", |t: &mut View, words: Array| emphasis::upfront(&t.text, &strings(&words)))
        .register_fn("limit", |t: &mut View, name: &str| t.limits.get(name).copied().unwrap_or(0.0));
    // Authors compare whole yuan with limits, which may carry decimals.
    engine
        .register_fn(">=", |a: INT, b: FLOAT| a as FLOAT >= b)
        .register_fn(">", |a: INT, b: FLOAT| a as FLOAT > b)
        .register_fn("<=", |a: INT, b: FLOAT| a as FLOAT <= b)
        .register_fn("<", |a: INT, b: FLOAT| (a as FLOAT) < b);
}

fn register_history(engine: &mut Engine) {
    engine.register_type_with_name::<Similar>("相似工单").register_type_with_name::<Learned>("学习所得");
    engine
        .register_get("similar", |t: &mut View| Similar(t.facts.clone()))
        .register_get("unit", |similar: &mut Similar| text(&similar.0.similar.unit))
        .register_get("score", |similar: &mut Similar| FLOAT::from(similar.0.similar.score) / 1_000.0)
        .register_get("count", |similar: &mut Similar| INT::from(similar.0.similar.count))
        .register_get("category", |similar: &mut Similar| text(&similar.0.similar.category))
        .register_get("learned", |t: &mut View| Learned(t.facts.clone()))
        .register_get("unit", |learned: &mut Learned| text(&learned.0.learned.unit))
        .register_get("confidence", |learned: &mut Learned| FLOAT::from(learned.0.learned.confidence) / 1_000.0)
        .register_get("sure", |learned: &mut Learned| learned.0.learned.sure)
        .register_get("nature", |learned: &mut Learned| text(&learned.0.learned.nature))
        .register_get("nature_confidence", |learned: &mut Learned| {
            FLOAT::from(learned.0.learned.nature_confidence) / 1_000.0
        });
}

fn register_request(engine: &mut Engine) {
    engine
        .register_get("text", |t: &mut View| t.text.clone())
        .register_get("words", |t: &mut View| words(&t.facts))
        .register_get("length", |t: &mut View| t.facts.text.chars().count() as INT)
        .register_get("channel", |t: &mut View| text(&t.facts.channel))
        .register_get("requester", |t: &mut View| text(&t.facts.requester))
        .register_get("section", |t: &mut View| text(&t.facts.section))
        .register_get("places", |t: &mut View| list(&t.facts.places))
        .register_get("place_unit", |t: &mut View| text(&t.facts.place_unit))
        .register_get("amount", |t: &mut View| t.facts.amounts.first().copied().unwrap_or(0))
        .register_get("amounts", |t: &mut View| -> Array {
            t.facts.amounts.iter().take(64).map(|&yuan| yuan.into()).collect()
        })
        .register_get("repeats", |t: &mut View| INT::from(t.facts.repeats))
        .register_get("repeat_open", |t: &mut View| INT::from(t.facts.repeat_open))
        .register_get("repeat_done", |t: &mut View| INT::from(t.facts.repeat_done))
        .register_get("same_matter", |t: &mut View| INT::from(t.facts.same_matter))
        .register_get("terminated", |t: &mut View| t.facts.terminated)
        .register_get("hour", |t: &mut View| INT::from(t.facts.hour))
        .register_get("workday", |t: &mut View| t.facts.workday)
        .register_get("mark", |t: &mut View| text(&t.facts.mark))
        .register_get("clock", |t: &mut View| text(&t.facts.clock))
        .register_get("flags", |t: &mut View| list(&t.facts.flags));
}

fn register_decided(engine: &mut Engine) {
    engine
        .register_get("nature", |t: &mut View| text(&t.so_far.nature))
        .register_get("category", |t: &mut View| text(&t.so_far.category))
        .register_get("topic", |t: &mut View| text(&t.so_far.topic))
        .register_get("urgency", |t: &mut View| text(&t.so_far.urgency))
        .register_get("impact", |t: &mut View| text(&t.so_far.impact))
        .register_get("skill", |t: &mut View| text(&t.so_far.skill))
        .register_get("lead", |t: &mut View| text(&t.so_far.lead))
        .register_get("special", |t: &mut View| {
            ImmutableString::from(match t.so_far.special {
                Special::None => "",
                Special::Special => "special",
                Special::SpecialUrgent => "special_urgent",
            })
        });
}

/// Whether a fact is present, as against 0, "" or [].
fn has(t: &mut View, name: &str) -> bool {
    let facts = &t.facts;
    match name {
        "amount" | "amounts" => !facts.amounts.is_empty(),
        "places" => !facts.places.is_empty(),
        "place_unit" => !facts.place_unit.is_empty(),
        "best" => !facts.best_entry.is_empty() || !facts.best_owner.is_empty(),
        "duty" => !facts.duty_unit.is_empty(),
        "similar" => !facts.similar.unit.is_empty(),
        "learned" => !facts.learned.unit.is_empty() || !facts.learned.nature.is_empty(),
        "section" => !facts.section.is_empty(),
        "mark" => !facts.mark.is_empty(),
        "clock" => !facts.clock.is_empty(),
        "flags" => !facts.flags.is_empty(),
        "repeats" => facts.repeats > 0,
        "repeat_open" => facts.repeat_open > 0,
        "repeat_done" => facts.repeat_done > 0,
        "same_matter" => facts.same_matter > 0,
        "terminated" => facts.terminated,
        "nature" => !t.so_far.nature.is_empty(),
        "category" => !t.so_far.category.is_empty(),
        "topic" => !t.so_far.topic.is_empty(),
        "skill" => !t.so_far.skill.is_empty(),
        "lead" => !t.so_far.lead.is_empty(),
        "special" => t.so_far.special != Special::None,
        _ => !facts.text.is_empty(),
    }
}

/// The texts of a script's list; anything else in it names nothing.
fn strings(list: &Array) -> Vec<ImmutableString> {
    list.iter().filter_map(|item| item.read_lock::<ImmutableString>().map(|text| text.clone())).collect()
}

fn text(value: &str) -> ImmutableString {
    value.into()
}

fn list(values: &[String]) -> Array {
    values.iter().take(200).map(|value| Dynamic::from(text(value))).collect()
}

/// The first 200 words: a script that looks further should say so with `any`.
fn words(facts: &Facts) -> Array {
    let starts = std::iter::once(0).chain(facts.cuts.iter().copied());
    starts
        .zip(&facts.cuts)
        .filter_map(|(start, &end)| facts.text.get(start as usize..end as usize))
        .filter(|word| !word.trim().is_empty())
        .take(200)
        .map(|word| Dynamic::from(text(word)))
        .collect()
}
