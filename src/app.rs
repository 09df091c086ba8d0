//! The shell around the core: one short method per use case, load → decide → append → view. It knows no HTTP.

mod articles;
mod asking;
mod bench;
mod board;
mod check;
mod commands;
mod decided;
mod drafted;
mod enterprises;
mod entries;
mod erasure;
mod error;
mod exchange;
mod exposition;
mod failures;
mod history;
mod insight;
mod intake;
mod lab;
mod law;
mod links;
mod live;
mod loader;
mod metrics;
mod mining;
mod models;
mod notices;
mod numbers;
mod pool;
mod queue;
mod releases;
mod requester;
mod rules;
mod subscriptions;
mod suggestions;
mod tickets;
mod time;
mod trials;
mod verify;
mod watchdog;
mod world;

use std::sync::Arc;

use chrono::{DateTime, Utc};

pub use self::articles::{ArticleFile, ArticleFilter, ArticleLine, EntryCheck, EntryWish};
pub use self::asking::{AskWish, CampaignWish, GapLine, Gaps, GapsWish, HitWish, Regressed, Replied, Reply};
pub use self::bench::{Checked, Which};
pub use self::board::BoardLine;
pub use self::commands::Commanded;
pub use self::decided::history_of;
pub use self::enterprises::{EnterpriseFile, EnterpriseWish};
pub use self::entries::{Found, Search};
pub use self::erasure::{Erasure, ErasureWish, KeptBecause, KeptTicket};
pub use self::error::{Error, FieldError, Missing};
pub use self::exchange::{ImportReport, ImportWish};
pub use self::insight::{BacktestWish, Job};
pub use self::intake::{Taken, Use};
pub use self::lab::{Lab, deep_threads, each_stored, over_store, stored_item};
pub use self::links::entry_reminders;
pub use self::live::{Live, Reports};
pub use self::loader::{Loader, Refreshed, parse_entries};
pub use self::metrics::{Metrics, Stage};
pub use self::mining::MineWish;
pub use self::models::{ModelList, TrainWish, Training, choose, discard, in_use, train};
pub use self::notices::Notice;
pub use self::numbers::RuleNumbers;
pub use self::pool::{Lane, Pool, STACK};
pub use self::queue::{Claimed, Wish};
pub use self::releases::DraftWish;
pub use self::rules::{RuleLine, Standing};
pub use self::subscriptions::{KEPT, NewSubscription};
pub use self::tickets::Dossier;
pub use self::trials::TrialWish;
pub use self::verify::Verification;
pub use self::world::World;

use self::bench::Bench;
use self::decided::Archive;
use self::failures::Failures;
use self::insight::Backtests;
use self::law::Laws;
use self::models::School;
use self::numbers::Numbers;
use self::time::Hindered;
use self::trials::Running;
use self::verify::Verifying;
use crate::access::Caller;
use crate::releases::Policy;
use crate::store::Store;

/// Everything a use case needs. A cheap clone.
#[derive(Clone)]
pub struct App {
    live: Arc<Live>,
    store: Store,
    pool: Pool,
    metrics: Arc<Metrics>,
    failures: Arc<Failures>,
    laws: Arc<Laws>,
    hindered: Arc<Hindered>,
    bench: Arc<Bench>,
    numbers: Arc<Numbers>,
    running: Arc<Running>,
    backtests: Arc<Backtests>,
    archive: Arc<Archive>,
    school: Arc<School>,
    verifying: Arc<Verifying>,
    lease_s: u32,
    now: fn() -> DateTime<Utc>,
}

impl App {
    /// `lease_s`: how long a claim holds when the claimant names no length.
    pub fn new(live: Arc<Live>, store: Store, pool: Pool, lease_s: u32, now: fn() -> DateTime<Utc>) -> Self {
        exposition::begin();
        let metrics: Arc<Metrics> = Arc::default();
        let counted = Arc::clone(&metrics);
        store.on_commit(move |committed| counted.committed(committed));
        Self {
            live,
            store,
            pool,
            metrics,
            failures: Arc::default(),
            laws: Arc::default(),
            hindered: Arc::default(),
            bench: Arc::default(),
            numbers: Arc::default(),
            running: Arc::default(),
            backtests: Arc::default(),
            archive: Arc::default(),
            school: Arc::default(),
            verifying: Arc::default(),
            lease_s,
            now,
        }
    }

    /// The same with other terms for publishing rules than that they are edited on the disk.
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { bench: Arc::new(Bench::new(policy)), ..self }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.now)()
    }

    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub fn live(&self) -> &Live {
        &self.live
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whether who comes now would be turned away: known before anything of a request is read. Both lines count, that in front
    /// of the evaluation and that in front of the journal.
    pub fn is_busy(&self, lane: Lane) -> bool {
        self.pool.is_full(lane) || (lane == Lane::Intake && self.store.line() > self.pool.patience())
    }

    /// Reads the store on a thread that may block.
    async fn read<T: Send + 'static>(&self, read: impl FnOnce(&Store) -> T + Send + 'static) -> Result<T, Error> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || read(&store)).await.map_err(|_| Error::Panicked)
    }
}

/// The jurisdiction a caller means: its own, where its token fixes one.
fn meant(caller: &Caller, named: &str) -> Result<String, Error> {
    match (caller.jurisdiction.as_str(), named) {
        (own, "") => Ok(own.to_owned()),
        ("", named) => Ok(named.to_owned()),
        (own, named) if own == named => Ok(named.to_owned()),
        (own, _) => Err(Error::OtherJurisdiction { own: own.to_owned() }),
    }
}
