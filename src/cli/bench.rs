//! `paidan bench`: measures, compares with an earlier run.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Packs, output};
use crate::app::World;
use crate::bench::{Load, Report, Text, in_process, over_http, read_corpus};
use crate::calendar::local_date;
use crate::clock;

#[derive(Args)]
pub(super) struct Bench {
    /// 语料，每行一件 {"title","text"}；缺省用该辖区的用例 · corpus of JSON lines; the jurisdiction's cases when absent
    corpus: Option<PathBuf>,
    /// 辖区 · jurisdiction
    #[arg(long, short, default_value = "longhua")]
    jurisdiction: String,
    /// 对运行中的服务发送，例如 http://127.0.0.1:8717；缺省在进程内研判 · post to a running service
    #[arg(long, value_name = "URL")]
    http: Option<String>,
    /// 服务的令牌 · bearer token of the service
    #[arg(long)]
    token: Option<String>,
    /// 每秒几件；缺省全速 · requests a second; flat out when absent
    #[arg(long)]
    rate: Option<u32>,
    /// 共几件 · requests in all
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// 线程数或连接数；缺省为核数，HTTP 为 64 · threads or connections
    #[arg(long)]
    parallel: Option<usize>,
    /// 输出 JSON，可供以后比较 · print JSON
    #[arg(long)]
    json: bool,
    /// 与早先一次的 JSON 比较 · compare with the JSON of an earlier run
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    #[command(flatten)]
    packs: Packs,
}

impl Bench {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let earlier = self.compare.as_ref().map(read_report).transpose()?;
        let world = World::load(&self.packs.source()?, local_date(clock::now()))?;
        let corpus = match &self.corpus {
            Some(file) => read_corpus(file)?,
            None => cases(&world, &self.jurisdiction)?,
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let parallel = self.parallel.unwrap_or(if self.http.is_some() { 64 } else { cores }).max(1);
        let load =
            Load { jurisdiction: self.jurisdiction.clone(), corpus, count: self.count, rate: self.rate, parallel };
        let progress = progress(self.count)?;
        let report = match &self.http {
            None => in_process(&world.snapshot, &load, &progress)?,
            Some(base) => {
                drop(world);
                let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
                runtime.block_on(over_http(base, self.token.as_deref(), load, &progress))?
            }
        };
        progress.finish_and_clear();
        if self.json {
            output::json(&report)?
        } else {
            output::line(report.render(earlier.as_ref()))?
        }
        Ok(if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn read_report(file: &PathBuf) -> anyhow::Result<Report> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no report of this command", file.display()))
}

fn cases(world: &World, jurisdiction: &str) -> anyhow::Result<Vec<Text>> {
    let Some(Some(release)) = world.snapshot.releases.get(jurisdiction) else {
        bail!("no release of `{jurisdiction}`; name a corpus or see `paidan rules check`");
    };
    Ok(release.cases.iter().map(|case| Text { title: case.title.clone(), text: case.text.clone() }).collect())
}

fn progress(count: u64) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}")?;
    Ok(ProgressBar::new(count).with_style(style))
}
