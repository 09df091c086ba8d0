//! 100, 1,000 and 10,000 rules of one jurisdiction in files of 200: how long they take to load from nothing, to load again
//! after an edit of one file, and to be asked about a text of 150 characters; and what they take in memory. Prints one line
//! per set; each set is measured in a process of its own, so that its memory is its own.
//!
//! `cargo bench --bench large`, or `-- 10000 30` for one set: rules, and how many in a hundred have a function.

#[path = "../tests/large.rs"]
mod large;

use std::collections::BTreeSet;
use std::hint::black_box;
use std::io::{Write as _, stdout};
use std::process::Command;
use std::sync::Arc;

use paidan::clock::monotonic_ns;
use paidan::packs::{Pack, Source};
use paidan::releases::Releases;
use paidan::rules::{SoFar, Verb};
use paidan::triage::{Facts, Release};

const SETS: [(usize, usize); 4] = [(100, 0), (1_000, 0), (10_000, 0), (10_000, 30)];
const TEXTS: usize = 5_000;
const ROUNDS: usize = 5;
const EDITS: usize = 9;

fn main() -> anyhow::Result<()> {
    let numbers: Vec<usize> = std::env::args().filter_map(|it| it.parse().ok()).collect();
    if let [rules, functions] = numbers[..] {
        return measure(rules, functions);
    }
    writeln!(
        stdout(),
        "rules  with functions    load  reload (median, worst)    decision p50     p99   p99.9    memory   fired"
    )?;
    for (rules, functions) in SETS {
        let own = std::env::current_exe()?;
        anyhow::ensure!(Command::new(own).args([rules.to_string(), functions.to_string()]).status()?.success());
    }
    Ok(())
}

fn measure(rules: usize, functions: usize) -> anyhow::Result<()> {
    let shipped = Source::Folder(env!("CARGO_MANIFEST_DIR").into()).read()?;
    let mut releases = Releases::default();
    // What every jurisdiction has: word lists, units, law.
    release(&mut releases, &large::pack(shipped.clone(), 1, 0))?;
    let mut pack = large::pack(shipped, rules, functions);
    let before = resident();
    let start = monotonic_ns();
    let release_before = release(&mut releases, &pack)?;
    let load = monotonic_ns() - start;
    let memory = resident() - before;
    let mut edits = Vec::new();
    for round in 0..EDITS {
        let path = large::path(round % rules.div_ceil(large::PER_FILE), functions);
        let text = pack.files.get_mut(&path).expect("a file of rules");
        *text = if path.ends_with(".csv") { format!("{text}# {round}\n") } else { format!("{text}// {round}\n") };
        let start = monotonic_ns();
        black_box(release(&mut releases, &pack)?);
        edits.push(monotonic_ns() - start);
    }
    edits.sort_unstable();
    let (decisions, fired) = decisions(&release_before, rules);
    let at = |share: f64| decisions[((decisions.len() - 1) as f64 * share) as usize] as f64 / 1e3;
    let ms = |ns: u64| ns as f64 / 1e6;
    writeln!(
        stdout(),
        "{rules:>5}  {functions:>12} %  {:>5.0} ms  {:>6.0} ms  {:>8.0} ms  {:>12.1} µs {:>5.1} µs {:>5.1} µs {:>5} MiB  {fired:>6.1}",
        ms(load),
        ms(edits[EDITS / 2]),
        ms(edits[EDITS - 1]),
        at(0.5),
        at(0.99),
        at(0.999),
        memory / 1024
    )?;
    Ok(())
}

fn release(releases: &mut Releases, pack: &Pack) -> anyhow::Result<Arc<Release>> {
    let mut round = releases.round(pack);
    let report = &round.reports["longhua"];
    anyhow::ensure!(report.current, "{:?} {:?}", report.diagnostics.first(), report.failed_cases.first());
    round.releases.remove("longhua").flatten().ok_or_else(|| anyhow::anyhow!("no release"))
}

/// Nanoseconds of a look with its four questions for each text, ascending; and how many rules fire on one, on average. Of
/// several rounds the best counts: it is what the text takes, without what else the machine did meanwhile.
fn decisions(release: &Release, rules: usize) -> (Vec<u64>, f64) {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date");
    let facts: Vec<Arc<Facts>> =
        (0..TEXTS).map(|n| Arc::new(Facts { text: large::text(n, rules), ..Facts::default() })).collect();
    let (mut taken, mut fired) = (vec![u64::MAX; TEXTS], 0);
    for _ in 0..ROUNDS {
        for (facts, best) in facts.iter().zip(&mut taken) {
            let start = monotonic_ns();
            let ask = release.rules.look(facts, today, &BTreeSet::new());
            for verb in Verb::ALL {
                fired += black_box(release.rules.ask(verb, &ask, &SoFar::default()).voices.len());
            }
            *best = (monotonic_ns() - start).min(*best);
        }
    }
    taken.sort_unstable();
    (taken, fired as f64 / (TEXTS * ROUNDS) as f64)
}

/// Resident memory in KiB; 0 where there is no `/proc`.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
