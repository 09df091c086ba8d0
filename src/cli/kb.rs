//! `paidan kb …`: the knowledge base, for those who tend it.

mod ask;
mod campaigns;
mod from;
mod gaps;
mod hit;
mod regress;

use std::process::ExitCode;

use clap::Subcommand;

#[derive(Subcommand)]
pub(super) enum Kb {
    /// 命中测试：一句话命中哪条、为什么 · which entry a text hits, and why
    Hit(hit::Hit),
    /// 回归问题：再问一遍，看变了什么 · ask the regression questions, show what moved
    Regress(regress::Regress),
    /// 知识缺口：没有答上和答错的问题 · what is not answered, or answered wrong
    Gaps(gaps::Gaps),
    /// 专题：列出，启停 · campaigns: list, switch on and off
    Campaigns(campaigns::Campaigns),
    /// 情形导办：逐步提问 · ask in steps
    Ask(ask::Ask),
}

impl Kb {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Hit(command) => command.run(),
            Self::Regress(command) => command.run(),
            Self::Gaps(command) => command.run(),
            Self::Campaigns(command) => command.run(),
            Self::Ask(command) => command.run(),
        }
    }
}
