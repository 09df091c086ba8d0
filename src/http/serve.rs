//! The accept loop: our own, because axum's sets no limit to how long a header takes, how many connections there are, or
//! how long a stop waits.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use super::Door;
use super::asking::Peer;
use crate::config::Settings;

/// Streams of one HTTP/2 connection.
const STREAMS: u32 = 64;
/// Bytes of a header; larger ones are answered 431.
const HEADER_BYTES: usize = 64 * 1024;
/// Pause after a failed accept: usually too many open files, and a busy loop helps nobody.
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stop` resolves, then lets requests under way finish, for as long as the settings say. `true`: all did.
pub async fn serve(listener: TcpListener, door: Door, settings: &Settings, stop: impl Future<Output = ()>) -> bool {
    let protocol = protocol(Duration::from_secs(settings.header_timeout_s));
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Semaphore::new(settings.connections));
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            // The semaphore is never closed.
            let permit = Arc::clone(&connections).acquire_owned().await.ok();
            (listener.accept().await, permit)
        };
        let (accepted, permit) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let Ok((stream, peer)) = accepted.inspect_err(|err| tracing::warn!(%err, "a connection was not accepted"))
        else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let connection = connection(&protocol, stream, Peer(peer.ip()), door.router(), &graceful);
        tokio::spawn(async move {
            connection.await;
            drop(permit);
        });
    }
    door.stop();
    drop(listener);
    tracing::info!(open = graceful.count(), "no new connections; finishing what is under way");
    tokio::time::timeout(Duration::from_secs(settings.drain_s), graceful.shutdown()).await.is_ok()
}

fn protocol(header_timeout: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout).max_buf_size(HEADER_BYTES);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS).keep_alive_interval(header_timeout);
    builder
}

fn connection(
    protocol: &Builder<TokioExecutor>,
    stream: TcpStream,
    peer: Peer,
    router: Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + 'static {
    // Answers are small and wanted at once.
    let _ = stream.set_nodelay(true);
    let named = move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request
    };
    let served = protocol
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.map_request(named)))
        .into_owned();
    let served = graceful.watch(served);
    async move {
        if let Err(err) = served.await {
            tracing::debug!(%err, "a connection ended early");
        }
    }
}
