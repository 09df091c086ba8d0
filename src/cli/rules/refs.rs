//! `paidan rules refs NAME`: where a name is used.

use std::process::ExitCode;

use clap::Args;

use super::draft::Draft;
use crate::cli::output;
use crate::diagnostic::nearest;
use crate::insight::{Likeness, Place, refs};

#[derive(Args)]
pub(in crate::cli) struct Refs {
    /// 单位（或别名）、词语、规则编号、地点、类别…… · a unit, a word, a rule, a place, a category
    name: String,
    #[command(flatten)]
    draft: Draft,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
}

impl Refs {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let loaded = self.draft.load()?;
        let entries = loaded.knowledge.published().map(|published| &published.entry);
        let found = refs(&loaded.release, entries, &self.name);
        if self.json {
            output::json(&found)?;
        } else if found.uses.is_empty() {
            let units = loaded.release.units.iter().map(|unit| unit.name.as_str());
            output::line(format!("没有用到“{}”；{}", self.name, nearest(&self.name, units)))?;
        } else {
            show(&found)?;
        }
        Ok(if found.uses.is_empty() { ExitCode::from(1) } else { ExitCode::SUCCESS })
    }
}

/// Characters of a use that are shown.
const SHOWN: usize = 24;

fn show(found: &crate::insight::Refs) -> std::io::Result<()> {
    let kinds = if found.kinds.is_empty() { "词语".to_owned() } else { found.kinds.join("、") };
    output::line(format!("“{}”（{kinds}），{} 处", found.name, found.uses.len()))?;
    if found.spellings.len() > 1 {
        output::line(format!("也叫 {}", found.spellings.join("、")))?;
    }
    let mut last = None;
    for it in &found.uses {
        if last != Some(it.place) {
            output::line(title(it.place))?;
            last = Some(it.place);
        }
        let like = match it.likeness {
            Likeness::Same if it.text.is_empty() || it.text == found.name => String::new(),
            Likeness::Same => format!("  “{}”", it.text.chars().take(SHOWN).collect::<String>()),
            Likeness::Longer => format!("  包含它：“{}”", it.text),
            Likeness::Shorter => format!("  被它包含：“{}”", it.text),
        };
        let place = if it.file.is_empty() { String::new() } else { format!("  {}:{}", it.file, it.line) };
        output::line(format!("    {}  {}{like}{place}", it.id, it.key))?;
    }
    Ok(())
}

fn title(place: Place) -> &'static str {
    match place {
        Place::Rule => "规则",
        Place::Case => "用例",
        Place::Entry => "知识条目",
        Place::Regulation => "规定",
        Place::Unit => "单位",
        Place::Places => "地点",
        Place::Dictionary => "词表",
    }
}
