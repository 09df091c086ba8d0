//! Random commands, restarts among them, against a model that is too simple to be wrong.

use std::collections::BTreeMap;

use paidan::store::{Filter, Store};
use paidan::ticket::{Phase, QueueCommand, TicketId, fold};
use paidan::triage::Warning;
use proptest::prelude::*;

use super::fixture::{act, claim, clock, dispatch_to, dispatched, key, open, person, queued};

#[derive(Clone, Debug)]
enum Step {
    Post { red: bool, key: Option<u8> },
    PostSure,
    Claim { person: u8 },
    Release { nth: u8 },
    Skip { nth: u8 },
    Renew { nth: u8 },
    Dispatch { nth: u8 },
    Wait { seconds: u8 },
    Reopen { without_view: bool },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any::<bool>(), prop::option::of(0..4_u8)).prop_map(|(red, key)| Step::Post { red, key }),
        1 => Just(Step::PostSure),
        6 => (0..3_u8).prop_map(|person| Step::Claim { person }),
        1 => (0..4_u8).prop_map(|nth| Step::Release { nth }),
        2 => (0..4_u8).prop_map(|nth| Step::Skip { nth }),
        1 => (0..4_u8).prop_map(|nth| Step::Renew { nth }),
        3 => (0..4_u8).prop_map(|nth| Step::Dispatch { nth }),
        2 => (1..90_u8).prop_map(|seconds| Step::Wait { seconds }),
        2 => any::<bool>().prop_map(|without_view| Step::Reopen { without_view }),
    ]
}

/// What must be true: phases, keys, and who holds what until when (seconds).
#[derive(Default)]
struct Model {
    phases: BTreeMap<TicketId, Phase>,
    keys: BTreeMap<u8, TicketId>,
    held: Vec<Held>,
    now_s: u64,
}

#[derive(Clone, Debug)]
struct Held {
    ticket: TicketId,
    fence: u64,
    person: String,
    until_s: u64,
}

impl Model {
    fn free(&self, ticket: &TicketId) -> bool {
        self.held.iter().all(|held| held.ticket != *ticket || held.until_s <= self.now_s)
    }

    fn waiting_free(&self) -> usize {
        self.phases.iter().filter(|(id, phase)| **phase == Phase::Queued && self.free(id)).count()
    }

    fn check(&self, store: &Store) {
        let tickets = store.list(&Filter::default(), None, 1000).unwrap().tickets;
        let phases: BTreeMap<_, _> = tickets.iter().map(|ticket| (ticket.id.clone(), ticket.phase)).collect();
        assert_eq!(phases, self.phases);
        for ticket in tickets {
            assert_eq!(fold(&store.events(&ticket.id).unwrap()), Some(ticket));
        }
    }
}

fn held_command(model: &mut Model, store: &Store, nth: u8, command: impl Fn(u64) -> QueueCommand) {
    let Some(held) = model.held.get(nth as usize).cloned() else { return };
    let command = command(held.fence);
    let done = act(store, &held.ticket, &command, &person(&held.person));
    assert_eq!(done.is_ok(), held.until_s > model.now_s, "{held:?} at {}: {done:?}", model.now_s);
    let Ok(done) = done else { return };
    match command {
        QueueCommand::Renew { lease_s, .. } => model.held[nth as usize].until_s = model.now_s + u64::from(lease_s),
        _ => drop(model.held.remove(nth as usize)),
    }
    model.phases.insert(held.ticket, done.ticket.phase);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_commands_and_restarts(steps in prop::collection::vec(step(), 1..60)) {
        let clock = clock!();
        let dir = tempfile::tempdir().unwrap();
        let mut store = Some(open(dir.path(), clock));
        let mut model = Model::default();
        for (n, step) in steps.into_iter().enumerate() {
            let now = store.as_ref().unwrap();
            match step {
                Step::Post { red, key: name } => {
                    let mut append = queued(&format!("t{n}"), n as i64, if red { Warning::Red } else { Warning::None });
                    append.key = name.map(|name| key(&name.to_string(), "body"));
                    let done = now.append(append).unwrap();
                    let known = name.and_then(|name| model.keys.get(&name));
                    assert_eq!((done.replayed, Some(&done.ticket.id)), (known.is_some(), known.or(Some(&done.ticket.id))));
                    model.keys.extend(name.map(|name| (name, done.ticket.id.clone())));
                    model.phases.insert(done.ticket.id, done.ticket.phase);
                }
                Step::PostSure => {
                    let done = now.append(dispatched("d", n as i64, "甲")).unwrap();
                    model.phases.insert(done.ticket.id, done.ticket.phase);
                }
                Step::Claim { person } => {
                    let person = format!("p{person}");
                    let got = claim(now, &person);
                    assert_eq!(got.is_some(), model.waiting_free() > 0);
                    if let Some((ticket, fence)) = got {
                        assert!(model.free(&ticket.id));
                        model.held.retain(|held| held.ticket != ticket.id);
                        model.held.push(Held { ticket: ticket.id, fence, person, until_s: model.now_s + 60 });
                    }
                }
                Step::Release { nth } => held_command(&mut model, now, nth, |fence| QueueCommand::Release { fence }),
                Step::Skip { nth } => {
                    held_command(&mut model, now, nth, |fence| QueueCommand::Skip { fence, reason: "难".into() });
                }
                Step::Renew { nth } => {
                    held_command(&mut model, now, nth, |fence| QueueCommand::Renew { fence, lease_s: 90 });
                }
                Step::Dispatch { nth } => held_command(&mut model, now, nth, |fence| dispatch_to(fence, "甲")),
                Step::Wait { seconds } => {
                    clock.advance_s(u64::from(seconds));
                    model.now_s += u64::from(seconds);
                }
                Step::Reopen { without_view } => {
                    drop(store.take());
                    if without_view {
                        std::fs::remove_dir_all(dir.path().join("view")).unwrap();
                    }
                    store = Some(open(dir.path(), clock));
                    // Every lease that is on record has its full length again.
                    for held in &mut model.held {
                        let ticket = store.as_ref().unwrap().ticket(&held.ticket).unwrap().unwrap();
                        held.until_s = model.now_s + u64::from(ticket.claim.unwrap().lease_s);
                    }
                }
            }
        }
        model.check(store.as_ref().unwrap());
    }
}
