//! More connections than there is room for, all of them silent.

use paidan::config::Settings;
use tokio::net::TcpStream;

use super::{PATIENCE, exchange, running, statuses};

const WELL: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// How many: 300, or `PAIDAN_IDLE` (each takes two open files of this process; `.ci/long` asks for 9,000).
fn crowd() -> usize {
    let wanted = std::env::var_os("PAIDAN_IDLE").and_then(|count| count.to_str()?.parse().ok());
    wanted.unwrap_or(300)
}

#[tokio::test]
async fn idle_connections_keep_nobody_out() {
    let room = crowd() / 3;
    let settings = Settings { connections: room, header_timeout_s: 600, idle_timeout_s: 600, ..Settings::default() };
    let running = running(settings).await;
    let mut idle: Vec<TcpStream> = Vec::new();
    for _ in 0..crowd() {
        idle.push(running.connect().await);
    }
    // Whoever came within the last second stays: until then newcomers hear that the house is full.
    let served = async {
        loop {
            let told = exchange(&mut running.connect().await, WELL).await;
            if statuses(&told) == [200] {
                return;
            }
            assert!(told.is_empty() || statuses(&told) == [503], "{told}");
        }
    };
    tokio::time::timeout(PATIENCE, served).await.expect("somebody is let in while all others say nothing");
    drop(idle);
}

#[tokio::test]
async fn one_address_may_be_held_to_its_share() {
    let running = running(Settings { connections_per_address: 2, ..Settings::default() }).await;
    let mut open = [running.connect().await, running.connect().await];
    // The third is turned away, whenever the first two are known.
    let told = running.tell(WELL).await;
    assert!(told.is_empty() || statuses(&told) == [503], "{told}");
    let [first, _] = &mut open;
    assert_eq!(statuses(&exchange(first, WELL).await), [200]);
    tokio::time::timeout(PATIENCE, async { while statuses(&running.tell(WELL).await) != [200] {} })
        .await
        .expect("a free seat");
}
