//! 命中测试, and the ones that were kept.

use crate::access::{Caller, Operation};
use crate::app::{App, Error, meant};
use crate::knowledge::Explained;
use crate::store::{HITS, HitTest};
use crate::text::mask_text;

/// A text to be tried.
pub struct HitWish {
    pub jurisdiction: String,
    pub text: String,
    pub limit: usize,
    /// Keep it for later.
    pub keep: bool,
}

/// Characters of a text that are kept.
const KEPT: usize = 500;

impl App {
    /// Asks exactly as a triage does, and says why it comes out so.
    pub async fn hit_test(&self, caller: &Caller, wish: HitWish) -> Result<Explained, Error> {
        let HitWish { jurisdiction, text, limit, keep } = wish;
        let jurisdiction = meant(caller, &jurisdiction)?;
        let asked = self.asked(jurisdiction.clone(), text.clone(), move |knowledge, asking, text| {
            knowledge.explain(asking, text, limit)
        });
        let explained = asked.await?;
        if keep {
            let best = explained.matches.first().map(|best| &best.found);
            let hit = HitTest {
                number: 0,
                at: (self.now)(),
                person: caller.person.clone(),
                text: mask_text(&text).chars().take(KEPT).collect(),
                entry: best.map(|best| best.entry.clone()).unwrap_or_default(),
                confidence: best.map_or(0, |best| best.confidence),
                threshold: explained.threshold,
                answered: explained.answer.is_some(),
                why_not: explained.why_not.clone(),
                knowledge: explained.knowledge.clone(),
            };
            let actor = caller.actor(Operation::TendKnowledge);
            self.read(move |store| store.keep_hit(&jurisdiction, hit, actor)).await??;
        }
        Ok(explained)
    }

    /// The kept ones, newest first.
    pub async fn hit_tests(&self, caller: &Caller, jurisdiction: &str, limit: usize) -> Result<Vec<HitTest>, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let limit = limit.min(usize::try_from(HITS).unwrap_or(usize::MAX));
        Ok(self.read(move |store| store.hits(&jurisdiction, limit)).await??)
    }
}
