//! `paidan rules coverage`: which rules matter.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use rayon::prelude::*;

use super::corpus::{self, Texts};
use super::draft::{Draft, Loaded};
use crate::app::{deep_threads, each_stored};
use crate::backtest::{Item, Mode, Side};
use crate::cli::output;
use crate::insight::{self, Covered};
use crate::triage::{Case, run_case};

#[derive(Args)]
pub(in crate::cli) struct Coverage {
    /// 语料，每行一件 {"title","text"}；缺省用辖区的用例 · corpus of JSON lines; the cases when absent
    #[arg(long, value_name = "FILE", conflicts_with = "tickets")]
    corpus: Option<PathBuf>,
    /// 存储的工单：all 或 2026-10-01..2026-11-20 · stored tickets
    #[arg(long, value_name = "RANGE")]
    tickets: Option<String>,
    /// 数据目录；服务须已停止 · folder of the store; the service must be stopped
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    #[command(flatten)]
    draft: Draft,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
}

impl Coverage {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let loaded = self.draft.load()?;
        let counted = deep_threads(0)?.install(|| self.count(&loaded))?;
        let covered = counted.report(&loaded.release);
        match self.json {
            true => output::json(&covered)?,
            false => show(&covered)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn count(&self, loaded: &Loaded) -> anyhow::Result<insight::Coverage> {
        let (release, knowledge) = (loaded.release.clone(), Some(loaded.knowledge.clone()));
        let side = Side { name: String::new(), release: Arc::clone(&release), knowledge };
        let texts = match &self.corpus {
            Some(file) => Some(Texts::File(file.clone())),
            None => self.tickets.as_deref().map(Texts::parse).transpose()?,
        };
        match texts {
            Some(Texts::File(file)) => {
                let source = file.display().to_string();
                let items: Vec<Item> = corpus::read(&file)?.into_iter().map(|line| line.item(&release)).collect();
                Ok(sum(&items, |item, coverage| coverage.add(&source, &side.decide(item, Mode::Text))))
            }
            Some(Texts::Days(from, until)) => {
                let store = corpus::open(&self.data)?;
                let progress = corpus::progress()?;
                let decide = |item: Item| {
                    let mut one = insight::Coverage::default();
                    one.add("工单", &side.decide(&item, Mode::Facts));
                    one
                };
                let mut all = insight::Coverage::default();
                let take = |one: Option<insight::Coverage>| {
                    all = std::mem::take(&mut all).merge(one.unwrap_or_default());
                };
                each_stored(&store, (from, until), &release.jurisdiction, decide, take, |done, total| {
                    progress.set_length(total);
                    progress.set_position(done);
                })?;
                progress.finish_and_clear();
                store.close();
                Ok(all)
            }
            None => Ok(sum(&release.cases, |case: &Case, coverage| {
                coverage.add(&case.file, &run_case(&release, case).0);
            })),
        }
    }
}

fn sum<T: Sync>(items: &[T], add: impl Fn(&T, &mut insight::Coverage) + Sync) -> insight::Coverage {
    let each = items.par_iter().fold(insight::Coverage::default, |mut coverage, item| {
        add(item, &mut coverage);
        coverage
    });
    each.reduce(insight::Coverage::default, insight::Coverage::merge)
}

fn show(covered: &Covered) -> std::io::Result<()> {
    let Covered { texts, rules, fired, decided, .. } = covered;
    output::line(format!("{texts} 件来件，{rules} 条规则：{fired} 条命中过，{decided} 条起过作用"))?;
    for source in &covered.sources {
        let (texts, fired, decided) = (source.texts, source.fired, source.decided);
        output::line(format!("    {}  {texts} 件，命中 {fired} 条，起作用 {decided} 条", source.source))?;
    }
    for (title, rules) in [
        ("从不命中", &covered.never_fired),
        ("命中过，但从没起过作用", &covered.never_decided),
        ("总被同组更强的规则盖过", &covered.always_outvoted),
    ] {
        output::line(format!("{title}：{} 条", rules.len()))?;
        for rule in rules {
            let at = covered.each.iter().find(|it| it.rule == *rule);
            let place = at.map(|it| format!("{}:{}", it.file, it.line)).unwrap_or_default();
            output::line(format!("    {rule}  {place}"))?;
        }
    }
    Ok(())
}
