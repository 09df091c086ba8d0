//! The queue and the store against a model that is too simple to be wrong: random commands, time, clean closes, kills and
//! lost views, on the disk and (without those) in memory.

use std::collections::BTreeMap;
use std::path::Path;

use paidan::store::{Append, ClaimNext, Filter, QueueFilter, Store, Target};
use paidan::ticket::{Event, Phase, QueueCommand, TicketId, fold};
use paidan::triage::Warning;
use proptest::prelude::*;
use proptest::test_runner::Config;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use super::fixture::{Clock, act, at, claim_as, clock, dispatch_to, dispatched, key, open, person, queued};

const LEASE_S: u64 = 60;
const RENEWED_S: u32 = 90;

#[derive(Clone, Debug)]
enum Step {
    /// The same key with another body is refused.
    Post {
        red: bool,
        key: Option<(u8, bool)>,
    },
    PostSure,
    Claim {
        person: u8,
        key: Option<u8>,
    },
    /// With the n-th claim ever made, which may be long over.
    Held {
        nth: usize,
        verb: Verb,
        by_another: bool,
    },
    /// Of any ticket, perhaps with a version that is over.
    Note {
        nth: usize,
        stale: bool,
    },
    Wait {
        seconds: u8,
    },
    Reopen {
        killed: bool,
        without_view: bool,
    },
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Renew,
    Release,
    Skip,
    Dispatch,
}

/// What the last step must have come to.
#[derive(Clone, Debug, Default, PartialEq)]
enum Expected {
    #[default]
    Nothing,
    Posted {
        ticket: usize,
        replayed: bool,
    },
    Claimed {
        ticket: usize,
        number: usize,
        replayed: bool,
    },
    Done,
    Refused(&'static str),
}

#[derive(Clone, Debug)]
struct Line {
    red: bool,
    phase: Phase,
    /// Events since it was posted.
    events: u32,
    skipped_by: Vec<u8>,
    held: Option<Held>,
}

#[derive(Clone, Debug)]
struct Held {
    number: usize,
    lease_s: u64,
    until_s: u64,
}

#[derive(Clone, Debug, Default)]
struct Model {
    now_s: u64,
    tickets: Vec<Line>,
    /// Ticket and person of each claim ever made.
    claims: Vec<(usize, u8)>,
    posted: BTreeMap<u8, (usize, bool)>,
    claimed: BTreeMap<u8, usize>,
    expected: Expected,
}

impl Model {
    fn post(&mut self, red: bool, phase: Phase) -> Expected {
        self.tickets.push(Line { red, phase, events: 0, skipped_by: Vec::new(), held: None });
        Expected::Posted { ticket: self.tickets.len() - 1, replayed: false }
    }

    fn queue(&self, by_age: bool) -> Vec<usize> {
        let mut queue: Vec<usize> =
            (0..self.tickets.len()).filter(|n| self.tickets[*n].phase == Phase::Queued).collect();
        queue.sort_by_key(|n| (!by_age && !self.tickets[*n].red, *n));
        queue
    }

    fn holds(&self, ticket: usize) -> bool {
        self.tickets[ticket].held.as_ref().is_some_and(|held| held.until_s > self.now_s)
    }

    fn claim(&mut self, person: u8) -> Expected {
        let queue = self.queue((self.claims.len() + 1).is_multiple_of(4));
        let mut free = queue.into_iter().filter(|n| !self.holds(*n)).peekable();
        let skipped = free.peek().copied();
        let Some(ticket) = free.find(|n| !self.tickets[*n].skipped_by.contains(&person)).or(skipped) else {
            return Expected::Nothing;
        };
        let number = self.claims.len();
        self.claims.push((ticket, person));
        let line = &mut self.tickets[ticket];
        line.events += 1 + u32::from(line.held.is_some());
        line.held = Some(Held { number, lease_s: LEASE_S, until_s: self.now_s + LEASE_S });
        Expected::Claimed { ticket, number, replayed: false }
    }

