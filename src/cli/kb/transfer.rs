//! `paidan kb import`, `paidan kb export`: between files and entries.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use super::show::{changes, text};
use crate::cli::desk::Desk;
use crate::cli::output;
use crate::editorial::exchange::{Fate, Format};

#[derive(Args)]
pub(in crate::cli) struct Import {
    /// 文件：.toml、.csv、.xlsx 或 .jsonl · a file of entries
    file: PathBuf,
    /// 把新增和改动写成草稿；不写只说明会改什么 · make drafts; else only say what would change
    #[arg(long)]
    apply: bool,
    /// 写成草稿后一并提交审核 · submit the drafts for review
    #[arg(long, requires = "apply")]
    submit: bool,
    /// 冲突的也按文件来：会盖掉别人后来的改动 · also what would undo what people did since
    #[arg(long)]
    overwrite: bool,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: Desk,
}

impl Import {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let format = format_of(&self.file)?;
        let bytes = fs::read(&self.file).with_context(|| format!("读不了 {}", self.file.display()))?;
        let name = self.file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let flag = |on| if on { "true" } else { "" };
        let query = [
            ("format", format.ending()),
            ("file", name),
            ("apply", flag(self.apply)),
            ("submit", flag(self.submit)),
            ("overwrite", flag(self.overwrite)),
        ];
        let report = self.desk.with(|open| open.send(&self.desk.path("import", &query), bytes))?;
        if self.json {
            output::json(&report)?;
        } else {
            self.print(&report)?;
        }
        let left = report["conflicts"].as_u64().unwrap_or_default() > 0 && !self.overwrite;
        Ok(if left { ExitCode::from(1) } else { ExitCode::SUCCESS })
    }

    fn print(&self, report: &Value) -> anyhow::Result<()> {
        for planned in report["entries"].as_array().into_iter().flatten() {
            let fate: Fate = serde_json::from_value(planned["fate"].clone())?;
            if fate == Fate::Unchanged {
                continue;
            }
            let why = Some(text(planned, "why")).filter(|why| !why.is_empty()).map(|why| format!("（{why}）"));
            let (id, question) = (text(planned, "id"), text(planned, "question"));
            output::line(format!("{} {id}  {question}{}", fate.title(), why.unwrap_or_default()))?;
            changes(&planned["changes"])?;
        }
        let count = |name: &str| report[name].as_u64().unwrap_or_default();
        let (new, changed) = (count("new"), count("changed"));
        let (unchanged, conflicts) = (count("unchanged"), count("conflicts"));
        output::line(format!("新增 {new} 条，改动 {changed} 条，相同 {unchanged} 条，冲突 {conflicts} 条"))?;
        output::line(match (self.apply, self.submit) {
            (true, true) => format!("写成草稿并提交 {} 条，等另一个人审核（paidan kb approve）", count("drafts")),
            (true, false) => format!("写成草稿 {} 条；接着 paidan kb submit", count("drafts")),
            (false, _) => "没有改动任何条目；加 --apply 写成草稿".to_owned(),
        })?;
        Ok(())
    }
}

#[derive(Args)]
pub(in crate::cli) struct Export {
    /// 写到哪里：.toml、.csv、.xlsx 或 .jsonl · where to write
    file: PathBuf,
    /// 文件已经存在时覆盖 · overwrite an existing file
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    desk: Desk,
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let format = format_of(&self.file)?;
        if self.file.exists() && !self.overwrite {
            bail!("{} 已经存在；要覆盖时加 --overwrite", self.file.display());
        }
        let path = self.desk.path("export", &[("format", format.ending())]);
        let bytes = self.desk.with(|open| open.bytes(&path))?;
        fs::write(&self.file, bytes).with_context(|| format!("写不了 {}", self.file.display()))?;
        output::line(format!("写入 {}", self.file.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn format_of(file: &std::path::Path) -> anyhow::Result<Format> {
    let name = file.display().to_string();
    Format::of_file(&name).with_context(|| format!("只认得 .toml、.csv、.xlsx 和 .jsonl：{name}"))
}
