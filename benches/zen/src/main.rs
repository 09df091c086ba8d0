//! The same flat rules and the same texts in paidan and in zen-engine (decision table, hit policy collect, words by
//! `contains`): time per decision, time to load, memory. Each engine runs in a process of its own, so that its memory is its
//! own; before a figure is shown, both must have fired the same rules on every text.
//!
//! `cargo run --release --locked` in this folder.

#[allow(dead_code, reason = "shared with paidan's own tests and benches, which use more of it")]
#[path = "../../../tests/large.rs"]
mod large;

mod ours;
mod zen;

use std::io::{Write as _, stdout};
use std::process::Command;

use anyhow::{Context as _, ensure};
use paidan::clock::monotonic_ns;
use paidan::digest::Hasher;
use serde::{Deserialize, Serialize};

const SETS: [usize; 3] = [100, 1_000, 10_000];
const TEXTS: usize = 300;
/// Of several rounds the best counts for each text: what it takes, without what else the machine did meanwhile.
const ROUNDS: usize = 3;

/// What one engine did with one set.
#[derive(Serialize, Deserialize)]
struct Measured {
    /// Nanoseconds.
    load: u64,
    /// KiB.
    memory: u64,
    /// Nanoseconds for each text, ascending.
    decisions: Vec<u64>,
    fired: usize,
    /// Of the rules that fired on each text.
    digest: String,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [engine, rules] = &arguments[..] {
        let rules = rules.parse()?;
        let measured = if engine == "zen" { zen::measure(rules) } else { ours::measure(rules) }?;
        writeln!(stdout(), "{}", serde_json::to_string(&measured)?)?;
        return Ok(());
    }
    writeln!(stdout(), "{TEXTS} texts of 150 characters, best of {ROUNDS} rounds each\n")?;
    writeln!(stdout(), "| rules | engine | load | memory | decision p50 | p99 | fired per text |")?;
    writeln!(stdout(), "|---|---|---|---|---|---|---|")?;
    for rules in SETS {
        let (ours, zen) = (in_a_process("paidan", rules)?, in_a_process("zen", rules)?);
        ensure!(ours.digest == zen.digest, "with {rules} rules the engines do not fire the same rules");
        row(rules, "paidan", &ours)?;
        row(rules, "zen-engine 2.1.6", &zen)?;
        let ratio = |theirs: u64, ours: u64| theirs as f64 / ours.max(1) as f64;
        writeln!(
            stdout(),
            "| | **zen ÷ paidan** | {:.1} | {:.1} | **{:.0}** | **{:.0}** | same |",
            ratio(zen.load, ours.load),
            ratio(zen.memory, ours.memory),
            ratio(zen.at(0.5), ours.at(0.5)),
            ratio(zen.at(0.99), ours.at(0.99)),
        )?;
    }
    Ok(())
}

fn in_a_process(engine: &str, rules: usize) -> anyhow::Result<Measured> {
    let done = Command::new(std::env::current_exe()?).args([engine, &rules.to_string()]).output()?;
    ensure!(done.status.success(), "{engine}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).with_context(|| engine.to_owned())
}

fn row(rules: usize, engine: &str, it: &Measured) -> anyhow::Result<()> {
    writeln!(
        stdout(),
        "| {rules} | {engine} | {:.0} ms | {:.1} MiB | {:.1} µs | {:.1} µs | {:.1} |",
        it.load as f64 / 1e6,
        it.memory as f64 / 1024.0,
        it.at(0.5) as f64 / 1e3,
        it.at(0.99) as f64 / 1e3,
        it.fired as f64 / TEXTS as f64,
    )?;
    Ok(())
}

impl Measured {
    fn at(&self, share: f64) -> u64 {
        self.decisions[((self.decisions.len() - 1) as f64 * share) as usize]
    }

    /// Decides every text with `decide`, which gives the ids of the rules that fired; `load` and `memory` were taken before.
    fn deciding<T>(
        load: u64,
        memory: u64,
        texts: &[T],
        mut decide: impl FnMut(&T) -> anyhow::Result<Vec<String>>,
        mut once: impl FnMut(&T) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let (mut hasher, mut fired) = (Hasher::default(), 0);
        for text in texts {
            let mut ids = decide(text)?;
            ids.sort();
            fired += ids.len();
            hasher.part(ids.join("\n").as_bytes());
        }
        let mut decisions = vec![u64::MAX; texts.len()];
        for _ in 0..ROUNDS {
            for (text, best) in texts.iter().zip(&mut decisions) {
                let start = monotonic_ns();
                once(text)?;
                *best = (monotonic_ns() - start).min(*best);
            }
        }
        decisions.sort_unstable();
        Ok(Self { load, memory, decisions, fired, digest: hasher.finish().to_string() })
    }
}

/// Resident memory in KiB; 0 where there is no `/proc`.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
