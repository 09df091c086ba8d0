//! The door: it stands open from the first moment, and until there is a service behind it says what is being done.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::guard::request_id;
use super::health::{healthz, starting};
use super::problem::{Code, Problem};
use super::{Server, Stage, Tls, router};
use crate::app::App;
use crate::store::Opening;

/// What comes in and where it goes. A cheap clone.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

struct Inner {
    tls: Option<Tls>,
    stage: Arc<watch::Sender<Stage>>,
    behind: OnceLock<(Router, Server)>,
    opening: Arc<Opening>,
    doing: Mutex<&'static str>,
}

impl Door {
    /// Nothing behind it yet. With `tls` that is what is spoken.
    pub fn new(tls: Option<Tls>) -> Self {
        Self::with(tls, Arc::new(watch::Sender::new(Stage::Serving)))
    }

    /// With a service behind it from the beginning.
    pub fn to(server: Server) -> Self {
        let door = Self::with(server.tls.clone(), Arc::clone(&server.stage));
        door.open(server);
        door
    }

    fn with(tls: Option<Tls>, stage: Arc<watch::Sender<Stage>>) -> Self {
        let (behind, opening, doing) = (OnceLock::new(), Arc::default(), Mutex::default());
        Self(Arc::new(Inner { tls, stage, behind, opening, doing }))
    }

    /// From now on requests are served.
    pub fn open(&self, server: Server) {
        let server = Server { tls: self.0.tls.clone(), stage: Arc::clone(&self.0.stage), ..server };
        // A second one is refused; the first one goes on.
        let _ = self.0.behind.set((router(server.clone()).0, server));
    }

    /// How far the store is, for whoever opens it.
    pub fn opening(&self) -> &Arc<Opening> {
        &self.0.opening
    }

    /// What is being done now (Chinese).
    pub fn says(&self, doing: &'static str) {
        *self.0.doing.lock().unwrap_or_else(PoisonError::into_inner) = doing;
    }

    /// What is being done, and how far it is in per cent.
    pub fn doing(&self) -> (&'static str, u64) {
        let doing = *self.0.doing.lock().unwrap_or_else(PoisonError::into_inner);
        match doing {
            "" if self.0.opening.is_rebuilding() => ("由日志重建视图", self.0.opening.percent()),
            "" => ("读取日志", self.0.opening.percent()),
            later => (later, 100),
        }
    }

    /// For a connection: straight to the service, if there is one already.
    pub fn router(&self) -> Router {
        if let Some((router, _)) = self.0.behind.get() {
            return router.clone();
        }
        let door = self.clone();
        Router::new().fallback(move |request: Request| async move { door.answer(request).await })
    }

    pub(super) fn tls(&self) -> Option<&Tls> {
        self.0.tls.as_ref()
    }

    /// What counts connections, once it is there.
    pub(super) fn app(&self) -> Option<App> {
        self.0.behind.get().map(|(_, server)| server.app.clone())
    }

    pub(super) fn stage(&self) -> watch::Receiver<Stage> {
        self.0.stage.subscribe()
    }

    /// From now on `readyz` says no, and event streams end.
    pub(super) fn stop(&self) {
        Stage::Stopping.reach(&self.0.stage);
    }

    /// A stop waits for nothing any more; what was acknowledged is stored all the same.
    pub fn hurry(&self) {
        Stage::Hurrying.reach(&self.0.stage);
    }

    async fn answer(&self, request: Request) -> Response {
        if let Some((router, _)) = self.0.behind.get() {
            let answered: Result<Response, Infallible> = router.clone().oneshot(request).await;
            return answered.unwrap_or_else(|never| match never {});
        }
        let (doing, percent) = self.doing();
        let mut response = match request.uri().path() {
            "/healthz" => healthz().await.into_response(),
            "/readyz" => (StatusCode::SERVICE_UNAVAILABLE, Json(starting(doing, percent))).into_response(),
            _ => {
                let detail = format!("正在启动：{doing}（{percent}%），请稍后用同一个 Idempotency-Key 重试");
                return Problem::new(Code::Starting, detail).render(&request_id(request.headers()));
            }
        };
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        response
    }
}
