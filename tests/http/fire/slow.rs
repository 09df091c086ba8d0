//! Who says nothing, or says it slowly, is not waited for.

use std::time::Duration;

use paidan::config::Settings;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{exchange, post, running, statuses};
use crate::http::site::ticket;

fn hasty() -> Settings {
    Settings { header_timeout_s: 1, request_timeout_s: 2, ..Settings::default() }
}

#[tokio::test]
async fn silence_and_half_beginnings_are_closed() {
    let running = running(hasty()).await;
    // The first two are what comes before the protocol is known: the library waits there without limit.
    let beginnings: [&[u8]; 4] =
        [b"", b"PRI * HT", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "];
    let mut waiting = tokio::task::JoinSet::new();
    for beginning in beginnings {
        let mut stream = running.connect().await;
        waiting.spawn(async move { exchange(&mut stream, beginning).await });
    }
    running.is_well().await;
    while let Some(told) = waiting.join_next().await {
        assert!(!told.expect("no panic").contains(" 200 "));
    }
}

#[tokio::test]
async fn a_body_that_stops_or_dribbles_is_answered() {
    let running = running(hasty()).await;
    let whole = post("/v1/tickets", "Connection: close\r\n", ticket("超市涨价").as_bytes());
    let told = running.tell(&whole[..whole.len() - 4]).await;
    assert_eq!(statuses(&told), [408], "{told}");
    assert!(told.contains("body_timeout"), "{told}");

    let mut stream = running.connect().await;
    stream.write_all(&post("/v1/tickets", "", &[b' '; 4_096])[..120]).await.expect("written");
    let mut told = vec![0; 4_096];
    let read = loop {
        // A byte now and then, until the other side has heard enough.
        match tokio::time::timeout(Duration::from_millis(20), stream.read(&mut told)).await {
            Ok(read) => break read.expect("an answer"),
            Err(_) => drop(stream.write_all(b" ").await),
        }
    };
    assert!(told[..read].starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&told[..read]));
    running.is_well().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_last_answer() {
    let running = running(hasty()).await;
    let told = running.tell(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(statuses(&told), [200], "answered, then closed without being asked to: {told}");
}
