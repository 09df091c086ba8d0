//! A `demo` jurisdiction with a lifecycle of its own, and a wall clock that runs with tokio's.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use paidan::app::{App, Live, Pool, Reports};
use paidan::clocks::{Law, follow};
use paidan::packs::Pack;
use paidan::releases::Releases;
use paidan::store::{Append, Store, Target};
use paidan::ticket::{Actor, Command, Event, Recorded, Request, Role, Ticket, TicketId, decide, intake};
use paidan::triage::{Decision, Facts, MadeWith, Outcome, Release, Ruling, Snapshot};
use tokio::time::Instant;

use crate::demo::pack;

/// 办结 within 12 hours: reminders after 6 and 11, two thirds after 8, another reminder an hour after it passed.
pub(crate) const LIFE: &str = r#"
[closing]
after = "reviewed"
article = "示例"
[[clock]]
id = "handle"
name = "办结"
role = "main"
from = ["dispatched"]
until = ["completed"]
kind = "elapsed"
length = "12h"
marks = [
    { id = "early", at = "1/2", do = ["urge"], to = ["liaison"], grade = 1, name = "过半" },
    { id = "two_thirds", at = "2/3" },
    { id = "last", at = "-60m", do = ["urge"], to = ["liaison", "deputy"], grade = 2, name = "将到" },
    { id = "after", at = "+60m", do = ["urge"], to = ["head"], grade = 3, name = "已过" },
]
at_due = ["supervise"]
to = ["liaison"]
article = "第一条"
[[extension]]
id = "any"
clock = "handle"
article = "第二条"
"#;

/// Thursday, 15:00 in Shanghai.
pub(crate) fn start() -> DateTime<Utc> {
    crate::demo::NOW.parse().expect("an instant")
}

thread_local! {
    /// What the wall clock showed, and when.
    static SET: Cell<Option<(DateTime<Utc>, Instant)>> = const { Cell::new(None) };
}

/// The wall clock, as whoever set it last wants it.
pub(crate) fn now() -> DateTime<Utc> {
    let (at, since) = SET.get().expect("a clock that was set");
    at + TimeDelta::from_std(since.elapsed()).expect("a short test")
}

pub(crate) fn set_clock(at: DateTime<Utc>) {
    SET.set(Some((at, Instant::now())));
}

pub(crate) fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

/// Until the wall clock shows it, and a second more for what happens then.
pub(crate) async fn until(at: DateTime<Utc>) {
    let left = (at - now()).to_std().expect("an instant ahead");
    tokio::time::sleep(left + Duration::from_secs(1)).await;
}

fn monotonic() -> u64 {
    0
}

pub(crate) struct World {
    pub(crate) live: Arc<Live>,
    pub(crate) store: Store,
    now: fn() -> DateTime<Utc>,
}

impl World {
    /// In memory, at [`start`].
    pub(crate) fn new(life: &str) -> Self {
        set_clock(start());
        Self::over(Store::memory(monotonic), life, now)
    }

    pub(crate) fn over(store: Store, life: &str, now: fn() -> DateTime<Utc>) -> Self {
        Self::with(Arc::new(live(&with_life(life))), store, now)
    }

    pub(crate) fn with(live: Arc<Live>, store: Store, now: fn() -> DateTime<Utc>) -> Self {
        Self { live, store, now }
    }

    /// As a new process has it.
    pub(crate) fn app(&self) -> App {
        let pool = Pool::start(1, 8).expect("a thread");
        App::new(self.live.clone(), self.store.clone(), pool, 600, self.now)
    }

    /// A ticket that was dispatched at `at`.
    pub(crate) fn take(&self, at: DateTime<Utc>) -> TicketId {
        self.take_as(at, |_| {})
    }

    /// The same with something changed before it is stored.
    pub(crate) fn take_as(&self, at: DateTime<Utc>, change: impl Fn(&mut Event)) -> TicketId {
        let release = self.release();
        let decision = Decision {
            outcome: Outcome::Dispatched,
            lead: Ruling { value: "区市场监管局".into(), ..Ruling::default() },
            ..Decision::undecided("demo", at, Facts::default(), MadeWith::default())
        };
        let request = Request { jurisdiction: "demo".into(), text: "超市涨价".into(), ..Request::default() };
        let first = intake(request, "超市涨价".into(), decision);
        let id = TicketId::new("DM", at.date_naive(), 1).expect("a number");
        let mut events = follow(&Ticket::new(id), first, &Actor::system(), &law(&release), at);
        events.iter_mut().for_each(change);
        let target = Target::New { code: "DM".into() };
        let append = Append { target, at, actor: Actor::system(), events, key: None };
        self.store.append(append).expect("stored").ticket.id
    }

    /// What a person does now.
    pub(crate) fn give(&self, id: &TicketId, role: Role, command: &Command) {
        let ticket = self.ticket(id);
        let actor = Actor {
            person: role.name().into(),
            role,
            jurisdiction: "demo".into(),
            unit: if role == Role::Unit { "区市场监管局".into() } else { String::new() },
            ..Actor::default()
        };
        let (release, at) = (self.release(), (self.now)());
        let caused = decide(&ticket, command, &actor, &release.regulation, at).expect("allowed");
        let events = follow(&ticket, caused, &actor, &law(&release), at);
        let target = Target::Known { id: id.clone(), expected: ticket.version, fence: None };
        self.store.append(Append { target, at, actor, events, key: None }).expect("stored");
    }

    pub(crate) fn ticket(&self, id: &TicketId) -> Ticket {
        self.store.ticket(id).expect("readable").expect("a ticket")
    }

    pub(crate) fn events(&self, id: &TicketId) -> Vec<Recorded> {
        self.store.events(id).expect("readable")
    }

    /// What time did to a ticket, with hours and minutes since `from`.
    pub(crate) fn story(&self, id: &TicketId, from: DateTime<Utc>) -> Vec<String> {
        let events = self.events(id);
        let told = events.iter().filter_map(|it| Some((it.at - from, words(&it.event)?)));
        told.map(|(after, what)| format!("{}:{:02} {what}", after.num_hours(), after.num_minutes() % 60)).collect()
    }

    fn release(&self) -> Arc<Release> {
        self.live.snapshot().releases["demo"].clone().expect("a sound release")
    }
}

fn law(release: &Release) -> Law<'_> {
    Law { regulation: &release.regulation, calendar: &release.calendar, rules: None }
}

pub(crate) fn with_life(life: &str) -> Pack {
    let mut pack = pack("");
    pack.files.insert("rules/common/regulation.toml".into(), life.into());
    pack
}

fn live(pack: &Pack) -> Live {
    let round = Releases::default().round(pack);
    assert!(round.reports["demo"].current, "{:#?}", round.reports["demo"].diagnostics);
    let snapshot = Snapshot { releases: round.releases, ..Snapshot::default() };
    Live::new(snapshot, Reports::default())
}

fn words(event: &Event) -> Option<String> {
    let late = |late: &bool| if *late { " late" } else { "" };
    Some(match event {
        Event::MarkReached { mark, late: is, .. } => format!("{mark}{}", late(is)),
        Event::MarkMissed { mark, .. } => format!("{mark} missed"),
        Event::ClockPassed { clock, late: is, .. } => format!("{clock} passed{}", late(is)),
        Event::ClockMoved { .. } => "moved".into(),
        Event::Urged { urge } => format!("urged {}", urge.cause),
        Event::Closed { .. } => "closed".into(),
        _ => return None,
    })
}
