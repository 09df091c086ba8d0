//! `paidan kb ask TEXT [CHOICE…]`: a question in steps.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::desk::Desk;
use crate::cli::output;

#[derive(Args)]
pub(in crate::cli) struct Ask {
    /// 要问的话 · the question
    text: String,
    /// 已作的选择：选项原文或序号 · what was chosen so far: texts of options, or their numbers
    choices: Vec<String>,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: Desk,
}

impl Ask {
    /// Exit code 1: nothing is answered.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let wish = json!({ "jurisdiction": self.desk.jurisdiction, "text": self.text, "choices": self.choices });
        let told = self.desk.with(|open| open.post("/v1/knowledge/ask", &wish))?;
        if self.json {
            output::json(&told)?
        } else {
            show(&told)?
        }
        Ok(if told["none"].is_null() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn show(told: &Value) -> std::io::Result<()> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(question) = told.get("question") {
        output::line(text(&question["ask"]))?;
        for (number, option) in (1..).zip(question["options"].as_array().into_iter().flatten()) {
            output::line(format!("  {number}. {}", text(option)))?;
        }
    }
    if let Some(answer) = told.get("answer") {
        output::line(text(&answer["text"]))?;
        output::line(format!("—— {}  {}  {}", text(&answer["owner"]), text(&answer["basis"]), text(&answer["as_of"])))?;
        for linked in answer["related"].as_array().into_iter().flatten() {
            output::line(format!("另见  {}", text(&linked["question"])))?;
        }
    }
    if let Some(none) = told.get("none") {
        output::line(text(none))?;
    }
    Ok(())
}
