//! A real socket: what dribbles, what lingers, what is broken.

use std::net::SocketAddr;
use std::time::Duration;

use paidan::config::Settings;
use paidan::http::{Door, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::site::{RULES, ticket, with};

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<bool>,
}

async fn running(settings: Settings) -> Running {
    let site = with(RULES, Vec::new(), &settings);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(async move {
        let stop = async { drop(stopped.await) };
        serve(listener, Door::to(site.server), &settings, stop).await
    });
    Running { address, stop, served }
}

/// Everything that comes back until the other side closes; a deadline guards the test.
async fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> String {
    stream.write_all(bytes).await.expect("written");
    let mut all = Vec::new();
    let read = stream.read_to_end(&mut all);
    // A reset after the answer is an end as well.
    let _ = tokio::time::timeout(Duration::from_secs(20), read).await.expect("it closes in time");
    String::from_utf8_lossy(&all).into_owned()
}

fn post(body: &[u8], close: bool) -> Vec<u8> {
    let connection = if close { "close" } else { "keep-alive" };
    let head = format!(
        "POST /v1/triage HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: {connection}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn a_half_header_is_closed_and_others_are_served_meanwhile() {
    let running = running(Settings { header_timeout_s: 1, ..Settings::default() }).await;
    let mut slow = TcpStream::connect(running.address).await.expect("a connection");
    slow.write_all(b"GET /healthz HTTP/1.1\r\nHo").await.expect("written");
    let mut other = TcpStream::connect(running.address).await.expect("a connection");
    let answer = exchange(&mut other, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let told = exchange(&mut slow, b"").await;
    assert!(!told.contains("200 OK"), "{told}");
}

#[tokio::test]
async fn one_connection_carries_good_and_broken_requests() {
    let running = running(Settings::default()).await;
    let mut stream = TcpStream::connect(running.address).await.expect("a connection");
    let broken = b"{\"jurisdiction\": \"demo\", \"text\": \"\xff\xfe\xfd\"}";
    let all = [post(ticket("超市涨价").as_bytes(), false), post(broken, false), post(ticket("涨价").as_bytes(), true)]
        .concat();
    let told = exchange(&mut stream, &all).await;
    let statuses: Vec<&str> = told.lines().filter_map(|line| line.split("HTTP/1.1 ").nth(1)).collect();
    assert_eq!(statuses, ["200 OK", "400 Bad Request", "200 OK"], "{told}");
    assert!(told.contains("not valid UTF-8") && told.contains("不是 UTF-8"));
}

#[tokio::test]
async fn a_stop_waits_for_nobody_longer_than_told() {
    let settings = Settings { drain_s: 1, header_timeout_s: 60, request_timeout_s: 60, ..Settings::default() };
    let running = running(settings).await;
    let mut stuck = TcpStream::connect(running.address).await.expect("a connection");
    let head = b"POST /v1/triage HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{";
    stuck.write_all(head).await.expect("written");
    let mut other = TcpStream::connect(running.address).await.expect("a connection");
    exchange(&mut other, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    running.stop.send(()).expect("it runs");
    let drained =
        tokio::time::timeout(Duration::from_secs(20), running.served).await.expect("it ends").expect("no panic");
    assert!(!drained);
}

#[tokio::test]
async fn a_stop_with_idle_connections_is_at_once() {
    let running = running(Settings { drain_s: 600, ..Settings::default() }).await;
    let _idle = TcpStream::connect(running.address).await.expect("a connection");
    running.stop.send(()).expect("it runs");
    let drained =
        tokio::time::timeout(Duration::from_secs(20), running.served).await.expect("it ends").expect("no panic");
    assert!(drained);
}
