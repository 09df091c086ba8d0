//! 自助查询: the same answers for everybody, and nothing that is not for everybody.

use super::guided::{AskWish, Reply};
use crate::app::{App, Error, Lane};
use crate::store::OpenQuestion;
use crate::text::mask_text;

/// Characters of a question that are kept as a gap.
const KEPT: usize = 200;

impl App {
    /// Answers out of entries in force that are sure enough. What is not answered is kept as a gap, masked.
    pub async fn ask_in_public(&self, wish: AskWish) -> Result<Reply, Error> {
        let (jurisdiction, text) = (wish.jurisdiction.clone(), wish.text.clone());
        let reply = self.reply(wish, Lane::Intake).await?;
        if let Reply::None(none) = &reply {
            let asked = OpenQuestion {
                at: (self.now)(),
                text: mask_text(&text).chars().take(KEPT).collect(),
                signature: none.signature.clone(),
                entry: none.entry.clone(),
                confidence: none.confidence,
                unit: none.unit.clone(),
            };
            let kept = self.read(move |store| store.keep_open_question(&jurisdiction, asked)).await?;
            if let Err(error) = kept {
                // The answer does not depend on it.
                tracing::warn!(%error, "a question from the open was not kept");
            }
        }
        Ok(reply)
    }
}