    fn held(&mut self, number: usize, verb: Verb, by_another: bool) -> Expected {
        let Some((ticket, person)) = self.claims.get(number).copied() else { return Expected::Nothing };
        let (in_time, now_s) = (self.holds(ticket), self.now_s);
        let line = &mut self.tickets[ticket];
        if line.phase != Phase::Queued {
            return Expected::Refused("not_queued");
        }
        let Some(held) = &mut line.held else { return Expected::Refused("not_claimed") };
        if held.number != number || !by_another && !in_time {
            return Expected::Refused("stale_claim");
        }
        if by_another {
            return Expected::Refused("claimed_by_other");
        }
        line.events += 1;
        match verb {
            Verb::Renew => {
                let lease_s = u64::from(RENEWED_S);
                (held.lease_s, held.until_s) = (lease_s, now_s + lease_s);
                return Expected::Done;
            }
            Verb::Release => {}
            Verb::Skip if line.skipped_by.contains(&person) => {}
            Verb::Skip => line.skipped_by.push(person),
            Verb::Dispatch => line.phase = Phase::Dispatched,
        }
        line.held = None;
        Expected::Done
    }

    fn step(&mut self, step: &Step) -> Expected {
        match *step {
            Step::Post { red, key } => match key.and_then(|(name, body)| Some((body, *self.posted.get(&name)?))) {
                Some((body, (_, first))) if body != first => Expected::Refused("key_reused"),
                Some((_, (ticket, _))) => Expected::Posted { ticket, replayed: true },
                None => {
                    self.posted.extend(key.map(|(name, body)| (name, (self.tickets.len(), body))));
                    self.post(red, Phase::Queued)
                }
            },
            Step::PostSure => self.post(false, Phase::Dispatched),
            Step::Claim { person, key } => match key.and_then(|key| self.claimed.get(&key)) {
                Some(number) => Expected::Claimed { ticket: self.claims[*number].0, number: *number, replayed: true },
                None => {
                    let expected = self.claim(person);
                    if let (Some(key), Expected::Claimed { number, .. }) = (key, &expected) {
                        self.claimed.insert(key, *number);
                    }
                    expected
                }
            },
            Step::Held { nth, verb, by_another } => self.held(nth, verb, by_another),
            Step::Note { nth, stale } => match self.tickets.get_mut(nth) {
                None => Expected::Nothing,
                Some(_) if stale => Expected::Refused("conflict"),
                Some(line) => {
                    line.events += 1;
                    Expected::Done
                }
            },
            Step::Wait { seconds } => {
                self.now_s += u64::from(seconds);
                Expected::Nothing
            }
            Step::Reopen { .. } => {
                // Every lease that is on record has its full length again.
                for held in self.tickets.iter_mut().filter_map(|line| line.held.as_mut()) {
                    held.until_s = self.now_s + held.lease_s;
                }
                Expected::Nothing
            }
        }
    }
}

struct Machine<const ON_DISK: bool>;

impl<const ON_DISK: bool> ReferenceStateMachine for Machine<ON_DISK> {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::default()).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        let (tickets, claims) = (model.tickets.len().max(1), model.claims.len().max(1));
        let verb = prop_oneof![
            1 => Just(Verb::Renew), 1 => Just(Verb::Release), 2 => Just(Verb::Skip), 3 => Just(Verb::Dispatch)
        ];
        let key = prop::option::of((0..4_u8, prop::bool::weighted(0.2)));
        let held = (0..claims, verb, prop::bool::weighted(0.1));
        prop_oneof![
            6 => (any::<bool>(), key).prop_map(|(red, key)| Step::Post { red, key }),
            1 => Just(Step::PostSure),
            6 => (0..3_u8, prop::option::weighted(0.2, 0..3_u8)).prop_map(|(person, key)| Step::Claim { person, key }),
            6 => held.prop_map(|(nth, verb, by_another)| Step::Held { nth, verb, by_another }),
            2 => (0..tickets, any::<bool>()).prop_map(|(nth, stale)| Step::Note { nth, stale }),
            2 => (1..90_u8).prop_map(|seconds| Step::Wait { seconds }),
            if ON_DISK { 3 } else { 1 } => (any::<bool>(), any::<bool>()).prop_map(|(killed, without_view)| match ON_DISK {
                true => Step::Reopen { killed, without_view },
                false => Step::Wait { seconds: 1 },
            }),
        ]
        .boxed()
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.expected = model.step(step);
        model
    }
}

