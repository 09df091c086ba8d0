//! Which knowledge a command asks: a running service's, or that of a folder.

use anyhow::bail;
use clap::Args;
use serde_json::Value;

use crate::app::World;
use crate::calendar::local_date;
use crate::cli::Packs;
use crate::cli::client::Service;
use crate::clock;
use crate::diagnostic::nearest;
use crate::knowledge::{Asking, Knowledge};

#[derive(Args)]
pub(super) struct From {
    /// 辖区 · jurisdiction
    #[arg(long, short, default_value = "longhua")]
    pub(super) jurisdiction: String,
    /// 问运行中的服务（--server），不问目录里的条目 · ask the running service instead of a folder
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    pub(super) service: Service,
    #[command(flatten)]
    packs: Packs,
    /// 输出 JSON · print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl From {
    pub(super) fn is_live(&self) -> bool {
        self.live
    }

    /// What the service says; `None`: a folder is asked.
    pub(super) fn service(&self, path: &str, wish: &Value) -> anyhow::Result<Option<Value>> {
        if self.live { self.service.post(path, wish).map(Some) } else { Ok(None) }
    }

    /// Asks the entries of a folder as a triage does.
    pub(super) fn folder<T>(&self, ask: impl FnOnce(&Knowledge, &Asking<'_>) -> T) -> anyhow::Result<T> {
        let today = local_date(clock::now());
        let world = World::load(&self.packs.source()?, today)?;
        let Some(Some(release)) = world.snapshot.releases.get(&self.jurisdiction) else {
            let known = world.snapshot.releases.keys().map(String::as_str);
            bail!("没有辖区“{}”，或它的规则有误；{}", self.jurisdiction, nearest(&self.jurisdiction, known));
        };
        let asking = Asking {
            jurisdiction: &self.jurisdiction,
            lexicon: &release.lexicon,
            gazetteer: &release.gazetteer,
            today,
            threshold: release.answer_threshold(),
            review: release.review_terms(),
        };
        Ok(ask(world.snapshot.knowledge(&self.jurisdiction), &asking))
    }

    /// The files of the folder.
    pub(super) fn pack(&self) -> anyhow::Result<crate::packs::Pack> {
        self.packs.source()?.read()
    }
}
