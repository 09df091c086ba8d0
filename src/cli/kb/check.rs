//! `paidan kb check FILE…`: files of entries, without any store or service.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::output;
use crate::diagnostic::Diagnostic;
use crate::editorial::exchange::Format;
use crate::packs::read_entries;

#[derive(Args)]
pub(in crate::cli) struct Check {
    /// 文件：.toml、.csv、.xlsx 或 .jsonl · files of entries
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut wrong: Vec<Diagnostic> = Vec::new();
        let mut first: BTreeMap<String, String> = BTreeMap::new();
        let mut entries = 0;
        for file in &self.files {
            let name = file.display().to_string();
            let Some(format) = Format::of_file(&name) else {
                bail!("只认得 .toml、.csv、.xlsx 和 .jsonl：{name}")
            };
            let bytes = fs::read(file).with_context(|| format!("读不了 {name}"))?;
            match read_entries(format, &name, bytes) {
                Ok(placed) => {
                    entries += placed.len();
                    for it in placed {
                        let place = format!("{name} 第 {} 行", it.line);
                        if let Some(earlier) = first.insert(it.entry.id.clone(), place) {
                            let message = format!("编号「{}」在 {earlier} 用过", it.entry.id);
                            wrong.push(Diagnostic::error(&name, it.line, message).help("一个编号只能出现一次"));
                        }
                    }
                }
                Err(problems) => wrong.extend(problems),
            }
        }
        wrong.iter().try_for_each(|problem| output::line(problem.render()))?;
        if wrong.is_empty() {
            output::line(format!("{entries} 条，没有问题"))?;
            return Ok(ExitCode::SUCCESS);
        }
        output::line(format!("{} 处要改", wrong.len()))?;
        Ok(ExitCode::from(1))
    }
}
