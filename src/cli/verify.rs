//! `paidan verify`: whether everything is there and says the same: a backup, a stopped store, a running service.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};

use super::client::Service;
use super::keep::{open, watched};
use super::output;
use crate::clock;
use crate::config::{Flags, Settings};
use crate::store::{Checked, Opening, Options, check_backup};

/// Between two questions to a service.
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Args)]
pub(super) struct Verify {
    /// 数据目录；服务须已停止。与 --backup 都不写就核对运行中的服务 · folder of the store; the service must be stopped
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// 配置文件（TOML），其数据目录的服务须已停止 · configuration file of a stopped service
    #[arg(long, value_name = "FILE", conflicts_with = "backup")]
    config: Option<PathBuf>,
    /// 备份目录 · folder of a backup
    #[arg(long, value_name = "DIR", conflicts_with = "data")]
    backup: Option<PathBuf>,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: Service,
}

impl Verify {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let (told, good) = if let Some(backup) = &self.backup {
            of_backup(backup)?
        } else if self.data.is_some() || self.config.is_some() {
            let flags = Flags { data: self.data.clone(), ..Flags::default() };
            of_folder(&Settings::load(self.config.as_deref(), flags)?)?
        } else {
            self.of_service()?
        };
        if self.json {
            output::json(&told)?;
        } else {
            lines(&told, good).into_iter().try_for_each(output::line)?;
        }
        Ok(ExitCode::from(u8::from(!good)))
    }

    fn of_service(&self) -> anyhow::Result<(Value, bool)> {
        let mut state = self.service.post("/v1/admin/verify", &json!({}))?;
        while state["running"] == true {
            state = self.service.get_after(PAUSE, "/v1/admin/verify")?;
        }
        if let Some(failed) = state["failed"].as_str() {
            bail!("{failed}");
        }
        let good = state["good"] == true;
        let mut told = state["verified"].take();
        told["problems"] = state["knowledge"].take();
        Ok((told, good))
    }
}

fn of_backup(backup: &Path) -> anyhow::Result<(Value, bool)> {
    let Checked { manifest, problems } = check_backup(backup)?;
    let good = problems.is_empty();
    let problems: Vec<String> = problems.into_iter().map(|(file, wrong)| format!("{file}：{wrong}")).collect();
    let told = json!({
        "commits": manifest.commits, "tickets": manifest.tickets, "files": manifest.files.len(), "problems": problems,
    });
    Ok((told, good))
}

fn of_folder(settings: &Settings) -> anyhow::Result<(Value, bool)> {
    let store = open(&settings.data, Options { keys: Some(settings.keys_dir()), ..Options::default() })?;
    let opening = Arc::new(Opening::default());
    let verified = watched(&opening, "核对 · verifying", || Ok(store.verify(clock::now(), &opening)?));
    let opened = store.opened().clone();
    store.close();
    let verified = verified?;
    let mut problems: Vec<String> = opened
        .damage
        .iter()
        .map(|it| {
            let tickets: Vec<&str> = it.tickets.iter().map(|id| id.as_str()).collect();
            format!("日志 {} 在第 {} 字节处损坏，涉及工单：{}", it.file.display(), it.offset, tickets.join("、"))
        })
        .collect();
    problems.extend(opened.torn.map(|it| format!("日志 {} 末尾有未写完的内容，已剪下保存", it.file.display())));
    let good = verified.is_good() && opened.damage.is_empty();
    let mut told = serde_json::to_value(&verified)?;
    told["problems"] = json!(problems);
    Ok((told, good))
}

/// What was found, for operators.
fn lines(told: &Value, good: bool) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let each = |name: &str| told[name].as_array().into_iter().flatten();
    let mut lines: Vec<String> = each("problems").map(text).collect();
    let of = |ticket: &Value| ticket.as_str().map_or_else(String::new, |id| format!("（工单 {id}）"));
    lines.extend(
        each("broken").map(|it| format!("第 {} 个序号{}：{}", it["seq"], of(&it["ticket"]), text(&it["what"]))),
    );
    lines.extend(each("differing").map(|it| {
        let kind = match it["kind"].as_str() {
            Some("missing") => "视图里缺少",
            Some("surplus") => "视图里多出",
            _ => "内容不同",
        };
        format!("{kind}：{}{}", text(&it["key"]), of(&it["ticket"]))
    }));
    let counted = ["commits", "blobs", "keys", "tickets", "files"].into_iter().filter(|name| told[name].is_u64());
    let counted: Vec<String> = counted
        .map(|name| {
            let words = match name {
                "commits" => "提交",
                "blobs" => "长文",
                "keys" => "视图键",
                "tickets" => "工单",
                _ => "文件",
            };
            format!("{words} {}", told[name])
        })
        .collect();
    lines.push(format!("{}：{}", if good { "核对无误" } else { "核对发现问题" }, counted.join("，")));
    if !good && told["differing"].as_array().is_some_and(|it| !it.is_empty()) {
        lines.push("视图与日志不同：日志为准，请停止服务后运行 paidan rebuild".to_owned());
    }
    lines
}
