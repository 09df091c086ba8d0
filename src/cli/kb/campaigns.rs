//! `paidan kb campaigns`: lists the campaigns, or gives one its days.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::desk::Desk;
use crate::cli::output;

#[derive(Args)]
pub(in crate::cli) struct Campaigns {
    /// 要启停的专题；不写则列出 · the campaign to switch; absent: list them
    name: Option<String>,
    /// 起始日期 YYYY-MM-DD；不写为不限 · first day
    #[arg(long, default_value = "", requires = "name")]
    from: String,
    /// 截止日期；写过去的日期即停用 · last day; a past one switches it off
    #[arg(long, default_value = "", requires = "name")]
    until: String,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: Desk,
}

impl Campaigns {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let said = self.desk.with(|open| match &self.name {
            None => open.get(&self.desk.path("campaigns", &[])),
            Some(name) => {
                let (jurisdiction, from, until) = (&self.desk.jurisdiction, &self.from, &self.until);
                let days = json!({ "jurisdiction": jurisdiction, "valid_from": from, "valid_until": until });
                let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
                open.put(&format!("/v1/knowledge/campaigns/{name}"), &days)
            }
        })?;
        if self.json {
            output::json(&said)?;
        } else if let Some(campaigns) = said["campaigns"].as_array() {
            campaigns.iter().try_for_each(show)?;
        } else {
            show(&said)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(campaign: &Value) -> std::io::Result<()> {
    let text = |name: &str| campaign[name].as_str().unwrap_or_default();
    let days = match (campaign["agreed"] == true, text("valid_from"), text("valid_until")) {
        (false, ..) => "各条起止不同".to_owned(),
        (true, "", "") => "长期有效".to_owned(),
        (true, from, until) => format!("{from}—{until}"),
    };
    output::line(format!("{}  {} 条，今天有效 {} 条  {days}", text("name"), campaign["entries"], campaign["in_force"]))
}
