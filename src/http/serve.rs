//! The accept loop: our own, because axum's sets no limit to how long a header takes, how many connections there are, or
//! how long a stop waits. It never waits for a connection: a full house sends away who asks for nothing, or the newcomer.

mod crowd;
mod line;
mod room;
mod tls;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

pub use self::tls::Tls;

use self::crowd::{Crowd, Seat};
use self::line::Terms;
use self::wire::Wire;
use super::asking::Peer;
use super::{Door, Stage};
use crate::clock;
use crate::config::Settings;

/// Pause after a failed accept: usually too many open files, and a busy loop helps nobody.
const BREATH: Duration = Duration::from_millis(50);
/// What a newcomer hears in a full house, if it listens.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
/// What one hears who speaks HTTP where TLS is spoken.
const NOT_TLS: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 25\r\n\r\n\
    use https:// on this port";
/// First byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;

/// Serves what comes through `door` until `stop` resolves, then lets requests under way finish, for as long as the settings
/// say or until [`Door::hurry`]. `true`: all did.
pub async fn serve(listener: TcpListener, door: Door, settings: &Settings, stop: impl Future<Output = ()>) -> bool {
    let crowd = Crowd::new(room::connections(settings.connections), settings.connections_per_address);
    let house = Arc::new(House {
        terms: Terms::new(settings, door.clone()),
        door: door.clone(),
        handshake: Duration::from_secs(settings.header_timeout_s),
        patience: Duration::from_secs(settings.request_timeout_s),
    });
    let following = door.tls().cloned().map(|tls| tokio::spawn(tls.follow()));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => house.receive(&crowd, stream, peer),
            Err(err) => {
                tracing::warn!(%err, "a connection was not accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    door.stop();
    drop(listener);
    following.inspect(tokio::task::JoinHandle::abort);
    tracing::info!(open = crowd.open(), "no new connections; finishing what is under way");
    let mut stage = door.stage();
    tokio::select! {
        () = crowd.emptied() => true,
        () = tokio::time::sleep(Duration::from_secs(settings.drain_s)) => false,
        _ = async { drop(stage.wait_for(|stage| *stage == Stage::Hurrying).await) } => false,
    }
}

struct House {
    terms: Terms,
    door: Door,
    /// How long a handshake may take.
    handshake: Duration,
    /// How long the other side may take no byte of an answer.
    patience: Duration,
}

impl House {
    fn receive(self: &Arc<Self>, crowd: &Arc<Crowd>, stream: TcpStream, peer: SocketAddr) {
        match crowd.admit(peer.ip().to_canonical(), clock::monotonic_ns()) {
            Ok(seat) => {
                let house = Arc::clone(self);
                tokio::spawn(async move {
                    let app = house.door.app();
                    app.iter().for_each(|app| app.metrics().connected());
                    house.hold(stream, Peer(peer.ip()), seat).await;
                    app.iter().for_each(|app| app.metrics().disconnected());
                });
            }
            Err(full) => {
                tracing::debug!(?full, "a connection was turned away");
                if self.door.tls().is_none() {
                    // Best effort: the buffer of a new socket is empty.
                    let _ = stream.try_write(FULL);
                }
            }
        }
    }

    async fn hold(&self, stream: TcpStream, peer: Peer, seat: Seat) {
        // Answers are small and wanted at once.
        let _ = stream.set_nodelay(true);
        let Some(tls) = self.door.tls() else {
            return self.terms.hold(Wire::new(stream, self.patience), peer, &seat).await;
        };
        match tokio::time::timeout(self.handshake, self.shake(tls, stream)).await {
            Ok(Ok(stream)) => self.terms.hold(stream, peer, &seat).await,
            Ok(Err(err)) => tracing::debug!(%err, "a handshake failed"),
            Err(_) => tracing::debug!("a handshake took too long"),
        }
    }

    async fn shake(&self, tls: &Tls, stream: TcpStream) -> std::io::Result<tokio_rustls::server::TlsStream<Wire>> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE {
            let _ = stream.try_write(NOT_TLS);
        }
        tls.acceptor().accept(Wire::new(stream, self.patience)).await
    }
}
