//! SIGKILL at random moments, between a mark and its reminder too: every mark is reached or missed exactly once, every
//! mark that was reached has sent its reminder exactly once.
//!
//! The child is this test binary itself, running the test `child`. Its wall clock runs 600 times as fast, so that time
//! goes on while no process lives.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use paidan::ticker::Ticker;
use paidan::ticket::{Event, TicketId};

use super::fixture::{World, start as epoch};
use crate::store::fixture::{clock, open, start};
use crate::store::kill::rounds;

const FOLDER: &str = "PAIDAN_TICKER_FOLDER";
/// When the test began, in milliseconds: the fast clock counts from there.
const BEGAN: &str = "PAIDAN_TICKER_BEGAN";
const UP: &str = "the timer starts";
const FAST: i64 = 600;
/// New tickets of each child, their marks some milliseconds apart.
const TICKETS: i64 = 60;

/// 20 minutes: reminders after 10 and 15, another 5 after it passed.
const LIFE: &str = r#"
[[clock]]
id = "handle"
name = "办结"
role = "main"
from = ["dispatched"]
until = ["completed"]
kind = "elapsed"
length = "20m"
marks = [
    { id = "early", at = "1/2", do = ["urge"], to = ["liaison"], grade = 1 },
    { id = "two_thirds", at = "2/3" },
    { id = "last", at = "-5m", do = ["urge"], to = ["deputy"], grade = 2 },
    { id = "after", at = "+5m", do = ["urge"], to = ["head"], grade = 3 },
]
at_due = ["supervise"]
to = ["liaison"]
article = "第一条"
"#;

fn milliseconds() -> i64 {
    paidan::clock::now().timestamp_millis()
}

fn fast() -> DateTime<Utc> {
    static FROM: OnceLock<i64> = OnceLock::new();
    let began = || std::env::var_os(BEGAN)?.to_str()?.parse().ok();
    epoch() + TimeDelta::milliseconds((milliseconds() - FROM.get_or_init(|| began().expect("a child"))) * FAST)
}

/// Not a test of its own: does nothing unless the parent started it.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let store = open(Path::new(&folder), clock!());
    let world = World::over(store, LIFE, fast);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        say_up();
        let _ticker = Ticker::start(world.app());
        for n in 0..TICKETS {
            world.take(fast() - TimeDelta::seconds(20 * n));
        }
        std::future::pending().await
    })
}

/// Past the test harness, which would keep the output to itself.
fn say_up() {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "\n{UP}").and_then(|()| out.flush());
}

/// Kills the child after `life`, from when its timer starts or, `early`, from when it starts itself.
fn round(folder: &Path, began: i64, life: Duration, early: bool) {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command
        .args(["--exact", "ticker::kill::child", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(BEGAN, began.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = start(&mut command);
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    assert!(early || lines.any(|line| line == UP), "the child starts");
    let (_timer, expired) = mpsc::channel::<()>();
    let _ = expired.recv_timeout(life);
    child.kill().expect("killed");
    child.wait().expect("gone");
}

/// What the marks of a ticket came to: what → how often.
fn tally(world: &World, id: &TicketId) -> BTreeMap<String, u32> {
    let mut tally = BTreeMap::new();
    for recorded in world.events(id) {
        let what = match recorded.event {
            Event::MarkReached { mark, .. } => format!("reached {mark}"),
            Event::MarkMissed { mark, .. } => format!("missed {mark}"),
            Event::ClockPassed { .. } => "passed".into(),
            Event::Supervised { .. } => "supervised".into(),
            Event::Urged { urge } => format!("urged {}", urge.cause),
            _ => continue,
        };
        *tally.entry(what).or_default() += 1;
    }
    tally
}

fn check(world: &World, id: &TicketId) -> u32 {
    let tally = tally(world, id);
    let count = |what: &str| tally.get(what).copied().unwrap_or(0);
    for mark in ["early", "two_thirds", "last", "after"] {
        let (reached, missed) = (count(&format!("reached {mark}")), count(&format!("missed {mark}")));
        assert_eq!(reached + missed, 1, "{id} {mark}: {tally:?}");
        let urges = if mark == "two_thirds" { 0 } else { reached };
        assert_eq!(count(&format!("urged 办结：{mark}")), urges, "{id} {mark}: {tally:?}");
    }
    assert_eq!((count("passed"), count("supervised"), count("urged handle")), (1, 1, 1), "{id}: {tally:?}");
    count("reached early") + count("reached last")
}

#[test]
fn each_reminder_is_sent_once_or_missed_through_kills() {
    let dir = tempfile::tempdir().expect("a folder");
    let began = milliseconds();
    let mut lives = 29_u64;
    let rounds = rounds(6);
    for n in 0..rounds {
        lives = lives.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (early, life) = (n % 4 == 3, (lives >> 33) % 400);
        round(dir.path(), began, Duration::from_millis(life), early);
        if n % 5 == 4 {
            let _ = std::fs::remove_dir_all(dir.path().join("view"));
        }
    }
    // Whatever is left is long overdue by then.
    let after = || epoch() + TimeDelta::days(10_000);
    let world = World::over(open(dir.path(), clock!()), LIFE, after);
    let app = world.app();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    while runtime.block_on(app.tick(256)).expect("done").is_some() {}
    let tickets = all(&world);
    assert!(!tickets.is_empty(), "no child lived long enough");
    let reached: u32 = tickets.iter().map(|id| check(&world, id)).sum();
    assert!(reached > 0, "no reminder was ever sent");
}

fn all(world: &World) -> Vec<TicketId> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = world.store.list(&Default::default(), cursor, 500).expect("readable");
        found.extend(page.tickets.into_iter().map(|ticket| ticket.id));
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
    }
}
