//! `paidan eval …`: how good choices, answers and abstentions are on labelled texts. Same files, same figures, byte for
//! byte; only `--times` asks the clock.

mod abstain;
mod answer;
mod choose;
mod rows;
mod show;
mod times;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::Packs;
use crate::app::World;
use crate::calendar::local_date;
use crate::clock;
use crate::text::{Analysis, Gazetteer, Lexicon, analyse};
use crate::triage::{Release, Snapshot};

#[derive(Subcommand)]
pub(super) enum Eval {
    /// 从有标注的文字学派单，再拿另一份来考 · learn units from labelled texts, judge others
    Route(choose::Route),
    /// 分类：不给 --train 就考现行的 classify 规则 · natures, by the rules or by what was learnt
    Classify(choose::Classify),
    /// 知识库能不能找对条目 · whether the right entry is found
    Answer(answer::Answer),
    /// 没有答案时会不会不答 · whether it keeps quiet when nothing fits
    Abstain(abstain::Abstain),
}

impl Eval {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Route(command) => command.run(),
            Self::Classify(command) => command.run(),
            Self::Answer(command) => command.run(),
            Self::Abstain(command) => command.run(),
        }
    }
}

/// What every measurement is told.
#[derive(Args)]
struct Setting {
    /// 考题，每行一条 JSON，可以给几份 · JSON lines to be judged; may be given several times
    #[arg(long, value_name = "FILE", required = true)]
    test: Vec<PathBuf>,
    /// 辖区：用它的词典和规则 · whose dictionaries and rules to use
    #[arg(long, short, default_value = "longhua")]
    jurisdiction: String,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    /// 加上耗时和最慢的几条（每次都不一样）· add times and the slowest texts, which differ from run to run
    #[arg(long)]
    times: bool,
    #[command(flatten)]
    packs: Packs,
}

/// A release to read and judge by.
struct Ground {
    snapshot: Snapshot,
    release: Arc<Release>,
}

impl Setting {
    fn ground(&self) -> anyhow::Result<Ground> {
        let world = World::load(&self.packs.source()?, local_date(clock::now()))?;
        let Some(release) = world.snapshot.release(&self.jurisdiction).cloned() else {
            let known: Vec<&str> = world.snapshot.releases.keys().map(String::as_str).collect();
            bail!("辖区“{}”没有可用的规则；有：{}", self.jurisdiction, known.join("、"));
        };
        Ok(Ground { snapshot: world.snapshot, release })
    }

    fn rows(&self) -> anyhow::Result<Vec<rows::Row>> {
        let read: Vec<Vec<rows::Row>> = self.test.iter().map(|file| rows::read(file)).collect::<anyhow::Result<_>>()?;
        let all = read.concat();
        if all.is_empty() {
            bail!("考题文件里一条也没有");
        }
        Ok(all)
    }
}

impl Ground {
    fn lexicon(&self) -> &Lexicon {
        &self.release.lexicon
    }

    fn read(&self, text: &str) -> Analysis {
        analyse(self.lexicon(), &Gazetteer::default(), text)
    }
}

/// A label that a row must have for this measurement.
fn label(row: &rows::Row) -> anyhow::Result<String> {
    row.label.clone().with_context(|| format!("{} 没有 label", row.place))
}
