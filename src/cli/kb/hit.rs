//! `paidan kb hit TEXT`: which entry a text hits, and why.

use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use serde_json::json;

use super::from::From;
use crate::cli::{input, output};
use crate::knowledge::{Compared, Explained};

#[derive(Args)]
pub(in crate::cli) struct Hit {
    /// 文字；`-` 为标准输入；或文件 · a text, `-`, or a file
    #[arg(value_name = "TEXT|-|FILE")]
    text: String,
    /// 最多几条 · how many entries
    #[arg(long, default_value_t = 5)]
    limit: usize,
    /// 留存这次测试（问服务或存储时）· keep the test in the history
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    from: From,
}

impl Hit {
    /// Exit code 1: it is not answered.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let text = input::read(&self.text)?;
        ensure!(!self.keep || self.from.is_live(), "目录里的条目没有地方留存：--keep 和 --packs 不能同用");
        let limit = self.limit.clamp(1, 20);
        let jurisdiction = &self.from.desk.jurisdiction;
        let wish = json!({ "jurisdiction": jurisdiction, "text": text, "limit": limit, "keep": self.keep });
        let explained: Explained = match self.from.api("/v1/knowledge/hit", &wish)? {
            Some(said) => serde_json::from_value(said)?,
            None => self.from.folder(|knowledge, asking| knowledge.explain(asking, &text, limit))?,
        };
        if self.from.json {
            output::json(&explained)?
        } else {
            show(&explained)?
        }
        Ok(if explained.answer.is_some() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn show(explained: &Explained) -> std::io::Result<()> {
    let verdict = if explained.answer.is_some() { "可以直接答复" } else { "不直接答复" };
    output::line(format!("{verdict}（门槛 {}‰）", explained.threshold))?;
    if !explained.why_not.is_empty() {
        output::line(format!("缘由  {}", explained.why_not))?;
    }
    explained.needed.iter().try_for_each(|it| output::line(format!("      {it}")))?;
    for fold in &explained.folded {
        output::line(format!("字形  {} 读作 {}（{}）", fold.said, fold.read, fold.kind.title()))?;
    }
    if explained.small_talk > 0 {
        output::line(format!("闲聊  与闲聊相像 {}‰，可信度已压低", explained.small_talk))?;
    }
    if !explained.silent.is_empty() {
        output::line(format!("不计  {}", explained.silent.join("、")))?;
    }
    explained.matches.iter().try_for_each(compared)?;
    for out in &explained.out_of_force {
        let (entry, question, confidence) = (&out.entry, &out.question, out.confidence);
        output::line(format!(
            "今天无效  {confidence:>4}‰  {entry}  {question}  {}—{}",
            out.valid_from, out.valid_until
        ))?;
    }
    Ok(())
}

fn compared(it: &Compared) -> std::io::Result<()> {
    let found = &it.found;
    let how = match (it.keyword, it.exact) {
        (true, _) => "  关键字",
        (_, true) => "  原句",
        _ => "",
    };
    output::line(format!("{:>4}‰  {}  {}{how}", found.confidence, found.entry, found.question))?;
    if found.matched_question != found.question {
        output::line(format!("       问法  {}", found.matched_question))?;
    }
    let lists = [("命中", &found.matched), ("未命中", &found.missing), ("没有说到", &it.unasked)];
    for (name, words) in lists.into_iter().filter(|(_, words)| !words.is_empty()) {
        output::line(format!("       {name}  {}", words.join("、")))?;
    }
    for meant in &it.meant {
        output::line(format!("       {}  {} 即条目里的 {}", meant.how.title(), meant.said, meant.entry))?;
    }
    Ok(())
}
