//! Releases beside the live one: drafts from a folder, releases kept in the store, and both run over what is stored.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use chrono::{DateTime, NaiveDate, Utc};
use rayon::prelude::*;

use super::STACK;
use super::loader::parse_entries;
use crate::backtest::{Backtest, Item, Judged, Report, Summary};
use crate::calendar::local_date;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::knowledge::{Knowledge, Published};
use crate::packs::Pack;
use crate::store::{Intakes, Sealed, Store};
use crate::ticket::{Event, TicketId};
use crate::triage::{Cache, Files, Release, Snapshot};

/// Compiles one jurisdiction's releases; what they share is compiled once.
pub struct Lab {
    jurisdiction: String,
    cache: Cache,
}

/// Problems of a release that are shown before giving up.
const SHOWN: usize = 5;
/// Tickets taken apart and decided at once.
const BATCH: usize = 2_000;

/// Threads that rules may run on, one per core unless a number is given.
pub fn deep_threads(threads: usize) -> anyhow::Result<rayon::ThreadPool> {
    Ok(rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build()?)
}

impl Lab {
    pub fn new(jurisdiction: &str) -> Self {
        Self { jurisdiction: jurisdiction.to_owned(), cache: Cache::default() }
    }

    /// The release of a pack, whatever its cases say.
    pub fn draft(&mut self, pack: &Pack) -> anyhow::Result<Arc<Release>> {
        let known = pack.jurisdictions();
        if !known.contains(&self.jurisdiction) {
            bail!("没有辖区“{}”；有：{}", self.jurisdiction, known.join("、"));
        }
        self.compile(&pack.release_files(&self.jurisdiction))
    }

    /// A release that the store keeps, by the beginning of its digest; `live` is the last one.
    pub fn kept(&mut self, store: &Store, name: &str) -> anyhow::Result<Arc<Release>> {
        let digest = self.digest(store, name)?;
        let files = store.release(&digest)?.with_context(|| format!("存储里没有版本 {digest} 的文件"))?;
        self.compile(&files)
    }

    fn digest(&self, store: &Store, name: &str) -> anyhow::Result<Digest> {
        if name == "live" {
            let last = store.last_release(&self.jurisdiction)?;
            return last.with_context(|| format!("存储里没有辖区“{}”的版本", self.jurisdiction));
        }
        let mut found = store.releases_like(name)?;
        found.retain(|(_, jurisdiction)| *jurisdiction == self.jurisdiction);
        match found.len() {
            0 => bail!("“{name}”既不是含 rules/ 的目录，也不是辖区“{}”存储里的版本", self.jurisdiction),
            1 => Ok(found.remove(0).0),
            count => bail!("有 {count} 个版本以“{name}”开头，请多写几位"),
        }
    }

    fn compile(&mut self, files: &Files) -> anyhow::Result<Arc<Release>> {
        let (release, found) = Release::compile(&self.jurisdiction, files, &mut self.cache);
        release.map(Arc::new).ok_or_else(|| {
            let errors: Vec<String> = found.iter().filter(|it| it.is_error()).map(Diagnostic::render).collect();
            let more = errors.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!("\n还有 {more} 个错误") } else { String::new() };
            anyhow::anyhow!(
                "规则有误，先用 paidan rules check 改好：\n{}{more}",
                errors[..errors.len().min(SHOWN)].join("\n")
            )
        })
    }

    /// The entries of a pack, cut by the words of a release.
    pub fn entries(&self, pack: &Pack, release: &Release, as_of: NaiveDate) -> anyhow::Result<Knowledge> {
        let entries = parse_entries(&pack.entries(&self.jurisdiction)).map_err(|wrong| {
            let first = wrong.first().map(Diagnostic::render).unwrap_or_default();
            anyhow::anyhow!("知识条目有误：\n{first}")
        })?;
        let published = entries.into_iter().map(|entry| (entry, as_of));
        self.knowledge("", published.collect(), release)
    }

    /// The entries of a store, cut by the words of a release.
    pub fn stored_entries(&self, store: &Store, release: &Release) -> anyhow::Result<Knowledge> {
        let version = store.knowledge_version(&self.jurisdiction)?.to_string();
        let stored = store.entries(&self.jurisdiction)?.into_iter();
        self.knowledge(&version, stored.map(|it| (it.entry, local_date(it.updated_at))).collect(), release)
    }

    fn knowledge(
        &self,
        version: &str,
        entries: Vec<(crate::knowledge::Entry, NaiveDate)>,
        release: &Release,
    ) -> anyhow::Result<Knowledge> {
        let name: Arc<str> = self.jurisdiction.as_str().into();
        let published = |(entry, as_of)| Published { jurisdiction: name.clone(), entry, as_of };
        Ok(Knowledge::build(version, entries.into_iter().map(published).collect(), &release.lexicon)?)
    }

    /// One release with its entries, to decide single texts by.
    pub fn snapshot(&self, release: Arc<Release>, knowledge: Knowledge) -> Snapshot {
        Snapshot {
            knowledge: [(self.jurisdiction.clone(), knowledge)].into(),
            releases: [(self.jurisdiction.clone(), Some(release))].into(),
            ..Snapshot::default()
        }
    }
}

