//! Under fire: what strangers do to a socket, and what a stop does to whoever is connected.

mod bodies;
mod crowd;
mod frames;
mod garbage;
mod headers;
mod slow;
mod stopping;
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use paidan::config::Settings;
use paidan::http::{Door, Tls, serve};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::site::{RULES, Site, with};

/// Generous: a guard against hanging, never what a test measures.
const PATIENCE: Duration = Duration::from_secs(30);

struct Running {
    site: Site,
    door: Door,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<bool>,
}

async fn running(settings: Settings) -> Running {
    serving(settings, None).await
}

async fn serving(settings: Settings, tls: Option<Tls>) -> Running {
    let site = with(RULES, Vec::new(), &settings);
    let door = match tls {
        None => Door::to(site.server.clone()),
        some => {
            let door = Door::new(some);
            door.open(site.server.clone());
            door
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let behind = door.clone();
    let served = tokio::spawn(async move {
        let stop = async { drop(stopped.await) };
        serve(listener, behind, &settings, stop).await
    });
    Running { site, door, address, stop, served }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// What comes back for these bytes on a connection of their own, until the other side closes.
    async fn tell(&self, bytes: &[u8]) -> String {
        exchange(&mut self.connect().await, bytes).await
    }

    async fn is_well(&self) {
        let told = self.tell(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    }
}

/// Writes, then reads until the other side closes. A side that does not listen any more is an end as well.
async fn exchange(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), bytes: &[u8]) -> String {
    let mut all = Vec::new();
    let exchanged = async {
        let _ = stream.write_all(bytes).await;
        let _ = stream.read_to_end(&mut all).await;
    };
    tokio::time::timeout(PATIENCE, exchanged).await.expect("it closes in time");
    String::from_utf8_lossy(&all).into_owned()
}

/// Numbers of the answers in what came back.
fn statuses(told: &str) -> Vec<u16> {
    told.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].parse().expect("a status")).collect()
}

fn post(path: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{more}Content-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}
