//! `paidan audit …`: the audit log as files, beside a running service or on a copy.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::output;
use super::token::Place;
use crate::audit::{Query, read, verify};

#[derive(Subcommand)]
pub(super) enum Audit {
    /// 列出符合条件的记录，每行一条 JSON · list lines as JSON
    List(List),
    /// 从头到尾校验摘要链和每日封存 · check the chain and the daily seals
    Verify(Place),
}

#[derive(Args)]
pub(super) struct List {
    /// 起（含），RFC 3339 · at or after
    #[arg(long, value_name = "TIME")]
    from: Option<DateTime<Utc>>,
    /// 止（不含），RFC 3339 · before
    #[arg(long, value_name = "TIME")]
    until: Option<DateTime<Utc>>,
    /// 令牌名称 · name of the token
    #[arg(long)]
    client: Option<String>,
    /// 人员 · person
    #[arg(long)]
    person: Option<String>,
    /// 辖区 · jurisdiction
    #[arg(long)]
    jurisdiction: Option<String>,
    /// 工单号或路径的一部分 · part of a ticket number or path
    #[arg(long)]
    target: Option<String>,
    /// 只列查阅个人信息的 · only readings of personal data
    #[arg(long)]
    personal: bool,
    #[command(flatten)]
    place: Place,
}

impl Audit {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(command) => command.run(),
            Self::Verify(place) => check(&place),
        }
    }
}

fn folder_of(place: &Place) -> anyhow::Result<PathBuf> {
    Ok(place.settings()?.data.join("audit"))
}

impl List {
    fn run(self) -> anyhow::Result<ExitCode> {
        let Self { from, until, client, person, jurisdiction, target, personal, place } = self;
        let query = Query { from, until, client, person, jurisdiction, target, personal, after: 0 };
        let dir = folder_of(&place)?;
        let mut out = std::io::stdout().lock();
        let mut failed = None;
        read(&dir, &query, &mut |line| {
            let text = line.seal().map(|(text, _)| text).map_err(std::io::Error::from);
            match text.and_then(|text| writeln!(out, "{text}")) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })
        .with_context(|| format!("读取审计日志 {} 失败", dir.display()))?;
        match failed {
            // Whoever read along has seen enough.
            Some(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
            Some(error) => Err(error.into()),
            None => Ok(ExitCode::SUCCESS),
        }
    }
}

fn check(place: &Place) -> anyhow::Result<ExitCode> {
    let dir = folder_of(place)?;
    let checked = verify(&dir).with_context(|| format!("读取审计日志 {} 失败", dir.display()))?;
    let mut text = format!("{}个文件，{}行，第一行编号{}", checked.files, checked.lines, checked.first);
    for (day, sm3) in &checked.seals {
        text.push_str(&format!("\n{day} 已封存 {sm3}"));
    }
    text.push_str(&format!("\n末行 {}", checked.last));
    for fault in &checked.faults {
        text.push_str(&format!("\n{}第{}行：{}", fault.file.display(), fault.line, fault.what));
    }
    let whole = checked.faults.is_empty();
    text.push_str(if whole {
        "\n摘要链完整"
    } else {
        "\n摘要链不完整，请保全现场并与另存的封存值比对"
    });
    output::line(&text)?;
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
