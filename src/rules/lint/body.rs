//! What stands in the functions of a rule: words looked for by hand, guards that never hold, facts that are not there yet.

use super::Report;
use super::conditions::{help_of, undecided};
use crate::diagnostic::Code;
use crate::rules::rule::Rule;

/// Facts that some phases do not have.
const LATE: [&str; 11] =
    ["nature", "category", "topic", "urgency", "impact", "skill", "lead", "special", "mark", "clock", "flags"];

pub(super) fn check(rule: &Rule, report: &mut Report<'_>) {
    if !rule.has_functions() {
        return;
    }
    let body = report.places.body(rule);
    if let Some(place) = body.never {
        let message = "when 永远是 false，这条规则永远不会命中";
        let help = "写上真正的条件；暂时不用的规则用 off(\"编号\", \"理由\"); 停用";
        report.say_at(rule, Code::NeverTrue, place, message, help);
    }
    for (fact, place) in body.reads.iter().filter(|(fact, _)| LATE.contains(&fact.as_str())) {
        if undecided(rule.verb, fact) {
            let message = format!("t.{fact} 在 {} 阶段总是空的", rule.verb.name());
            report.say_at(rule, Code::Undecided, *place, &message, help_of(fact));
        }
    }
    // Words within a sentence cannot speak of the whole text.
    if let Some((word, place)) = body.contains.first().filter(|_| !rule.within_sentence) {
        let message = format!("在函数里找“{word}”，每次都要运行脚本");
        let help = "写成词语条件：要出现的写进 any 或 all，不能出现的写进 unless；又快，又能在结果里标出来";
        report.say_at(rule, Code::ContainsInBody, *place, &message, help);
    }
}
