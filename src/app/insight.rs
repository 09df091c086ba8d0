//! Seeing through over the API: the same functions that the commands use, on what is live, on a release or on a draft.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rayon::prelude::*;

use super::bench::Which;
use super::history::precedents;
use super::lab::{deep_threads, over_store, stored_item};
use super::{App, Error, FieldError, Lane, Missing, check};
use crate::access::{Caller, Operation};
use crate::backtest::{Backtest, Drill, Report, Side, drill};
use crate::insight::{Coverage, Covered, Known, Overlaps, Refs, Sight, Why, WhyNot, overlaps, refs, why, why_not};
use crate::knowledge::Entry;
use crate::matter::Trace;
use crate::releases::{Act, Tried};
use crate::store::Store;
use crate::ticket::{Request, Sight as Seen};
use crate::triage::{Decision, Probe, Release, Snapshot, default_instant, run_case, triage_with};

/// Backtests kept; the oldest that has ended goes first.
const KEPT: usize = 16;
/// Changed items kept of one.
const MOST_ITEMS: usize = 2_000;

/// Backtests of this process, by id.
#[derive(Default)]
pub(super) struct Backtests {
    jobs: Mutex<BTreeMap<u64, Arc<Job>>>,
    last: AtomicU64,
}

/// One backtest, running or done.
pub struct Job {
    pub id: u64,
    pub jurisdiction: String,
    backtest: Backtest,
    pub done: AtomicU64,
    pub total: AtomicU64,
    /// `None` while it runs; else the report, or what went wrong.
    result: Mutex<Option<Result<Arc<Report>, String>>>,
}

impl Job {
    pub fn result(&self) -> Option<Result<Arc<Report>, String>> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What is to be compared.
pub struct BacktestWish {
    pub old: Which,
    pub new: Which,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

impl App {
    pub async fn why(&self, caller: &Caller, request: Request, which: Which) -> Result<Why, Error> {
        self.looked(caller, request, which, |sight| Ok(why(sight))).await
    }

    /// Why a rule does not fire on a text.
    pub async fn why_not(
        &self,
        caller: &Caller,
        request: Request,
        which: Which,
        rule: String,
    ) -> Result<WhyNot, Error> {
        let look =
            move |sight: &Sight<'_>| why_not(sight, &rule).map_err(|help| Error::missing(Missing::Rule, &rule, help));
        self.looked(caller, request, which, look).await
    }

    async fn looked<T: Send + 'static>(
        &self,
        caller: &Caller,
        mut request: Request,
        which: Which,
        look: impl FnOnce(&Sight<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        request.jurisdiction = self.jurisdiction(caller, &request.jurisdiction)?;
        check::request(&self.live.snapshot(), &request)?;
        let app = self.clone();
        let now = self.now();
        let see = move || {
            let release = app.release_of(&request.jurisdiction, &which)?;
            let decision = app.decide_under(&release, &request, now)?;
            look(&Sight::new(&release, &decision, &request.whole_text()))
        };
        self.pool.run(Lane::Desk, see).await?
    }

    fn decide_under(&self, release: &Arc<Release>, request: &Request, now: DateTime<Utc>) -> Result<Decision, Error> {
        let jurisdiction = release.jurisdiction.clone();
        let known = self.live.snapshot().knowledge(&jurisdiction).clone();
        let knowledge = relearnt(&known, release)?;
        let world = Snapshot {
            knowledge: [(jurisdiction.clone(), knowledge)].into(),
            releases: [(jurisdiction.clone(), Some(release.clone()))].into(),
            models: self.live.snapshot().models.clone(),
            ..Snapshot::default()
        };
        // Nobody came before, but what was decided and learnt speaks as it would.
        let known = |trace: Trace| precedents(&self.archive, &jurisdiction, &trace);
        Ok(triage_with(&world, request, known, now, Probe::Off).0)
    }

    /// Where a name is used.
    pub async fn refs(&self, caller: &Caller, jurisdiction: &str, which: Which, name: String) -> Result<Refs, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        if name.trim().is_empty() {
            return Err(Error::Invalid(vec![FieldError {
                field: "name".into(), message: "写上要找的名字".into()
            }]));
        }
        let app = self.clone();
        let find = move || {
            let release = app.release_of(&jurisdiction, &which)?;
            let known = app.live.snapshot().knowledge(&jurisdiction).clone();
            let entries: Vec<Entry> = known.published().map(|published| published.entry.clone()).collect();
            Ok(refs(&release, &entries, &name))
        };
        self.pool.run(Lane::Desk, find).await?
    }

    /// Which rules matter to the cases.
    pub async fn coverage(&self, caller: &Caller, jurisdiction: &str, which: Which) -> Result<Covered, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let app = self.clone();
        let count = move |_: &Store| -> Result<Covered, Error> {
            let release = app.release_of(&jurisdiction, &which)?;
            let one = |coverage: Coverage, case: &crate::triage::Case| {
                let mut coverage = coverage;
                coverage.add(&case.file, &run_case(&release, case).0);
                coverage
            };
            let sum = || {
                let each = release.cases.par_iter().fold(Coverage::default, one);
                each.reduce(Coverage::default, Coverage::merge)
            };
            Ok(threads()?.install(sum).report(&release))
        };
        self.read(count).await?
    }

