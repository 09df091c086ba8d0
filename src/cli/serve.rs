//! `paidan serve`: the service, from settings to the last acknowledged request.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{oneshot, watch};

use super::logging;
use crate::access::{Access, Jwt};
use crate::app::{App, Live, Loader, Pool, Refreshed, STACK};
use crate::audit::Audit;
use crate::config::{Flags, Settings};
use crate::counting::Counting;
use crate::http::{self, Door, Limits, Server, Tls};
use crate::outbox::{self, Outbox};
use crate::packs::Source;
use crate::store::{self, Health, Options, Store};
use crate::tending::Tending;
use crate::ticker::Ticker;
use crate::{clock, watch as files};

/// Between two lines of the log that say how far a start is.
const BETWEEN_LINES: Duration = Duration::from_secs(3);

#[derive(Args)]
pub(super) struct Serve {
    /// 配置文件（TOML）· configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// 监听地址，缺省 127.0.0.1:8717 · address to serve on
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// 数据目录，缺省 ./data · folder of the store
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// 含 rules/、dictionaries/、kb-index/ 的目录；缺省为当前目录，没有则用内置 · folder with the packs
    #[arg(long, value_name = "DIR")]
    packs: Option<PathBuf>,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self { config, listen, data, packs } = self;
        let settings = Arc::new(Settings::load(config.as_deref(), Flags { listen, data, packs })?);
        let _logging = logging::start(&settings)?;
        let source = Source::choose(settings.packs.clone())?;
        store::make_folder(&settings.data).with_context(|| format!("making {}", settings.data.display()))?;
        let access = Access::open(settings.tokens.clone(), &settings.data, clock::now())?;
        let access = match settings.jwt.clone() {
            Some(jwt) => access.with_jwt(Jwt::open(jwt, clock::now())?),
            None => access,
        };
        access.check_reach(settings.listen)?;
        let tls = settings.tls.as_ref().map(Tls::load).transpose()?;
        // Commands and the timer ask `warn` rules too: scripts need the room that the evaluation threads have.
        let mut threads = tokio::runtime::Builder::new_multi_thread();
        let runtime = threads.enable_all().thread_stack_size(STACK).build()?;
        let ended = runtime.block_on(serve(&settings, source, access, tls))?;
        runtime.shutdown_background();
        let Ended::Stopped { store, audit, drained } = ended else { return Ok(ExitCode::SUCCESS) };
        // The committer finishes and synchronises what it was given.
        store.close();
        audit.close(clock::now());
        if let Health::Failed { reason } = store.health() {
            bail!("the store failed: {reason}");
        }
        if let Some(reason) = audit.failures().borrow().clone() {
            bail!("the audit log failed: {reason}");
        }
        tracing::info!(drained, "stopped");
        Ok(ExitCode::SUCCESS)
    }
}

/// How it ended.
enum Ended {
    /// Before it served anything.
    Early,
    Stopped {
        store: Store,
        audit: Audit,
        /// Every request under way was answered.
        drained: bool,
    },
}

/// Answers from the first moment; serves when the store and the packs are there.
async fn serve(settings: &Arc<Settings>, source: Source, access: Access, tls: Option<Tls>) -> anyhow::Result<Ended> {
    let listener =
        TcpListener::bind(settings.listen).await.with_context(|| format!("listening on {}", settings.listen))?;
    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    tracing::info!(%address, "listening");
    let mut signals = Signals::new()?;
    let (door, stop) = (Door::new(tls), watch::Sender::new(false));
    let answering = tokio::spawn({
        let (door, settings, mut stop) = (door.clone(), Arc::clone(settings), stop.subscribe());
        async move {
            // Gone is as good as told.
            let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
            http::serve(listener, door, &settings, stopped).await
        }
    });
    let Some(Started { app, loader, audit }) = start(settings, &source, &door, &mut signals).await? else {
        return Ok(Ended::Early);
    };
    let counted = app.clone();
    let after = move |done: anyhow::Result<Refreshed>, took| {
        counted.metrics().reloaded(done.is_ok() && counted.live().is_current(), took);
    };
    let watching = files::start(&source, loader, after)?;
    let (store, tokens) = (app.store().clone(), access.count());
    let work = Work::start(&app);
    door.open(Server::new(app, access, Limits::from(&**settings), settings.requests).with_audit(audit.clone()));
    tracing::info!(%address, tokens, "serving; the API is described at {scheme}://{address}/docs");
    let (mut health, mut unwritten) = (store.health_changes(), audit.failures());
    tokio::select! {
        () = signals.next() => {}
        _ = health.wait_for(|health| matches!(health, Health::Failed { .. })) => {
            tracing::error!("the store failed: stopping");
        }
        _ = unwritten.wait_for(Option::is_some) => tracing::error!("the audit log failed: stopping"),
    }
    let hurrying = door.clone();
    let hurry = tokio::spawn(async move {
        signals.next().await;
        tracing::warn!("again: waiting for nothing any more");
        hurrying.hurry();
    });
    stop.send_replace(true);
    let drained = answering.await.unwrap_or(false);
    hurry.abort();
    work.stop().await;
    drop(watching);
    Ok(Ended::Stopped { store, audit, drained })
}

