//! Which rules spoke in a decision, and whose word counted.

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

    /// Ids of the rules whose word counted for what was decided: votes for a winner that counted, warnings of the colour
    /// that was chosen, remarks that took effect.
    pub fn deciding_rules(&self) -> Vec<&str> {
        let rulings = self.axes.values().chain([&self.lead]);
        let votes = rulings.flat_map(|ruling| {
            let counted = ruling.votes.iter().filter(|vote| vote.counted && !ruling.value.is_empty());
            counted.filter(|vote| vote.candidate == ruling.value && vote.weight > 0)
        });
        let vetoes = self.obstacles.iter().filter_map(|obstacle| match obstacle {
            Obstacle::Vetoed { rule, .. } | Obstacle::RuleAskedForPerson { rule, .. } => Some(rule.as_str()),
            _ => None,
        });
        let colour = super::decide::level_name(self.warning);
        let warnings = self.warnings.iter().filter(|vote| vote.candidate == colour);
        let refusals = self.refusals.iter().filter(|refusal| !refusal.cancelled).flat_map(|refusal| &refusal.said_by);
        let remarks = self.specials.iter().chain(&self.side_remarks).chain(refusals).map(|remark| remark.rule.as_str());
        let votes = votes.chain(warnings).map(|vote| vote.rule.as_str());
        let mut ids: Vec<&str> = votes.chain(vetoes).chain(remarks).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
