//! `paidan rules …`

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
