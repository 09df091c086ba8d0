//! paidan's side: rule files of a jurisdiction, loaded with every check that a release goes through.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use paidan::clock::monotonic_ns;
use paidan::packs::{Pack, Source};
use paidan::releases::Releases;
use paidan::rules::{SoFar, Verb};
use paidan::triage::{Facts, Release};

use super::{Measured, TEXTS, large, resident};

pub(super) fn measure(rules: usize) -> anyhow::Result<Measured> {
    let shipped = Source::Folder(concat!(env!("CARGO_MANIFEST_DIR"), "/../..").into()).read()?;
    let mut releases = Releases::default();
    // What every jurisdiction has, with or without rules: word lists, units, law.
    release(&mut releases, &large::pack(shipped.clone(), 1, 0))?;
    let mut pack = large::pack(shipped, rules, 0);
    pack.files.retain(|path, _| !path.contains("/cases/"));
    let before = resident();
    let start = monotonic_ns();
    let release = release(&mut releases, &pack)?;
    let load = monotonic_ns() - start;
    let memory = resident().saturating_sub(before);
    let facts = |n| Arc::new(Facts { text: large::text(n, rules), ..Facts::default() });
    let texts: Vec<Arc<Facts>> = (0..TEXTS).map(facts).collect();
    let today = chrono::NaiveDate::from_ymd_opt(2026, 1, 5).context("a date")?;
    let nobody = BTreeSet::new();
    let decide = |facts: &Arc<Facts>| {
        let ask = release.rules.look(facts, today, &nobody);
        let said = Verb::ALL.map(|verb| release.rules.ask(verb, &ask, &SoFar::default()));
        let ids: Vec<String> =
            said.iter().flat_map(|said| &said.voices).map(|voice| voice.rule.id.clone()).collect();
        ids
    };
    let once = |facts: &Arc<Facts>| {
        let ask = release.rules.look(facts, today, &nobody);
        for verb in Verb::ALL {
            black_box(release.rules.ask(verb, &ask, &SoFar::default()));
        }
        Ok(())
    };
    Measured::deciding(load, memory, &texts, |facts| Ok(decide(facts)), once)
}

fn release(releases: &mut Releases, pack: &Pack) -> anyhow::Result<Arc<Release>> {
    let mut round = releases.round(pack);
    let report = &round.reports["longhua"];
    ensure!(report.current, "{:?} {:?}", report.diagnostics.first(), report.failed_cases.first());
    round.releases.remove("longhua").flatten().context("no release")
}
