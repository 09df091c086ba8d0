//! `paidan rules why TEXT`: a decision seen through.

use std::process::ExitCode;

use clap::Args;

use super::draft::{Draft, Given};
use crate::cli::output;
use crate::insight::{Sight, why};

#[derive(Args)]
pub(in crate::cli) struct Why {
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

impl Why {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let loaded = self.draft.load()?;
        let (decision, text) = self.given.decide(&loaded, &self.text)?;
        let found = why(&Sight::new(&loaded.release, &decision, &text));
        match self.json {
            true => output::json(&found)?,
            false => output::line(found.render().trim_end())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
