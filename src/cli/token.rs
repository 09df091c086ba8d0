//! `paidan token new`: a random token, shown once, and the lines for the configuration.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand, ValueEnum};

use super::output;
use crate::access::{Role, sm3_hex};

#[derive(Subcommand)]
pub(super) enum Token {
    /// 生成一个令牌，只显示一次 · make a token and show it once
    New(New),
}

#[derive(Args)]
pub(super) struct New {
    /// 名称，写在日志和事件里 · name, shown in logs and events
    name: String,
    /// 角色 · role
    #[arg(long, value_enum, default_value = "platform")]
    role: RoleName,
    /// 只用于这个辖区 · fixes the jurisdiction
    #[arg(long, default_value = "")]
    jurisdiction: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Platform,
    Dispatcher,
    Center,
    Maintainer,
    Author,
    Auditor,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Platform => Self::Platform,
            RoleName::Dispatcher => Self::Dispatcher,
            RoleName::Center => Self::Center,
            RoleName::Maintainer => Self::Maintainer,
            RoleName::Author => Self::Author,
            RoleName::Auditor => Self::Auditor,
            RoleName::Admin => Self::Admin,
        }
    }
}

impl Token {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self::New(New { name, role, jurisdiction }) = self;
        let plain = !name.is_empty() && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '"' | '\\'));
        ensure!(plain, "a token needs a name without `/`, quotes and backslashes");
        let token = random()?;
        let role = serde_json::to_value(Role::from(role))?;
        output::line(format!(
            "令牌（只显示这一次 · shown only now）: {token}\n\n写入配置文件 · for the configuration file:\n"
        ))?;
        output::line(format!("[[token]]\nname = \"{name}\"\nsm3 = \"{}\"\nrole = {role}", sm3_hex(&token)))?;
        if !jurisdiction.is_empty() {
            output::line(format!("jurisdiction = \"{}\"", jurisdiction.escape_default()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// 256 bits of the operating system's randomness, as hex.
fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).context("reading random numbers")?;
    Ok(bytes.iter().fold("pd_".to_owned(), |mut token, byte| {
        let _ = write!(token, "{byte:02x}");
        token
    }))
}
