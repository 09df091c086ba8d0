//! `paidan kb history`, `paidan kb diff`

use std::process::ExitCode;

use clap::Args;

use super::show::{act, changes, text};
use crate::cli::desk::{Desk, escaped};
use crate::cli::output;

#[derive(Args)]
pub(in crate::cli) struct History {
    /// 条目编号 · the entry
    id: String,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: Desk,
}

impl History {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let base = format!("articles/{}", escaped(&self.id));
        self.desk.with(|open| {
            let versions = open.get(&self.desk.path(&format!("{base}/versions"), &[]))?;
            if self.json {
                output::json(&versions)?;
                return Ok(ExitCode::SUCCESS);
            }
            for version in versions["versions"].as_array().into_iter().flatten() {
                let at = text(version, "at").get(..16).unwrap_or_default().replace('T', " ");
                let author = Some(text(version, "author")).filter(|it| !it.is_empty()).unwrap_or("（词条包）");
                let published = match (version["approved_by"].as_str(), version["published_at"].is_string()) {
                    (Some(by), _) => format!("，{by}审核发布"),
                    (None, true) => "，直接生效".to_owned(),
                    (None, false) => "，未发布".to_owned(),
                };
                let message = text(version, "message");
                output::line(format!("第{}版  {at} UTC  {author}{published}  {message}", version["number"]))?;
            }
            output::line("经过：")?;
            let file = open.get(&self.desk.path(&base, &[]))?;
            file["acts"].as_array().into_iter().flatten().try_for_each(act)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

#[derive(Args)]
pub(in crate::cli) struct Diff {
    /// 条目编号 · the entry
    id: String,
    /// 从第几版 · from which version
    from: u32,
    /// 到第几版 · to which
    to: u32,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: Desk,
}

impl Diff {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let base = format!("articles/{}/diff", escaped(&self.id));
        let path = self.desk.path(&base, &[("from", &self.from.to_string()), ("to", &self.to.to_string())]);
        let diff = self.desk.with(|open| open.get(&path))?;
        if self.json {
            output::json(&diff)?;
        } else if diff["changes"].as_array().is_none_or(Vec::is_empty) {
            output::line("两版相同")?;
        } else {
            changes(&diff["changes"])?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
