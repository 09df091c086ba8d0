//! Which rules spoke in a decision.

use super::{Decision, Obstacle};

impl Decision {
    /// Ids of all rules that said something.
    pub fn fired_rules(&self) -> Vec<&str> {
        let votes = self.axes.values().flat_map(|ruling| &ruling.votes).chain(&self.lead.votes).chain(&self.warnings);
        let remarks = self
            .specials
            .iter()
            .chain(&self.side_remarks)
            .chain(self.refusals.iter().flat_map(|refusal| &refusal.said_by));
        let asked = self.obstacles.iter().filter_map(|obstacle| match obstacle {
            Obstacle::RuleAskedForPerson { rule, .. } => Some(rule.as_str()),
            _ => None,
        });
        let mut ids: Vec<&str> =
            votes.map(|vote| vote.rule.as_str()).chain(remarks.map(|it| it.rule.as_str())).chain(asked).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
