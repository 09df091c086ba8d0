//! `paidan rules overlaps`: rules that get in each other's way.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use rayon::prelude::*;

use super::corpus;
use super::draft::{Draft, Loaded};
use crate::app::deep_threads;
use crate::backtest::{Item, Mode, Side};
use crate::cli::output;
use crate::insight::{self, Known, Overlap, Trouble};
use crate::triage::{Case, default_instant, run_case};

#[derive(Args)]
pub(in crate::cli) struct Overlaps {
    /// 语料，每行一件 {"title","text"}：优先用真实来件作例子 · corpus of JSON lines for real examples
    #[arg(long, value_name = "FILE")]
    corpus: Option<PathBuf>,
    /// 最多显示几对 · pairs shown
    #[arg(long, default_value_t = 30)]
    limit: usize,
    #[command(flatten)]
    draft: Draft,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
}

impl Overlaps {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let loaded = self.draft.load()?;
        let mut found = deep_threads(0)?.install(|| {
            let known = self.known(&loaded)?;
            anyhow::Ok(insight::overlaps(&loaded.release, &known, default_instant()))
        })?;
        let counts: Vec<(Trouble, usize)> = [Trouble::Tie, Trouble::Shadowed, Trouble::Conflict, Trouble::Redundant]
            .map(|trouble| (trouble, found.overlaps.iter().filter(|it| it.trouble == trouble).count()))
            .to_vec();
        found.overlaps.truncate(self.limit);
        if self.json {
            output::json(&found)?;
            return Ok(ExitCode::SUCCESS);
        }
        for it in &found.overlaps {
            show(it)?;
        }
        let counts: Vec<String> =
            counts.iter().map(|(trouble, count)| format!("{} {count} 对", title(*trouble))).collect();
        output::line(format!("{}；显示 {} 对", counts.join("，"), found.overlaps.len()))?;
        let (tried, apart, left_out) = (found.tried, found.apart, found.left_out);
        output::line(format!(
            "为 {tried} 对共有词语的规则造句试过，其中 {apart} 对合不到一起；还有 {left_out} 对没有试"
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    /// The cases, and the corpus.
    fn known(&self, loaded: &Loaded) -> anyhow::Result<Vec<Known>> {
        let release = &loaded.release;
        let side = Side { name: String::new(), release: Arc::clone(release), knowledge: None };
        let of_case = |case: &Case| Known {
            source: format!("{}:{}", case.file, case.line),
            request: case.request(release),
            decision: run_case(release, case).0,
        };
        let mut known: Vec<Known> = release.cases.par_iter().map(of_case).collect();
        if let Some(file) = &self.corpus {
            let items: Vec<Item> = corpus::read(file)?.into_iter().map(|line| line.item(release)).collect();
            let of_item = |item: Item| {
                let decision = side.decide(&item, Mode::Text).into_owned();
                Known { source: format!("{}:{}", file.display(), item.id), request: item.request, decision }
            };
            known.par_extend(items.into_par_iter().map(of_item));
        }
        Ok(known)
    }
}

fn title(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Tie => "分不出高下",
        Trouble::Shadowed => "永远被遮住",
        Trouble::Conflict => "结果不同",
        Trouble::Redundant => "重复",
    }
}

fn show(it: &Overlap) -> std::io::Result<()> {
    let texts = if it.texts > 0 { format!("，{} 件真实来件", it.texts) } else { String::new() };
    output::line(format!("{}（{}{texts}）", title(it.trouble), it.question))?;
    for voter in [&it.first, &it.second] {
        let votes = insight::votes(voter.weight);
        output::line(format!("    {} → {} {votes} 票  {}:{}", voter.rule, voter.candidate, voter.file, voter.line))?;
    }
    let witness = &it.witness;
    let source = if witness.source.is_empty() { "造句" } else { &witness.source };
    let text: String = witness.text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let value = if witness.value.is_empty() { "未定" } else { &witness.value };
    output::line(format!("    例（{source}）：{text}\n    这一件：{}，{value}", witness.outcome.in_words()))
}
