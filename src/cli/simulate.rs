//! `paidan simulate`: a scenario against the real state machine, and its timeline.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use super::output;
use crate::app::World;
use crate::calendar::local_date;
use crate::clock;
use crate::packs::Source;
use crate::simulate::{Report, Scenario, run};

#[derive(Args)]
pub(super) struct Simulate {
    /// 情景文件（TOML），可以是多个 · scenario files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// 另一套规则目录 · run it under another pack
    #[arg(long, value_name = "DIR", alias = "packs")]
    pack: Option<PathBuf>,
    /// 每个情景一行 JSON · one line of JSON for each scenario
    #[arg(long)]
    json: bool,
    /// 只显示没有通过的检查 · show failures only
    #[arg(long)]
    quiet: bool,
}

impl Simulate {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let source = Source::choose(self.pack.clone())?;
        let world = World::load(&source, local_date(clock::now()))?;
        let mut holds = true;
        for file in &self.files {
            let name = file.display().to_string();
            let text = std::fs::read_to_string(file).with_context(|| format!("reading {name}"))?;
            let scenario = match Scenario::parse(&name, &text) {
                Ok(scenario) => scenario,
                Err(wrong) => bail!("{}", wrong.render()),
            };
            if let Some(wrong) = world
                .reports
                .get(&scenario.jurisdiction)
                .and_then(|report| report.diagnostics.iter().find(|it| it.is_error()))
            {
                bail!("{}", wrong.render());
            }
            let report = run(&world.snapshot, &scenario).map_err(|why| anyhow::anyhow!("{name}: {why}"))?;
            holds &= report.holds();
            match self.json {
                true => output::json(&report)?,
                false => show(&name, &report, self.quiet)?,
            }
        }
        Ok(if holds { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn show(file: &str, report: &Report, quiet: bool) -> std::io::Result<()> {
    let title = if report.name.is_empty() { file } else { &report.name };
    let verdict = if report.holds() { "通过" } else { "未通过" };
    output::line(format!("━━ {title}（{}）{verdict}", report.jurisdiction))?;
    if !quiet {
        for entry in &report.timeline {
            let code = if entry.code.is_empty() { String::new() } else { format!(" [{}]", entry.code) };
            output::line(format!("{}  {:<12} {}{code}", entry.local, entry.person, entry.words))?;
        }
        output::line("")?;
        for it in &report.clocks {
            output::line(format!("{}  {}（{}）", it.clock.name, it.standing, it.owed_by))?;
            for line in &it.why {
                output::line(format!("    {line}"))?;
            }
            for coming in &it.next {
                output::line(format!("    → {}  {}  {}", coming.when, coming.what, coming.to.join("、")))?;
            }
        }
    }
    for failure in &report.failures {
        output::line(format!("✗ {failure}"))?;
    }
    for check in report.checks.iter().filter(|check| !check.differences.is_empty()) {
        for difference in &check.differences {
            let at = crate::calendar::moment(check.at);
            output::line(format!("✗ {at} {} {difference}", check.proves))?;
        }
    }
    Ok(())
}
