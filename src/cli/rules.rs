//! `paidan rules …`

mod check;
mod fmt;
mod sarif;
mod target;
mod test;

use std::process::ExitCode;

use clap::Subcommand;

#[derive(Subcommand)]
pub(super) enum Rules {
    /// 检查全部规则文件，指出每一处问题 · report every problem in every file
    Check(check::Check),
    /// 运行规则旁边的用例 · run the cases beside the rules
    Test(test::Test),
    /// 排版规则文件 · format rule files
    Fmt(fmt::Fmt),
}

impl Rules {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(check) => check.run(),
            Self::Test(test) => test.run(),
            Self::Fmt(fmt) => fmt.run(),
        }
    }
}
