//! The release that a command looks at: one jurisdiction of a folder, whatever its cases say.

use std::sync::Arc;

use clap::Args;

use crate::app::Lab;
use crate::calendar::local_date;
use crate::cli::{Packs, input};
use crate::clock;
use crate::knowledge::Knowledge;
use crate::ticket::{Request, Requester};
use crate::triage::{Decision, History, Probe, Release, Snapshot, triage};

/// Which release.
#[derive(Args)]
pub(super) struct Draft {
    /// 辖区 · jurisdiction
    #[arg(long, short, default_value = "longhua")]
    pub(super) jurisdiction: String,
    #[command(flatten)]
    packs: Packs,
}

/// The request to decide.
#[derive(Args)]
pub(super) struct Given {
    /// 标题 · title
    #[arg(long, default_value = "")]
    title: String,
    /// 渠道 · channel
    #[arg(long, default_value = "")]
    channel: String,
    /// 来件人类别 · kind of requester
    #[arg(long, default_value = "")]
    requester: String,
    /// 栏目 · section
    #[arg(long, default_value = "")]
    section: String,
}

/// A release with its entries.
pub(super) struct Loaded {
    pub(super) release: Arc<Release>,
    pub(super) knowledge: Knowledge,
    pub(super) snapshot: Snapshot,
}

impl Draft {
    pub(super) fn load(&self) -> anyhow::Result<Loaded> {
        let pack = self.packs.source()?.read()?;
        let mut lab = Lab::new(&self.jurisdiction);
        let release = lab.draft(&pack)?;
        let knowledge = lab.entries(&pack, &release, local_date(clock::now()))?;
        let snapshot = lab.snapshot(release.clone(), knowledge.clone());
        Ok(Loaded { release, knowledge, snapshot })
    }
}

impl Given {
    /// Decides `text` (itself, `-`, or a file); the text as it was sent comes along.
    pub(super) fn decide(&self, loaded: &Loaded, text: &str) -> anyhow::Result<(Decision, String)> {
        let request = Request {
            jurisdiction: loaded.release.jurisdiction.clone(),
            title: self.title.clone(),
            text: input::read(text)?,
            channel: self.channel.clone(),
            section: self.section.clone(),
            requester: Requester { kind: self.requester.clone(), ..Requester::default() },
            ..Request::default()
        };
        let (decision, analysis, _) = triage(&loaded.snapshot, &request, &History::default(), clock::now(), Probe::Off);
        Ok((decision, analysis.raw))
    }
}
