//! `GET /v1/events`: what happens, as server-sent events, resumable by id for a week.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Frame;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use utoipa::IntoParams;

use super::extract::{Params, Who};
use super::problem::{Code, Problem};
use super::{Server, Stage};
use crate::access::Operation;
use crate::app::Error;
use crate::outbox::{Told, cloud_event};
use crate::store::{Feed, ReadError, Store};
use crate::ticket::{EventId, Viewer};

/// Streams at once; more are turned away.
pub(super) const STREAMS: usize = 256;
/// A comment keeps the connection open where proxies close silent ones.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events read at once, and pieces that wait for a slow reader.
const READ: usize = 64;
const PIECES: usize = 4;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EventParams {
    /// Only this jurisdiction.
    #[serde(default)]
    jurisdiction: String,
    /// Only these kinds, separated by commas.
    #[serde(default)]
    kinds: String,
    /// Id of the last event that was seen; the header `Last-Event-ID` stands above it. Absent: from now on.
    after: Option<String>,
}

/// Streams what happens as server-sent events
///
/// `id` is the event's id, `event` its kind, `data` a CloudEvent. Resumable by `Last-Event-ID` for 7 days; what is older,
/// or unknown, is 410 with the place to list from. A comment every 15 seconds keeps the connection open.
#[utoipa::path(get, path = "/v1/events", tag = "events",
    params(EventParams, ("Last-Event-ID" = Option<String>, Header, description = "Id of the last event that was seen")),
    responses((status = 200, body = Told, content_type = "text/event-stream"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "Too old or unknown: list the tickets from the time that `detail` names, then follow from now on")))]
pub(super) async fn events(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<EventParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = who.may(Operation::ReadTickets)?;
    let jurisdiction = server.app.follows(&caller, &params.jurisdiction)?;
    let resumed = headers.get("last-event-id").map(|id| id.to_str().unwrap_or_default().to_owned());
    let after = resumed.or(params.after).map(|id| id.trim().parse::<EventId>().map_err(|_| bad_id())).transpose()?;
    let Ok(permit) = Arc::clone(&server.streams).try_acquire_owned() else {
        return Err(Problem::new(Code::Busy, "事件流的连接过多，请稍后重试"));
    };
    let feed = server.app.follow(after).await?;
    let kinds = params.kinds.split(',').map(str::trim).filter(|kind| !kind.is_empty()).map(str::to_owned).collect();
    let viewer = caller.viewer();
    let (pieces, received) = mpsc::channel(PIECES);
    let stream = Stream { store: server.app.store().clone(), feed, jurisdiction, kinds, viewer, pieces };
    tokio::spawn(stream.run(server.stage(), permit));
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::new(Pieces(received))).into_response())
}

fn bad_id() -> Problem {
    Problem::new(Code::BadParameter, "事件编号应形如 1-42，请用事件流给出的 id，或去掉后从现在开始")
}

struct Stream {
    store: Store,
    feed: Feed,
    jurisdiction: String,
    kinds: Vec<String>,
    viewer: Viewer,
    pieces: mpsc::Sender<Bytes>,
}

impl Stream {
    /// Until the reader is gone or the program stops.
    async fn run(mut self, mut stage: watch::Receiver<Stage>, _permit: OwnedSemaphorePermit) {
        tokio::select! {
            () = self.follow() => {}
            _ = async { drop(stage.wait_for(|stage| *stage != Stage::Serving).await) } => {}
        }
    }

    async fn follow(&mut self) {
        let mut heard = self.store.listen();
        let mut piece = Bytes::from_static(b"retry: 2000\n\n");
        while piece.is_empty() || self.pieces.send(piece).await.is_ok() {
            match self.next().await {
                Ok(Some(events)) => {
                    piece = events;
                    continue;
                }
                Ok(None) => piece = Bytes::new(),
                // The reader comes back with its last id.
                Err(cause) => return tracing::error!(%cause, "history cannot be read"),
            }
            match tokio::time::timeout(HEARTBEAT, heard.recv()).await {
                // What else was heard is read together with it.
                Ok(Ok(_) | Err(RecvError::Lagged(_))) => heard = heard.resubscribe(),
                Ok(Err(RecvError::Closed)) => return,
                Err(_) => piece = Bytes::from_static(b":\n\n"),
            }
        }
    }

    /// The next events, those that nobody asked for left out; `None`: nothing more, for now.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let (mut feed, store) = (self.feed.clone(), self.store.clone());
        let (jurisdiction, kinds, viewer) = (self.jurisdiction.clone(), self.kinds.clone(), self.viewer.clone());
        let read = move || -> Result<_, ReadError> {
            let events = feed.read(READ)?;
            let (any, mut text) = (!events.is_empty(), String::new());
            for recorded in events {
                let (id, kind) = (recorded.id, recorded.event.kind());
                let Some(ticket) = store.ticket(&recorded.ticket)? else { continue };
                let ours = (jurisdiction.is_empty() || jurisdiction == ticket.jurisdiction) && viewer.sees(&ticket);
                if ours && (kinds.is_empty() || kinds.iter().any(|it| it == kind)) {
                    let told = cloud_event(recorded, &ticket, &viewer, false);
                    // JSON has no line breaks of its own.
                    let data = serde_json::to_string(&told).unwrap_or_default();
                    text.push_str(&format!("id: {id}\nevent: {kind}\ndata: {data}\n\n"));
                }
            }
            Ok((feed, any.then(|| Bytes::from(text))))
        };
        let (feed, text) = tokio::task::spawn_blocking(read).await.map_err(|_| Error::Panicked)??;
        self.feed = feed;
        Ok(text)
    }
}

/// Pieces of the stream as a body.
struct Pieces(mpsc::Receiver<Bytes>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