/// The store, and what it called the things of the model.
struct Sut {
    dir: Option<tempfile::TempDir>,
    clock: Clock,
    store: Option<Store>,
    /// Id and version when it was posted.
    ids: Vec<(TicketId, u32)>,
    fences: Vec<u64>,
}

impl Sut {
    fn new(on_disk: bool, clock: Clock) -> Self {
        let dir = on_disk.then(|| tempfile::tempdir().unwrap());
        let store = dir.as_ref().map_or_else(|| Store::memory(clock.read), |dir| open(dir.path(), clock));
        Self { dir, clock, store: Some(store), ids: Vec::new(), fences: Vec::new() }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn post(&mut self, append: Append) -> Expected {
        match self.store().append(append) {
            Ok(done) => {
                if !done.replayed {
                    self.ids.push((done.ticket.id.clone(), done.ticket.version));
                }
                let ticket = self.ids.iter().position(|(id, _)| *id == done.ticket.id).unwrap();
                Expected::Posted { ticket, replayed: done.replayed }
            }
            Err(error) => refused(error.code()),
        }
    }

    fn claim(&mut self, person: u8, name: Option<u8>) -> Expected {
        let key = name.map(|name| key(&format!("claim {name}"), "claim"));
        let Some(done) = self.store().claim(ClaimNext { key, ..claim_as(&who(person)) }).unwrap() else {
            return Expected::Nothing;
        };
        let fence = done.fence.unwrap();
        if !done.replayed {
            self.fences.push(fence);
        }
        let ticket = self.ids.iter().position(|(id, _)| *id == done.ticket.id).unwrap();
        let number = self.fences.iter().position(|it| *it == fence).unwrap();
        Expected::Claimed { ticket, number, replayed: done.replayed }
    }

    fn held(&self, ticket: usize, fence: u64, verb: Verb, by: &str) -> Expected {
        let command = match verb {
            Verb::Renew => QueueCommand::Renew { fence, lease_s: RENEWED_S },
            Verb::Release => QueueCommand::Release { fence },
            Verb::Skip => QueueCommand::Skip { fence, reason: "难".into() },
            Verb::Dispatch => dispatch_to(fence, "甲"),
        };
        match act(self.store(), &self.ids[ticket].0, &command, &person(by)) {
            Ok(_) => Expected::Done,
            Err(error) => refused(error.code()),
        }
    }

    fn note(&self, id: &TicketId, stale: bool) -> Expected {
        let version = self.store().ticket(id).unwrap().unwrap().version;
        let target = Target::Known { id: id.clone(), expected: version - u32::from(stale), fence: None };
        let events = vec![Event::Progressed { note: "在办".into() }];
        match self.store().append(Append { target, at: at(3000), actor: person("p"), events, key: None }) {
            Ok(_) => Expected::Done,
            Err(error) => refused(error.code()),
        }
    }

    fn reopen(&mut self, killed: bool, without_view: bool) {
        let Some(dir) = &self.dir else { return };
        // What a kill leaves is what the files hold at that moment: a copy made while the store is open.
        let copied = killed.then(|| tempfile::tempdir().unwrap());
        if let Some(copied) = &copied {
            copy(dir.path(), copied.path());
        }
        drop(self.store.take());
        let dir = copied.unwrap_or_else(|| self.dir.take().unwrap());
        if without_view {
            std::fs::remove_dir_all(dir.path().join("view")).unwrap();
        }
        self.store = Some(open(dir.path(), self.clock));
        self.dir = Some(dir);
    }

    fn step(&mut self, step: &Step, model: &Model) -> Expected {
        match *step {
            Step::Post { red, key: name } => {
                let n = self.ids.len() as i64;
                let mut append = queued(&format!("t{n}"), n, if red { Warning::Red } else { Warning::None });
                append.key = name.map(|(name, body)| key(&name.to_string(), if body { "one" } else { "other" }));
                self.post(append)
            }
            Step::PostSure => self.post(dispatched("d", self.ids.len() as i64, "甲")),
            Step::Claim { person, key } => self.claim(person, key),
            Step::Held { nth, verb, by_another } => match model.claims.get(nth) {
                Some((ticket, person)) => {
                    let by = if by_another { "another".to_owned() } else { who(*person) };
                    self.held(*ticket, self.fences[nth], verb, &by)
                }
                None => Expected::Nothing,
            },
            Step::Note { nth, stale } => match self.ids.get(nth) {
                Some((id, _)) => self.note(id, stale),
                None => Expected::Nothing,
            },
            Step::Wait { seconds } => {
                self.clock.advance_s(u64::from(seconds));
                Expected::Nothing
            }
            Step::Reopen { killed, without_view } => {
                self.reopen(killed, without_view);
                Expected::Nothing
            }
        }
    }

    fn check(&self, model: &Model) {
        let listed = self.store().list(&Filter::default(), None, 1000).unwrap().tickets;
        assert_eq!(listed.len(), model.tickets.len());
        for (line, (id, first)) in model.tickets.iter().zip(&self.ids) {
            let ticket = listed.iter().find(|ticket| ticket.id == *id).unwrap();
            assert_eq!((ticket.phase, ticket.version - first), (line.phase, line.events), "{id}");
        }
        let filter = QueueFilter { jurisdiction: "longhua".into(), ..QueueFilter::default() };
        let shown = self.store().queue(&filter, 1000).unwrap();
        let shown: Vec<_> =
            shown.iter().map(|it| (&it.ticket.id, it.ticket.claim.as_ref().map(|it| it.fence))).collect();
        let fence =
            |n: usize| model.tickets[n].held.as_ref().filter(|_| model.holds(n)).map(|it| self.fences[it.number]);
        let queue: Vec<_> = model.queue(false).into_iter().map(|n| (&self.ids[n].0, fence(n))).collect();
        assert_eq!(shown, queue);
    }
}

fn who(person: u8) -> String {
    format!("p{person}")
}

fn refused(code: &str) -> Expected {
    let known = ["key_reused", "not_queued", "not_claimed", "stale_claim", "claimed_by_other", "conflict"];
    Expected::Refused(known.into_iter().find(|known| *known == code).unwrap_or_else(|| panic!("refused as {code}")))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let (path, to) = item.map(|item| (item.path(), to.join(item.file_name()))).unwrap();
        if path.is_dir() { copy(&path, &to) } else { drop(std::fs::copy(&path, &to)) }
    }
}

macro_rules! machine {
    ($name:ident, $on_disk:literal) => {
        struct $name;

        impl StateMachineTest for $name {
            type SystemUnderTest = Sut;
            type Reference = Machine<$on_disk>;

            fn init_test(_: &Model) -> Sut {
                Sut::new($on_disk, clock!())
            }

            fn apply(mut sut: Sut, model: &Model, step: Step) -> Sut {
                assert_eq!(sut.step(&step, model), model.expected, "{step:?}");
                sut
            }

            fn check_invariants(sut: &Sut, model: &Model) {
                sut.check(model);
            }

            fn teardown(sut: Sut, _: Model) {
                for (id, _) in &sut.ids {
                    assert_eq!(fold(&sut.store().events(id).unwrap()), sut.store().ticket(id).unwrap());
                }
            }
        }
    };
}

machine!(OnDisk, true);
machine!(InMemory, false);

prop_state_machine! {
    #![proptest_config(Config { cases: 20, failure_persistence: None, ..Config::default() })]

    #[test]
    fn random_commands_kills_and_lost_views_on_disk(sequential 1..50 => OnDisk);

    #[test]
    fn random_commands_in_memory(sequential 1..50 => InMemory);
}
