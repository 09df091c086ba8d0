//! SIGKILL at random moments: every acknowledged ticket, key and claim is there when the store opens again.
//!
//! The child is this test binary itself, running the test `child` with the folder in its environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use paidan::store::{Append, Health, Store};
use paidan::ticket::{TicketId, fold};
use paidan::triage::Warning;

use super::fixture::{act, at, claim, clock, dispatch_to, key, open, person, queued, start};

const FOLDER: &str = "PAIDAN_KILL_FOLDER";
const WRITERS: usize = 6;

/// Not a test of its own: does nothing unless the parent started it.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let clock = clock!();
    let store = open(Path::new(&folder), clock);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let store = &store;
            scope.spawn(move || write_for_ever(store, writer));
        }
    });
}

/// Posts, claims and dispatches; prints a line for each only after it was acknowledged.
fn write_for_ever(store: &Store, writer: usize) {
    let run = store.counts().unwrap().tickets.values().flat_map(|phases| phases.values()).sum::<u64>();
    let me = format!("p{writer}-{run}");
    let mut claims = 0;
    for n in 0.. {
        let name = format!("{me}-{n}");
        // Every eighth text is long enough to become a blob.
        let text = if n % 8 == 0 { format!("{name}{}", "长".repeat(6000)) } else { name.clone() };
        let mut append = queued(&text, n, Warning::None);
        append.key = Some(key(&name, &name));
        let ticket = store.append(append).unwrap().ticket.id;
        say(&format!("ack ticket {ticket} {name}"));
        if n % 3 == 0 {
            let Some((ticket, fence)) = claim(store, &me) else { continue };
            say(&format!("ack claim {} {me} {fence}", ticket.id));
            claims += 1;
            if claims % 2 == 0 && act(store, &ticket.id, &dispatch_to(fence, "甲"), &person(&me)).is_ok() {
                say(&format!("ack dispatch {} {me} {fence}", ticket.id));
            }
        }
    }
}

fn say(line: &str) {
    // Past the test harness, which would keep the output to itself. The parent may be gone: then it does not matter.
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "\n{line}").and_then(|()| out.flush());
}

#[derive(Default)]
struct Acknowledged {
    /// Ticket → key.
    tickets: BTreeMap<TicketId, String>,
    /// Ticket → person and fence of the last claim.
    claims: BTreeMap<TicketId, (String, u64)>,
    dispatched: BTreeMap<TicketId, u64>,
}

impl Acknowledged {
    fn note(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let id = |word: &str| word.parse::<TicketId>().unwrap();
        match words[..] {
            ["ack", "ticket", ticket, key] => drop(self.tickets.insert(id(ticket), key.to_owned())),
            ["ack", "claim", ticket, person, fence] => {
                self.claims.insert(id(ticket), (person.to_owned(), fence.parse().unwrap()));
            }
            ["ack", "dispatch", ticket, _, fence] => drop(self.dispatched.insert(id(ticket), fence.parse().unwrap())),
            _ => {}
        }
    }

    fn check(&self, store: &Store) {
        assert_eq!(store.health(), Health::Writable);
        for (id, key) in &self.tickets {
            let ticket = store.ticket(id).unwrap().unwrap_or_else(|| panic!("acknowledged {id} is lost"));
            let events = store.events(id).unwrap();
            assert_eq!(fold(&events), Some(ticket), "{id}");
            let (known, _) = store.key("platform", key, at(0)).unwrap().unwrap_or_else(|| panic!("key {key} is lost"));
            assert_eq!(known, *id);
        }
        for (id, (person, fence)) in &self.claims {
            let ticket = store.ticket(id).unwrap().unwrap();
            let holds = ticket.claim.as_ref().is_some_and(|claim| claim.person == *person && claim.fence == *fence);
            assert!(holds || ticket.waiting.is_none(), "claim {fence} of {id} is lost: {ticket:?}");
        }
        for id in self.dispatched.keys() {
            assert_eq!(store.ticket(id).unwrap().unwrap().lead, "甲");
        }
    }
}

/// Starts the child, lets it live for `life` (from its first acknowledgement, or from its start), kills it.
fn round(folder: &Path, life: Duration, from_start: bool, acknowledged: &mut Acknowledged) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "store::kill::child", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = start(&mut command);
    let (lines, heard) = mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reader = thread::spawn(move || out.lines().map_while(Result::ok).for_each(|line| drop(lines.send(line))));
    if !from_start {
        let is_ack = |line: &String| line.starts_with("ack");
        let first = std::iter::from_fn(|| heard.recv_timeout(Duration::from_secs(60)).ok()).find(is_ack);
        acknowledged.note(&first.expect("the child acknowledges something"));
    }
    let (_timer, expired) = mpsc::channel::<()>();
    let _ = expired.recv_timeout(life);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    for line in heard.try_iter() {
        acknowledged.note(&line);
    }
}

/// `PAIDAN_KILL_ROUNDS`, or few enough for every day.
pub(crate) fn rounds(few: u64) -> u64 {
    let wanted = std::env::var_os("PAIDAN_KILL_ROUNDS").and_then(|rounds: OsString| rounds.to_str()?.parse().ok());
    wanted.unwrap_or(few)
}

#[test]
fn nothing_acknowledged_is_lost_by_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::default();
    let mut lives = 17_u64;
    for n in 0..rounds(10) {
        lives = lives.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Every fourth round dies while it opens or soon after.
        let from_start = n % 4 == 3;
        let life = Duration::from_millis((lives >> 33) % if from_start { 60 } else { 400 });
        round(dir.path(), life, from_start, &mut acknowledged);
        if n % 5 == 4 {
            let _ = std::fs::remove_dir_all(dir.path().join("view"));
        }
        acknowledged.check(&open(dir.path(), clock!()));
    }
}

/// A key makes one ticket even if its acknowledgement was lost with the process.
#[test]
fn an_unacknowledged_key_is_found_after_the_restart() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock!();
    let post = |store: &Store| {
        let append = Append { key: Some(key("k", "b")), ..queued("t", 0, Warning::None) };
        store.append(append).unwrap()
    };
    let first = post(&open(dir.path(), clock));
    std::fs::remove_dir_all(dir.path().join("view")).unwrap();
    let again = post(&open(dir.path(), clock));
    assert_eq!((again.ticket.id, again.replayed), (first.ticket.id, true));
}
