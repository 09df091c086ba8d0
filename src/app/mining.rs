//! Rules out of history, over the API: found beside the service, written down as a draft that a person reads.

use std::collections::BTreeMap;

use super::decided::history_of;
use super::{App, DraftWish, Error};
use crate::access::Caller;
use crate::course::Target;
use crate::lesson::Given;
use crate::mining::{Mined, Wanted, mine};
use crate::releases::{Draft, Edits};
use crate::store::Store;

/// What is to be looked for.
pub struct MineWish {
    pub target: Target,
    /// `None`: the decided tickets of the store.
    pub lines: Option<Vec<Given>>,
    /// Labels of the history → names of the jurisdiction.
    pub map: BTreeMap<String, String>,
    pub wanted: Wanted,
}

impl App {
    /// Proposes rules. Where any were found they stand in a draft on what is live.
    pub async fn mine(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        wish: MineWish,
    ) -> Result<(Mined, Option<Draft>), Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let release = self.live.snapshot().release(&jurisdiction).cloned().ok_or(Error::NoRegulation)?;
        let look = move |store: &Store| -> Result<Mined, Error> {
            let MineWish { target, lines, map, wanted } = wish;
            let history = match lines {
                Some(lines) => lines,
                None => history_of(store, &release.jurisdiction)?,
            };
            mine(&release, &history, &map, target, wanted).map_err(|diagnostics| Error::RulesBroken { diagnostics })
        };
        let mined = self.read(look).await??;
        if mined.rules.is_empty() {
            return Ok((mined, None));
        }
        let edits: Edits = mined.files.iter().map(|(path, text)| (path.clone(), Some(text.clone()))).collect();
        let message = format!("历史工单统计出的 {} 条规则，请逐条看过", mined.rules.len());
        let wish = DraftWish { id: None, version: 0, message: Some(message), edits, whole: false };
        let draft = self.write_draft(caller, &jurisdiction, wish).await?;
        Ok((mined, Some(draft)))
    }
}
