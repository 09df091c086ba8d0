//! One connection: its protocol, and how it ends when nobody asks for anything.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request, Response};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::crowd::{Busy, Guest, Seat};
use crate::clock;
use crate::config::Settings;
use crate::http::asking::Peer;
use crate::http::{Door, Stage};

/// Streams of one HTTP/2 connection.
const STREAMS: u32 = 64;
/// Streams that a client may open and reset before they are looked at, and those that are reset for its errors.
const RESETS: usize = 64;
/// Bytes of a header; larger ones are answered 431.
const HEADER_BYTES: usize = 64 * 1024;
/// The same, as HTTP/2 counts them.
const HEADER_LIST: u32 = 32 * 1024;
/// Lines of a header.
const HEADER_LINES: usize = 100;
/// Bytes of answers kept for one HTTP/2 stream that is read slowly.
const UNSENT: usize = 256 * 1024;
/// How long a connection that should end may take to say so, while no request is under way.
const GOODBYE: Duration = Duration::from_millis(250);

/// How connections are held.
pub(super) struct Terms {
    protocol: Builder<TokioExecutor>,
    /// Until the first request, and between two. Nanoseconds.
    first: u64,
    idle: u64,
    door: Door,
    stage: watch::Receiver<Stage>,
}

impl Terms {
    pub(super) fn new(settings: &Settings, door: Door) -> Self {
        let header = Duration::from_secs(settings.header_timeout_s);
        let mut protocol = Builder::new(TokioExecutor::new());
        protocol
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(header)
            .max_buf_size(HEADER_BYTES)
            .max_headers(HEADER_LINES);
        protocol
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_pending_accept_reset_streams(RESETS)
            .max_local_error_reset_streams(RESETS)
            .max_header_list_size(HEADER_LIST)
            .max_send_buf_size(UNSENT)
            .keep_alive_interval(header)
            .keep_alive_timeout(header);
        let nanoseconds = |seconds: u64| seconds.saturating_mul(1_000_000_000);
        let (first, idle) = (nanoseconds(settings.header_timeout_s), nanoseconds(settings.idle_timeout_s));
        let stage = door.stage();
        Self { protocol, first, idle, door, stage }
    }

    /// Serves what comes over `wire` until one side ends it.
    pub(super) async fn hold<W>(&self, wire: W, peer: Peer, seat: &Seat)
    where
        W: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let guest = seat.guest();
        let answer = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            let (router, busy) = (self.door.router(), guest.begin(clock::monotonic_ns));
            async move {
                let response = router.oneshot(request.map(Body::new)).await?;
                Ok::<Response<Counted>, Infallible>(response.map(|body| Counted { body, _busy: busy }))
            }
        });
        let mut served = pin!(self.protocol.serve_connection(TokioIo::new(wire), answer));
        tokio::select! {
            ended = served.as_mut() => return report(ended),
            () = self.end(guest) => {}
        }
        served.as_mut().graceful_shutdown();
        // What is under way is finished; what has not begun is not waited for.
        loop {
            tokio::select! {
                ended = served.as_mut() => return report(ended),
                () = tokio::time::sleep(GOODBYE) => if !guest.is_busy() { return },
            }
        }
    }

    /// Until the connection is no longer wanted: quiet for too long, in the way of others, or the program stops.
    async fn end(&self, guest: &Arc<Guest>) {
        let mut stage = self.stage.clone();
        tokio::select! {
            () = self.quiet(guest) => {}
            () = guest.told_to_leave() => {}
            // The sender outlives every connection.
            _ = async { drop(stage.wait_for(|stage| *stage != Stage::Serving).await) } => {}
        }
    }

    async fn quiet(&self, guest: &Guest) {
        while let Some(rest) = guest.rest(self.first, self.idle, clock::monotonic_ns()) {
            tokio::time::sleep(Duration::from_nanos(rest)).await;
        }
    }
}

fn report(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(err) = ended {
        tracing::debug!(%err, "a connection ended early");
    }
}

/// A body that counts as under way until it is gone.
struct Counted {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
