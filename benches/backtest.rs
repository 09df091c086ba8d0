//! What a backtest takes: `cargo bench --bench backtest -- [FILE] [COUNT]`. FILE: a corpus of JSON lines {"title","text"}, the
//! cases of Longhua without one; gone round until COUNT tickets (20,000) are stored, as the service stores them. Then the same
//! tickets under an edited rule (on stored facts) and under another word list (from text).

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use paidan::app::{Lab, deep_threads, over_store};
use paidan::backtest::{Backtest, Side};
use paidan::clock::monotonic_ns;
use paidan::packs::{Pack, Source};
use paidan::store::{Append, Options, Store, Target};
use paidan::ticket::{Actor, By, Event, Request, intake};
use paidan::triage::{Decision, History, Probe, Snapshot, default_instant, triage};
use rayon::prelude::*;

const JURISDICTION: &str = "longhua";

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    let (file, count) = (arguments.next(), arguments.next().map_or(Ok(20_000), |count| count.parse::<usize>())?);
    let pack = Source::Folder(env!("CARGO_MANIFEST_DIR").into()).read()?;
    let mut lab = Lab::new(JURISDICTION);
    let release = lab.draft(&pack)?;
    let knowledge = lab.entries(&pack, &release, default_instant().date_naive())?;
    let texts = match file {
        Some(file) => paidan::bench::read_corpus(&file.into())?,
        None => {
            let text = |case: &paidan::triage::Case| paidan::bench::Text {
                title: case.title.clone(),
                text: case.text.clone(),
            };
            release.cases.iter().map(text).collect()
        }
    };
    let folder = tempfile::tempdir()?;
    let snapshot = lab.snapshot(release.clone(), knowledge);
    timed("storing", count, || fill(folder.path(), &snapshot, &texts, count))?;
    let store = timed("opening", count, || Ok(Store::open(folder.path(), &Options::default())?))?;

    let mut rules = pack.clone();
    let edited = "rules/longhua/route/price.rhai";
    let text = rules.files.get(edited).map(|text| text.replace("weight: 7", "weight: 2.9")).unwrap_or_default();
    rules.files.insert(edited.into(), text);
    let mut words = pack.clone();
    words.files.insert("dictionaries/bench.txt".into(), "哄抬物价\n停车难\n".into());
    for (name, new, from_text) in [
        ("same release", &pack, false),
        ("edited rule", &rules, false),
        ("edited rule, from text", &rules, true),
        ("words", &words, false),
    ] {
        let mut test = backtest(&mut lab, &pack, new, &store)?;
        if from_text {
            test = test.from_text("bench");
        }
        for threads in [1, 0] {
            let what = format!(
                "{name}, {:?}, {} threads",
                test.mode,
                if threads == 0 { "all".into() } else { threads.to_string() }
            );
            let pool = deep_threads(threads)?;
            let all = (DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC);
            let report = timed(&what, count, || pool.install(|| over_store(&test, &store, all, |_, _| {})))?;
            say(&format!("    {} changed", report.changed))?;
        }
    }
    Ok(())
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

fn timed<T>(what: &str, count: usize, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let (start, busy) = (monotonic_ns(), cpu_seconds());
    let done = work()?;
    let (seconds, cpu) = ((monotonic_ns() - start) as f64 / 1e9, cpu_seconds() - busy);
    let of_all = 1e5 / count as f64;
    say(&format!(
        "{what}: {seconds:.1} s, {cpu:.1} s of processor; 100,000: {:.0} s, {:.0} s of processor",
        seconds * of_all,
        cpu * of_all
    ))?;
    Ok(done)
}

/// What all threads of this process took, on Linux: on a busy machine the only number that means something. Else 0.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or("").split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn backtest(lab: &mut Lab, old: &Pack, new: &Pack, store: &Store) -> anyhow::Result<Backtest> {
    let mut side = |name: &str, pack: &Pack| -> anyhow::Result<Arc<Side>> {
        let release = lab.draft(pack)?;
        let knowledge = Some(lab.stored_entries(store, &release)?);
        Ok(Arc::new(Side { name: name.to_owned(), release, knowledge }))
    };
    let (old, new) = (side("old", old)?, side("new", new)?);
    Ok(Backtest::new(old, new))
}

/// Every tenth ticket goes on to a person, as it would.
fn fill(dir: &Path, snapshot: &Snapshot, texts: &[paidan::bench::Text], count: usize) -> anyhow::Result<()> {
    let store = Store::open(dir, &Options::default())?;
    let entries = snapshot.knowledge(JURISDICTION).published().map(|it| it.entry.clone()).collect();
    store.import_entries(JURISDICTION, paidan::digest::Digest::of(b"bench"), entries, default_instant())?;
    let pool = deep_threads(0)?;
    for first in (0..count).step_by(2_000) {
        let decide = |at: usize| {
            let text = &texts[at % texts.len()];
            let request = Request {
                jurisdiction: JURISDICTION.into(),
                title: text.title.clone(),
                text: text.text.clone(),
                ..Request::default()
            };
            let now = default_instant() + TimeDelta::seconds(at as i64);
            let decision = triage(snapshot, &request, &History::default(), now, Probe::Off).0;
            append(request, decision, now, at)
        };
        let appends: Vec<Append> =
            pool.install(|| (first..count.min(first + 2_000)).into_par_iter().map(decide).collect());
        let answers: Vec<_> = appends.into_iter().map(|append| store.submit(append)).collect();
        for answer in answers {
            answer.blocking_recv()??;
        }
    }
    store.close();
    Ok(())
}

fn append(request: Request, decision: Decision, at: DateTime<Utc>, number: usize) -> Append {
    let masked = request.whole_text();
    let mut events = intake(request, masked, decision);
    if number.is_multiple_of(10) {
        let (lead, assists, followers) = ("区市场监管局".to_owned(), vec![], vec![]);
        events.push(Event::Dispatched { by: By::Person, lead, assists, followers, reason: String::new() });
    }
    Append { target: Target::New { code: "LH".into() }, at, actor: Actor::system(), events, key: None }
}
