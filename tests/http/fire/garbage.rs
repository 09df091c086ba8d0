//! What is no HTTP, or hardly. Each case has a connection of its own; the process answers or closes, and lives.

use paidan::config::Settings;
use tokio::io::AsyncWriteExt as _;

use super::{exchange, post, running, statuses};
use crate::http::site::ticket;

fn hasty() -> Settings {
    Settings { header_timeout_s: 1, request_timeout_s: 2, ..Settings::default() }
}

/// RFC 9112: how it begins is what the first answer may be; `&[]`: closed without one.
#[tokio::test]
async fn what_is_hardly_http_is_refused_or_closed() {
    let running = running(hasty()).await;
    let many: String = (0..200).map(|n| format!("X-{n}: y\r\n")).collect();
    let get = |line: &str| format!("{line}\r\nHost: x\r\nConnection: close\r\n\r\n").into_bytes();
    let headed =
        |lines: &str| format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n").into_bytes();
    let chunked = |body: &str| {
        let head = "POST /v1/triage HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{body}").into_bytes()
    };
    let cases: Vec<(&str, Vec<u8>, &[u16])> = vec![
        ("bytes", (0..=255).cycle().take(4_096).collect(), &[400]),
        ("zeros", vec![0; 512], &[400]),
        ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), &[400]),
        ("a version", get("GET /healthz HTTP/9.9"), &[400, 505]),
        ("a method that is none", get("G@T\u{1} /healthz HTTP/1.1"), &[400]),
        ("a method unknown", get("BREW /healthz HTTP/1.1"), &[405]),
        ("absolute form", get("GET http://elsewhere/healthz HTTP/1.1"), &[200]),
        ("asterisk form", get("OPTIONS * HTTP/1.1"), &[400, 404, 405]),
        ("authority form", get("CONNECT elsewhere:443 HTTP/1.1"), &[400, 404, 405]),
        (
            "a path of bytes",
            b"GET /v1/tickets/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
            &[400, 404],
        ),
        ("a long path", get(&format!("GET /{} HTTP/1.1", "a".repeat(100_000))), &[414, 431]),
        ("a long header", headed(&format!("X: {}\r\n", "a".repeat(100_000))), &[431]),
        ("many headers", headed(&many), &[431]),
        ("a NUL in a header", headed("X: a\0b\r\n"), &[400]),
        ("a header without a name", headed(": a\r\n"), &[400]),
        ("a folded header", headed("X: a\r\n b\r\n"), &[400]),
        ("two lengths", headed("Content-Length: 1\r\nContent-Length: 2\r\n"), &[400]),
        ("a length below nothing", headed("Content-Length: -1\r\n"), &[400]),
        ("a length beyond all", headed("Content-Length: 99999999999999999999999\r\n"), &[400]),
        ("too long a body", headed("").into_iter().chain(vec![b'x'; 1_000]).collect(), &[200]),
        ("a chunk of no size", chunked("zz\r\n{}\r\n0\r\n\r\n"), &[400]),
        ("a chunk beyond all", chunked("ffffffffffffffffff\r\n{}\r\n"), &[400]),
        ("a chunk that lies", chunked("1\r\n{}\r\n0\r\n\r\n"), &[400]),
        ("no last chunk", chunked("2\r\n{}\r\n"), &[408]),
    ];
    for (name, bytes, allowed) in cases {
        let told = running.tell(&bytes).await;
        let first = statuses(&told).first().copied();
        assert!(first.map_or(allowed.is_empty(), |status| allowed.contains(&status)), "{name}: {told}");
    }
    running.is_well().await;
}

/// What one side takes for a body must not be the other side's next request.
#[tokio::test]
async fn nothing_is_smuggled_past_two_lengths() {
    let running = running(hasty()).await;
    let hidden = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    let length = hidden.len() + 5;
    let head = "POST /v1/triage HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    for lengths in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
        format!("Transfer-Encoding: xchunked\r\nContent-Length: {length}\r\n"),
        format!("Transfer-Encoding: chunked, identity\r\nContent-Length: {length}\r\n"),
    ] {
        let told = running.tell(format!("{head}{lengths}\r\n0\r\n\r\n{hidden}").as_bytes()).await;
        assert_eq!(statuses(&told).first(), Some(&400), "{lengths}: {told}");
        assert!(!told.contains("http_requests"), "{lengths}: {told}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_up_to_the_garbage() {
    let running = running(hasty()).await;
    let mut all = Vec::new();
    for text in ["超市涨价", "路灯不亮", "饭店涨价"] {
        all.extend(post("/v1/tickets", "", ticket(text).as_bytes()));
    }
    all.extend(b"\r\n\x00\x01\x02 no request at all\r\n\r\n");
    let told = running.tell(&all).await;
    assert_eq!(statuses(&told), [201, 201, 201, 400], "{told}");
}

/// A body shorter than announced: nothing is taken, and the line is free again.
#[tokio::test]
async fn a_body_that_ends_early_makes_no_ticket() {
    let running = running(hasty()).await;
    let mut stream = running.connect().await;
    let whole = post("/v1/tickets", "", ticket("超市涨价").as_bytes());
    stream.write_all(&whole[..whole.len() - 1]).await.expect("written");
    stream.shutdown().await.expect("the end");
    let told = exchange(&mut stream, b"").await;
    assert!(!told.contains(" 201 "), "{told}");
    assert_eq!(running.site.get("/v1/tickets").await.json()["tickets"], serde_json::json!([]));
}

/// Ids that try to be paths, ends of strings or other characters.
#[tokio::test]
async fn tricks_in_paths_and_queries_find_nothing() {
    let site = crate::http::site::site();
    for id in [
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "DM-20220929-00001%00",
        "%c0%ae",
        "%e0%80%af",
        "%ff",
        "%",
        "%zz",
        "%25",
        "%252e%252e",
        "a%0d%0aX-Evil:%201",
        "DM-20220929-99999999999999999999999",
        "DM-99999999-00001",
        "-",
        "%F0%9F%92%A9",
    ] {
        for path in [format!("/v1/tickets/{id}"), format!("/v1/tickets/{id}/events"), format!("/v1/rules/{id}")] {
            let reply = site.get(&path).await;
            assert!((400..500).contains(&reply.status), "{path}: {reply:?}");
            reply.problem();
        }
        let reply = site.get(&format!("/v1/tickets?lead={id}&jurisdiction=demo")).await;
        assert!(matches!(reply.status, 200 | 400), "{id}: {reply:?}");
    }
}
