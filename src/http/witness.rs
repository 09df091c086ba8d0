//! Sees to it that requests stand in the audit log: every change, whatever became of it, and every reading of personal
//! data, which does not go out before its line is on the disk.

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::oneshot;

use super::Server;
use super::asking::From;
use super::guard::{self, RequestId};
use super::problem::{Code, Problem};
use crate::access::{Caller, Operation};
use crate::audit::{Act, Audit};
use crate::clock;

/// Routes whose answer holds personal data, for a caller who may see them.
const PERSONAL: [(&str, &str); 11] = [
    ("GET", "/v1/tickets/{id}"),
    ("GET", "/v1/tickets/{id}/events"),
    ("GET", "/v1/tickets/{id}/receipt"),
    ("GET", "/v1/tickets/{id}/timeline"),
    ("POST", "/v1/tickets/{id}/commands"),
    ("POST", "/v1/queue/claim"),
    ("GET", "/v1/events"),
    ("GET", "/v1/enterprises"),
    ("GET", "/v1/enterprises/{id}"),
    ("PUT", "/v1/enterprises/{id}"),
    ("GET", "/v1/backtests/{backtest}/tickets/{id}"),
];

/// Routes that change nothing although they are posted to: asked often, and without a trace.
const PURE: [&str; 3] = ["/v1/triage", "/v1/entries/search", "/v1/knowledge/ask"];

/// Readings that say nothing of a person and are written down all the same: who looks at the audit log.
const WATCHED: &str = "/v1/audit";

/// What a handler knows of the subject better than the path does.
#[derive(Clone)]
pub(super) struct About(pub(super) String);

/// Writes the line about a request.
pub(super) async fn watch(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let Some(audit) = server.audit.clone() else { return next.run(request).await };
    if audit.is_unwritable() {
        // A service that only reads, for want of room: it shows what it has, and nothing personal.
        if let Some(caller) = request.extensions_mut().remove::<Caller>() {
            request.extensions_mut().insert(caller.covered());
        }
        return next.run(request).await;
    }
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let method = request.method().clone();
    let personal = PERSONAL.contains(&(method.as_str(), route.as_str()));
    let changes = !matches!(method, Method::GET | Method::HEAD) && !PURE.contains(&route.as_str());
    let (true, Some(mut act)) = (personal || changes || route.starts_with(WATCHED), act_of(&request, &server)) else {
        return next.run(request).await;
    };
    act.action = format!("{method} {route}");
    let sees = request.extensions().get::<Caller>().is_some_and(|caller| caller.may(Operation::ReadPersonal));
    // A caller who leaves in the middle, or whose time is up, stops neither the work nor the line about it.
    let (done, outcome) = oneshot::channel();
    tokio::spawn(async move {
        let response = written(&audit, act, personal && sees, next.run(request).await).await;
        // Nobody waits any more.
        let _ = done.send(response);
    });
    outcome.await.unwrap_or_else(|_| guard::panicked(Box::new(())))
}

async fn written(audit: &Audit, mut act: Act, shows: bool, response: Response) -> Response {
    act.status = response.status().as_u16();
    act.personal = shows && response.status().is_success();
    if let Some(About(subject)) = response.extensions().get() {
        act.target.clone_from(subject);
    }
    if let Some(problem) = response.extensions().get::<Problem>() {
        act.code = problem.code.clone();
    }
    let written =
        if act.personal { audit.note_now(clock::now(), act).await } else { audit.note(clock::now(), act).await };
    match written {
        Ok(()) => response,
        // What was changed is in the journal with its author; what was read has not been read.
        Err(unwritten) => Problem::new(Code::AuditFailed, unwritten.to_string()).into_response(),
    }
}

fn act_of(request: &Request, server: &Server) -> Option<Act> {
    let extensions = request.extensions();
    let caller = extensions.get::<Caller>()?;
    Some(Act {
        client: caller.client.clone(),
        person: caller.person.clone(),
        role: caller.role(),
        jurisdiction: caller.jurisdiction.clone(),
        unit: caller.unit.clone(),
        peer: From::of(request.headers(), extensions, server).to_string(),
        request: extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
        target: request.uri().path().chars().take(LONGEST_TARGET).collect(),
        ..Act::default()
    })
}

/// Characters of a path that are kept.
const LONGEST_TARGET: usize = 256;
