//! What each rule that fired did to a decision.

use std::collections::BTreeMap;

use crate::triage::Decision;

/// Rising: who decided also counted, who counted also fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Fired,
    /// A vote of it was counted, or a remark of it stands.
    Counted,
    /// It counted against somebody who then did not win.
    Against,
    /// It counted for the winner; or what it remarked took effect.
    Decided,
}

/// The rules that fired, each with the most it did. What the requester chose is no rule.
pub fn effects(decision: &Decision) -> BTreeMap<&str, Effect> {
    let remarks = decision.refusals.iter().flat_map(|refusal| &refusal.said_by).map(|remark| remark.rule.as_str());
    let colours = decision.warnings.iter().map(|vote| vote.rule.as_str());
    let votes = decision.axes.values().chain([&decision.lead]).flat_map(|ruling| {
        let counted = ruling.votes.iter().filter(|vote| vote.counted);
        counted.map(|vote| {
            let against = (vote.veto || vote.weight < 0) && vote.candidate != ruling.value;
            (vote.rule.as_str(), if against { Effect::Against } else { Effect::Counted })
        })
    });
    let mut found: BTreeMap<&str, Effect> =
        decision.fired_rules().into_iter().map(|rule| (rule, Effect::Fired)).collect();
    let decided = decision.deciding_rules().into_iter().map(|rule| (rule, Effect::Decided));
    for (rule, effect) in votes.chain(remarks.chain(colours).map(|rule| (rule, Effect::Counted))).chain(decided) {
        let known = found.entry(rule).or_insert(effect);
        *known = effect.max(*known);
    }
    found.retain(|rule, _| *rule != crate::triage::REQUESTER);
    found
}
