//! `paidan kb gaps`: what the knowledge base does not answer, or answers wrong.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use crate::cli::desk::Desk;
use crate::cli::output;

#[derive(Args)]
pub(in crate::cli) struct Gaps {
    /// 最多几组 · how many groups
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// 现在已能答复的也列出 · those too that are answered now
    #[arg(long)]
    closed: bool,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: Desk,
}

impl Gaps {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let (limit, closed) = (self.limit.to_string(), self.closed.to_string());
        let path = self.desk.path("gaps", &[("limit", &limit), ("closed", &closed)]);
        let said = self.desk.with(|open| open.get(&path))?;
        if self.json {
            output::json(&said)?;
            return Ok(ExitCode::SUCCESS);
        }
        let gaps = said["gaps"].as_array().map(Vec::as_slice).unwrap_or_default();
        output::line(format!("{} 个问题，{} 组", said["asked"], gaps.len()))?;
        gaps.iter().try_for_each(show)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn show(gap: &Value) -> std::io::Result<()> {
    let text = |name: &str| gap[name].as_str().unwrap_or_default();
    let lack = if text("lack") == "wrong" { "答复有误" } else { "没有答上" };
    let unit = Some(text("unit")).filter(|unit| !unit.is_empty()).unwrap_or("（未定单位）");
    let first = text("first").get(..10).unwrap_or_default();
    let closed = if gap["closed"] == true { "  现在已能答复" } else { "" };
    output::line(format!("{:>4} 次  {lack}  {unit}  自 {first}{closed}", gap["count"]))?;
    let list = |name: &str| gap[name].as_array().cloned().unwrap_or_default();
    for said in list("texts") {
        output::line(format!("       {}", said.as_str().unwrap_or_default()))?;
    }
    for said in list("said") {
        output::line(format!("       评  {}", said.as_str().unwrap_or_default()))?;
    }
    if !text("now_entry").is_empty() {
        output::line(format!("       最接近  {} {}‰", text("now_entry"), gap["now_confidence"]))?;
    }
    Ok(())
}
