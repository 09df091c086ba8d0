//! `paidan kb edit`: a draft out of a file, or out of single fields.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use super::show::{changes, standing};
use crate::cli::client::Refused;
use crate::cli::desk::{Desk, Open, escaped};
use crate::editorial::exchange::Format;
use crate::packs::read_entries;

#[derive(Args)]
pub(in crate::cli) struct Edit {
    /// 条目编号；没有的就新建 · the entry; a new one where there is none
    id: String,
    /// 从文件取全文（.toml、.csv、.xlsx、.jsonl 里编号相同的一条） · take it from a file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["question", "similar", "answer"])]
    file: Option<PathBuf>,
    #[arg(long)]
    question: Option<String>,
    /// 相似问，可以写几个；写了就替换原有的 · similar questions, in the place of those before
    #[arg(long)]
    similar: Vec<String>,
    #[arg(long)]
    answer: Option<String>,
    /// 其他栏目，例如 owner=区市场监管局、valid_until=2026-12-31、policy=true、review_days=90 · other fields
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// 这次改了什么、为什么 · what changed and why
    #[arg(long, short, default_value = "")]
    message: String,
    /// 您看到的是第几次操作之后；缺省为现在 · the revision you saw; the present one when absent
    #[arg(long)]
    revision: Option<u32>,
    #[command(flatten)]
    desk: Desk,
}

impl Edit {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let file = self.desk.with(|open| self.save(open))?;
        standing(&file)?;
        changes(&file["changes"])?;
        Ok(ExitCode::SUCCESS)
    }

    fn save(&self, open: &Open<'_>) -> anyhow::Result<Value> {
        let base = format!("articles/{}", escaped(&self.id));
        let known = match open.get(&self.desk.path(&base, &[])) {
            Err(error) if is_unknown(&error) => Value::Null,
            known => known?,
        };
        let revision = self.revision.map_or_else(|| known["revision"].as_u64().unwrap_or_default(), u64::from);
        let entry = match &self.file {
            Some(file) => self.in_file(file)?,
            None => self.edited(&known)?,
        };
        let wish = json!({
            "jurisdiction": self.desk.jurisdiction,
            "revision": revision,
            "message": self.message,
            "entry": entry,
        });
        open.put(&format!("/v1/knowledge/{base}/draft"), &wish)
    }

    fn in_file(&self, file: &std::path::Path) -> anyhow::Result<Value> {
        let name = file.display().to_string();
        let Some(format) = Format::of_file(&name) else { bail!("只认得 .toml、.csv、.xlsx 和 .jsonl：{name}") };
        let bytes = fs::read(file).with_context(|| format!("读不了 {name}"))?;
        let placed = match read_entries(format, &name, bytes) {
            Ok(placed) => placed,
            Err(wrong) => bail!("{}", wrong.iter().map(|it| it.render()).collect::<Vec<_>>().join("\n")),
        };
        let found = placed.into_iter().find(|placed| placed.entry.id == self.id);
        let found = found.with_context(|| format!("{name} 里没有编号为“{}”的条目", self.id))?;
        Ok(serde_json::to_value(found.entry)?)
    }

    /// The draft, or else what is live, or else nothing, with the fields that are given.
    fn edited(&self, known: &Value) -> anyhow::Result<Value> {
        let standing = [&known["draft_entry"], &known["live_entry"]].into_iter().find(|entry| entry.is_object());
        let blank = json!({ "id": self.id, "question": "", "answer": "", "owner": "" });
        let mut entry = standing.cloned().unwrap_or(blank);
        for (name, text) in [("question", &self.question), ("answer", &self.answer)] {
            if let Some(text) = text {
                entry[name] = json!(text);
            }
        }
        if !self.similar.is_empty() {
            entry["similar"] = json!(self.similar);
        }
        for pair in &self.set {
            let (name, value) = pair.split_once('=').with_context(|| format!("--set 写成 栏目=值：{pair}"))?;
            entry[name] = match (name, value) {
                ("policy" | "pre_notice", _) => json!(matches!(value, "true" | "是")),
                ("review_days", _) => {
                    json!(value.parse::<u32>().with_context(|| format!("review_days 是天数：{value}"))?)
                }
                _ => json!(value),
            };
        }
        Ok(entry)
    }
}

fn is_unknown(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| refused.code == "unknown_entry")
}
