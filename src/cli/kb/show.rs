//! `paidan kb show`, and how entries, changes and findings are printed.

use std::io;
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use crate::cli::desk::{Desk, escaped};
use crate::cli::output;
use crate::editorial::{FieldChange, Finding, State, difference};
use crate::knowledge::Entry;

#[derive(Args)]
pub(in crate::cli) struct Show {
    /// 条目编号 · the entry
    id: String,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: Desk,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let path = self.desk.path(&format!("articles/{}", escaped(&self.id)), &[]);
        let file = self.desk.with(|open| open.get(&path))?;
        if self.json {
            output::json(&file)?;
            return Ok(ExitCode::SUCCESS);
        }
        print(&file)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Where an entry stands, what is live or drafted, what the draft changes, what happened.
pub(super) fn print(file: &Value) -> anyhow::Result<()> {
    standing(file)?;
    let shown = if file["draft_entry"].is_object() { &file["draft_entry"] } else { &file["live_entry"] };
    if let Ok(entry) = serde_json::from_value::<Entry>(shown.clone()) {
        let fields = difference(&Entry::default(), &entry).into_iter().filter(|field| field.field != "id");
        fields.map(|field| format!("  {}：{}", field.title, words(&field.after))).try_for_each(output::line)?;
    }
    if file["live_entry"].is_object() && file["draft_entry"].is_object() {
        output::line("草稿改动：")?;
        changes(&file["changes"])?;
    }
    findings(&file["draft"]["findings"])?;
    output::line("经过：")?;
    file["acts"].as_array().into_iter().flatten().try_for_each(act)?;
    Ok(())
}

/// One line: number, state, draft, question, owner.
pub(super) fn standing(line: &Value) -> io::Result<()> {
    let state = serde_json::from_value::<State>(line["state"].clone()).map_or("", State::title);
    let due = line["due"].as_str().map(|due| format!("，复核期至 {due}")).unwrap_or_default();
    let live = line["live"]["version"].as_u64().map(|version| format!("第{version}版")).unwrap_or_default();
    let draft = match line["draft"]["stage"].as_str() {
        Some("in_review") => format!("；第{}版待审核", line["draft"]["version"]),
        Some("returned") => format!("；第{}版已退回：{}", line["draft"]["version"], text(&line["draft"], "reason")),
        Some(_) => format!("；第{}版草稿", line["draft"]["version"]),
        None => String::new(),
    };
    let (id, question, owner) = (text(line, "id"), text(line, "question"), text(line, "owner"));
    output::line(format!("{id}  {state}{live}{due}{draft}  {question}（{owner}）"))
}

/// What differs, field by field.
pub(super) fn changes(list: &Value) -> anyhow::Result<()> {
    for change in list.as_array().into_iter().flatten() {
        let change: FieldChange = serde_json::from_value(change.clone())?;
        output::line(format!("  {}", change.title))?;
        for (sign, value) in [("-", &change.before), ("+", &change.after)] {
            words(value)
                .lines()
                .filter(|line| !line.is_empty())
                .try_for_each(|line| output::line(format!("    {sign} {line}")))?;
        }
    }
    Ok(())
}

/// What a reviewer should look at.
pub(super) fn findings(list: &Value) -> anyhow::Result<()> {
    for finding in list.as_array().into_iter().flatten() {
        let finding: Finding = serde_json::from_value(finding.clone())?;
        let Finding { kind, entry, owner, question, other_question, confidence, differing } = finding;
        let title = kind.title();
        output::line(format!("提醒 {title}：与 {entry}（{owner}）：“{question}”≈“{other_question}” {confidence}‰"))?;
        differing.iter().try_for_each(|line| output::line(format!("    {line}")))?;
    }
    Ok(())
}

pub(super) fn act(act: &Value) -> io::Result<()> {
    let at = text(act, "at").get(..16).unwrap_or_default().replace('T', " ");
    let person = Some(text(act, "person")).filter(|person| !person.is_empty()).unwrap_or("（词条包）");
    let words = Some(text(act, "words")).filter(|words| !words.is_empty()).map(|words| format!("：{words}"));
    let (what, version) = (text(act, "what"), &act["version"]);
    output::line(format!(
        "  {:>3}  {at} UTC  {person}  {what}（第{version}版）{}",
        act["revision"],
        words.unwrap_or_default()
    ))
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim_end().to_owned(),
        Value::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}
