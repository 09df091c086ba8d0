//! `paidan kb list`

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::show::standing;
use crate::cli::desk::Desk;
use crate::cli::output;

/// Where an entry stands.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Which {
    Draft,
    InReview,
    Published,
    Due,
    Expired,
    Withdrawn,
}

#[derive(Args)]
pub(in crate::cli) struct List {
    /// 只列这种状态 · only this state
    #[arg(long)]
    state: Option<Which>,
    /// 只列这个单位的 · only this unit's
    #[arg(long, default_value = "")]
    owner: String,
    /// 只列等待审核的 · only what waits for a review
    #[arg(long)]
    waiting: bool,
    /// 输出 JSON，每行一条 · print JSON lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: Desk,
}

/// Entries asked for at once.
const PAGE: &str = "200";

impl List {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let state = self.state.and_then(|state| state.to_possible_value());
        let state = state.as_ref().map_or("", |value| value.get_name());
        let waiting = if self.waiting { "true" } else { "" };
        self.desk.with(|open| {
            let mut cursor = String::new();
            loop {
                let query = [
                    ("state", state),
                    ("owner", self.owner.as_str()),
                    ("waiting", waiting),
                    ("cursor", cursor.as_str()),
                    ("limit", PAGE),
                ];
                let page = open.get(&self.desk.path("articles", &query))?;
                for line in page["articles"].as_array().into_iter().flatten() {
                    if self.json { output::json(line)? } else { standing(line)? }
                }
                match page["next"].as_str() {
                    Some(next) => cursor = next.to_owned(),
                    None => return Ok(ExitCode::SUCCESS),
                }
            }
        })
    }
}
