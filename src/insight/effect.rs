//! What each rule that fired did to a decision.

use std::collections::BTreeMap;

use crate::triage::{Decision, Obstacle, Ruling, Vote};

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
    let mut found = BTreeMap::new();
    for ruling in decision.axes.values().chain([&decision.lead]) {
        ruling.votes.iter().for_each(|vote| note(&mut found, &vote.rule, of_vote(vote, ruling)));
    }
    for vote in &decision.warnings {
        let highest = vote.candidate == crate::triage::level_name(decision.warning);
        note(&mut found, &vote.rule, if highest { Effect::Decided } else { Effect::Counted });
    }
    for remark in decision.specials.iter().chain(&decision.side_remarks) {
        note(&mut found, &remark.rule, Effect::Decided);
    }
    for refusal in &decision.refusals {
        let effect = if refusal.cancelled { Effect::Counted } else { Effect::Decided };
        refusal.said_by.iter().for_each(|remark| note(&mut found, &remark.rule, effect));
    }
    for obstacle in &decision.obstacles {
        if let Obstacle::RuleAskedForPerson { rule, .. } | Obstacle::Vetoed { rule, .. } = obstacle {
            note(&mut found, rule, Effect::Decided);
        }
    }
    found.remove(crate::triage::REQUESTER);
    found
}

fn of_vote(vote: &Vote, ruling: &Ruling) -> Effect {
    let against = vote.veto || vote.weight < 0;
    let wins = !ruling.value.is_empty() && vote.candidate == ruling.value;
    match (vote.counted, against) {
        (false, _) => Effect::Fired,
        (true, true) if !wins => Effect::Against,
        (true, false) if wins => Effect::Decided,
        _ => Effect::Counted,
    }
}

fn note<'a>(found: &mut BTreeMap<&'a str, Effect>, rule: &'a str, effect: Effect) {
    let known = found.entry(rule).or_insert(effect);
    *known = effect.max(*known);
}
