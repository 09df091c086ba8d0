//! `paidan rules releases|approve|rollback`: what went live on a running service, and the words that make it so.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::client::Service;
use crate::cli::output;

#[derive(Args)]
pub(in crate::cli) struct Releases {
    /// 辖区 · jurisdiction
    #[arg(long, short)]
    jurisdiction: String,
    /// 最多几个 · how many at most
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: Service,
}

impl Releases {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let page = self.service.get(&format!("/v1/releases/{}?limit={}", self.jurisdiction, self.limit))?;
        if self.json {
            output::json(&page)?;
            return Ok(ExitCode::SUCCESS);
        }
        page["releases"].as_array().into_iter().flatten().try_for_each(line)?;
        let drafts = self.service.get(&format!("/v1/drafts/{}", self.jurisdiction))?;
        for draft in drafts["drafts"].as_array().into_iter().flatten() {
            let stage = text(&draft["stage"], "stage");
            if !matches!(stage, "published" | "dropped") {
                let (id, author, message) = (text(draft, "id"), text(draft, "author"), text(draft, "message"));
                output::line(format!("草稿 {id}  {stage}  {author}  {message}"))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn line(record: &Value) -> std::io::Result<()> {
    let at = text(record, "at").get(..16).unwrap_or_default().replace('T', " ");
    let author = Some(text(record, "author")).filter(|author| !author.is_empty()).unwrap_or("（磁盘）");
    let digest = text(record, "digest").get(..12).unwrap_or_default();
    let way = match text(record, "way") {
        "published" => "发布",
        "rolled_back" => "回退",
        _ => "存盘",
    };
    let forced = record["forced_by"].as_str().map(|by| format!("  {by}强制生效")).unwrap_or_default();
    let approved = record["approved_by"].as_str().map(|by| format!("  {by}批准")).unwrap_or_default();
    let changed = record["changed"].as_array().map_or(0, Vec::len);
    let message = text(record, "message");
    let number = &record["number"];
    output::line(format!(
        "{number:>4}  {at} UTC  {digest}  {way}  {author}  改 {changed} 个文件  {message}{approved}{forced}"
    ))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[derive(Args)]
pub(in crate::cli) struct Approve {
    /// 草稿编号 · the draft
    draft: String,
    /// 辖区 · jurisdiction
    #[arg(long, short)]
    jurisdiction: String,
    /// 只批准，不发布 · approve without publishing
    #[arg(long)]
    only: bool,
    #[command(flatten)]
    service: Service,
}

impl Approve {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let path = format!("/v1/drafts/{}/{}", self.jurisdiction, self.draft);
        let version = self.service.get(&path)?["version"].clone();
        let approved = self.service.post(&format!("{path}/acts"), &json!({ "act": "approve", "version": version }))?;
        output::line(format!("草稿 {} 已批准", self.draft))?;
        if !self.only {
            let wish = json!({ "version": approved["version"] });
            line(&self.service.post(&format!("{path}/publish"), &wish)?)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(in crate::cli) struct Rollback {
    /// 回到哪个版本：序号，或版本号前六位以上 · the release to bring back
    to: String,
    /// 辖区 · jurisdiction
    #[arg(long, short)]
    jurisdiction: String,
    /// 为什么 · why
    #[arg(long, short, default_value = "")]
    message: String,
    #[command(flatten)]
    service: Service,
}

impl Rollback {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let wish = json!({ "to": self.to, "message": self.message });
        line(&self.service.post(&format!("/v1/releases/{}/rollback", self.jurisdiction), &wish)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
