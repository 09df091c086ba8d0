//! HTTP/2 by hand: frames that no client sends.

use paidan::config::Settings;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{PATIENCE, Running, running};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW: u8 = 8;
const CONTINUATION: u8 = 9;
/// GET / over http, authority `x`, out of the static table.
const GET: [u8; 6] = [0x82, 0x86, 0x84, 0x41, 0x01, b'x'];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Whether the other side said goodbye or closed.
async fn thrown_out(running: &Running, frames: &[u8]) -> bool {
    let mut stream = running.connect().await;
    let talked = async {
        // It may close while this is still being written.
        let _ = stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[]), frames].concat()).await;
        loop {
            let mut head = [0; 9];
            if stream.read_exact(&mut head).await.is_err() || head[3] == GOAWAY {
                return true;
            }
            let mut payload =
                vec![0; usize::try_from(u32::from_be_bytes([0, head[0], head[1], head[2]])).expect("a length")];
            if stream.read_exact(&mut payload).await.is_err() {
                return true;
            }
        }
    };
    tokio::time::timeout(PATIENCE, talked).await.unwrap_or(false)
}

#[tokio::test]
async fn frames_that_break_the_rules_end_the_connection() {
    let running = running(Settings::default()).await;
    let long = frame(CONTINUATION, 0, 1, &[0; 16_000]);
    let flood: Vec<u8> = [frame(HEADERS, 1, 1, &GET), long.repeat(40)].concat();
    let cases: [(&str, Vec<u8>); 8] = [
        ("garbage", vec![0xff; 64]),
        ("an even stream", frame(HEADERS, 5, 2, &GET)),
        ("headers that cannot be read", frame(HEADERS, 5, 1, &[0xff; 64])),
        ("a ping of the wrong size", frame(PING, 0, 0, &[0; 3])),
        ("a window of nothing", frame(WINDOW, 0, 0, &[0; 4])),
        ("settings on a stream", frame(SETTINGS, 0, 1, &[])),
        ("a frame beyond the limit", frame(HEADERS, 5, 1, &[0; 20_000])),
        ("headers without end", flood),
    ];
    for (name, frames) in cases {
        assert!(thrown_out(&running, &frames).await, "{name}");
    }
    running.is_well().await;
}

/// CVE-2023-44487: requests that are opened and reset at once are bounded.
#[tokio::test]
async fn rapid_reset_ends_the_connection() {
    let running = running(Settings::default()).await;
    let resets: Vec<u8> = (0..5_000_u32)
        .flat_map(|n| [frame(HEADERS, 5, 2 * n + 1, &GET), frame(RESET, 0, 2 * n + 1, &8_u32.to_be_bytes())].concat())
        .collect();
    assert!(thrown_out(&running, &resets).await);
    running.is_well().await;
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let running = running(Settings { header_timeout_s: 1, idle_timeout_s: 1, ..Settings::default() }).await;
    assert!(thrown_out(&running, &[]).await);
}