/// What is there when requests can be served.
struct Started {
    app: App,
    loader: Loader,
    audit: Audit,
}

/// Opens the store and loads the packs on a thread of its own. `None`: told to stop meanwhile; an opening that is cut short
/// leaves nothing that the next one does not put in order.
async fn start(
    settings: &Arc<Settings>,
    source: &Source,
    door: &Door,
    signals: &mut Signals,
) -> anyhow::Result<Option<Started>> {
    let (told, mut started) = oneshot::channel();
    let (settings, source, behind) = (Arc::clone(settings), source.clone(), door.clone());
    std::thread::Builder::new().stack_size(STACK).spawn(move || drop(told.send(open(&settings, &source, &behind))))?;
    let mut lines = tokio::time::interval(BETWEEN_LINES);
    lines.tick().await;
    loop {
        tokio::select! {
            started = &mut started => return started.context("the opening panicked")?.map(Some),
            () = signals.next() => return Ok(None),
            _ = lines.tick() => {
                let (doing, percent) = door.doing();
                tracing::info!(doing, percent, "starting");
            }
        }
    }
}

fn open(settings: &Settings, source: &Source, door: &Door) -> anyhow::Result<Started> {
    let options = Options {
        cache_bytes: settings.cache_mib << 20,
        reserve_bytes: settings.reserve_mib << 20,
        keys: Some(settings.keys_dir()),
        encryption: settings.encryption,
        opening: Arc::clone(door.opening()),
        ..Options::default()
    };
    let store = Store::open(&settings.data, &options)?;
    report_store(settings, &store);
    let audit = audit(settings, &store)?;
    door.says("加载规则和知识");
    // Before the packs, with its watchdog: files of rules are run while they are loaded.
    let pool = Pool::start(settings.threads, settings.waiting).context("starting the evaluation threads")?;
    let pool = pool.with_patience(Duration::from_millis(settings.patience_ms));
    let (loader, live) = Loader::start(source.clone(), store.clone(), settings.policy(), clock::now())
        .with_context(|| format!("loading the packs from {source}"))?;
    report_world(source, &live);
    let app = App::new(live, store, pool, settings.lease_s, clock::now).with_policy(settings.policy());
    Ok(Started { app, loader, audit })
}

/// A service that may write has to have its audit log. One that only reads goes on without, and shows nothing personal.
fn audit(settings: &Settings, store: &Store) -> anyhow::Result<Audit> {
    let dir = settings.data.join("audit");
    match Audit::open(&dir, settings.audit_days, clock::now()) {
        Err(error) if store.health() != Health::Writable => {
            tracing::error!(%error, "the audit log cannot be written: personal data are covered");
            Ok(Audit::unwritable(&dir, &error))
        }
        opened => opened.with_context(|| format!("opening the audit log in {}", dir.display())),
    }
}

/// What runs beside the requests.
struct Work {
    ticker: Ticker,
    outbox: Outbox,
    counting: Counting,
    tending: Tending,
}

impl Work {
    fn start(app: &App) -> Self {
        let remembering = app.clone();
        // Not waited for: a request that comes sooner finds fewer precedents.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = remembering.recall() {
                tracing::error!(%error, "decided tickets cannot be looked up");
            }
        });
        Self {
            ticker: Ticker::start(app.clone()),
            outbox: Outbox::start(app.clone(), outbox::Limits::default()),
            counting: Counting::start(app.clone()),
            tending: Tending::start(app.clone()),
        }
    }

    async fn stop(self) {
        self.ticker.stop().await;
        self.outbox.stop().await;
        self.counting.stop().await;
        self.tending.stop().await;
    }
}

/// What tells the process to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => tracing::info!("SIGTERM: stopping"),
            _ = self.interrupt.recv() => tracing::info!("SIGINT: stopping"),
        }
    }
}

fn report_store(settings: &Settings, store: &Store) {
    let data = std::fs::canonicalize(&settings.data).unwrap_or_else(|_| settings.data.clone());
    let opened = store.opened();
    tracing::info!(data = %data.display(), caught_up = opened.caught_up, "store open");
    for damage in &opened.damage {
        let tickets: Vec<&str> = damage.tickets.iter().map(|id| id.as_str()).collect();
        tracing::error!(file = %damage.file.display(), offset = damage.offset, ?tickets, "日志已损坏，只读启动");
    }
}

fn report_world(source: &Source, live: &Live) {
    tracing::info!(%source, "packs loaded");
    let snapshot = live.snapshot();
    for (jurisdiction, release) in &snapshot.releases {
        let entries = snapshot.knowledge(jurisdiction).len(jurisdiction);
        match release {
            Some(release) => {
                let rules = release.rules.rules().len();
                tracing::info!(jurisdiction, release = release.digest.short(), rules, entries, "serving");
            }
            None => tracing::warn!(jurisdiction, entries, "没有可用的规则，诉求全部转人工"),
        }
    }
}

impl Live {
    /// The files as they stand are what decides, everywhere.
    fn is_current(&self) -> bool {
        let reports = self.reports.load();
        reports.jurisdictions.values().all(|report| report.current) && !reports.entries.iter().any(|it| it.is_error())
    }
}
