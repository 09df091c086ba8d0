//! `paidan rules backtest`: what another release would change.

mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use rayon::prelude::*;

use super::corpus::{self, Texts};
use crate::app::{Lab, deep_threads, over_store, stored_item};
use crate::backtest::{self as test, Item, Report, Side, Summary, drill};
use crate::calendar::local_date;
use crate::cli::output;
use crate::clock;
use crate::packs::Source;
use crate::store::Store;

#[derive(Args)]
pub(in crate::cli) struct Backtest {
    /// 旧的一套：目录，存储里版本的摘要（前几位即可），或 live · the old release: a folder, a digest, or `live`
    #[arg(long, value_name = "A", default_value = "live")]
    old: String,
    /// 新的一套：同上 · the new release
    #[arg(long, value_name = "B")]
    new: String,
    /// 存储的工单：all 或 2026-10-01..2026-11-20；或语料文件，每行一件 {"title","text","lead"} · stored tickets, or a corpus
    #[arg(long, value_name = "RANGE|FILE", default_value = "all")]
    tickets: String,
    /// 辖区 · jurisdiction
    #[arg(long, short, default_value = "longhua")]
    jurisdiction: String,
    /// 数据目录；服务须已停止 · folder of the store; the service must be stopped
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// 看一件的全部票：工单号，或语料的行号 · one item in full
    #[arg(long, value_name = "ID")]
    show: Option<String>,
    /// 最多列出几件有变化的 · changed items listed
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// 一律从原文重新分析 · analyse texts anew even where stored facts would do
    #[arg(long)]
    from_text: bool,
    /// 线程数；缺省为核数 · threads
    #[arg(long, default_value_t = 0)]
    parallel: usize,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
}

/// Where the requests come from.
enum Tickets {
    Stored(Store, (chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>)),
    Given(Vec<Item>),
}

impl Backtest {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let texts = Texts::parse(&self.tickets)?;
        let named = |name: &String| !Path::new(name).join("rules").is_dir();
        let store = if matches!(texts, Texts::Days(..)) || named(&self.old) || named(&self.new) {
            Some(corpus::open(&self.data)?)
        } else {
            None
        };
        let backtest = self.backtest(store.as_ref(), matches!(texts, Texts::File(_)))?;
        let tickets = match (texts, &store) {
            (Texts::Days(from, until), Some(store)) => Tickets::Stored(store.clone(), (from, until)),
            (Texts::File(file), _) => {
                let lines = corpus::read(&file)?.into_iter();
                Tickets::Given(lines.map(|line| line.item(&backtest.new.release)).collect())
            }
            (Texts::Days(..), None) => bail!("没有打开存储"),
        };
        match &self.show {
            Some(id) => self.show_one(&backtest, &tickets, id)?,
            None => self.show_all(&backtest, tickets)?,
        }
        if let Some(store) = store {
            store.close();
        }
        Ok(ExitCode::SUCCESS)
    }

    fn backtest(&self, store: Option<&Store>, from_file: bool) -> anyhow::Result<test::Backtest> {
        let mut lab = Lab::new(&self.jurisdiction);
        let old = side(&mut lab, &self.old, store).context("--old")?;
        let new = side(&mut lab, &self.new, store).context("--new")?;
        let test = test::Backtest::new(Arc::new(old), Arc::new(new));
        Ok(match (from_file, self.from_text) {
            (true, _) => test.from_text("语料没有存下来的事实"),
            (false, true) => test.from_text("--from-text"),
            (false, false) => test,
        })
    }

    fn show_all(&self, backtest: &test::Backtest, tickets: Tickets) -> anyhow::Result<()> {
        let report = deep_threads(self.parallel)?.install(|| report(backtest, tickets))?;
        match self.json {
            true => output::json(&report.limited(self.limit))?,
            false => show::report(&report, self.limit)?,
        }
        Ok(())
    }

    fn show_one(&self, backtest: &test::Backtest, tickets: &Tickets, id: &str) -> anyhow::Result<()> {
        let stored;
        let item = match tickets {
            Tickets::Stored(store, _) => {
                stored = stored_item(store, &id.parse()?)?;
                &stored
            }
            Tickets::Given(items) => {
                items.iter().find(|item| item.id == id).with_context(|| format!("语料里没有“{id}”"))?
            }
        };
        let found = deep_threads(1)?.install(|| drill(backtest, item));
        match self.json {
            true => output::json(&found)?,
            false => show::one(&found)?,
        }
        Ok(())
    }
}

/// A release as it was named. Stored entries go before those of a folder, so that both sides know the same.
fn side(lab: &mut Lab, name: &str, store: Option<&Store>) -> anyhow::Result<Side> {
    let folder = Path::new(name);
    let pack = folder.join("rules").is_dir().then(|| Source::Folder(folder.to_owned()).read()).transpose()?;
    let release = match (&pack, store) {
        (Some(pack), _) => lab.draft(pack)?,
        (None, Some(store)) => lab.kept(store, name)?,
        (None, None) => bail!("{name} 里没有 rules 目录"),
    };
    let knowledge = match (store, &pack) {
        (Some(store), _) => lab.stored_entries(store, &release)?,
        (None, Some(pack)) => lab.entries(pack, &release, local_date(clock::now()))?,
        (None, None) => crate::knowledge::Knowledge::empty(),
    };
    Ok(Side { name: name.to_owned(), release, knowledge: Some(knowledge) })
}

fn report(backtest: &test::Backtest, tickets: Tickets) -> anyhow::Result<Report> {
    let progress = corpus::progress()?;
    let report = match tickets {
        Tickets::Stored(store, range) => over_store(backtest, &store, range, |done, total| {
            progress.set_length(total);
            progress.set_position(done);
        })?,
        Tickets::Given(items) => {
            progress.set_length(items.len() as u64);
            let judge = |item: &Item| {
                let judged = backtest.judge(item);
                progress.inc(1);
                judged
            };
            let mut summary = Summary::default();
            items.par_iter().map(judge).collect::<Vec<_>>().into_iter().for_each(|judged| summary.add(judged));
            summary.report(backtest)
        }
    };
    progress.finish_and_clear();
    Ok(report)
}
