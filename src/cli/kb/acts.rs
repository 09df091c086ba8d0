//! `paidan kb submit|approve|return|withdraw|restore|confirm|drop`: one act on one entry or several.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::show::{findings, standing};
use crate::cli::client::Refused;
use crate::cli::desk::{Desk, Open, escaped};
use crate::cli::output;

/// Entries that the same is done with.
#[derive(Args)]
struct Entries {
    /// 条目编号，可以写几个 · the entries
    #[arg(required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    desk: Desk,
}

impl Entries {
    /// Each on the revision that it has now. What is refused is told, and the others are done.
    fn each(&self, act: &Value) -> anyhow::Result<ExitCode> {
        self.desk.with(|open| {
            let mut refused = 0;
            for id in &self.ids {
                match self.one(open, id, act) {
                    Ok(file) => {
                        standing(&file)?;
                        findings(&file["draft"]["findings"])?;
                    }
                    Err(error) if error.is::<Refused>() => {
                        refused += 1;
                        output::line(format!("{id}  没有做：{error}"))?;
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
        })
    }

    fn one(&self, open: &Open<'_>, id: &str, act: &Value) -> anyhow::Result<Value> {
        let base = format!("articles/{}", escaped(id));
        let seen = open.get(&self.desk.path(&base, &[]))?;
        let mut wish = act.clone();
        wish["jurisdiction"] = json!(self.desk.jurisdiction);
        wish["revision"] = seen["revision"].clone();
        open.post(&format!("/v1/knowledge/{base}/acts"), &wish)
    }
}

#[derive(Args)]
pub(in crate::cli) struct Submit {
    #[command(flatten)]
    entries: Entries,
}

impl Submit {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.entries.each(&json!({ "act": "submit" }))
    }
}

#[derive(Args)]
pub(in crate::cli) struct Approve {
    #[command(flatten)]
    entries: Entries,
}

impl Approve {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.entries.each(&json!({ "act": "approve" }))
    }
}

#[derive(Args)]
pub(in crate::cli) struct Return {
    /// 为什么 · why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    entries: Entries,
}

impl Return {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.entries.each(&json!({ "act": "return", "reason": self.reason }))
    }
}

#[derive(Args)]
pub(in crate::cli) struct Withdraw {
    /// 为什么 · why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    entries: Entries,
}

impl Withdraw {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.entries.each(&json!({ "act": "withdraw", "reason": self.reason }))
    }
}

#[derive(Args)]
pub(in crate::cli) struct Restore {
    /// 版本号，见 history · the version
    #[arg(long, value_name = "N")]
    to: u32,
    #[command(flatten)]
    entries: Entries,
}

impl Restore {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.entries.each(&json!({ "act": "restore", "version": self.to }))
    }
}

#[derive(Args)]
pub(in crate::cli) struct Confirm {
    #[command(flatten)]
    entries: Entries,
}

impl Confirm {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.entries.each(&json!({ "act": "confirm" }))
    }
}

#[derive(Args)]
pub(in crate::cli) struct Drop {
    #[command(flatten)]
    entries: Entries,
}

impl Drop {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.entries.each(&json!({ "act": "drop" }))
    }
}
