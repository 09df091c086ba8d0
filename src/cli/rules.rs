//! `paidan rules …`

mod backtest;
mod columns;
mod corpus;
mod coverage;
mod draft;
mod history;
mod overlaps;
mod publish;
mod refs;
mod table;
mod why;
mod why_not;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::output;
use crate::app::World;
use crate::calendar::local_date;
use crate::clock;
use crate::packs::Source;
use crate::releases::Report;

#[derive(Subcommand)]
pub(super) enum Rules {
    /// 检查全部规则文件，指出每一处问题 · report every problem in every file
    Check(Target),
    /// 运行规则旁边的全部用例 · run all cases beside the rules
    Test(Target),
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
    /// 表格形式的规则：导出、导入 · rules as tables
    #[command(subcommand)]
    Table(table::Tables),
}

#[derive(Args)]
pub(super) struct Target {
    /// 含 rules/ 的目录，或 rules 目录本身 · the folder that holds rules/, or rules/ itself
    dir: Option<PathBuf>,
    /// 只看这个辖区 · only this jurisdiction
    #[arg(long)]
    jurisdiction: Option<String>,
    /// 每个辖区输出一行 JSON · one line of JSON per jurisdiction
    #[arg(long)]
    json: bool,
}

impl Rules {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(target) => target.report(show_check),
            Self::Test(target) => target.report(show_test),
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
            Self::Table(table) => table.run(),
        }
    }
}

impl Target {
    fn report(self, show: impl Fn(&Report) -> std::io::Result<bool>) -> anyhow::Result<ExitCode> {
        let world = World::load(&self.source()?, local_date(clock::now()))?;
        let mut sound = true;
        for problem in &world.entries {
            output::line(problem.render())?;
            sound &= !problem.is_error();
        }
        let wanted = |name: &String| self.jurisdiction.as_ref().is_none_or(|wanted| wanted == name);
        for (_, report) in world.reports.iter().filter(|(name, _)| wanted(name)) {
            if self.json {
                output::json(report)?;
                sound &= report.current;
            } else {
                sound &= show(report)?;
            }
        }
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    fn source(&self) -> anyhow::Result<Source> {
        // An author in a hurry types `rules check rules`.
        let dir = self.dir.clone().map(|dir| match dir.file_name() {
            Some(name) if name == "rules" => dir.parent().map_or_else(|| ".".into(), PathBuf::from),
            _ => dir,
        });
        Source::choose(dir.map(|dir| if dir.as_os_str().is_empty() { ".".into() } else { dir }))
    }
}

fn show_check(report: &Report) -> std::io::Result<bool> {
    for diagnostic in &report.diagnostics {
        output::line(diagnostic.render())?;
    }
    let errors = report.diagnostics.iter().filter(|it| it.is_error()).count();
    let reminders = report.diagnostics.len() - errors;
    output::line(format!("{}：{} 条规则，{errors} 个错误，{reminders} 个提醒", report.jurisdiction, report.rules))?;
    Ok(errors == 0)
}

fn show_test(report: &Report) -> std::io::Result<bool> {
    let errors = report.diagnostics.iter().filter(|it| it.is_error()).count();
    if errors > 0 {
        output::line(format!("{}：规则有 {errors} 个错误，用例没有运行；先用 rules check 改好", report.jurisdiction))?;
        return Ok(false);
    }
    for failure in &report.failed_cases {
        output::line(format!("没有通过 {}:{}  {}", failure.file, failure.line, failure.name))?;
        for difference in &failure.differences {
            output::line(format!("    {difference}"))?;
        }
        output::line(format!("    说了话的规则：{}", failure.fired.join("、")))?;
    }
    output::line(format!(
        "{}：{} 个用例，{} 个没有通过",
        report.jurisdiction,
        report.cases,
        report.failed_cases.len()
    ))?;
    Ok(report.failed_cases.is_empty())
}
