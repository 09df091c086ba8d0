//! What a run measured: as text for people, as JSON for the next run to compare with.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// One run. Times are microseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// How it was run.
    pub mode: String,
    pub cores: usize,
    pub parallel: usize,
    pub rate: Option<u32>,
    pub requests: u64,
    /// Requests that were turned away because all was busy; the times of stage `overall` are of the others.
    #[serde(default)]
    pub refused: u64,
    /// Requests that got no good answer, by reason.
    pub failures: BTreeMap<String, u64>,
    pub seconds: f64,
    pub per_second: f64,
    /// How the requests came out.
    pub outcomes: BTreeMap<String, u64>,
    pub stages: BTreeMap<String, Percentiles>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Percentiles {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

/// Nanoseconds per stage, three significant digits, up to a minute.
pub(super) struct Recorder(BTreeMap<&'static str, Histogram<u64>>);

impl Recorder {
    pub(super) fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn record(&mut self, stage: &'static str, ns: u64) {
        let histogram = self.0.entry(stage).or_insert_with(|| {
            Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("bounds that a histogram takes")
        });
        histogram.saturating_record(ns.max(1));
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (stage, histogram) in other.0 {
            match self.0.get_mut(stage) {
                Some(mine) => mine.add(histogram).expect("histograms of equal bounds"),
                None => _ = self.0.insert(stage, histogram),
            }
        }
    }

    pub(super) fn stages(&self) -> BTreeMap<String, Percentiles> {
        self.0.iter().map(|(stage, histogram)| ((*stage).to_owned(), Percentiles::of(histogram))).collect()
    }
}

impl Percentiles {
    fn of(histogram: &Histogram<u64>) -> Self {
        let us = |quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
        Self { p50: us(0.5), p90: us(0.9), p99: us(0.99), p999: us(0.999), max: histogram.max() as f64 / 1_000.0 }
    }
}

impl Report {
    /// A table; with an earlier run, the ratio to it beside each figure.
    pub fn render(&self, earlier: Option<&Self>) -> String {
        let rate = self.rate.map_or("flat out".to_owned(), |rate| format!("{rate}/s asked"));
        let mut out = format!(
            "{}, {} cores, {} in parallel, {rate}: {} requests in {:.2} s = {:.0}/s{}\n",
            self.mode,
            self.cores,
            self.parallel,
            self.requests,
            self.seconds,
            self.per_second,
            earlier.map(|it| format!(" ({:.2}×)", self.per_second / it.per_second)).unwrap_or_default()
        );
        let _ = writeln!(out, "{:<12}{:>14}{:>14}{:>14}{:>14}{:>14}", "µs", "p50", "p90", "p99", "p99.9", "max");
        for (stage, now) in &self.stages {
            let before = earlier.and_then(|earlier| earlier.stages.get(stage));
            let cell = |now: f64, before: Option<f64>| match before {
                Some(before) if before > 0.0 => format!("{now:.0} ({:.2}×)", now / before),
                _ => format!("{now:.0}"),
            };
            let cells = [
                cell(now.p50, before.map(|it| it.p50)),
                cell(now.p90, before.map(|it| it.p90)),
                cell(now.p99, before.map(|it| it.p99)),
                cell(now.p999, before.map(|it| it.p999)),
                cell(now.max, before.map(|it| it.max)),
            ];
            let _ = writeln!(out, "{stage:<12}{}", cells.map(|cell| format!("{cell:>14}")).concat());
        }
        if self.refused > 0 {
            let _ = writeln!(out, "refused: {}", self.refused);
        }
        for (name, list) in [("outcomes", &self.outcomes), ("failures", &self.failures)] {
            let shown: Vec<String> = list.iter().map(|(what, count)| format!("{what} {count}")).collect();
            if !shown.is_empty() {
                let _ = writeln!(out, "{name}: {}", shown.join(", "));
            }
        }
        out
    }
}
