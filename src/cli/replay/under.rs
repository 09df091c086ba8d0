//! What another pack would have made of the stored tickets.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use serde::Serialize;

use super::Stored;
use crate::calendar::moment;
use crate::cli::output;
use crate::packs::Source;
use crate::releases::Releases;
use crate::replay::{ClockPair, Compared, Standing, Summary, under};
use crate::ticket::colour;
use crate::triage::{Release, Warning};

/// What came of it.
#[derive(Default, Serialize)]
struct Outcome {
    tickets: usize,
    /// Jurisdiction → tickets that could not be run: it is not in the pack, or the history has no triage.
    left_out: BTreeMap<String, usize>,
    /// Tickets that differ, with what differs.
    differing: Vec<Compared>,
    summary: Summary,
}

pub(super) fn run(stored: &Stored<'_>, pack: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let releases = load(pack)?;
    let mut outcome = Outcome::default();
    for ticket in stored.each() {
        let (ticket, events) = ticket?;
        let release = releases.get(&ticket.jurisdiction).and_then(Option::as_deref);
        match release.and_then(|release| under(&ticket, &events, release, stored.until)) {
            None => *outcome.left_out.entry(ticket.jurisdiction).or_default() += 1,
            Some(compared) => {
                outcome.tickets += 1;
                outcome.summary.add(&compared);
                outcome.differing.extend(Some(compared.only_differences()).filter(Compared::differs));
            }
        }
    }
    match json {
        true => output::json(&outcome)?,
        false => outcome.show(stored)?,
    }
    // A difference is an answer here, not a fault.
    Ok(ExitCode::SUCCESS)
}

fn load(pack: &Path) -> anyhow::Result<BTreeMap<String, Option<Arc<Release>>>> {
    let round = Releases::default().round(&Source::choose(Some(pack.to_owned()))?.read()?);
    for report in round.reports.values() {
        if let Some(wrong) = report.diagnostics.iter().find(|it| it.is_error()) {
            bail!("{}", wrong.render());
        }
    }
    // Cases that fail keep a release from going live: they say what it is meant to do.
    if let Some((name, _)) = round.releases.iter().find(|(_, release)| release.is_none()) {
        bail!("辖区“{name}”的用例没有全部通过，请先运行 paidan rules test {}", pack.display());
    }
    Ok(round.releases)
}

impl Outcome {
    fn show(&self, stored: &Stored<'_>) -> std::io::Result<()> {
        self.differing.iter().try_for_each(show)?;
        for (jurisdiction, clocks) in &self.summary.clocks {
            output::line(format!("━━ {jurisdiction}（截至{}）", moment(stored.until)))?;
            output::line("时限\t不变\t提前\t推后\t新增\t取消\t逾期（存储→重放）")?;
            for (id, it) in clocks {
                let counts = [it.same, it.earlier, it.later, it.added, it.gone].map(|count| count.to_string());
                let overdue = format!("{}→{}", it.overdue_stored, it.overdue_under);
                output::line(format!("{}（{id}）\t{}\t{overdue}", it.name, counts.join("\t")))?;
            }
        }
        for (jurisdiction, count) in &self.left_out {
            output::line(format!("{jurisdiction}：{count} 件未重放（新规定里没有这个辖区，或工单没有研判记录）"))?;
        }
        output::line(format!("重放 {} 件，{} 件有变化", self.tickets, self.differing.len()))
    }
}

fn show(compared: &Compared) -> std::io::Result<()> {
    output::line(format!("━━ {}（{}）", compared.ticket, compared.jurisdiction))?;
    if let Some(phase) = compared.phase {
        output::line(format!("    状态：{} → {}", phase.stored.title(), phase.under.title()))?;
    }
    for (what, warning) in [("预警", compared.warning), ("最高预警", compared.highest)] {
        if let Some(warning) = warning {
            output::line(format!("    {what}：{} → {}", named(warning.stored), named(warning.under)))?;
        }
    }
    for pair in &compared.clocks {
        let ClockPair { name, unit, stored, under, .. } = pair;
        output::line(format!("    {name}{unit}：{} → {}", standing(*stored), standing(*under)))?;
    }
    for it in &compared.refused {
        let (at, person, command) = (moment(it.at), &it.person, it.command);
        output::line(format!("    {at} {person}“{command}”会被拒绝 [{}] {}", it.code, it.message))?;
    }
    Ok(())
}

fn named(level: Warning) -> &'static str {
    if level == Warning::None { "无" } else { colour(level) }
}

fn standing(standing: Option<Standing>) -> String {
    let Some(Standing { due, state, overdue }) = standing else { return "无".to_owned() };
    let state = match (state, overdue) {
        (_, true) => "已逾期",
        ("running", _) => "计时中",
        ("met", _) => "已办",
        _ => "已停",
    };
    format!("{}（{state}）", moment(due))
}
