//! `paidan kb due`: the freshness report, unit by unit.

use std::process::ExitCode;

use clap::Args;

use crate::cli::desk::Desk;
use crate::cli::output;
use crate::editorial::Due;

#[derive(Args)]
pub(in crate::cli) struct DueList {
    /// 只列这个单位的 · only this unit's
    #[arg(long, default_value = "")]
    owner: String,
    /// 也列这么多天内将到期的 · also what will be due in so many days
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    within: u16,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: Desk,
}

impl DueList {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let path = self.desk.path("due", &[("owner", &self.owner), ("within_days", &self.within.to_string())]);
        let found = self.desk.with(|open| open.get(&path))?;
        if self.json {
            output::json(&found)?;
            return Ok(ExitCode::SUCCESS);
        }
        let due: Vec<Due> = serde_json::from_value(found["due"].clone())?;
        for unit in due.chunk_by(|a, b| a.owner == b.owner) {
            output::line(format!("{}：{} 条", unit[0].owner, unit.len()))?;
            for one in unit {
                let when = match one.days_over {
                    ..=0 => format!("还有 {} 天", -one.days_over),
                    over => format!("已过 {over} 天"),
                };
                output::line(format!("  {}  {}  {when}  {}", one.entry, one.state.title(), one.question))?;
            }
        }
        if due.is_empty() {
            output::line("没有要复核的条目")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
