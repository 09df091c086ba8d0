//! `paidan kb regress`: asks the regression questions again.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::from::From;
use crate::cli::output;
use crate::diagnostic::Diagnostic;
use crate::knowledge::regression::{self, Moved, Outcome, Tally};

#[derive(Args)]
pub(in crate::cli) struct Regress {
    /// 所有问题都列出，不只是错的 · every question, not only the wrong ones
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    from: From,
}

#[derive(Serialize, Deserialize)]
struct Said {
    tally: Tally,
    outcomes: Vec<Outcome>,
    #[serde(default)]
    moved: Vec<Moved>,
}

impl Regress {
    /// Exit code 1: a question that was right is wrong, or (asked of a folder) an answer is wrong.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let said = self.ask()?;
        if self.from.json {
            output::json(&said)?;
        } else {
            self.show(&said)?;
        }
        let broken = said.moved.iter().any(|it| it.how == regression::Move::Broken);
        let wrong = said.tally.answered_right < said.tally.answered;
        let mend = if self.from.is_live() { broken } else { wrong };
        Ok(if mend { ExitCode::from(1) } else { ExitCode::SUCCESS })
    }

    fn ask(&self) -> anyhow::Result<Said> {
        let wish = json!({ "jurisdiction": self.from.desk.jurisdiction });
        if let Some(said) = self.from.api("/v1/knowledge/regress", &wish)? {
            return Ok(serde_json::from_value(said)?);
        }
        let pack = self.from.pack()?;
        let Some((path, text)) = pack.questions(&self.from.desk.jurisdiction) else {
            bail!("没有 kb-index/{}/questions.toml：先写几个回归问题", self.from.desk.jurisdiction);
        };
        let questions = regression::parse(path, text).map_err(|wrong| {
            let lines: Vec<String> = wrong.iter().map(Diagnostic::render).collect();
            anyhow::anyhow!("{}", lines.join("\n"))
        })?;
        let outcomes = self.from.folder(|knowledge, asking| regression::ask(knowledge, asking, &questions))?;
        Ok(Said { tally: Tally::of(&outcomes), outcomes, moved: Vec::new() })
    }

    fn show(&self, said: &Said) -> std::io::Result<()> {
        let Tally { questions, right, answered, answered_right } = said.tally;
        output::line(format!("{questions} 个问题，{right} 个对；直接答复 {answered} 个，其中 {answered_right} 个对"))?;
        for it in &said.moved {
            let (before, after) = (&it.before, &it.after);
            output::line(format!(
                "{}  {}  {} {}‰ → {} {}‰",
                it.how.title(),
                it.text,
                named(&before.found),
                before.confidence,
                named(&after.found),
                after.confidence
            ))?;
        }
        for it in said.outcomes.iter().filter(|it| self.all || !it.right) {
            let mark = if it.right { "对" } else { "错" };
            let (found, expected) = (named(&it.found), named(&it.expected));
            output::line(format!("{mark}  {:>4}‰  {found}（应为 {expected}）  {}", it.confidence, it.text))?;
        }
        Ok(())
    }
}

fn named(entry: &str) -> &str {
    if entry.is_empty() { "无" } else { entry }
}
