//! Whether the best match is sure enough to be told to the requester without a person looking.

use chrono::NaiveDate;

use super::state::Knowledge;
use crate::regulation::ReviewTerms;
use crate::triage::{Answer, Match, Thousandths};

/// Why the knowledge base does not answer. Shown to officials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Abstain {
    #[error("诉求性质为「{nature}」，只有咨询可以自动答复")]
    NotConsultation { nature: String },
    #[error("知识库中没有相关条目")]
    NoMatch,
    #[error("最接近的条目「{best}」可信度 {confidence}‰，低于门槛 {needed}‰")]
    TooUnsure { best: String, confidence: Thousandths, needed: Thousandths },
    #[error("条目「{entry}」已过复核期限（{due}），不再自动答复；请责任单位“{owner}”复核")]
    Overdue { entry: String, owner: String, due: NaiveDate },
    #[error("条目「{entry}」已不在知识库中")]
    Gone { entry: String },
}

/// The only nature that is answered automatically.
const CONSULTATION: &str = "咨询";

impl Knowledge {
    /// The answer of the first match, with its source, owner and date.
    ///
    /// # Errors
    /// Why there is none: the request is no 咨询, nothing matches, the best match is below `threshold`
    /// (thousandths), or its owner should have looked at it again before `today`.
    pub fn answer(
        &self,
        jurisdiction: &str,
        nature: &str,
        matches: &[Match],
        threshold: Thousandths,
        terms: ReviewTerms,
        today: NaiveDate,
    ) -> Result<Answer, Abstain> {
        if nature != CONSULTATION {
            return Err(Abstain::NotConsultation { nature: nature.to_owned() });
        }
        let best = matches.first().ok_or(Abstain::NoMatch)?;
        if best.confidence < threshold {
            let (confidence, best) = (best.confidence, best.entry.clone());
            return Err(Abstain::TooUnsure { best, confidence, needed: threshold });
        }
        let gone = || Abstain::Gone { entry: best.entry.clone() };
        let published = self.find(jurisdiction, &best.entry).ok_or_else(gone)?;
        let entry = &published.entry;
        let due = published.due(terms);
        if due < today {
            return Err(Abstain::Overdue { entry: entry.id.clone(), owner: entry.owner.clone(), due });
        }
        Ok(Answer {
            entry: entry.id.clone(),
            text: entry.answer.clone(),
            basis: entry.basis.clone(),
            source: entry.source.clone(),
            owner: entry.owner.clone(),
            as_of: published.as_of.to_string(),
            related: self.related(published),
        })
    }
    /// Marks the matches whose entry is overdue: still shown, as sure as before, but not told by the machine.
    pub fn mark_overdue(&self, jurisdiction: &str, matches: &mut [Match], terms: ReviewTerms, today: NaiveDate) {
        for found in matches {
            let published = self.find(jurisdiction, &found.entry);
            found.overdue = published.is_some_and(|published| published.due(terms) < today);
        }
    }
}
