//! `paidan kb …`: knowledge entries from draft to the next review, as the API has it.

mod acts;
mod ask;
mod campaigns;
mod check;
mod due;
mod edit;
mod from;
mod gaps;
mod history;
mod hit;
mod list;
mod regress;
mod show;
mod transfer;

use std::process::ExitCode;

use clap::Subcommand;

#[derive(Subcommand)]
pub(super) enum Kb {
    /// 列出条目和它们的状态 · list entries and where they stand
    List(list::List),
    /// 一条的全部：现行、草稿、改动、经过 · everything about one entry
    Show(show::Show),
    /// 写草稿：新增或修改一条 · write a draft
    Edit(edit::Edit),
    /// 查文件：格式、重复的编号，不连服务 · check files, without any store
    Check(check::Check),
    /// 提交审核 · submit for review
    Submit(acts::Submit),
    /// 审核通过并发布别人写的条目 · approve and publish what somebody else wrote
    Approve(acts::Approve),
    /// 退回修改 · send back with a reason
    Return(acts::Return),
    /// 撤下已发布的条目 · take a published entry out of service
    Withdraw(acts::Withdraw),
    /// 把早先的版本恢复成草稿 · an earlier version as a draft
    Restore(acts::Restore),
    /// 复核无误，重新起算复核期 · still right: the next review is due a whole interval later
    Confirm(acts::Confirm),
    /// 放弃草稿 · give a draft up
    Drop(acts::Drop),
    /// 一条的全部版本和经过 · versions and what happened
    History(history::History),
    /// 比较两个版本 · compare two versions
    Diff(history::Diff),
    /// 各单位该复核的条目 · what units have to review
    Due(due::DueList),
    /// 导入文件：先说明会改什么，--apply 才写成草稿 · import a file; drafts only with --apply
    Import(transfer::Import),
    /// 导出全部现行条目 · export what is live
    Export(transfer::Export),
    /// 命中测试：一句话命中哪条、为什么；写了 --packs 就问那个目录 · which entry a text hits, and why; a folder is asked with --packs
    Hit(hit::Hit),
    /// 回归问题：再问一遍，看变了什么；写了 --packs 就问那个目录 · ask the regression questions, show what moved; a folder is asked with --packs
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
            Self::List(command) => command.run(),
            Self::Show(command) => command.run(),
            Self::Edit(command) => command.run(),
            Self::Check(command) => command.run(),
            Self::Submit(command) => command.run(),
            Self::Approve(command) => command.run(),
            Self::Return(command) => command.run(),
            Self::Withdraw(command) => command.run(),
            Self::Restore(command) => command.run(),
            Self::Confirm(command) => command.run(),
            Self::Drop(command) => command.run(),
            Self::History(command) => command.run(),
            Self::Diff(command) => command.run(),
            Self::Due(command) => command.run(),
            Self::Import(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Hit(command) => command.run(),
            Self::Regress(command) => command.run(),
            Self::Gaps(command) => command.run(),
            Self::Campaigns(command) => command.run(),
            Self::Ask(command) => command.run(),
        }
    }
}
