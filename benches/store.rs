//! What durability costs: appends by submitters, a claim with its decision, opening with many tickets.

use std::path::Path;
use std::time::Duration;

use chrono::DateTime;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use paidan::store::{Append, ClaimNext, Options, Store, Target};
use paidan::ticket::{Actor, QueueCommand, Request, Role, Ticket, decide_queued, intake};
use paidan::triage::{Decision, Facts, MadeWith, Outcome, Ruling, Vote};

/// A decision of a usual size: some twenty votes, facts with the text.
fn decision(outcome: Outcome) -> Decision {
    let vote = |n: usize| Vote {
        rule: format!("market.price.{n}"),
        file: "route/market.rhai".into(),
        line: n as u32,
        candidate: "区市场监管局".into(),
        weight: 3000,
        veto: false,
        counted: true,
        hits: Vec::new(),
        why: String::new(),
        basis: "办法第七条（一）".into(),
    };
    let ruling = Ruling { value: "区市场监管局".into(), ranking: Vec::new(), votes: (0..20).map(vote).collect() };
    Decision {
        outcome,
        axes: [("category".to_owned(), Ruling { value: "投诉".into(), ..Ruling::default() })].into(),
        lead: ruling,
        assists: vec!["区商务局".into()],
        ..Decision::undecided(
            "longhua",
            DateTime::UNIX_EPOCH,
            Facts { text: text(), cuts: (0..150).collect(), ..Facts::default() },
            MadeWith::default(),
        )
    }
}

fn text() -> String {
    "商场停车场擅自提高收费标准且不开具发票请求核实处理".repeat(6)
}

fn append(outcome: Outcome) -> Append {
    let request = Request { jurisdiction: "longhua".into(), text: text(), ..Request::default() };
    Append {
        target: Target::New { code: "LH".into() },
        at: DateTime::UNIX_EPOCH,
        actor: Actor::system(),
        events: intake(request, text(), decision(outcome)),
        key: None,
    }
}

fn open(dir: &Path) -> Store {
    Store::open(dir, &Options::default()).expect("the store opens")
}

/// `submitters` appends under way at once, as many requests on as many connections.
fn append_many(store: &Store, submitters: usize) {
    let waiting: Vec<_> = (0..submitters).map(|_| store.submit(append(Outcome::Dispatched))).collect();
    for received in waiting {
        received.blocking_recv().expect("an answer").expect("stored");
    }
}

fn claim_and_decide(store: &Store) {
    let actor =
        Actor { person: "a".into(), role: Role::Dispatcher, jurisdiction: "longhua".into(), ..Actor::default() };
    let claim = ClaimNext {
        actor: actor.clone(),
        jurisdiction: "longhua".into(),
        skill: None,
        ticket: None,
        lease_s: 600,
        at: DateTime::UNIX_EPOCH,
        key: None,
    };
    let claimed = store.claim(claim).expect("claims").expect("a ticket waits");
    let fence = claimed.fence.expect("a fence");
    let command = QueueCommand::Dispatch {
        fence,
        lead: "区市场监管局".into(),
        assists: Vec::new(),
        followers: Vec::new(),
        reason: String::new(),
    };
    let Ticket { id, version, .. } = claimed.ticket.clone();
    let events = decide_queued(&claimed.ticket, &command, &actor, DateTime::UNIX_EPOCH).expect("allowed");
    let target = Target::Known { id, expected: version, fence: Some(fence) };
    store.append(Append { target, at: DateTime::UNIX_EPOCH, actor, events, key: None }).expect("stored");
}

fn appends(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("durable append");
    for submitters in [1, 8, 64] {
        let dir = tempfile::tempdir().expect("a folder");
        let store = open(dir.path());
        group.throughput(Throughput::Elements(submitters as u64));
        group.bench_function(format!("{submitters} submitters"), |bencher| {
            bencher.iter(|| append_many(&store, submitters));
        });
    }
    group.finish();
}

fn queue(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = open(dir.path());
    for _ in 0..100 {
        store.append(append(Outcome::Queued)).expect("stored");
    }
    criterion.bench_function("claim and decide, 100 waiting", |bencher| {
        let refill = || drop(store.append(append(Outcome::Queued)).expect("stored"));
        bencher.iter_batched(refill, |()| claim_and_decide(&store), BatchSize::PerIteration);
    });
}

fn opening(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = open(dir.path());
    for _ in 0..100 {
        append_many(&store, 100);
    }
    drop(store);
    let mut group = criterion.benchmark_group("open with 10,000 tickets");
    group.sample_size(10);
    group.bench_function("clean", |bencher| bencher.iter(|| open(dir.path())));
    group.bench_function("view lost", |bencher| {
        let lose = || std::fs::remove_dir_all(dir.path().join("view")).expect("removed");
        bencher.iter_batched(lose, |()| open(dir.path()), BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(5)).warm_up_time(Duration::from_secs(1));
    targets = appends, queue, opening
}
criterion_main!(benches);
