//! What is asked of the knowledge base beside tickets: hit tests, regression questions, gaps, guided and public answers.

mod campaigns;
mod gaps;
mod guided;
mod hit;
mod public;
mod regress;

pub use self::campaigns::CampaignWish;
pub use self::gaps::{GapLine, Gaps, GapsWish};
pub use self::guided::{AskWish, Replied, Reply};
pub use self::hit::HitWish;
pub use self::regress::Regressed;

use super::{App, Error, Lane, check};
use crate::calendar::local_date;
use crate::knowledge::{Asking, Knowledge};
use crate::text::Gazetteer;
use crate::triage::Snapshot;

/// A question is no story: bytes.
const LONGEST: usize = 64 * 1024;

impl App {
    /// Asks the knowledge of a jurisdiction as a triage does, on an evaluation thread.
    async fn asked<T: Send + 'static>(
        &self,
        jurisdiction: String,
        text: String,
        ask: impl FnOnce(&Knowledge, &Asking<'_>, &str) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let snapshot = self.live.snapshot();
        check::jurisdiction(&snapshot, &jurisdiction)?;
        if text.len() > LONGEST {
            return Err(Error::TextTooLarge { bytes: text.len(), most: LONGEST });
        }
        if text.trim().is_empty() {
            return Err(Error::field("text", "问题是空的，请填写来件人的原话"));
        }
        let today = local_date((self.now)());
        let ask = move || asking(&snapshot, &jurisdiction, today, |knowledge, asking| ask(knowledge, asking, &text));
        self.pool.run(Lane::Desk, ask).await
    }
}

/// The world of one jurisdiction as a triage sees it.
fn asking<T>(
    snapshot: &Snapshot,
    jurisdiction: &str,
    today: chrono::NaiveDate,
    ask: impl FnOnce(&Knowledge, &Asking<'_>) -> T,
) -> T {
    let release = snapshot.release(jurisdiction);
    let gazetteer = release.map_or_else(|| Gazetteer::default().into(), |release| release.gazetteer.clone());
    let asking = Asking {
        jurisdiction,
        lexicon: snapshot.lexicon(jurisdiction),
        gazetteer: &gazetteer,
        today,
        threshold: release.map_or(1_000, |release| release.answer_threshold()),
        review: release.map_or_else(Default::default, |release| release.review_terms()),
    };
    ask(snapshot.knowledge(jurisdiction), &asking)
}
