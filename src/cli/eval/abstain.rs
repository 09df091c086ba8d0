//! Whether confidence tells what has an answer from what has none. Three ways: texts without an entry among the tests (small talk, another
//! city), and, harder, every question once more while its own entry is missing.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde::Serialize;

use super::answer::Shelf;
use super::times::{Times, Watch};
use super::{Ground, Setting, show};
use crate::cli::output;
use crate::knowledge::Change;
use crate::measure::{Abstention, Reliability, reliability};
use crate::triage::{Match, Thousandths};

#[derive(Args)]
pub(in crate::cli) struct Abstain {
    /// 条目，每行 {"id","question"} · the entries, as JSON lines
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    #[command(flatten)]
    setting: Setting,
}

#[derive(Serialize)]
struct Measured {
    entries: usize,
    /// Thousandths: from here on a 咨询 is answered without a person.
    threshold: Thousandths,
    /// Against texts that no entry answers; absent when the files have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    foreign: Option<Abstention>,
    /// Against the same questions without their own entries.
    own_entry_removed: Abstention,
    /// Over everything that was asked: what has no answer is never right.
    reliability: Vec<Reliability>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<Times>,
}

impl Abstain {
    pub(in crate::cli) fn run(self) -> anyhow::Result<ExitCode> {
        let ground = self.setting.ground()?;
        let shelf = Shelf::read(&self.train, &ground, &self.setting.jurisdiction)?;
        let mut watch = Watch::new(self.setting.times);
        let (mut answerable, mut foreign, mut removed, mut judged) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for row in self.setting.rows()? {
            let text = row.whole();
            let matches = watch.time(&text, || shelf.ask(&ground, &text));
            let best = confidence(&matches);
            judged.push((best, right(&matches, row.answerable())));
            match row.answerable() {
                None => foreign.push(best),
                Some(entry) => {
                    answerable.push(best);
                    removed.push(confidence(&without(&shelf, &ground, entry, &text)?));
                }
            }
        }
        if answerable.is_empty() {
            bail!("考题里没有一条写了 entry：不知道什么是有答案的");
        }
        let threshold = ground.release.answer_threshold();
        let measured = Measured {
            entries: shelf.len(),
            threshold,
            foreign: (!foreign.is_empty()).then(|| Abstention::new(&answerable, &foreign, threshold)),
            own_entry_removed: Abstention::new(&answerable, &removed, threshold),
            reliability: reliability(judged.into_iter()),
            times: watch.finish(),
        };
        if self.setting.json {
            output::json(&measured)?
        } else {
            print(&measured)?
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn confidence(matches: &[Match]) -> Thousandths {
    matches.first().map_or(0, |best| best.confidence)
}

fn right(matches: &[Match], entry: Option<&str>) -> bool {
    matches.first().is_some_and(|best| Some(best.entry.as_str()) == entry)
}

/// The same question to the same entries but one.
fn without(shelf: &Shelf, ground: &Ground, entry: &str, text: &str) -> anyhow::Result<Vec<Match>> {
    let gone = Change::Retire { jurisdiction: shelf.jurisdiction(), id: entry.to_owned() };
    let rest = shelf.knowledge.with_changes("", vec![gone], ground.lexicon())?;
    Ok(shelf.ask_of(&rest, ground, text))
}

fn print(measured: &Measured) -> std::io::Result<()> {
    output::line(format!("条目 {} 条，门槛 {:.3}", measured.entries, f64::from(measured.threshold) / 1_000.0))?;
    if let Some(foreign) = &measured.foreign {
        show::abstention("无关的文字", foreign)?;
    }
    show::abstention("自己的条目拿走之后", &measured.own_entry_removed)?;
    show::reliability(&measured.reliability)?;
    show::times(measured.times.as_ref())
}
