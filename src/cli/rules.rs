//! `paidan rules …`

mod backtest;
mod check;
mod columns;
mod corpus;
mod coverage;
mod draft;
mod fmt;
mod history;
mod mine;
mod models;
mod overlaps;
mod publish;
mod refs;
mod sarif;
mod table;
mod target;
mod test;
mod why;
mod why_not;

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
    /// 为什么这样定：每一票、门槛、差多少 · why a text is decided as it is
    Why(why::Why),
    /// 这条规则为什么没有命中 · why a rule does not fire on a text
    WhyNot(why_not::WhyNot),
    /// 单位、词语、规则、地点用在哪里 · where a name is used
    Refs(refs::Refs),
    /// 哪些规则从不命中、从不起作用 · which rules never fire or never decide
    Coverage(coverage::Coverage),
    /// 哪些规则互相冲突、重复、遮住 · rules that conflict or shadow each other, each with a text that shows it
    Overlaps(overlaps::Overlaps),
    /// 换一套规则会改变什么 · what another release would change
    Backtest(backtest::Backtest),
    /// 把目录发布到运行中的服务 · publish a folder to a running service
    Publish(publish::Publish),
    /// 把服务里的一个版本取到目录 · write a release of a running service to a folder
    Export(publish::Export),
    /// 服务上生效过的版本和未完成的草稿 · what went live on a running service
    Releases(history::Releases),
    /// 批准并发布别人的草稿 · approve and publish a draft of somebody else's
    Approve(history::Approve),
    /// 回到早先的版本 · bring an earlier release back
    Rollback(history::Rollback),
    /// 用人定过的工单或历史文件训练模型；训练不改变任何决定 · train a model; it decides nothing yet
    Train(models::Train),
    /// 模型：列出、启用、停用、作废 · models: list, use, drop
    #[command(subcommand)]
    Model(models::Model),
    /// 从历史里找出词和规则，写成草稿 · rules out of history, as a draft
    Mine(mine::Mine),
    /// 表格形式的规则：导出、导入 · rules as tables
    #[command(subcommand)]
    Table(table::Tables),
}

impl Rules {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(check) => check.run(),
            Self::Test(test) => test.run(),
            Self::Fmt(fmt) => fmt.run(),
            Self::Why(command) => command.run(),
            Self::WhyNot(command) => command.run(),
            Self::Refs(command) => command.run(),
            Self::Coverage(command) => command.run(),
            Self::Overlaps(command) => command.run(),
            Self::Backtest(command) => command.run(),
            Self::Publish(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Releases(command) => command.run(),
            Self::Approve(command) => command.run(),
            Self::Rollback(command) => command.run(),
            Self::Train(command) => command.run(),
            Self::Model(model) => model.run(),
            Self::Mine(command) => command.run(),
            Self::Table(table) => table.run(),
        }
    }
}
