//! `paidan reindex`: builds the knowledge index from the store anew, and says what it holds.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;

use super::{Packs, output};
use crate::app::Loader;
use crate::clock;
use crate::releases::Policy;
use crate::store::{Options, Store};

#[derive(Args)]
pub(super) struct Reindex {
    /// 数据目录；服务须已停止 · folder of the store; the service must be stopped
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    packs: Packs,
}

/// What was built.
#[derive(Serialize)]
struct Built {
    jurisdiction: String,
    entries: usize,
    version: String,
    lexicon: String,
}

impl Reindex {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let progress = ProgressBar::new_spinner().with_message("重建知识索引 · building the index");
        progress.enable_steady_tick(std::time::Duration::from_millis(100));
        std::fs::create_dir_all(&self.data).with_context(|| format!("making {}", self.data.display()))?;
        let store = Store::open(&self.data, &Options::default())?;
        let start = clock::monotonic_ns();
        let (_loader, live) = Loader::start(self.packs.source()?, store.clone(), Policy::default(), clock::now())?;
        let seconds = (clock::monotonic_ns() - start) as f64 / 1e9;
        progress.finish_and_clear();
        let snapshot = live.snapshot();
        for jurisdiction in snapshot.releases.keys() {
            let built = Built {
                jurisdiction: jurisdiction.clone(),
                entries: snapshot.knowledge(jurisdiction).len(jurisdiction),
                version: snapshot.knowledge(jurisdiction).version().to_owned(),
                lexicon: snapshot.lexicon(jurisdiction).digest().short().to_owned(),
            };
            if self.json {
                output::json(&built)?;
            } else {
                output::line(format!(
                    "{}：{} 条，版本 {}，词表 {}",
                    built.jurisdiction, built.entries, built.version, built.lexicon
                ))?;
            }
        }
        if !self.json {
            output::line(format!("用时 {seconds:.2} 秒"))?;
        }
        let wrong = live.reports.load().entries.clone();
        wrong.iter().try_for_each(|problem| output::line(problem.render()))?;
        store.close();
        Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}