/// Stored tickets of a jurisdiction under two releases; run it inside of [`deep_threads`].
pub fn over_store(
    backtest: &Backtest,
    store: &Store,
    range: (DateTime<Utc>, DateTime<Utc>),
    progress: impl FnMut(u64, u64),
) -> anyhow::Result<Report> {
    let (mut summary, mut left_out) = (Summary::default(), 0);
    let jurisdiction = &backtest.new.release.jurisdiction;
    let take = |judged: Option<Judged>| match judged {
        Some(judged) => summary.add(judged),
        None => left_out += 1,
    };
    each_stored(store, range, jurisdiction, |item| backtest.judge(&item), take, progress)?;
    Ok(Report { left_out, ..summary.report(backtest) })
}

/// Does some work on the stored tickets of a jurisdiction, on all threads, and hands the results over in the order in which
/// the tickets came; `None`: it is of another jurisdiction, or did not begin with a triage. `progress` hears how many of how
/// many were looked at.
pub fn each_stored<R: Send>(
    store: &Store,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    jurisdiction: &str,
    work: impl Fn(Item) -> R + Sync,
    mut take: impl FnMut(Option<R>),
    mut progress: impl FnMut(u64, u64),
) -> anyhow::Result<()> {
    let mut intakes = store.intakes(from, until)?;
    let (total, mut done) = (intakes.len() as u64, 0);
    loop {
        let batch = batch(&mut intakes)?;
        if batch.is_empty() {
            return Ok(());
        }
        let open = |sealed: &Sealed| anyhow::Ok(item(sealed, jurisdiction)?.map(&work));
        let results: Vec<Option<R>> = batch.par_iter().map(open).collect::<anyhow::Result<_>>()?;
        results.into_iter().for_each(&mut take);
        done += batch.len() as u64;
        progress(done, total);
    }
}

/// One ticket as an item of a backtest.
pub fn stored_item(store: &Store, id: &TicketId) -> anyhow::Result<Item> {
    let events = store.events(id)?;
    let ticket = store.ticket(id)?.with_context(|| format!("没有工单 {id}"))?;
    let (mut request, mut decision) = (None, None);
    for recorded in events {
        match recorded.event {
            Event::Received { request: sent, .. } => request = Some(sent),
            Event::Triaged { decision: first } if decision.is_none() => decision = Some(first),
            _ => {}
        }
    }
    let (request, decision) = request.zip(decision).with_context(|| format!("工单 {id} 没有研判记录"))?;
    Ok(Item::of_ticket(&ticket, request, decision))
}

fn batch(intakes: &mut Intakes) -> anyhow::Result<Vec<Sealed>> {
    Ok(intakes.take(BATCH).collect::<Result<_, _>>()?)
}

/// The item of a stored ticket; `None`: it is of another jurisdiction, or did not begin with a triage.
fn item(sealed: &Sealed, jurisdiction: &str) -> anyhow::Result<Option<Item>> {
    if !sealed.may_be_of(jurisdiction) {
        return Ok(None);
    }
    let intake = sealed.open()?.filter(|intake| intake.request.jurisdiction == jurisdiction);
    Ok(intake.map(|it| Item::of_ticket(&it.ticket, it.request, it.decision)))
}
