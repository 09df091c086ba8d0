//! The corpus through `triage` itself, on threads like those of the service.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use indicatif::ProgressBar;

use super::pace::Pace;
use super::report::Recorder;
use super::{Load, Report};
use crate::clock;
use crate::ticket::Request;
use crate::triage::{History, Probe, Snapshot, triage};

/// Runs the load against a snapshot.
pub fn in_process(snapshot: &Snapshot, load: &Load, progress: &ProgressBar) -> anyhow::Result<Report> {
    let pace = Pace::new(load.count, load.rate);
    let start = clock::monotonic_ns();
    let results = thread::scope(|scope| {
        let spawn = |_| {
            let worker = || work(snapshot, load, &pace, progress);
            thread::Builder::new().stack_size(16 << 20).spawn_scoped(scope, worker)
        };
        let workers: Vec<_> = (0..load.parallel).map(spawn).collect::<std::io::Result<_>>()?;
        let join =
            |worker: thread::ScopedJoinHandle<'_, _>| worker.join().map_err(|_| anyhow::anyhow!("a worker panicked"));
        workers.into_iter().map(join).collect::<anyhow::Result<Vec<_>>>()
    })?;
    let seconds = (clock::monotonic_ns() - start) as f64 / 1e9;
    let mut recorder = Recorder::new();
    let mut outcomes = BTreeMap::new();
    for (recorded, counted) in results {
        recorder.merge(recorded);
        counted.into_iter().for_each(|(what, count)| *outcomes.entry(what).or_insert(0) += count);
    }
    Ok(Report {
        mode: "in process".to_owned(),
        cores: thread::available_parallelism().map_or(1, usize::from),
        parallel: load.parallel,
        rate: load.rate,
        requests: load.count,
        refused: 0,
        failures: BTreeMap::new(),
        seconds,
        per_second: load.count as f64 / seconds,
        outcomes,
        stages: recorder.stages(),
    })
}

fn work(snapshot: &Snapshot, load: &Load, pace: &Pace, progress: &ProgressBar) -> (Recorder, BTreeMap<String, u64>) {
    let mut recorder = Recorder::new();
    let mut outcomes = BTreeMap::new();
    while let Some(turn) = pace.turn() {
        let wait = turn.wait();
        if wait > 0 {
            thread::park_timeout(Duration::from_nanos(wait));
        }
        let text = &load.corpus[turn.idx as usize % load.corpus.len()];
        let request = Request {
            jurisdiction: load.jurisdiction.clone(),
            title: text.title.clone(),
            text: text.text.clone(),
            ..Request::default()
        };
        let start = clock::monotonic_ns();
        let probe = Probe::Timed(clock::monotonic_ns);
        let (decision, _, stages) = triage(snapshot, &request, &History::default(), clock::now(), probe);
        recorder.record("overall", clock::monotonic_ns() - turn.due.unwrap_or(start));
        recorder.record("text", stages.text);
        recorder.record("knowledge", stages.knowledge);
        recorder.record("rules", stages.rules);
        *outcomes.entry(format!("{:?}", decision.outcome).to_lowercase()).or_insert(0) += 1;
        progress.inc(1);
    }
    (recorder, outcomes)
}
