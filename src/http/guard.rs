//! What surrounds every request: an id, a count, a time limit, the caller. The layers are in
//! the order in which they are written here, the outermost first.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use super::Server;
use super::asking::From;
use super::problem::{Code, Problem};
use crate::access::{Claims, Part, State as TokenState, Unknown, household};
use crate::clock;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Asked every few seconds by machines.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Whose token it was, for the log.
#[derive(Clone)]
struct Client(String);

/// What a request is called in the log, the answer and the audit log.
#[derive(Clone)]
pub(super) struct RequestId(pub(super) String);

/// Gives the request an id, counts and times it, and renders problems.
pub(super) async fn observe(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let start = clock::monotonic_ns();
    let id = request_id(request.headers());
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "other".into(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", id);
    let answered = next.run(request).instrument(span).await;
    if let Some(problem) = answered.extensions().get::<Problem>() {
        server.app.metrics().refused(problem.code());
    }
    let client = answered.extensions().get::<Client>().map_or_else(String::new, |client| client.0.clone());
    let mut response = render(answered, &id);
    let (status, took) = (response.status().as_u16(), clock::monotonic_ns() - start);
    // Any other method would be a label that callers choose.
    let method =
        if matches!(method.as_str(), "GET" | "POST" | "PUT" | "DELETE" | "HEAD") { method.as_str() } else { "other" };
    server.app.metrics().request(method, &route, status, took);
    let micros = took / 1_000;
    // One line each: never a text, a person or a token. Whoever is turned away is counted: an entry for each would be load
    // on top of load.
    if status >= 500 && status != 503 {
        tracing::error!(request = id, method, route, status, micros, client, "request failed");
    } else if PROBES.contains(&route.as_str()) || matches!(status, 429 | 503) {
        tracing::debug!(request = id, method, route, status, micros, client, "request");
    } else {
        tracing::info!(request = id, method, route, status, micros, client, "request");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The caller's own id, if it is one; else ours.
pub(super) fn request_id(headers: &HeaderMap) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(plain);
    given.map_or_else(
        || format!("{:x}-{:x}", clock::now().timestamp_micros(), NEXT.fetch_add(1, Ordering::Relaxed)),
        str::to_owned,
    )
}

/// Problems, and refusals of the framework, become problem details.
fn render(mut response: Response, id: &str) -> Response {
    let status = response.status();
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return problem.render(id);
    }
    let ours =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if (status.is_client_error() || status.is_server_error()) && !ours {
        let mut rendered = Problem::of_status(status).render(id);
        if let Some(allow) = response.headers_mut().remove(axum::http::header::ALLOW) {
            rendered.headers_mut().insert(axum::http::header::ALLOW, allow);
        }
        return rendered;
    }
    response
}

/// A panic in a handler is an answer, not a dropped connection. Its message may quote a text: it is not logged.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::new(Code::Internal, "处理时出错，已记录，请凭 instance 联系运维人员").into_response()
}

/// No request takes longer; its work may still be done, which its key shows.
pub(super) async fn in_time(State(server): State<Server>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(server.limits.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "处理超时，是否已受理不确定，请用同一个 Idempotency-Key 重试";
            Problem::new(Code::Timeout, detail).into_response()
        }
    }
}

/// Finds out who calls.
pub(super) async fn identify(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let said = |part: Part| headers.get(header_of(part)).map(HeaderValue::as_bytes);
    let claims = Claims {
        token: bearer,
        person: said(Part::Person),
        role: said(Part::Role),
        jurisdiction: said(Part::Jurisdiction),
        unit: said(Part::Unit),
        post: said(Part::Post),
    };
    let metrics = server.app.metrics();
    match server.access.caller(&claims, clock::now()) {
        Ok(caller) => match server.doorman.admit(&caller, metrics) {
            Ok(()) => {
                let client = Client(caller.client.clone());
                request.extensions_mut().insert(caller);
                let mut response = next.run(request).await;
                response.extensions_mut().insert(client);
                response
            }
            Err(problem) => problem.into_response(),
        },
        Err(unknown) => {
            let from = household(From::of(headers, request.extensions(), &server));
            let locked = server.doorman.stranger(&unknown, from, metrics);
            locked.unwrap_or_else(|| stranger(unknown)).into_response()
        }
    }
}

/// Where a caller says who it is.
const fn header_of(part: Part) -> &'static str {
    match part {
        Part::Person => "X-Paidan-Person",
        Part::Role => "X-Paidan-Role",
        Part::Jurisdiction => "X-Paidan-Jurisdiction",
        Part::Unit => "X-Paidan-Unit",
        Part::Post => "X-Paidan-Post",
    }
}

fn stranger(unknown: Unknown) -> Problem {
    let unauthorized = |detail: &str| Problem::new(Code::Unauthorized, detail);
    match unknown {
        Unknown::NoToken => unauthorized("请在 Authorization 头中附上令牌：Bearer <token>"),
        Unknown::WrongToken | Unknown::SpentToken(TokenState::Active) => {
            unauthorized("令牌无效，请向运维人员索取（paidan token new 生成）")
        }
        Unknown::SpentToken(TokenState::Expired) => {
            unauthorized("令牌已过期，请向运维人员索取新的（paidan token new 生成）")
        }
        Unknown::SpentToken(TokenState::Revoked) => {
            unauthorized("令牌已吊销，请向运维人员索取新的（paidan token new 生成）")
        }
        Unknown::Login(rejected) => unauthorized(&rejected.to_string()),
        Unknown::Fixed(part) => {
            let header = header_of(part);
            Problem::new(Code::ActorFixed, format!("使用令牌时身份由令牌决定，请去掉 {header} 头，或改用相应的令牌"))
        }
        Unknown::Bad { part, help } => Problem::field(header_of(part), help),
    }
}
