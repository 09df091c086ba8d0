//! A stop: nothing new, what is under way is finished, what never began is not waited for, and nothing acknowledged is lost.

use paidan::config::Settings;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Running, exchange, post, running, statuses};
use crate::http::site::ticket;

fn endless() -> Settings {
    Settings { drain_s: 600, header_timeout_s: 600, idle_timeout_s: 600, request_timeout_s: 600, ..Settings::default() }
}

/// Reads on until these words came.
async fn until(stream: &mut tokio::net::TcpStream, words: &str) {
    let mut told = Vec::new();
    while !String::from_utf8_lossy(&told).contains(words) {
        assert!(stream.read_buf(&mut told).await.expect("bytes") > 0, "{}", String::from_utf8_lossy(&told));
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_for_half_headers_silence_or_event_streams() {
    let running = running(endless()).await;
    let mut half = running.connect().await;
    half.write_all(b"GET /healthz HTTP/1.1\r\nHo").await.expect("written");
    let _silent = running.connect().await;
    let mut stream = running.connect().await;
    stream.write_all(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("written");
    until(&mut stream, "retry: 2000").await;
    running.is_well().await;
    let Running { site, stop, .. } = running;
    stop.send(()).expect("it runs");
    let drained = tokio::time::timeout(super::PATIENCE, running.served).await.expect("it ends").expect("no panic");
    assert!(drained);
    assert_eq!(site.get("/readyz").await.status, 503, "it says so to whoever asks");
    exchange(&mut stream, b"").await;
}

#[tokio::test]
async fn who_asks_again_waits_for_nothing() {
    let running = running(endless()).await;
    let mut stuck = running.connect().await;
    let head = "POST /v1/triage HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n";
    stuck.write_all(format!("{head}Content-Length: 9\r\n\r\n").as_bytes()).await.expect("written");
    // Whoever is told to go on is under way.
    until(&mut stuck, "100 Continue").await;
    let Running { door, stop, served, .. } = running;
    stop.send(()).expect("it runs");
    door.hurry();
    assert!(!tokio::time::timeout(super::PATIENCE, served).await.expect("it ends").expect("no panic"));
}

#[tokio::test]
async fn a_stop_under_load_loses_nothing_acknowledged() {
    let running = running(endless()).await;
    let mut posting = tokio::task::JoinSet::new();
    for client in 0..8 {
        let address = running.address;
        posting.spawn(async move {
            let mut known = Vec::new();
            let Ok(mut stream) = tokio::net::TcpStream::connect(address).await else { return known };
            for n in 0.. {
                let asked = post("/v1/tickets", "", ticket(&format!("超市涨价 {client} {n}")).as_bytes());
                let mut told = Vec::new();
                let answered = async {
                    stream.write_all(&asked).await?;
                    while !told.ends_with(b"}") {
                        if stream.read_buf(&mut told).await? == 0 {
                            return Err(std::io::ErrorKind::UnexpectedEof.into());
                        }
                    }
                    Ok::<_, std::io::Error>(())
                };
                if answered.await.is_err() {
                    break;
                }
                let told = String::from_utf8(told).expect("UTF-8");
                let (head, body) = told.split_once("\r\n\r\n").expect("a head");
                let receipt: serde_json::Value = serde_json::from_str(body).expect("JSON");
                assert!(head.starts_with("HTTP/1.1 201"), "{told}");
                known.push(receipt["id"].as_str().expect("an id").to_owned());
            }
            known
        });
    }
    // Somebody was acknowledged: the stop comes in the middle of it.
    let mut recorded = running.site.app.store().listen();
    recorded.recv().await.expect("an event");
    let Running { site, stop, served, .. } = running;
    stop.send(()).expect("it runs");
    assert!(served.await.expect("no panic"), "everything under way was finished");
    let mut acknowledged = 0;
    while let Some(known) = posting.join_next().await {
        for id in known.expect("no panic") {
            acknowledged += 1;
            assert_eq!(site.get(&format!("/v1/tickets/{id}")).await.status, 200, "{id}");
        }
    }
    assert!(acknowledged > 0);
}

/// The key tells whoever had no answer; nothing is taken twice.
#[tokio::test]
async fn who_leaves_before_the_answer_finds_it_by_the_key() {
    let running = running(endless()).await;
    for n in 0..10 {
        let asked = |more: &str| {
            post(
                "/v1/tickets",
                &format!("Idempotency-Key: k-{n}\r\n{more}"),
                ticket(&format!("超市涨价 {n}")).as_bytes(),
            )
        };
        let mut leaving = running.connect().await;
        leaving.write_all(&asked("")).await.expect("written");
        drop(leaving);
        let told = running.tell(&asked("Connection: close\r\n")).await;
        assert!(matches!(statuses(&told)[..], [200 | 201]), "{told}");
    }
    let tickets = running.site.get("/v1/tickets").await.json()["tickets"].as_array().map(Vec::len);
    assert_eq!(tickets, Some(10));
    running.stop.send(()).expect("it runs");
}
