//! `paidan rules test`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use super::target::{Target, read, unreadable};
use crate::cli::output;
use crate::diagnostic::Diagnostic;
use crate::packs::Pack;
use crate::releases::{CaseVote, FailedCase, run_cases, touched};
use crate::triage::{Cache, Case, Release};

#[derive(Args)]
pub(in crate::cli) struct Test {
    #[command(flatten)]
    target: Target,
    /// 只运行名称、文件名或文字里含有它的用例 · only cases whose name, file or text holds this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// 只运行与旧目录相比可能有变化的用例 · only cases that a difference to an older folder can touch
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
    /// 每个辖区输出一行 JSON · one line of JSON per jurisdiction
    #[arg(long)]
    json: bool,
    /// 另存一份 JUnit 报告 · write a JUnit report as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// How the cases of one jurisdiction went.
#[derive(Serialize)]
struct Outcome {
    jurisdiction: String,
    /// All there are.
    cases: usize,
    run: usize,
    failed: usize,
    failed_cases: Vec<FailedCase>,
    /// Why no case was run.
    diagnostics: Vec<Diagnostic>,
    /// File, line and name of what was run.
    #[serde(skip)]
    names: Vec<(String, u32, String)>,
}

impl Test {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let pack = self.target.read()?;
        let old = self.against.as_deref().map(|dir| read(Some(dir))).transpose()?;
        let mut cache = Cache::default();
        let mut outcomes = Vec::new();
        for jurisdiction in self.target.jurisdictions(&pack)? {
            outcomes.push(self.outcome(jurisdiction, &pack, old.as_ref(), &mut cache));
        }
        for outcome in &outcomes {
            if self.json {
                output::json(outcome)?;
            } else {
                show(outcome)?;
            }
        }
        if let Some(path) = &self.junit {
            let text = junit(&outcomes).to_string().context("making the JUnit report")?;
            std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
        }
        let passed = outcomes.iter().all(|it| it.failed == 0 && it.diagnostics.is_empty());
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    fn outcome(&self, jurisdiction: String, pack: &Pack, old: Option<&Pack>, cache: &mut Cache) -> Outcome {
        let (release, mut diagnostics) = Release::compile(&jurisdiction, &pack.release_files(&jurisdiction), cache);
        diagnostics.extend(unreadable(pack, &jurisdiction));
        diagnostics.retain(Diagnostic::is_error);
        let mut outcome = Outcome {
            jurisdiction,
            cases: 0,
            run: 0,
            failed: 0,
            failed_cases: Vec::new(),
            diagnostics,
            names: Vec::new(),
        };
        let Some(release) = release.filter(|_| outcome.diagnostics.is_empty()) else { return outcome };
        let before = old.and_then(|old| {
            Release::compile(&outcome.jurisdiction, &old.release_files(&outcome.jurisdiction), cache).0
        });
        let mut cases: Vec<&Case> = match &before {
            Some(before) => touched(before, &release),
            None => release.cases.iter().collect(),
        };
        if let Some(filter) = &self.filter {
            cases.retain(|case| [&case.name, &case.file, &case.title, &case.text].iter().any(|it| it.contains(filter)));
        }
        outcome.cases = release.cases.len();
        outcome.run = cases.len();
        outcome.failed_cases = run_cases(&release, &cases);
        outcome.failed = outcome.failed_cases.len();
        outcome.names = cases.iter().map(|case| (case.file.clone(), case.line, case.name.clone())).collect();
        outcome
    }
}

fn show(outcome: &Outcome) -> std::io::Result<()> {
    let Outcome { jurisdiction, cases, run, failed, failed_cases, diagnostics, .. } = outcome;
    if !diagnostics.is_empty() {
        let errors = diagnostics.len();
        return output::line(format!(
            "{jurisdiction}：规则有 {errors} 个错误，用例没有运行；先用 paidan rules check 改好"
        ));
    }
    for failure in failed_cases {
        output::line(in_words(failure))?;
    }
    let skipped = if run < cases { format!("（共 {cases} 个，其余没有运行）") } else { String::new() };
    output::line(format!("{jurisdiction}：运行 {run} 个用例{skipped}，{failed} 个没有通过"))
}

/// Several lines: the differences, the votes that made them, what kept the ticket.
fn in_words(failure: &FailedCase) -> String {
    let mut lines = vec![format!("没有通过 {}:{}  {}", failure.file, failure.line, failure.name)];
    lines.extend(failure.differences.iter().map(|it| format!("    {it}")));
    if failure.votes.is_empty() {
        let fired = if failure.fired.is_empty() { "没有".to_owned() } else { failure.fired.join("、") };
        lines.push(format!("    这一项没有规则说话；说了话的规则：{fired}"));
    }
    lines.extend(failure.votes.iter().map(|vote| format!("    {}", vote_in_words(vote))));
    lines.extend(failure.obstacles.iter().map(|it| format!("    转人工：{it}")));
    lines.join("\n")
}

fn vote_in_words(vote: &CaseVote) -> String {
    let weight = match vote.veto {
        true => "否决".to_owned(),
        false if vote.weight == 0 => "意见".to_owned(),
        false => format!("{:+} 票", f64::from(vote.weight) / 1_000.0),
    };
    let counted = if vote.counted { "" } else { "（同组已有更强的一票，不计）" };
    let candidate = if vote.candidate.is_empty() { &vote.why } else { &vote.candidate };
    let words = if vote.words.is_empty() { String::new() } else { format!("，词：{}", vote.words.join("、")) };
    format!("{} {weight} {candidate}{counted}：{}（{}:{}{words}）", vote.about, vote.rule, vote.file, vote.line)
}

/// One suite per jurisdiction, one test per case.
fn junit(outcomes: &[Outcome]) -> Report {
    let mut report = Report::new("paidan rules test");
    for outcome in outcomes {
        let mut suite = TestSuite::new(outcome.jurisdiction.clone());
        if !outcome.diagnostics.is_empty() {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            let said: Vec<String> = outcome.diagnostics.iter().map(Diagnostic::render).collect();
            status.set_message("规则有错误，用例没有运行").set_description(said.join("\n"));
            suite.add_test_case(TestCase::new("rules check", status));
        }
        for (file, line, name) in &outcome.names {
            let failed = outcome.failed_cases.iter().find(|it| it.file == *file && it.line == *line);
            let status = match failed {
                None => TestCaseStatus::success(),
                Some(failure) => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(failure.differences.join("；")).set_description(in_words(failure));
                    status
                }
            };
            let mut case = TestCase::new(name.clone(), status);
            case.set_classname(file.clone());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report
}
