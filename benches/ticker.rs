//! What a million open tickets cost the timer: finding what is next, a tick, a start. `PAIDAN_BENCH_TICKETS` says how
//! many (100,000 if absent); one number each, measured once, because filling the store is what takes long.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use paidan::app::{App, Live, Pool, Reports, World};
use paidan::clock::monotonic_ns;
use paidan::clocks::{Law, follow};
use paidan::packs::Source;
use paidan::store::{Append, Options, Store, Target};
use paidan::ticket::{Actor, Request, Ticket, TicketId, intake};
use paidan::triage::{Decision, Facts, MadeWith, Outcome, Release, Ruling};

/// Handed to the store together while it is filled.
const TOGETHER: usize = 512;
/// Tickets of which something falls due at once.
const BURST: usize = 1000;

/// A working day with a holiday two days later.
fn wednesday() -> DateTime<Utc> {
    "2026-09-23T02:00:00Z".parse().expect("an instant")
}

/// Nothing is due yet.
fn before() -> DateTime<Utc> {
    wednesday()
}

/// Every ticket has something due by then.
fn after() -> DateTime<Utc> {
    wednesday() + TimeDelta::days(3)
}

fn say(what: &str, value: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{what:<44} {value}");
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = monotonic_ns();
    let done = work();
    say(what, format_args!("{:?}", Duration::from_nanos(monotonic_ns() - start)));
    done
}

/// MiB that are resident.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib: u64 = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0);
    kib / 1024
}

/// A dispatched ticket with the clocks that 龙华 gives it. They start a while apart; the first ones are due first.
fn append(release: &Release, at: DateTime<Utc>) -> Append {
    let text = "商场停车场擅自提高收费标准且不开具发票请求核实处理".repeat(4);
    let decision = Decision {
        outcome: Outcome::Dispatched,
        lead: Ruling { value: "区市场监管局".into(), ..Ruling::default() },
        ..Decision::undecided("longhua", at, Facts { text: text.clone(), ..Facts::default() }, MadeWith::default())
    };
    let request = Request { jurisdiction: "longhua".into(), text: text.clone(), ..Request::default() };
    let id = TicketId::new("LH", at.date_naive(), 1).expect("a number");
    let law = Law { regulation: &release.regulation, calendar: &release.calendar, rules: None };
    let events = follow(&Ticket::new(id), intake(request, text, decision), &Actor::system(), &law, at);
    Append { target: Target::New { code: "LH".into() }, at, actor: Actor::system(), events, key: None }
}

fn fill(store: &Store, release: &Release, tickets: usize) {
    for from in (0..tickets).step_by(TOGETHER) {
        let batch = from..tickets.min(from + TOGETHER);
        let at = |n: usize| wednesday() + TimeDelta::milliseconds(n as i64);
        let waiting: Vec<_> = batch.map(|n| store.submit(append(release, at(n)))).collect();
        for receipt in waiting {
            receipt.blocking_recv().expect("an answer").expect("stored");
        }
    }
}

fn open(dir: &Path) -> Store {
    Store::open(dir, &Options::default()).expect("the store opens")
}

fn main() {
    let wanted = std::env::var_os("PAIDAN_BENCH_TICKETS").and_then(|it| it.to_str()?.parse().ok());
    let tickets: usize = wanted.unwrap_or(100_000);
    let today = NaiveDate::from_ymd_opt(2026, 9, 23).expect("a date");
    let world = World::load(&Source::Embedded, today).expect("the packs");
    let release = world.snapshot.releases["longhua"].clone().expect("a release");
    let dir = tempfile::tempdir().expect("a folder");
    say("tickets", tickets);
    let store = open(dir.path());
    timed("filling", || fill(&store, &release, tickets));
    timed("closing", || drop(store));
    let store = timed("opening, closed cleanly", || open(dir.path()));
    say("resident after opening, MiB", resident());
    timed("next due, first time", || store.next_due()).expect("readable").expect("something is due");
    let start = monotonic_ns();
    for _ in 0..1000 {
        store.next_due().expect("readable");
    }
    say("next due, mean of 1,000", format_args!("{:?}", Duration::from_nanos((monotonic_ns() - start) / 1000)));
    let live = Arc::new(Live::new(world.snapshot, Reports::default()));
    let app = |now| App::new(live.clone(), store.clone(), Pool::start(1, 8).expect("a thread"), 600, now);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let tick = |app: &App, limit| runtime.block_on(app.tick(limit)).expect("done");
    let idle = app(before);
    tick(&idle, 256);
    timed("a tick with nothing due", || tick(&idle, 256));
    timed("looking for unpublished years, at a start", || runtime.block_on(idle.recheck_calendars()));
    let busy = app(after);
    timed("a tick with 1 due", || tick(&busy, 1));
    timed("a tick with 1,000 due", || tick(&busy, BURST));
    say("resident at the end, MiB", resident());
}
