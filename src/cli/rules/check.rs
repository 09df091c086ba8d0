//! `paidan rules check`

use std::collections::HashSet;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::sarif;
use super::target::{Target, unreadable};
use crate::app::{entry_reminders, parse_entries};
use crate::calendar::local_date;
use crate::cli::output;
use crate::clock;
use crate::diagnostic::Diagnostic;
use crate::knowledge::regression;
use crate::packs::Pack;
use crate::triage::{Cache, Release};

#[derive(Args)]
pub(in crate::cli) struct Check {
    #[command(flatten)]
    target: Target,
    /// 每个辖区输出一行 JSON · one line of JSON per jurisdiction
    #[arg(long, conflicts_with = "sarif")]
    json: bool,
    /// 输出 SARIF 2.1.0，供编辑器和流水线读取 · SARIF 2.1.0, for editors and CI
    #[arg(long)]
    sarif: bool,
}

/// How the files of one jurisdiction stand.
#[derive(Serialize)]
struct Standing {
    jurisdiction: String,
    rules: usize,
    /// Rules without words: their functions run for every ticket.
    always_run: usize,
    cases: usize,
    errors: usize,
    reminders: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let pack = self.target.read()?;
        let mut cache = Cache::default();
        let mut shown = HashSet::new();
        let mut standings = Vec::new();
        for jurisdiction in self.target.jurisdictions(&pack)? {
            standings.push(standing(&pack, jurisdiction, &mut cache));
        }
        if self.sarif {
            let mut all: Vec<&Diagnostic> = standings.iter().flat_map(|it| &it.diagnostics).collect();
            all.retain(|it| shown.insert(it.render()));
            output::line(serde_json::to_string_pretty(&sarif::log(&all))?)?;
        } else if self.json {
            standings.iter().try_for_each(output::json)?;
        } else {
            standings.iter().try_for_each(|standing| show(standing, &mut shown))?;
        }
        let sound = standings.iter().all(|standing| standing.errors == 0);
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn standing(pack: &Pack, jurisdiction: String, cache: &mut Cache) -> Standing {
    let files = pack.release_files(&jurisdiction);
    let (release, mut diagnostics) = Release::check(&jurisdiction, &files, cache, Some(local_date(clock::now())));
    diagnostics.extend(unreadable(pack, &jurisdiction));
    let entries = pack.entries(&jurisdiction);
    match parse_entries(&entries) {
        Ok(found) => diagnostics.extend(entry_reminders(&entries, &found)),
        Err(wrong) => diagnostics.extend(wrong),
    }
    if let Some((path, text)) = pack.questions(&jurisdiction) {
        diagnostics.extend(regression::parse(path, text).err().into_iter().flatten());
    }
    let rules = release.as_ref().map_or(&[][..], |release| release.rules.rules());
    let errors = diagnostics.iter().filter(|it| it.is_error()).count();
    Standing {
        jurisdiction,
        rules: rules.len(),
        always_run: rules.iter().filter(|rule| rule.runs_always()).count(),
        cases: release.as_ref().map_or(0, |release| release.cases.len()),
        errors,
        reminders: diagnostics.len() - errors,
        diagnostics,
    }
}

/// What several jurisdictions share is shown once.
fn show(standing: &Standing, shown: &mut HashSet<String>) -> std::io::Result<()> {
    let rendered = standing.diagnostics.iter().map(Diagnostic::render);
    for text in rendered {
        if shown.insert(text.clone()) {
            output::line(text)?;
            output::line("")?;
        }
    }
    let Standing { jurisdiction, rules, always_run, cases, errors, reminders, .. } = standing;
    let counted = match errors {
        0 => format!("{rules} 条规则（{always_run} 条没有词语条件，每件都要运行函数），{cases} 个用例，"),
        _ => String::new(),
    };
    output::line(format!("{jurisdiction}：{counted}{errors} 个错误，{reminders} 个提醒"))
}
