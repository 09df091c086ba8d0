//! Drives a corpus through the engine, in process or over HTTP, at a rate or flat out, and says how long it took: percentiles
//! per stage, never averages. Latency at a rate counts from the moment a request was due, so that a stall is not hidden by
//! the requests it held up.

mod http;
mod pace;
mod process;
mod report;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde::Deserialize;

pub use http::over_http;
pub use process::in_process;
pub use report::{Percentiles, Report};

/// What to send and how fast.
pub struct Load {
    pub jurisdiction: String,
    pub corpus: Vec<Text>,
    /// Requests in all; the corpus is gone round as often as needed.
    pub count: u64,
    /// Requests a second, sent when they are due whatever became of the others; flat out when absent.
    pub rate: Option<u32>,
    /// Threads or connections.
    pub parallel: usize,
}

/// One request of a corpus: a line of JSON with `title` (optional) and `text`.
#[derive(Clone, Debug, Deserialize)]
pub struct Text {
    #[serde(default)]
    pub title: String,
    pub text: String,
}

/// Reads a corpus of JSON lines.
pub fn read_corpus(file: &PathBuf) -> anyhow::Result<Vec<Text>> {
    let content = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let parse = |(idx, line): (usize, &str)| {
        serde_json::from_str(line).with_context(|| format!("{}:{}: not {{\"text\": …}}", file.display(), idx + 1))
    };
    let lines = content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let corpus: Vec<Text> = lines.map(parse).collect::<anyhow::Result<_>>()?;
    if corpus.is_empty() {
        bail!("{} holds no request", file.display());
    }
    Ok(corpus)
}
