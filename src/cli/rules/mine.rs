//! `paidan rules mine`: rules out of history, as draft files for a person to read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use super::corpus;
use super::models::Taught;
use crate::app::{Lab, history_of};
use crate::cli::client::Service;
use crate::cli::{Packs, input, output};
use crate::course::Target;
use crate::diagnostic::Diagnostic;
use crate::lesson::Given;
use crate::mining::{Mined, MinedRule, Wanted, mine};
use crate::triage::Files;

#[derive(Args)]
pub(in crate::cli) struct Mine {
    /// 辖区 · jurisdiction
    jurisdiction: String,
    /// 历史文件，每行一件 {"text","label"} · labelled texts
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// 数据目录，服务须已停止：从人定过的工单里找，以存储里生效的版本为准 · folder of a stopped store
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    data: Option<PathBuf>,
    /// 写到哪个目录：整套规则连同新规则；不写则由运行中的服务去找，记成服务里的草稿 · where to; a draft of the service when absent
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// 找什么的规则 · what the rules tell
    #[arg(long, value_enum, default_value = "unit")]
    target: Taught,
    /// 名称对照（TOML）：`"历史里的名称" = "本辖区的名称"` · labels of the history → names of the jurisdiction
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// 在没有用来找词的一半上至少这么准 · precision on the half that words were not found on
    #[arg(long, default_value_t = 0.9)]
    precision: f64,
    /// 在那一半里至少有这么多件 · texts of that half that must have them
    #[arg(long, default_value_t = 5)]
    support: usize,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    packs: Packs,
    #[command(flatten)]
    service: Service,
}

impl Mine {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        if !(0.5..=1.0).contains(&self.precision) || self.support < 2 {
            bail!("--precision 在 0.5 到 1 之间，--support 至少 2");
        }
        let map = self.map.as_deref().map(mapping).transpose()?.unwrap_or_default();
        let Some(out) = &self.out else { return self.ask(&map) };
        let mut lab = Lab::new(&self.jurisdiction);
        let (release, history) = match (&self.file, &self.data) {
            (Some(file), _) => (lab.draft(&self.packs.source()?.read()?)?, input::labelled(file)?),
            (None, Some(data)) => {
                let store = corpus::open(data)?;
                let found =
                    lab.kept(&store, "live").and_then(|live| Ok((live, history_of(&store, &self.jurisdiction)?)));
                store.close();
                found?
            }
            (None, None) => bail!("写到目录时，用 --file 给出历史，或用 --data 指定存储"),
        };
        let precision = (self.precision * 1_000.0).round() as i32;
        let wanted = Wanted { precision, support: self.support, ..Wanted::default() };
        let mined = mine(&release, &history, &map, self.target.into(), wanted).map_err(|wrong| {
            anyhow::anyhow!("{}", wrong.iter().map(Diagnostic::render).collect::<Vec<_>>().join("\n"))
        })?;
        let files: Files = Files::clone(&release.files).into_iter().chain(mined.files.clone()).collect();
        write(out, &files)?;
        if self.json {
            output::json(&mined)?;
            return Ok(ExitCode::SUCCESS);
        }
        show(&mined)?;
        let (dir, jurisdiction) = (out.display(), &self.jurisdiction);
        output::line(format!("已写入 {dir}，请逐条看过再发布："))?;
        output::line(format!("    paidan rules check {dir} && paidan rules test {dir} --jurisdiction {jurisdiction}"))?;
        output::line(format!("    paidan rules publish {dir} -j {jurisdiction} -m \"…\""))?;
        Ok(ExitCode::SUCCESS)
    }

    /// The service looks, and keeps a draft.
    fn ask(&self, map: &BTreeMap<String, String>) -> anyhow::Result<ExitCode> {
        if self.data.is_some() {
            bail!("用 --data 时要用 --out 写明目录");
        }
        let lines = self.file.as_deref().map(input::labelled).transpose()?;
        let line = |it: &Given| json!({ "title": it.title, "text": it.text, "label": it.label });
        let lines: Option<Vec<Value>> = lines.map(|lines| lines.iter().map(line).collect());
        let (precision, support, target) = (self.precision, self.support, Target::from(self.target));
        let wish = json!({ "target": target, "lines": lines, "map": map, "precision": precision, "support": support });
        let found = self.service.post(&format!("/v1/rules/{}/mine", self.jurisdiction), &wish)?;
        if self.json {
            output::json(&found)?;
            return Ok(ExitCode::SUCCESS);
        }
        show(&serde_json::from_value(found["mined"].clone())?)?;
        match found["draft"]["id"].as_str() {
            Some(draft) => output::line(format!("已记成草稿 {draft}，请逐条看过再发布"))?,
            None => output::line("没有找到够准的词，没有草稿")?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(mined: &Mined) -> anyhow::Result<()> {
    for rule in &mined.rules {
        output::line(in_words(rule))?;
    }
    for (label, count) in &mined.unknown {
        output::line(format!("“{label}”不是本辖区的名称，{count} 件没有用；可用 --map 对照"))?;
    }
    if !mined.left_out.is_empty() {
        output::line(format!("{} 条与现有用例冲突或没有可示人的例子，没有写入", mined.left_out.len()))?;
    }
    let Mined { rules, texts, measured, reached, right, .. } = mined;
    output::line(format!(
        "{texts} 件历史，在其中 {measured} 件上量：{} 条规则说到 {reached} 件，说对 {right} 件",
        rules.len()
    ))?;
    Ok(())
}

fn in_words(rule: &MinedRule) -> String {
    let MinedRule { id, label, words, support, precision, .. } = rule;
    format!("{id}  {} → {label}  支持 {support} 件，准确率 {:.1}%", words.join(" + "), f64::from(*precision) / 10.0)
}

fn mapping(file: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(file).with_context(|| format!("读不了 {}", file.display()))?;
    toml::from_str(&text).with_context(|| format!("{} 应是“历史里的名称 = 本辖区的名称”", file.display()))
}

/// Into an empty folder, or over what was written there before.
fn write(out: &Path, files: &Files) -> anyhow::Result<()> {
    for (path, text) in files {
        let file = out.join(path);
        file.parent().map(fs::create_dir_all).transpose()?;
        fs::write(&file, text).with_context(|| format!("写不了 {}", file.display()))?;
    }
    Ok(())
}
