//! The API under `/v1`, its document, and the probes. Handlers extract, call one use case, and show the result; they hold
//! no logic of their own.

mod admin;
mod admit;
mod api;
mod armour;
mod articles;
mod asking;
mod audit;
mod batch;
mod board;
mod commands;
mod door;
mod doorman;
mod enterprises;
mod entries;
mod exchange;
mod extract;
mod guard;
mod health;
mod insight;
mod limiter;
mod models;
mod notices;
mod problem;
mod queue;
mod releases;
mod requester;
mod requesters;
mod rights;
mod rules;
mod serve;
mod stream;
mod subscriptions;
mod tickets;
mod triage;
mod trials;
mod views;
mod witness;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse as _;
use tokio::sync::{Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use asking::PublicTerms;
pub use door::Door;
pub use doorman::RateTerms;
pub use serve::{Tls, serve};

use self::problem::Problem;
use crate::access::Access;
use crate::app::App;
use crate::audit::Audit;
use crate::config::Settings;

/// What requests may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub body_bytes: usize,
    pub batch_lines: usize,
    pub request_timeout: Duration,
    /// For a body that comes in bits, and for each bit of a batch.
    pub body_timeout: Duration,
    pub public: PublicTerms,
    pub rate: RateTerms,
}

impl From<&Settings> for Limits {
    fn from(settings: &Settings) -> Self {
        let request_timeout = Duration::from_secs(settings.request_timeout_s);
        Self {
            body_bytes: settings.body_bytes,
            batch_lines: settings.batch_lines,
            request_timeout,
            body_timeout: request_timeout.mul_f32(0.5),
            public: settings.public,
            rate: settings.rate,
        }
    }
}

/// State of the router: a cheap clone.
#[derive(Clone)]
pub struct Server {
    app: App,
    access: Arc<Access>,
    limits: Limits,
    doors: Arc<admit::Doors>,
    /// Event streams that may still be opened.
    streams: Arc<Semaphore>,
    stage: Arc<watch::Sender<Stage>>,
    doorman: Arc<doorman::Doorman>,
    tls: Option<Tls>,
    /// `None`: nothing is written down, as in a test.
    audit: Option<Audit>,
}

/// How far a stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    /// What is under way is finished.
    Stopping,
    /// Nothing is waited for any more.
    Hurrying,
}

impl Stage {
    /// It never goes back.
    fn reach(self, stage: &watch::Sender<Self>) {
        stage.send_if_modified(|now| {
            let further = *now < self;
            *now = self.max(*now);
            further
        });
    }
}

impl Server {
    /// `requests`: how many may be under way at once.
    pub fn new(app: App, access: Access, limits: Limits, requests: usize) -> Self {
        let doors = Arc::new(admit::Doors::new(requests));
        let streams = Arc::new(Semaphore::new(stream::STREAMS));
        let doorman = Arc::new(doorman::Doorman::new(limits.rate, limits.public.per_minute));
        let stage = Arc::new(watch::Sender::new(Stage::Serving));
        Self { app, access: Arc::new(access), limits, doors, streams, stage, doorman, tls: None, audit: None }
    }

    /// The same with every change, and every reading of personal data, written down.
    pub fn with_audit(self, audit: Audit) -> Self {
        Self { audit: Some(audit), ..self }
    }

    /// The log, where there is one.
    pub fn audit(&self) -> Option<&Audit> {
        self.audit.as_ref()
    }

    /// From now on `readyz` says no, and event streams end.
    pub fn stop(&self) {
        Stage::Stopping.reach(&self.stage);
    }

    fn is_stopping(&self) -> bool {
        *self.stage.borrow() != Stage::Serving
    }

    fn stage(&self) -> watch::Receiver<Stage> {
        self.stage.subscribe()
    }
}

