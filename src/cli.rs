//! The command line: one function per command, no logic of its own. Standard output carries results, standard error
//! everything else. Exit code 0: done; 1: done, and there is something to mend; 2: could not be done.

mod audit;
mod bench;
mod client;
mod desk;
mod eval;
mod input;
mod kb;
mod keep;
mod keys;
mod logging;
mod output;
mod reindex;
mod replay;
mod rules;
mod serve;
mod simulate;
mod token;
mod triage;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::packs::Source;

#[derive(Parser)]
#[command(
    name = "paidan",
    version,
    about = "派单：政务热线与营商平台的研判派发引擎 · triage and dispatch for government service platforms"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 提供 HTTP 服务 · serve the API
    Serve(serve::Serve),
    /// 生成、列出、吊销访问令牌 · make, list and revoke tokens
    #[command(subcommand)]
    Token(token::Token),
    /// 主密钥：加密个人信息 · master keys of an encrypted store
    #[command(subcommand)]
    Keys(keys::Keys),
    /// 查阅、校验审计日志 · read and check the audit log
    #[command(subcommand)]
    Audit(audit::Audit),
    /// 研判一段文字、一个文件或标准输入 · decide a text, a file or standard input
    Triage(triage::Triage),
    /// 测速 · measure
    Bench(bench::Bench),
    /// 考一考：派单、分类、找条目、不该答时不答 · measure choices, answers and abstentions on labelled texts
    #[command(subcommand)]
    Eval(eval::Eval),
    /// 从存储重建知识索引 · build the knowledge index from the store
    Reindex(reindex::Reindex),
    /// 备份数据目录，服务可以在运行；再次备份只补上新的 · back up the data folder, also of a running service
    Backup(keep::Backup),
    /// 把备份恢复到空目录 · restore a backup into an empty folder
    Restore(keep::Restore),
    /// 核对备份、数据目录或运行中的服务 · verify a backup, a stopped store or a running service
    Verify(verify::Verify),
    /// 由日志重建视图，服务须已停止 · make the view anew from the journal
    Rebuild(keep::Rebuild),
    /// 全部历史写成 JSON 行 · write the whole history as lines of JSON
    Export(keep::Export),
    /// 把导出的历史读进空目录 · read an export into an empty folder
    Import(keep::Import),
    /// 按情景推演一件工单 · run a scenario against the state machine
    Simulate(simulate::Simulate),
    /// 重放存储的工单：核对，或推演换一套规定会怎样 · replay stored tickets, or try another pack on them
    Replay(replay::Replay),
    /// 检查、测试规则 · check and test rules
    #[command(subcommand)]
    Rules(rules::Rules),
    /// 知识条目：编写、审核、复核、命中测试、缺口 · knowledge entries
    #[command(subcommand)]
    Kb(kb::Kb),
}

/// Where rules, dictionaries and knowledge come from.
#[derive(Args)]
struct Packs {
    /// 含 rules/、dictionaries/、kb-index/ 的目录；缺省为当前目录，没有则用内置 · folder with the packs; the working
    /// directory, or what is compiled in
    #[arg(long, value_name = "DIR", global = true)]
    packs: Option<PathBuf>,
}

impl Packs {
    fn source(&self) -> anyhow::Result<Source> {
        Source::choose(self.packs.clone())
    }
}

/// Runs the command line.
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(command) => command.run(),
        Command::Token(command) => command.run(),
        Command::Keys(command) => command.run(),
        Command::Audit(command) => command.run(),
        Command::Triage(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Eval(command) => command.run(),
        Command::Reindex(command) => command.run(),
        Command::Backup(command) => command.run(),
        Command::Restore(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Rebuild(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Simulate(command) => command.run(),
        Command::Replay(command) => command.run(),
        Command::Rules(command) => command.run(),
        Command::Kb(command) => command.run(),
    };
    done.unwrap_or_else(|err| {
        output::complain(&err);
        ExitCode::from(2)
    })
}
