//! `paidan serve`: the service, from settings to the last acknowledged request.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::logging;
use crate::access::{Access, Jwt};
use crate::app::{App, Live, Loader, Pool, Refreshed, STACK};
use crate::audit::Audit;
use crate::config::{Flags, Settings};
use crate::counting::Counting;
use crate::http::{self, Limits, Server, Tls};
use crate::outbox::{self, Outbox};
use crate::packs::Source;
use crate::store::{self, Health, Options, Store};
use crate::tending::Tending;
use crate::ticker::Ticker;
use crate::{clock, watch};

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
        let settings = Settings::load(config.as_deref(), Flags { listen, data, packs })?;
        let _logging = logging::start(&settings)?;
        let source = Source::choose(settings.packs.clone())?;
        let options = Options {
            cache_bytes: settings.cache_mib << 20,
            keys: Some(settings.keys_dir()),
            encryption: settings.encryption,
            ..Options::default()
        };
        store::make_folder(&settings.data).with_context(|| format!("making {}", settings.data.display()))?;
        let access = Access::open(settings.tokens.clone(), &settings.data, clock::now())?;
        let access = match settings.jwt.clone() {
            Some(jwt) => access.with_jwt(Jwt::open(jwt, clock::now())?),
            None => access,
        };
        access.check_reach(settings.listen)?;
        let tls = settings.tls.as_ref().map(Tls::load).transpose()?;
        let store = Store::open(&settings.data, &options)?;
        report_store(&settings, &store);
        let audit = Audit::open(&settings.data.join("audit"), settings.audit_days, clock::now())
            .with_context(|| format!("opening the audit log in {}", settings.data.display()))?;
        // Before the packs, with its watchdog: files of rules are run while they are loaded.
        let pool = Pool::start(settings.threads, settings.waiting).context("starting the evaluation threads")?;
        let pool = pool.with_patience(Duration::from_millis(settings.patience_ms));
        let (loader, live) = Loader::start(source.clone(), store.clone(), settings.policy(), clock::now())
            .with_context(|| format!("loading the packs from {source}"))?;
        report_world(&source, &live);
        let app = App::new(live, store.clone(), pool, settings.lease_s, clock::now).with_policy(settings.policy());
        let counted = app.clone();
        let after = move |done: anyhow::Result<Refreshed>, took| {
            counted.metrics().reloaded(done.is_ok() && counted.live().is_current(), took);
        };
        let watch = watch::start(&source, loader, after)?;
        // Commands and the timer ask `warn` rules too: scripts need the room that the evaluation threads have.
        let mut threads = tokio::runtime::Builder::new_multi_thread();
        let runtime = threads.enable_all().thread_stack_size(STACK).build()?;
        let failed = audit.failures();
        let served = runtime.block_on(until_stopped(app, access, audit.clone(), tls, &settings));
        drop(watch);
        // The committer finishes and synchronises what it was given.
        store.close();
        audit.close(clock::now());
        let drained = served?;
        if let Health::Failed { reason } = store.health() {
            bail!("the store failed: {reason}");
        }
        if let Some(reason) = failed.borrow().clone() {
            bail!("the audit log failed: {reason}");
        }
        tracing::info!(drained, "stopped");
        runtime.shutdown_background();
        Ok(ExitCode::SUCCESS)
    }
}

async fn until_stopped(
    app: App,
    access: Access,
    audit: Audit,
    tls: Option<Tls>,
    settings: &Settings,
) -> anyhow::Result<bool> {
    let listener =
        TcpListener::bind(settings.listen).await.with_context(|| format!("listening on {}", settings.listen))?;
    let address = listener.local_addr()?;
    let tokens = access.count();
    let scheme = if tls.is_some() { "https" } else { "http" };
    tracing::info!(%address, tokens, "serving; the API is described at {scheme}://{address}/docs");
    let mut health = app.store().health_changes();
    let mut unwritten = audit.failures();
    let ticker = Ticker::start(app.clone());
    let outbox = Outbox::start(app.clone(), outbox::Limits::default());
    let counting = Counting::start(app.clone());
    let tending = Tending::start(app.clone());
    let remembering = app.clone();
    // Not waited for: a request that comes sooner finds fewer precedents.
    tokio::task::spawn_blocking(move || {
        if let Err(error) = remembering.recall() {
            tracing::error!(%error, "decided tickets cannot be looked up");
        }
    });
    let server = Server::new(app, access, Limits::from(settings), settings.requests).with_audit(audit);
    let server = tls.into_iter().fold(server, Server::with_tls);
    let (mut asked, mut asked_again) = (Signals::listen()?, Signals::listen()?);
    let hurried = server.clone();
    let hurry = tokio::spawn(async move {
        asked_again.next().await;
        let signal = asked_again.next().await;
        tracing::warn!("{signal} again: waiting for nothing any more");
        hurried.hurry();
    });
    let stop = async {
        tokio::select! {
            signal = asked.next() => tracing::info!("{signal}: stopping"),
            _ = health.wait_for(|health| matches!(health, Health::Failed { .. })) => {
                tracing::error!("the store failed: stopping");
            }
            _ = unwritten.wait_for(Option::is_some) => tracing::error!("the audit log failed: stopping"),
        }
    };
    let drained = http::serve(listener, server, settings, stop).await;
    hurry.abort();
    ticker.stop().await;
    outbox.stop().await;
    counting.stop().await;
    tending.stop().await;
    Ok(drained)
}

/// What asks the program to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
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
