//! What became of what a rule said.

use super::ballot::Ballot;
use super::reason::Standing;
use super::sight::Sight;
use crate::rules::{Outcome, Voice};
use crate::triage::Ruling;

impl Sight<'_> {
    pub(super) fn standing(&self, voice: &Voice<'_>) -> Standing {
        let decision = self.decision;
        match &*voice.outcome {
            Outcome::Classify { votes, .. } => {
                let rulings = votes.iter().filter_map(|(axis, _)| decision.axes.get(*axis));
                let all: Vec<Standing> = rulings.map(|ruling| self.in_ruling(&voice.rule.id, ruling)).collect();
                let decided = all.iter().find(|it| matches!(it, Standing::Decided { .. }));
                decided.or(all.first()).cloned().unwrap_or_else(|| heard("归类"))
            }
            Outcome::Route(route) if route.lead.is_empty() => heard("配合、跟进"),
            Outcome::Route(_) | Outcome::Not { .. } => self.in_ruling(&voice.rule.id, &decision.lead),
            Outcome::Refuse { code, .. } => {
                let cancelled = decision.refusals.iter().any(|refusal| refusal.code == *code && refusal.cancelled);
                if cancelled { Standing::Cancelled {} } else { heard("建议不予受理") }
            }
            Outcome::Warn { level, .. } if *level == decision.warning => heard("预警级别"),
            Outcome::Warn { level, .. } => Standing::Lost {
                candidate: level.in_words().to_owned(),
                winner: decision.warning.in_words().to_owned(),
                weight: 0,
                ahead: 0,
            },
            Outcome::SpecialUrgent { .. } | Outcome::Special { .. } => heard("特殊事项"),
            Outcome::Manual { .. } | Outcome::Silent => heard("转人工"),
        }
    }

    fn in_ruling(&self, rule: &str, ruling: &Ruling) -> Standing {
        let ballots = self.ballots(&ruling.votes);
        let Some(Ballot { vote, outvoted_by, .. }) = ballots.iter().find(|ballot| ballot.vote.rule == rule) else {
            return heard("");
        };
        if let Some(by) = outvoted_by {
            return Standing::Outvoted { by: by.clone() };
        }
        let against = vote.veto || vote.weight < 0;
        if (vote.candidate == ruling.value) != against {
            return Standing::Decided { value: ruling.value.clone() };
        }
        if ruling.value.is_empty() {
            let because = self.decision.obstacles.first().map(|it| it.in_words()).unwrap_or_default();
            return Standing::Open { candidate: vote.candidate.clone(), because };
        }
        let weight = |name: &str| ruling.ranking.iter().find(|it| it.name == name).map_or(0, |it| it.weight);
        let (own, best) = (weight(&vote.candidate), weight(&ruling.value));
        Standing::Lost {
            candidate: vote.candidate.clone(),
            winner: ruling.value.clone(),
            weight: own,
            ahead: best - own,
        }
    }
}

fn heard(what: &str) -> Standing {
    Standing::Heard { what: what.to_owned() }
}
