//! `paidan rules why-not RULE TEXT`: what kept a rule silent.

use std::process::ExitCode;

use clap::Args;

use super::draft::{Draft, Given};
use crate::cli::output;
use crate::insight::{Sight, why_not};

#[derive(Args)]
pub(in crate::cli) struct WhyNot {
    /// 规则编号 · id of the rule
    rule: String,
    /// 文字；`-` 为标准输入；或文件 · a text, `-`, or a file
    #[arg(value_name = "TEXT|-|FILE")]
    text: String,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    draft: Draft,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
}

impl WhyNot {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let loaded = self.draft.load()?;
        let (decision, text) = self.given.decide(&loaded, &self.text)?;
        let found = why_not(&Sight::new(&loaded.release, &decision, &text), &self.rule).map_err(anyhow::Error::msg)?;
        match self.json {
            true => output::json(&found)?,
            false => output::line(found.render().trim_end())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
