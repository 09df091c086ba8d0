//! `paidan kb check FILE…`: files of entries, without any store or service.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::show;
use crate::app::World;
use crate::calendar::local_date;
use crate::cli::{Packs, output};
use crate::clock;
use crate::diagnostic::{Diagnostic, nearest};
use crate::editorial::exchange::{Format, Placed};
use crate::editorial::findings;
use crate::knowledge::{Change, Published};
use crate::packs::read_entries;

#[derive(Args)]
pub(in crate::cli) struct Check {
    /// 文件：.toml、.csv、.xlsx 或 .jsonl · files of entries
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// 按这个辖区核对责任单位，并与它的词条包比对重复、矛盾 · compare with the pack of this jurisdiction
    #[arg(long, short)]
    jurisdiction: Option<String>,
    #[command(flatten)]
    packs: Packs,
}

/// Entries with the files they stand in, and what is wrong.
type Read = (Vec<(String, Placed)>, Vec<Diagnostic>);

impl Check {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let (entries, mut wrong) = self.read()?;
        if let Some(jurisdiction) = self.jurisdiction.as_ref().filter(|_| wrong.is_empty()) {
            self.compare(jurisdiction, &entries, &mut wrong)?;
        }
        wrong.iter().try_for_each(|problem| output::line(problem.render()))?;
        if wrong.is_empty() {
            output::line(format!("{} 条，没有问题", entries.len()))?;
            return Ok(ExitCode::SUCCESS);
        }
        output::line(format!("{} 处要改", wrong.len()))?;
        Ok(ExitCode::from(1))
    }

    /// All entries with their files, and what is wrong with those.
    fn read(&self) -> anyhow::Result<Read> {
        let mut wrong: Vec<Diagnostic> = Vec::new();
        let mut first: BTreeMap<String, String> = BTreeMap::new();
        let mut entries = Vec::new();
        for file in &self.files {
            let name = file.display().to_string();
            let Some(format) = Format::of_file(&name) else {
                bail!("只认得 .toml、.csv、.xlsx 和 .jsonl：{name}")
            };
            let bytes = fs::read(file).with_context(|| format!("读不了 {name}"))?;
            match read_entries(format, &name, bytes) {
                Ok(placed) => {
                    for it in placed {
                        let place = format!("{name} 第 {} 行", it.row);
                        if let Some(earlier) = first.insert(it.entry.id.clone(), place) {
                            let message = format!("编号「{}」在 {earlier} 用过", it.entry.id);
                            wrong.push(Diagnostic::error(&name, it.line, message).help("一个编号只能出现一次"));
                        }
                        entries.push((name.clone(), it));
                    }
                }
                Err(problems) => wrong.extend(problems),
            }
        }
        Ok((entries, wrong))
    }

    /// Owners that are no units are wrong; what repeats or contradicts is only told.
    fn compare(
        &self,
        jurisdiction: &str,
        entries: &[(String, Placed)],
        wrong: &mut Vec<Diagnostic>,
    ) -> anyhow::Result<()> {
        let today = local_date(clock::now());
        let snapshot = World::load(&self.packs.source()?, today)?.snapshot;
        let Some(release) = snapshot.release(jurisdiction) else {
            bail!("没有辖区“{jurisdiction}”；{}", nearest(jurisdiction, snapshot.releases.keys().map(String::as_str)));
        };
        let name: Arc<str> = jurisdiction.into();
        let (knowledge, lexicon) = (snapshot.knowledge(jurisdiction), snapshot.lexicon(jurisdiction));
        let publish = |(_, placed): &(String, Placed)| {
            let published = Published { jurisdiction: name.clone(), entry: placed.entry.clone(), as_of: today };
            Change::Publish(Box::new(published))
        };
        let changes = entries.iter().map(publish).collect();
        let together = knowledge.with_changes(knowledge.version(), changes, lexicon)?;
        for (file, Placed { line, entry, .. }) in entries {
            if let Err(why) = release.units.named(&entry.owner) {
                wrong.push(Diagnostic::error(file, *line, format!("{}：{why}", entry.id)).help("改成承办单位的名称"));
            }
            let found = findings(entry, &together, lexicon, jurisdiction, today)?;
            if !found.is_empty() {
                output::line(format!("{} {}", entry.id, entry.question))?;
                show::findings(&json!(found))?;
            }
        }
        Ok(())
    }
}
