//! Conditions that cannot hold: facts that are not there yet, values that exclude each other, days that have passed.

use std::sync::Arc;

use chrono::NaiveDate;

use super::{Report, key};
use crate::diagnostic::Code;
use crate::rules::outcome::Outcome;
use crate::rules::rule::{Names, Rule, Then, Verb};
use crate::rules::scan::Step;

pub(super) fn check(rule: &Rule, all: &[Arc<Rule>], names: &Names, today: Option<NaiveDate>, report: &mut Report<'_>) {
    for facet in rule.facets.keys().filter(|facet| undecided(rule.verb, facet)) {
        let message = format!("限定项 {facet} 在 {} 阶段还没有定下来，这条规则永远不会命中", rule.verb.name());
        report.say(rule, Code::Undecided, &[key(facet), Step::Name], &message, help_of(facet));
    }
    excluded(rule, all, names, report);
    if let Some((_, until)) = rule.valid
        && today.is_some_and(|today| until < today)
    {
        let message = format!("有效期到 {until} 为止，已经过了");
        let help = "不再需要的规则可以删去；仍然要用的改 valid";
        report.say(rule, Code::Expired, &[key("valid"), Step::Item(1)], &message, help);
    }
}

/// Whether a fact is always empty while the rules of a verb are asked.
pub(super) fn undecided(verb: Verb, fact: &str) -> bool {
    match fact {
        "nature" | "category" | "topic" | "urgency" | "impact" | "skill" => {
            matches!(verb, Verb::Admit | Verb::Classify)
        }
        "lead" => verb != Verb::Warn,
        "special" => verb == Verb::Admit,
        "mark" | "clock" | "flags" => verb != Verb::Warn,
        _ => false,
    }
}

pub(super) fn help_of(fact: &str) -> &'static str {
    match fact {
        "mark" | "clock" | "flags" => "计时到点只有 warn 规则看得到：改用 warn，或删去这一项",
        "lead" => "主责在 route 之后才定：放到 warn 里，或删去这一项",
        "special" => "特殊事项在 admit 之后才定：放到 classify、route 或 warn 里，或删去这一项",
        _ => "性质、类别、主题等在 classify 之后才定：放到 route 或 warn 里，或删去这一项",
    }
}

/// A nature and a category that the regulation never puts together, and no rule either.
fn excluded(rule: &Rule, all: &[Arc<Rule>], names: &Names, report: &mut Report<'_>) {
    let (Some(natures), Some(categories)) = (rule.facets.get("nature"), rule.facets.get("category")) else { return };
    let regulation = &names.regulation;
    let mapped = natures.iter().any(|nature| categories.iter().any(|it| regulation.category_of(nature) == it));
    if mapped || all.iter().any(|rule| may_vote_category(rule)) {
        return;
    }
    let shown = natures.first().map_or("", String::as_str);
    let message =
        format!("性质“{shown}”对应的类别是“{}”，与这里的 category 不会同时成立", regulation.category_of(shown));
    let help = "删去其中一项，或对照 regulation.toml 的 [category_of] 改正";
    report.say(rule, Code::NeverTrue, &[key("category")], &message, help);
}

fn may_vote_category(rule: &Rule) -> bool {
    match &rule.then {
        _ if rule.verb != Verb::Classify => false,
        Then::Computed(_) => true,
        Then::Fixed(Outcome::Classify { votes, .. }) => votes.iter().any(|(axis, _)| *axis == "category"),
        Then::Fixed(_) => false,
    }
}