/// Everything that is served, and the document about it.
pub fn router(server: Server) -> (Router, OpenApi) {
    let guarded = OpenApiRouter::new()
        .routes(routes!(triage::triage))
        .routes(routes!(tickets::post, tickets::list))
        .routes(routes!(batch::batch))
        .routes(routes!(tickets::get))
        .routes(routes!(tickets::events))
        .routes(routes!(board::board))
        .routes(routes!(commands::command))
        .routes(routes!(commands::clocks))
        .routes(routes!(requester::receipt))
        .routes(routes!(requester::timeline))
        .routes(routes!(requesters::erase))
        .routes(routes!(enterprises::list))
        .routes(routes!(enterprises::get, enterprises::put))
        .routes(routes!(models::train, models::list))
        .routes(routes!(models::put_to_use))
        .routes(routes!(models::discard))
        .routes(routes!(models::mine))
        .routes(routes!(queue::list))
        .routes(routes!(queue::claim))
        .routes(routes!(queue::suggestions))
        .routes(routes!(queue::renew))
        .routes(routes!(queue::release))
        .routes(routes!(queue::skip))
        .routes(routes!(queue::dispatch))
        .routes(routes!(queue::answer))
        .routes(routes!(queue::refuse))
        .routes(routes!(entries::list))
        .routes(routes!(entries::get))
        .routes(routes!(entries::search))
        .routes(routes!(notices::post, notices::list))
        .routes(routes!(articles::list))
        .routes(routes!(articles::get))
        .routes(routes!(articles::put_draft))
        .routes(routes!(articles::act))
        .routes(routes!(articles::versions))
        .routes(routes!(articles::diff))
        .routes(routes!(articles::check))
        .routes(routes!(articles::due))
        .routes(routes!(exchange::import))
        .routes(routes!(exchange::export))
        .routes(routes!(rules::standings))
        .routes(routes!(rules::rules))
        .routes(routes!(rules::units))
        .routes(routes!(releases::records))
        .routes(routes!(releases::files))
        .routes(routes!(releases::roll_back))
        .routes(routes!(releases::force))
        .routes(routes!(releases::drafts, releases::post_draft))
        .routes(routes!(releases::draft, releases::put_draft))
        .routes(routes!(releases::check_draft))
        .routes(routes!(releases::check_files))
        .routes(routes!(releases::act))
        .routes(routes!(releases::publish))
        .routes(routes!(insight::why))
        .routes(routes!(insight::why_not))
        .routes(routes!(insight::refs))
        .routes(routes!(insight::coverage))
        .routes(routes!(insight::overlaps))
        .routes(routes!(admin::verify, admin::verified))
        .routes(routes!(insight::start_backtest))
        .routes(routes!(insight::backtest))
        .routes(routes!(insight::drill))
        .routes(routes!(trials::post, trials::list))
        .routes(routes!(trials::stop))
        .routes(routes!(trials::numbers))
        .routes(routes!(stream::events))
        .routes(routes!(subscriptions::post, subscriptions::list))
        .routes(routes!(subscriptions::get, subscriptions::delete))
        .routes(routes!(subscriptions::dead))
        .routes(routes!(subscriptions::resend_all))
        .routes(routes!(subscriptions::resend))
        .routes(routes!(subscriptions::deliveries))
        .routes(routes!(audit::list))
        .routes(routes!(audit::verify))
        .merge(asking::guarded())
        .route_layer(from_fn(rights::allow))
        .route_layer(from_fn_with_state(server.clone(), witness::watch))
        .route_layer(from_fn_with_state(server.clone(), guard::identify))
        .route_layer(from_fn_with_state(server.clone(), admit::not_too_many));
    let anybody = asking::open().route_layer(from_fn_with_state(server.clone(), admit::not_too_many));
    let open = OpenApiRouter::new()
        .merge(anybody)
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(api::document));
    let (router, document) = OpenApiRouter::with_openapi(api::frame()).merge(guarded).merge(open).split_for_parts();
    let document = api::complete(document);
    let router = router
        .merge(api::docs())
        .fallback(|| async { Problem::of_status(StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED.into_response() })
        .layer(axum::Extension(api::Document::new(&document)))
        .layer(from_fn_with_state(server.clone(), guard::in_time))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn_with_state(server.clone(), guard::observe))
        .layer(from_fn_with_state(server.clone(), armour::cover))
        .with_state(server);
    (router, document)
}
