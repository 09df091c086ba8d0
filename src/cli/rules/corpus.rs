//! Texts to try rules on: a corpus of JSON lines, or stored tickets of some days.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use crate::backtest::{Item, Settled};
use crate::calendar::{TimeOfDay, local_instant};
use crate::store::{Options, Store};
use crate::ticket::{Request, Requester};
use crate::triage::{Outcome, Release, default_instant};

/// One line of a corpus. Other keys are left alone.
#[derive(Deserialize)]
pub(super) struct Line {
    #[serde(default)]
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    requester: String,
    #[serde(default)]
    section: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    topic: String,
    /// When it came in; a working day at three in the afternoon unless stated.
    at: Option<DateTime<Utc>>,
    /// What people decided: a unit; or a unit or a nature; or only the outcome.
    lead: Option<String>,
    label: Option<String>,
    outcome: Option<Outcome>,
}

/// Reads a corpus.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<Line>> {
    let content = std::fs::read_to_string(file).with_context(|| format!("读不了 {}", file.display()))?;
    let lines = content.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let parse = |(line, number): (&str, usize)| {
        let line: Line = serde_json::from_str(line)
            .with_context(|| format!("{}:{number} 不是 {{\"title\",\"text\"}} 这样的一行 JSON", file.display()))?;
        let id = if line.id.is_empty() { number.to_string() } else { line.id };
        Ok(Line { id, ..line })
    };
    let lines: Vec<Line> = lines.map(parse).collect::<anyhow::Result<_>>()?;
    if lines.is_empty() {
        bail!("{} 里没有来件", file.display());
    }
    Ok(lines)
}

impl Line {
    pub(super) fn item(self, release: &Release) -> Item {
        let labelled = self.lead.as_deref().or(self.label.as_deref());
        let of_label = labelled.and_then(|label| Settled::of_label(release, label));
        let settled = of_label.or(self.outcome.map(|outcome| Settled::Outcome { outcome }));
        let request = Request {
            jurisdiction: release.jurisdiction.clone(),
            title: self.title,
            text: self.text,
            channel: self.channel,
            section: self.section,
            category: self.category,
            topic: self.topic,
            requester: Requester { kind: self.requester, ..Requester::default() },
            ..Request::default()
        };
        Item { id: self.id, request, now: self.at.unwrap_or_else(default_instant), stored: None, settled }
    }
}

/// Stored tickets by day of receipt, or a file.
pub(super) enum Texts {
    Days(DateTime<Utc>, DateTime<Utc>),
    File(PathBuf),
}

impl Texts {
    /// `all`, `2026-10-01..2026-11-20` (both included, either may be left out), or a file.
    pub(super) fn parse(given: &str) -> anyhow::Result<Self> {
        let day = |text: &str| text.parse::<NaiveDate>().with_context(|| format!("“{text}”不是日期，例如 2026-10-01"));
        let midnight = |day: NaiveDate| anyhow::Ok(local_instant(day, "00:00".parse::<TimeOfDay>()?));
        if given == "all" {
            return Ok(Self::Days(DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC));
        }
        if Path::new(given).is_file() {
            return Ok(Self::File(given.into()));
        }
        let Some((from, until)) = given.split_once("..") else {
            bail!("“{given}”既不是文件，也不是日期范围（例如 2026-10-01..2026-11-20，或 all）");
        };
        let from = if from.is_empty() { DateTime::UNIX_EPOCH } else { midnight(day(from)?)? };
        let until = match until {
            "" => DateTime::<Utc>::MAX_UTC,
            until => midnight(day(until)? + TimeDelta::days(1))?,
        };
        Ok(Self::Days(from, until))
    }
}

/// The store of a stopped service.
pub(super) fn open(data: &Path) -> anyhow::Result<Store> {
    if !data.join("journal").is_dir() {
        bail!("{} 不是数据目录（没有 journal），请用 --data 指定", data.display());
    }
    Ok(Store::open(data, &Options::default())?)
}

/// On standard error, and only where that is a terminal.
pub(super) fn progress() -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}")?;
    Ok(ProgressBar::new(0).with_style(style))
}
