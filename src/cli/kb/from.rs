//! Which knowledge a command asks: that of a folder, of a running service, or of a stopped store.

use anyhow::bail;
use clap::Args;
use serde_json::Value;

use crate::app::World;
use crate::calendar::local_date;
use crate::cli::desk::Desk;
use crate::clock;
use crate::diagnostic::nearest;
use crate::knowledge::{Asking, Knowledge};
use crate::packs::Pack;

#[derive(Args)]
pub(super) struct From {
    #[command(flatten)]
    pub(super) desk: Desk,
    /// 输出 JSON · print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl From {
    /// Whether the service or its store is asked: always, unless a folder is named. A score that differs between test and
    /// live helps nobody.
    pub(super) fn is_live(&self) -> bool {
        self.desk.packs.packs.is_none() || self.desk.is_store()
    }

    /// What the API says; `None`: a folder is asked.
    pub(super) fn api(&self, path: &str, wish: &Value) -> anyhow::Result<Option<Value>> {
        if self.is_live() { self.desk.with(|open| open.post(path, wish)).map(Some) } else { Ok(None) }
    }

    /// Asks the entries of a folder as a triage does.
    pub(super) fn folder<T>(&self, ask: impl FnOnce(&Knowledge, &Asking<'_>) -> T) -> anyhow::Result<T> {
        let (today, jurisdiction) = (local_date(clock::now()), &self.desk.jurisdiction);
        let world = World::load(&self.desk.packs.source()?, today)?;
        let Some(Some(release)) = world.snapshot.releases.get(jurisdiction) else {
            let known = world.snapshot.releases.keys().map(String::as_str);
            bail!("没有辖区“{jurisdiction}”，或它的规则有误；{}", nearest(jurisdiction, known));
        };
        let asking = Asking {
            jurisdiction,
            lexicon: &release.lexicon,
            gazetteer: &release.gazetteer,
            today,
            threshold: release.answer_threshold(),
            review: release.review_terms(),
        };
        Ok(ask(world.snapshot.knowledge(jurisdiction), &asking))
    }

    /// The files of the folder.
    pub(super) fn pack(&self) -> anyhow::Result<Pack> {
        self.desk.packs.source()?.read()
    }
}
