//! Votes → ranking. Per candidate and group only the strongest vote for and the strongest against count; groups add up.

use std::collections::BTreeMap;

use crate::triage::{Candidate, Ruling, Vote};

/// A vote with the group it belongs to.
pub struct Evidence {
    pub group: String,
    pub vote: Vote,
}

/// The counted votes of one question.
#[derive(Debug, Default)]
pub struct Tally {
    pub ranking: Vec<Candidate>,
    /// In the order given, `counted` filled in.
    pub votes: Vec<Vote>,
}

/// Counts. Ranking: strongest first, ties by name. Votes without weight that are no veto count as zero.
pub fn tally(evidence: Vec<Evidence>) -> Tally {
    let mut strongest: BTreeMap<(&str, &str, bool), usize> = BTreeMap::new();
    for (idx, it) in evidence.iter().enumerate().filter(|(_, it)| !it.vote.veto) {
        let key = (it.vote.candidate.as_str(), it.group.as_str(), it.vote.weight < 0);
        let best = strongest.entry(key).or_insert(idx);
        if it.vote.weight.abs() > evidence[*best].vote.weight.abs() {
            *best = idx;
        }
    }
    let mut counted = vec![false; evidence.len()];
    let mut sums: BTreeMap<String, Candidate> = BTreeMap::new();
    for it in &evidence {
        let name = &it.vote.candidate;
        let candidate =
            sums.entry(name.clone()).or_insert_with(|| Candidate { name: name.clone(), weight: 0, vetoed: false });
        candidate.vetoed |= it.vote.veto;
    }
    for &idx in strongest.values() {
        counted[idx] = true;
        if let Some(candidate) = sums.get_mut(&evidence[idx].vote.candidate) {
            candidate.weight += evidence[idx].vote.weight;
        }
    }
    let mut ranking: Vec<Candidate> = sums.into_values().collect();
    ranking.sort_by(|a, b| b.weight.cmp(&a.weight).then_with(|| a.name.cmp(&b.name)));
    let votes = evidence
        .into_iter()
        .zip(counted)
        .map(|(it, counted)| Vote { counted: counted || it.vote.veto, ..it.vote })
        .collect();
    Tally { ranking, votes }
}

impl Tally {
    /// The top candidate if it reaches `least` and stands alone at the top.
    pub fn winner(&self, least: i32) -> Option<&Candidate> {
        let first = self.ranking.first().filter(|first| first.weight >= least && !first.vetoed)?;
        let alone = self.ranking.get(1).is_none_or(|second| second.weight < first.weight);
        alone.then_some(first)
    }

    pub fn into_ruling(self, value: String) -> Ruling {
        Ruling { value, ranking: self.ranking, votes: self.votes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(group: &str, candidate: &str, weight: i32) -> Evidence {
        let vote = Vote {
            rule: group.into(),
            file: String::new(),
            line: 1,
            candidate: candidate.into(),
            weight,
            veto: false,
            counted: false,
            hits: vec![],
            why: String::new(),
            basis: String::new(),
        };
        Evidence { group: group.into(), vote }
    }

    #[test]
    fn a_group_speaks_once_for_and_once_against() {
        let counted = tally(vec![
            evidence("market.price", "甲", 3_000),
            evidence("market.price", "甲", 5_000),
            evidence("market.price", "甲", -1_000),
            evidence("food.safety", "甲", 2_000),
            evidence("food.safety", "乙", 4_000),
        ]);
        assert_eq!(counted.ranking.iter().map(|it| it.weight).collect::<Vec<_>>(), [6_000, 4_000]);
        assert_eq!(counted.votes.iter().map(|it| it.counted).collect::<Vec<_>>(), [false, true, true, true, true]);
    }

    #[test]
    fn a_tie_has_no_winner() {
        let counted = tally(vec![evidence("a.b", "甲", 3_000), evidence("c.d", "乙", 3_000)]);
        assert!(counted.winner(1_000).is_none());
    }
}
