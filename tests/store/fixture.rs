//! Requests, decisions, actors and clocks for store tests.

use std::path::Path;
use std::process::{self, Child};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use paidan::digest::Digest;
use paidan::store::{Append, AppendError, Appended, ClaimNext, Key, OpenError, Options, Store, Target};
use paidan::ticket::{Actor, Event, QueueCommand, Refused, Request, Role, Ticket, TicketId, decide_queued, intake};
use paidan::triage::{Decision, Facts, MadeWith, Outcome, Ruling, Warning};

/// A monotonic clock that only tests move.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) read: fn() -> u64,
    pub(crate) now_ns: &'static AtomicU64,
}

impl Clock {
    pub(crate) fn advance_s(self, seconds: u64) {
        self.now_ns.fetch_add(seconds * 1_000_000_000, Ordering::SeqCst);
    }
}

/// A clock of the caller's own: a store takes a plain function, so each place needs its own static.
macro_rules! clock {
    () => {{
        static NOW: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        fn read() -> u64 {
            NOW.load(std::sync::atomic::Ordering::SeqCst)
        }
        crate::store::fixture::Clock { read, now_ns: &NOW }
    }};
}
pub(crate) use clock;

pub(crate) fn options(clock: Clock) -> Options {
    Options { clock: clock.read, cache_bytes: 16 * 1024 * 1024, ..Options::default() }
}

/// Held for writing while a process is started: between fork and exec the child holds copies of every open file, locks
/// included, and a folder closed in that instant would still look taken.
static STARTING: RwLock<()> = RwLock::new(());

pub(crate) fn start(command: &mut process::Command) -> Child {
    let _alone = STARTING.write().unwrap_or_else(PoisonError::into_inner);
    let mut child = command.spawn().unwrap();
    // The kernel lets the parent go on a moment before it closes the child's copies. The new arguments show that it has.
    let arguments = format!("/proc/{}/cmdline", child.id());
    let own = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    let begun = |text: Vec<u8>| !text.is_empty() && text != own;
    while !std::fs::read(&arguments).is_ok_and(begun) && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child
}

pub(crate) fn try_open(dir: &Path, options: &Options) -> Result<Store, OpenError> {
    let _no_start = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    Store::open(dir, options)
}

pub(crate) fn open(dir: &Path, clock: Clock) -> Store {
    try_open(dir, &options(clock)).unwrap()
}

/// Noon of 1 April 2026 in Asia/Shanghai, and `s` seconds.
pub(crate) fn at(s: i64) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-04-01T12:00:00+08:00").unwrap().to_utc() + TimeDelta::seconds(s)
}

pub(crate) fn decision(outcome: Outcome, warning: Warning, skill: &str, lead: &str) -> Decision {
    let ruling = |value: &str| Ruling { value: value.into(), ..Ruling::default() };
    Decision {
        outcome,
        warning,
        axes: [("skill".to_owned(), ruling(skill)), ("category".to_owned(), ruling("投诉"))].into(),
        lead: ruling(lead),
        ..Decision::undecided("longhua", at(0), Facts::default(), MadeWith::default())
    }
}

pub(crate) fn request(text: &str) -> Request {
    let reference = format!("ref-{}", text.chars().take(40).collect::<String>());
    Request { jurisdiction: "longhua".into(), text: text.into(), reference, ..Request::default() }
}

pub(crate) fn events(text: &str, decision: Decision) -> Vec<Event> {
    intake(request(text), text.to_owned(), decision)
}

pub(crate) fn new_ticket(text: &str, s: i64, decision: Decision) -> Append {
    Append {
        target: Target::New { code: "LH".into() },
        at: at(s),
        actor: Actor::system(),
        events: events(text, decision),
        key: None,
    }
}

/// A ticket that waits for a person.
pub(crate) fn queued(text: &str, s: i64, warning: Warning) -> Append {
    new_ticket(text, s, decision(Outcome::Queued, warning, "", ""))
}

pub(crate) fn dispatched(text: &str, s: i64, lead: &str) -> Append {
    new_ticket(text, s, decision(Outcome::Dispatched, Warning::None, "", lead))
}

pub(crate) fn key(name: &str, body: &str) -> Key {
    Key { client: "platform".into(), key: name.into(), body: Digest::of(body.as_bytes()) }
}

pub(crate) fn person(id: &str) -> Actor {
    Actor { person: id.into(), role: Role::Dispatcher, jurisdiction: "longhua".into(), ..Actor::default() }
}

pub(crate) fn claim_as(id: &str) -> ClaimNext {
    ClaimNext {
        actor: person(id),
        jurisdiction: "longhua".into(),
        skill: None,
        ticket: None,
        lease_s: 60,
        at: at(1000),
        key: None,
    }
}

/// The summary (here: the text) of what a person gets, with its fence; `None` when nothing is left.
pub(crate) fn claim(store: &Store, id: &str) -> Option<(Ticket, u64)> {
    let done = store.claim(claim_as(id)).unwrap()?;
    Some((done.ticket, done.fence.unwrap()))
}

/// Why a command came to nothing.
#[derive(Debug, PartialEq)]
pub(crate) enum Error {
    Refused(Refused),
    Append(AppendError),
}

impl Error {
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Refused(refused) => refused.code(),
            Self::Append(error) => error.code(),
        }
    }
}

/// What a use case does: load, decide_queued, append.
pub(crate) fn act(store: &Store, ticket: &TicketId, command: &QueueCommand, actor: &Actor) -> Result<Appended, Error> {
    let ticket = store.ticket(ticket).unwrap().unwrap();
    let events = decide_queued(&ticket, command, actor, at(2000)).map_err(Error::Refused)?;
    let append = Append {
        target: Target::Known { id: ticket.id, expected: ticket.version, fence: Some(command.fence()) },
        at: at(2000),
        actor: actor.clone(),
        events,
        key: None,
    };
    store.append(append).map_err(Error::Append)
}

pub(crate) fn dispatch_to(fence: u64, lead: &str) -> QueueCommand {
    QueueCommand::Dispatch {
        fence,
        lead: lead.into(),
        assists: Vec::new(),
        followers: Vec::new(),
        reason: String::new(),
    }
}
