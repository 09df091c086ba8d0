//! 情形导办: an entry that asks one question at a time before it answers. It remembers nothing: the asker sends what was
//! chosen so far.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entry::{Entry, check_text};
use super::member::Published;
use super::state::Knowledge;
use crate::text::normalise_word;

/// One question of a guide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What options name it by; the first step needs none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    pub ask: String,
    pub options: Vec<Choice>,
}

/// One way to answer the question. It leads to exactly one of: an answer, another entry, a later step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub text: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub entry: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub step: String,
}

const MOST_STEPS: usize = 20;
const LEAST_OPTIONS: usize = 2;
const MOST_OPTIONS: usize = 12;
/// Longest question and option, in characters.
const LONGEST_ASK: usize = 200;
const LONGEST_OPTION: usize = 60;
/// Longest answer of an option, in characters.
const LONGEST_ANSWER: usize = 4_000;
/// Choices that are followed.
pub const MOST_CHOICES: usize = 40;

/// Everything that is wrong with the guide of an entry, in Chinese.
pub(super) fn check(entry: &Entry, wrong: &mut Vec<String>) {
    let steps = &entry.guide;
    if steps.len() > MOST_STEPS {
        wrong.push(format!("情形导办 guide 超过 {MOST_STEPS} 步"));
    }
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    for (number, step) in (1..).zip(steps) {
        let place = format!("情形导办 guide 第 {number} 步");
        check_text(&format!("{place}的问题 ask"), &step.ask, LONGEST_ASK, true, wrong);
        if !(LEAST_OPTIONS..=MOST_OPTIONS).contains(&step.options.len()) {
            wrong.push(format!("{place}应有 {LEAST_OPTIONS} 到 {MOST_OPTIONS} 个选项 options"));
        }
        if number > 1 && !reached.contains(step.id.as_str()) {
            wrong.push(format!("{place}「{}」没有选项通到，选项用 step 写明它的 id", step.id));
        }
        if number > 1 && steps[..number - 1].iter().any(|other| other.id == step.id) {
            wrong.push(format!("{place}的 id「{}」与前面的重复", step.id));
        }
        let later: Vec<&str> = steps.iter().skip(number).map(|step| step.id.as_str()).collect();
        let mut texts = BTreeSet::new();
        for option in &step.options {
            let name = format!("{place}的选项「{}」", option.text);
            check_text(&name, &option.text, LONGEST_OPTION, true, wrong);
            check_text(&format!("{name}的答案 answer"), &option.answer, LONGEST_ANSWER, false, wrong);
            if !texts.insert(normalise_word(&option.text)) {
                wrong.push(format!("{name}重复"));
            }
            let ways =
                [&option.answer, &option.entry, &option.step].iter().filter(|way| !way.trim().is_empty()).count();
            if ways != 1 {
                wrong.push(format!("{name}应写 answer、entry、step 中的一个，现在写了 {ways} 个"));
            }
            if !option.step.is_empty() && !later.contains(&option.step.as_str()) {
                wrong.push(format!("{name}通向「{}」，后面没有这一步", option.step));
            }
            reached.insert(&option.step);
        }
    }
}

/// Where the choices lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guided<'a> {
    /// Another question first.
    Ask { entry: &'a Published, step: &'a Step },
    /// The end: the entry's own answer, or that of an option of it.
    Answer { entry: &'a Published, text: &'a str },
}

/// A choice that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Astray {
    #[error("第 {number} 个选择「{choice}」不是「{ask}」的选项，可选：{}", .options.join("、"))]
    Unknown { number: usize, choice: String, ask: String, options: Vec<String> },
    #[error("已经有答案，第 {number} 个选择「{choice}」起多余，请去掉")]
    TooMany { number: usize, choice: String },
    #[error("条目「{entry}」已不在知识库中或不在有效期内，请从头再问")]
    Gone { entry: String },
}

impl Knowledge {
    /// Follows the choices from an entry on: each is the text of an option, or its number from 1.
    ///
    /// # Errors
    /// A choice is no option, there are more than questions, or an entry is not in force.
    pub fn guided(
        &self,
        jurisdiction: &str,
        id: &str,
        choices: &[String],
        today: NaiveDate,
    ) -> Result<Guided<'_>, Astray> {
        let in_force = |id: &str| {
            let found = self.find(jurisdiction, id).filter(|it| it.entry.day_in_force(today) == Some(today));
            found.ok_or_else(|| Astray::Gone { entry: id.to_owned() })
        };
        let mut entry = in_force(id)?;
        let mut step = entry.entry.guide.first();
        let mut text = entry.entry.answer.as_str();
        for (number, choice) in (1..).zip(choices) {
            let Some(asked) = step else { return Err(Astray::TooMany { number, choice: choice.clone() }) };
            let chosen = asked.choose(choice).ok_or_else(|| Astray::Unknown {
                number,
                choice: choice.clone(),
                ask: asked.ask.clone(),
                options: asked.options.iter().map(|option| option.text.clone()).collect(),
            })?;
            if !chosen.entry.is_empty() {
                entry = in_force(&chosen.entry)?;
                (step, text) = (entry.entry.guide.first(), entry.entry.answer.as_str());
            } else if chosen.step.is_empty() {
                (step, text) = (None, chosen.answer.as_str());
            } else {
                step = entry.entry.guide.iter().find(|step| step.id == chosen.step);
            }
        }
        Ok(match step {
            Some(step) => Guided::Ask { entry, step },
            None => Guided::Answer { entry, text },
        })
    }
}

impl Step {
    fn choose(&self, choice: &str) -> Option<&Choice> {
        let wanted = normalise_word(choice.trim());
        let named = self.options.iter().find(|option| normalise_word(&option.text) == wanted);
        let number = || wanted.parse::<usize>().ok()?.checked_sub(1).and_then(|place| self.options.get(place));
        named.or_else(number)
    }
}
