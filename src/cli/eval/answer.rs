//! Whether the entry that answers a question is found.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use chrono::NaiveDate;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::rows::{self, Row};
use super::times::{Times, Watch};
use super::{Ground, Setting, show};
use crate::calendar::local_date;
use crate::cli::output;
use crate::clock;
use crate::knowledge::{Entry, Knowledge, Published};
use crate::measure::{Choice, Choices};
use crate::triage::Match;

#[derive(Args)]
pub(in crate::cli) struct Answer {
    /// 条目，每行 {"id","question"}，可加 similar、answer · the entries, as JSON lines
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    #[command(flatten)]
    setting: Setting,
}

/// One entry of a file.
#[derive(Deserialize)]
struct Given {
    id: String,
    question: String,
    #[serde(default)]
    similar: Vec<String>,
    /// Entries without one count as different answers.
    #[serde(default)]
    answer: String,
}

/// Entries of a file, to be asked as a triage asks.
pub(super) struct Shelf {
    pub(super) knowledge: Knowledge,
    jurisdiction: Arc<str>,
    today: NaiveDate,
}

/// Matches that are ranked.
const MOST: usize = 10;

#[derive(Serialize)]
struct Measured {
    entries: usize,
    #[serde(flatten)]
    choices: Choices,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<Times>,
}

impl Shelf {
    pub(super) fn read(file: &std::path::Path, ground: &Ground, jurisdiction: &str) -> anyhow::Result<Self> {
        let given: Vec<Given> = rows::lines(file)?;
        if given.is_empty() {
            bail!("{} 里一条条目也没有", file.display());
        }
        let jurisdiction: Arc<str> = jurisdiction.into();
        let today = local_date(clock::now());
        let published = |it: Given| Published {
            jurisdiction: jurisdiction.clone(),
            entry: Entry {
                answer: if it.answer.is_empty() { it.id.clone() } else { it.answer },
                id: it.id,
                question: it.question,
                similar: it.similar,
                ..Entry::default()
            },
            as_of: today,
        };
        let knowledge = Knowledge::build("", given.into_iter().map(published).collect(), ground.lexicon())?;
        Ok(Self { knowledge, jurisdiction, today })
    }

    pub(super) fn ask(&self, ground: &Ground, text: &str) -> Vec<Match> {
        self.ask_of(&self.knowledge, ground, text)
    }

    pub(super) fn ask_of(&self, knowledge: &Knowledge, ground: &Ground, text: &str) -> Vec<Match> {
        knowledge.search(&ground.read(text), &self.jurisdiction, self.today, MOST)
    }

    pub(super) fn jurisdiction(&self) -> Arc<str> {
        self.jurisdiction.clone()
    }

    pub(super) fn len(&self) -> usize {
        self.knowledge.len(&self.jurisdiction)
    }

    pub(super) fn has(&self, entry: &str) -> bool {
        self.knowledge.find(&self.jurisdiction, entry).is_some()
    }
}

impl Answer {
    pub(in crate::cli) fn run(self) -> anyhow::Result<ExitCode> {
        let ground = self.setting.ground()?;
        let shelf = Shelf::read(&self.train, &ground, &self.setting.jurisdiction)?;
        let rows = self.setting.rows()?;
        let answerable: Vec<&Row> = rows.iter().filter(|row| row.answerable().is_some()).collect();
        if let Some(stray) = answerable.iter().find(|row| !shelf.has(row.answerable().unwrap_or_default())) {
            bail!("{}：条目里没有“{}”", stray.place, stray.answerable().unwrap_or_default());
        }
        let threshold = ground.release.answer_threshold();
        let mut watch = Watch::new(self.setting.times);
        let mut choices = Vec::with_capacity(answerable.len());
        for row in answerable {
            let text = row.whole();
            let matches = watch.time(&text, || shelf.ask(&ground, &text));
            choices.push(Choice {
                truth: row.answerable().unwrap_or_default().to_owned(),
                sure: matches.first().is_some_and(|best| best.confidence >= threshold),
                ranking: matches.into_iter().map(|it| (it.entry, it.confidence)).collect(),
            });
        }
        let measured = Measured { entries: shelf.len(), choices: Choices::new(&choices), times: watch.finish() };
        if self.setting.json {
            output::json(&measured)?;
        } else {
            output::line(format!("条目 {} 条", measured.entries))?;
            show::choices(&measured.choices, true)?;
            show::times(measured.times.as_ref())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