    /// Rules that get in each other's way, with at most `limit` pairs.
    pub async fn overlaps(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        which: Which,
        limit: usize,
    ) -> Result<Overlaps, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let app = self.clone();
        let find = move |_: &Store| -> Result<Overlaps, Error> {
            let release = app.release_of(&jurisdiction, &which)?;
            let of_case = |case: &crate::triage::Case| Known {
                source: format!("{}:{}", case.file, case.line),
                request: case.request(&release),
                decision: run_case(&release, case).0,
            };
            let mut found = threads()?.install(|| {
                let known: Vec<Known> = release.cases.par_iter().map(of_case).collect();
                overlaps(&release, &known, default_instant())
            });
            found.overlaps.truncate(limit);
            Ok(found)
        };
        self.read(find).await?
    }

    /// Starts a backtest over stored tickets. It runs beside the service, on fewer threads than there are cores.
    pub async fn start_backtest(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        wish: BacktestWish,
    ) -> Result<Arc<Job>, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let (app, by) = (self.clone(), caller.actor(Operation::EditRules));
        let start = move |_: &Store| -> Result<Arc<Job>, Error> {
            let BacktestWish { old, new, from, until } = wish;
            let draft = new.draft.clone();
            let side = |which: &Which| -> Result<Arc<Side>, Error> {
                let release = app.release_of(&jurisdiction, which)?;
                let known = app.live.snapshot().knowledge(&jurisdiction).clone();
                let name = which.draft.clone().or_else(|| which.release.clone()).unwrap_or_else(|| "live".to_owned());
                let knowledge = Some(relearnt(&known, &release)?);
                Ok(Arc::new(Side { name, release, knowledge }))
            };
            let (old, new) = (side(&old)?, side(&new)?);
            let job = app.backtests.begin(&jurisdiction, Backtest::new(old, new));
            let (running, app) = (job.clone(), app.clone());
            let run = move || {
                let made = app.run_backtest(&running, (from, until));
                let kept = made.map(|report| Arc::new(report.limited(MOST_ITEMS))).map_err(|error| error.to_string());
                if let (Ok(report), Some(draft)) = (&kept, draft) {
                    app.note_backtest(&running.jurisdiction, &draft, report, by);
                }
                *running.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
            };
            let thread = std::thread::Builder::new().name("backtest".into()).stack_size(super::STACK).spawn(run);
            thread.map_err(|_| Error::Overloaded)?;
            Ok(job)
        };
        self.read(start).await?
    }

    fn run_backtest(&self, job: &Job, range: (DateTime<Utc>, DateTime<Utc>)) -> anyhow::Result<Report> {
        let progress = |done, total| {
            job.done.store(done, Ordering::Relaxed);
            job.total.store(total, Ordering::Relaxed);
        };
        threads()?.install(|| over_store(&job.backtest, &self.store, range, progress))
    }

    /// What a draft's backtest said goes with it. Somebody may have edited the draft meanwhile: then it is not of that.
    fn note_backtest(&self, jurisdiction: &str, id: &str, report: &Report, by: crate::ticket::Actor) {
        let Ok(Some(draft)) = self.store.draft(jurisdiction, id) else { return };
        let at = self.now();
        let agreement = &report.agreement;
        let tried = Tried {
            at,
            by: by.person.clone(),
            tickets: report.items,
            changed: report.changed,
            judged: agreement.items,
            right_before: agreement.old.right,
            right_after: agreement.new.right,
        };
        let noted = draft.after(Act::Backtest(tried), &by.person.clone(), at);
        if let Ok(next) = noted
            && let Err(error) = self.store.move_draft(next, by, at)
        {
            tracing::warn!(jurisdiction, draft = id, %error, "the backtest could not be noted with its draft");
        }
    }

    pub fn backtest(&self, caller: &Caller, id: u64) -> Result<Arc<Job>, Error> {
        let known = self.backtests.jobs.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        let seen = |job: &Arc<Job>| caller.jurisdiction.is_empty() || caller.jurisdiction == job.jurisdiction;
        let unknown = || Error::missing(Missing::Backtest, &id.to_string(), "回测只保留最近的几次，服务重启后要重做");
        known.filter(seen).ok_or_else(unknown)
    }

    /// One ticket of a backtest in full.
    pub async fn drill(&self, caller: &Caller, id: u64, ticket: &str) -> Result<Drill, Error> {
        let job = self.backtest(caller, id)?;
        let ticket = self.ticket(caller, ticket).await?;
        let unknown = || Error::missing(Missing::Ticket, ticket.id.as_str(), "请核对工单号");
        // It shows the text as it was sent.
        if caller.viewer().sight(&ticket) < Seen::All {
            return Err(unknown());
        }
        let ticket = ticket.id.clone();
        let store = self.store.clone();
        let look = move || {
            let unknown = || Error::missing(Missing::Ticket, ticket.as_str(), "请核对工单号");
            let item = stored_item(&store, &ticket).map_err(|_| unknown())?;
            if item.request.jurisdiction == job.jurisdiction { Ok(drill(&job.backtest, &item)) } else { Err(unknown()) }
        };
        self.pool.run(Lane::Desk, look).await?
    }
}

impl Backtests {
    fn begin(&self, jurisdiction: &str, backtest: Backtest) -> Arc<Job> {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (done, total, result) = (AtomicU64::new(0), AtomicU64::new(0), Mutex::new(None));
        let job = Arc::new(Job { id, jurisdiction: jurisdiction.to_owned(), backtest, done, total, result });
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        while jobs.len() >= KEPT {
            let Some(oldest) = jobs.values().find(|job| job.result().is_some()).map(|job| job.id) else { break };
            jobs.remove(&oldest);
        }
        jobs.insert(id, job.clone());
        job
    }
}

fn relearnt(known: &crate::knowledge::Knowledge, release: &Release) -> Result<crate::knowledge::Knowledge, Error> {
    let knowledge = known.with_changes(known.version(), Vec::new(), &release.lexicon);
    knowledge.map_err(|error| crate::store::ReadError::View(error.to_string()).into())
}

/// Threads beside those that serve.
fn threads() -> Result<rayon::ThreadPool, Error> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    deep_threads(cores.saturating_sub(1).max(1)).map_err(|_| Error::Overloaded)
}
