//! What every store must do, as one list, run for each kind.

use std::collections::BTreeSet;
use std::thread;

use paidan::store::{Append, Filter, Health, QueueFilter, Store, Target};
use paidan::ticket::{Actor, By, Event, Phase, QueueCommand, TicketId, fold};
use paidan::triage::{Answer, Outcome, Warning};

use super::fixture::{
    Clock, act, at, claim, claim_as, clock, decision, dispatch_to, dispatched, key, new_ticket, open, person, queued,
};

type Case = (&'static str, fn(&Store, Clock));

const CONTRACT: &[Case] = &[
    ("numbers rise within a day", numbers_rise),
    ("a repeated key is the first ticket", repeated_key),
    ("keys are forgotten after thirty days", forgotten_key),
    ("the expected version guards", expected_version),
    ("history comes back as it was", history),
    ("long texts come back whole", long_texts),
    ("too large is refused and nothing remains", too_large),
    ("order of the queue", queue_order),
    ("the oldest is never starved", no_starvation),
    ("two people get two tickets", two_people),
    ("eight threads never share a ticket", eight_threads),
    ("a stale claim decides nothing", stale_claim),
    ("a lease expires and is taken over", lease_expires),
    ("skipped comes back only when alone", skipped),
    ("a seat gets its own tickets", seats),
    ("a claim by key is the same claim", claim_by_key),
    ("a chosen ticket can be claimed once", chosen_ticket),
    ("decisions leave the queue", decisions),
    ("the first proposal stays", proposal_stays),
    ("lists: filters and pages", lists),
    ("counts follow", counts),
    ("listeners hear what is durable", listeners),
    ("entries live through drafts and reviews", super::editorial::lives),
    ("closed takes nothing", closed),
];

#[test]
fn memory_keeps_the_contract() {
    let clock = clock!();
    for (name, case) in CONTRACT {
        eprint_case(name);
        case(&Store::memory(clock.read), clock);
    }
}

#[test]
fn embedded_keeps_the_contract() {
    let clock = clock!();
    for (name, case) in CONTRACT {
        eprint_case(name);
        let dir = tempfile::tempdir().unwrap();
        case(&open(dir.path(), clock), clock);
        // What is left must open again, and be the same.
        let again = open(dir.path(), clock);
        assert_eq!(again.health(), Health::Writable, "{name}");
        for ticket in again.list(&Filter::default(), None, 1000).unwrap().tickets {
            assert_eq!(fold(&again.events(&ticket.id).unwrap()), Some(ticket), "{name}");
        }
    }
}

/// Shown only when a test fails.
#[expect(clippy::print_stderr, reason = "names the failing case")]
fn eprint_case(name: &str) {
    eprintln!("case: {name}");
}

fn id(text: &str) -> TicketId {
    text.parse().unwrap()
}

fn numbers_rise(store: &Store, _: Clock) {
    let number = |s: i64, code: &str| {
        let append = Append { target: Target::New { code: code.into() }, ..queued("a", s, Warning::None) };
        store.append(append).unwrap().ticket.id
    };
    assert_eq!(number(0, "LH"), id("LH-20260401-00001"));
    assert_eq!(number(1, "LH"), id("LH-20260401-00002"));
    assert_eq!(number(2, "HN"), id("HN-20260401-00001"));
    // Midnight in Asia/Shanghai is twelve hours on.
    assert_eq!(number(12 * 3600, "LH"), id("LH-20260402-00001"));
    // A clock that is set back reuses no number.
    assert_eq!(number(3, "LH"), id("LH-20260401-00003"));
    let bad = Append { target: Target::New { code: "龙华".into() }, ..queued("a", 0, Warning::None) };
    assert_eq!(store.append(bad).unwrap_err().code(), "bad_code");
}

fn repeated_key(store: &Store, _: Clock) {
    let post = |body: &str, client: &str| {
        let mut key = key("k1", body);
        key.client = client.into();
        store.append(Append { key: Some(key), ..queued(body, 0, Warning::None) })
    };
    let first = post("停车", "platform").unwrap();
    let again = post("停车", "platform").unwrap();
    assert_eq!((again.ticket.id, again.replayed), (first.ticket.id.clone(), true));
    assert_eq!((again.first, again.last), (first.first, first.last));
    assert_eq!(post("噪音", "platform").unwrap_err().code(), "key_reused");
    assert_ne!(post("停车", "other").unwrap().ticket.id, first.ticket.id);
    let (ticket, _) = store.key("platform", "k1", at(10)).unwrap().unwrap();
    assert_eq!(ticket, first.ticket.id);
    // In one batch, before anything is durable.
    let together: Vec<_> = (0..16)
        .map(|_| store.submit(Append { key: Some(key("k2", "b")), ..queued("b", 0, Warning::None) }))
        .map(|received| received.blocking_recv().unwrap().unwrap().ticket.id)
        .collect();
    assert_eq!(together.iter().collect::<BTreeSet<_>>().len(), 1);
}

fn forgotten_key(store: &Store, _: Clock) {
    let day = 24 * 3600;
    let post =
        |s: i64| store.append(Append { key: Some(key("k1", "b")), ..queued("b", s, Warning::None) }).unwrap().ticket.id;
    let first = post(0);
    assert_eq!(post(30 * day - 1), first);
    let second = post(30 * day);
    assert_ne!(second, first);
    assert_eq!(post(59 * day), second);
}

fn expected_version(store: &Store, _: Clock) {
    let ticket = store.append(dispatched("a", 0, "甲")).unwrap().ticket;
    let again = |expected| {
        let decision = decision(Outcome::Dispatched, Warning::Red, "", "乙");
        store.append(Append {
            target: Target::Known { id: ticket.id.clone(), expected, fence: None },
            events: vec![Event::Triaged { decision: Box::new(decision) }],
            ..dispatched("a", 0, "甲")
        })
    };
    assert_eq!(again(2).unwrap_err().code(), "conflict");
    assert_eq!(again(3).unwrap().ticket.version, 4);
    assert_eq!(again(3).unwrap_err().code(), "conflict");
    let nowhere = Append {
        target: Target::Known { id: id("LH-20200101-00001"), expected: 1, fence: None },
        ..dispatched("a", 0, "甲")
    };
    assert_eq!(store.append(nowhere).unwrap_err().code(), "unknown_ticket");
    let nothing = Append { events: Vec::new(), ..dispatched("a", 0, "甲") };
    assert_eq!(store.append(nothing).unwrap_err().code(), "no_events");
}

fn history(store: &Store, _: Clock) {
    for n in 0..3 {
        store.append(queued(&format!("t{n}"), n, Warning::None)).unwrap();
    }
    let (ticket, fence) = claim(store, "a").unwrap();
    act(store, &ticket.id, &QueueCommand::Renew { fence, lease_s: 90 }, &person("a")).unwrap();
    let done = act(store, &ticket.id, &dispatch_to(fence, "甲"), &person("a")).unwrap();
    let events = store.events(&ticket.id).unwrap();
    let kinds: Vec<_> = events.iter().map(|recorded| recorded.event.kind()).collect();
    assert_eq!(kinds, ["received", "triaged", "queued", "claimed", "renewed", "dispatched"]);
    assert!(events.iter().zip(1..).all(|(recorded, version)| recorded.version == version));
    assert!(events.is_sorted_by(|a, b| a.id < b.id));
    assert_eq!(fold(&events), Some(done.ticket.clone()));
    assert_eq!(store.ticket(&ticket.id).unwrap(), Some(done.ticket));
    assert!(store.events(&id("LH-20200101-00001")).unwrap().is_empty());
    assert_eq!(store.ticket(&id("LH-20200101-00001")).unwrap(), None);
}

fn long_texts(store: &Store, _: Clock) {
    for (n, text) in ["长".repeat(6000), "长".repeat(20_000), "{\"$blob\":\"x\"}".repeat(2000)].iter().enumerate() {
        let append = queued(text, n as i64, Warning::None);
        let wanted = append.events.clone();
        let done = store.append(append).unwrap();
        let events: Vec<_> = store.events(&done.ticket.id).unwrap().into_iter().map(|r| r.event).collect();
        assert_eq!(events, wanted);
    }
}

fn too_large(store: &Store, _: Clock) {
    let mut append = queued("a", 0, Warning::None);
    if let Event::Received { request, .. } = &mut append.events[0] {
        request.channel = "长".repeat(30_000);
    }
    assert_eq!(store.append(append).unwrap_err().code(), "too_large");
    let append = Append { key: Some(key(&"k".repeat(2000), "b")), ..queued("a", 0, Warning::None) };
    assert_eq!(store.append(append).unwrap_err().code(), "too_large");
    assert!(store.list(&Filter::default(), None, 10).unwrap().tickets.is_empty());
    assert_eq!(store.append(queued("b", 0, Warning::None)).unwrap().ticket.id, id("LH-20260401-00001"));
}

fn queue_texts(store: &Store) -> Vec<String> {
    let filter = QueueFilter { jurisdiction: "longhua".into(), ..QueueFilter::default() };
    store.queue(&filter, 100).unwrap().into_iter().map(|queued| queued.ticket.summary).collect()
}

fn queue_order(store: &Store, _: Clock) {
    let cases = [
        ("none", 0, Warning::None),
        ("blue", 1, Warning::Blue),
        ("red-late", 9, Warning::Red),
        ("yellow", 2, Warning::Yellow),
        ("red-early", 3, Warning::Red),
    ];
    for (text, s, warning) in cases {
        store.append(queued(text, s, warning)).unwrap();
    }
    assert_eq!(queue_texts(store), ["red-early", "red-late", "yellow", "blue", "none"]);
    let filter = QueueFilter { jurisdiction: "hunan".into(), ..QueueFilter::default() };
    assert!(store.queue(&filter, 100).unwrap().is_empty());
    assert_eq!(claim(store, "a").unwrap().0.summary, "red-early");
    let filter = QueueFilter { jurisdiction: "longhua".into(), unclaimed: true, ..QueueFilter::default() };
    assert_eq!(store.queue(&filter, 2).unwrap()[0].ticket.summary, "red-late");
    let all = QueueFilter { unclaimed: false, ..filter };
    let first = &store.queue(&all, 100).unwrap()[0];
    assert_eq!((first.ticket.claim.as_ref().unwrap().person.as_str(), first.lease_left_s), ("a", Some(60)));
}

fn no_starvation(store: &Store, _: Clock) {
    store.append(queued("oldest", 0, Warning::None)).unwrap();
    for n in 1..40 {
        store.append(queued(&format!("red-{n}"), n, Warning::Red)).unwrap();
    }
    let got: Vec<String> = (0..8).map(|n| claim(store, &format!("p{n}")).unwrap().0.summary).collect();
    assert_eq!(got, ["red-1", "red-2", "red-3", "oldest", "red-4", "red-5", "red-6", "red-7"]);
}

fn two_people(store: &Store, _: Clock) {
    store.append(queued("one", 0, Warning::None)).unwrap();
    store.append(queued("two", 1, Warning::None)).unwrap();
    let together = [store.submit_claim(claim_as("a")), store.submit_claim(claim_as("b"))];
    let got = together.map(|received| received.blocking_recv().unwrap().unwrap().unwrap().ticket.summary);
    assert_eq!(got, ["one", "two"]);
    assert_eq!(claim(store, "c"), None);
}

fn eight_threads(store: &Store, _: Clock) {
    for n in 0..60 {
        store.append(queued(&format!("t{n}"), n, Warning::None)).unwrap();
    }
    let work = |name: String| {
        let mut mine = Vec::new();
        while let Some((ticket, fence)) = claim(store, &name) {
            if mine.len() % 3 != 2 {
                act(store, &ticket.id, &dispatch_to(fence, "甲"), &person(&name)).unwrap();
            }
            mine.push(ticket.id);
        }
        mine
    };
    let got: Vec<TicketId> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || work(format!("p{n}")))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!((got.len(), got.iter().collect::<BTreeSet<_>>().len()), (60, 60));
}

fn stale_claim(store: &Store, clock: Clock) {
    store.append(queued("a", 0, Warning::None)).unwrap();
    let (ticket, old) = claim(store, "a").unwrap();
    let code = |command: &QueueCommand, who: &str| {
        act(store, &ticket.id, command, &person(who)).unwrap_err().code().to_owned()
    };
    act(store, &ticket.id, &QueueCommand::Release { fence: old }, &person("a")).unwrap();
    assert_eq!(code(&dispatch_to(old, "甲"), "a"), "not_claimed");
    let (_, new) = claim(store, "b").unwrap();
    assert!(new > old);
    assert_eq!(code(&dispatch_to(old, "甲"), "a"), "stale_claim");
    assert_eq!(code(&dispatch_to(new, "甲"), "a"), "claimed_by_other");
    // Expired, although nobody took it over.
    clock.advance_s(60);
    for command in [dispatch_to(new, "甲"), QueueCommand::Renew { fence: new, lease_s: 60 }] {
        assert_eq!(code(&command, "b"), "stale_claim");
    }
    // Past the pure state machine: the committer checks by itself.
    let version = store.ticket(&ticket.id).unwrap().unwrap().version;
    for fence in [None, Some(old), Some(new)] {
        let forced = Append {
            target: Target::Known { id: ticket.id.clone(), expected: version, fence },
            events: vec![Event::Refused { by: By::Person, code: 1, article: "x".into(), reason: "x".into() }],
            ..queued("a", 0, Warning::None)
        };
        assert_eq!(store.append(forced).unwrap_err().code(), "stale_claim");
    }
    assert_eq!(store.ticket(&ticket.id).unwrap().unwrap().phase, Phase::Queued);
}

fn lease_expires(store: &Store, clock: Clock) {
    store.append(queued("a", 0, Warning::None)).unwrap();
    let (ticket, first) = claim(store, "a").unwrap();
    clock.advance_s(59);
    assert_eq!(claim(store, "b"), None);
    act(store, &ticket.id, &QueueCommand::Renew { fence: first, lease_s: 60 }, &person("a")).unwrap();
    clock.advance_s(59);
    assert_eq!(claim(store, "b"), None);
    clock.advance_s(1);
    let filter = QueueFilter { jurisdiction: "longhua".into(), unclaimed: true, ..QueueFilter::default() };
    assert_eq!(store.queue(&filter, 10).unwrap()[0].ticket.claim, None);
    let (_, second) = claim(store, "b").unwrap();
    assert!(second > first);
    let events = store.events(&ticket.id).unwrap();
    let last: Vec<_> = events[events.len() - 2..].iter().map(|recorded| recorded.event.clone()).collect();
    assert_eq!(
        last,
        [Event::ClaimExpired { fence: first, person: "a".into() }, Event::Claimed { fence: second, lease_s: 60 }]
    );
}

fn skipped(store: &Store, _: Clock) {
    store.append(queued("hard", 0, Warning::Red)).unwrap();
    store.append(queued("easy", 1, Warning::None)).unwrap();
    let skip = |fence| QueueCommand::Skip { fence, reason: "辖区不明".into() };
    let (ticket, fence) = claim(store, "a").unwrap();
    act(store, &ticket.id, &skip(fence), &person("a")).unwrap();
    let (easy, fence) = claim(store, "a").unwrap();
    assert_eq!(easy.summary, "easy");
    // Alone: better again than never.
    assert_eq!(claim(store, "a").unwrap().0.summary, "hard");
    assert_eq!(claim(store, "a"), None);
    act(store, &easy.id, &dispatch_to(fence, "甲"), &person("a")).unwrap();
    let waiting = store.ticket(&ticket.id).unwrap().unwrap().waiting.unwrap();
    assert_eq!((waiting.skipped_by, waiting.skip_reason), (vec!["a".to_owned()], "辖区不明".to_owned()));
}

fn seats(store: &Store, _: Clock) {
    let seat = |text: &str, s, skill: &str| new_ticket(text, s, decision(Outcome::Queued, Warning::None, skill, ""));
    store.append(seat("enterprise", 0, "企业")).unwrap();
    store.append(seat("any", 1, "")).unwrap();
    store.append(seat("english", 2, "外语")).unwrap();
    let as_seat = |who: &str, skill: &str| {
        let claim = paidan::store::ClaimNext { skill: Some(skill.into()), ..claim_as(who) };
        store.claim(claim).unwrap().map(|done| done.ticket.summary)
    };
    assert_eq!(as_seat("a", "外语").as_deref(), Some("any"));
    assert_eq!(as_seat("a", "外语").as_deref(), Some("english"));
    assert_eq!(as_seat("a", "外语"), None);
    assert_eq!(claim(store, "b").unwrap().0.summary, "enterprise");
}

fn claim_by_key(store: &Store, _: Clock) {
    store.append(queued("a", 0, Warning::None)).unwrap();
    store.append(queued("b", 1, Warning::None)).unwrap();
    let claim = || paidan::store::ClaimNext { key: Some(key("c1", "claim")), ..claim_as("a") };
    let first = store.claim(claim()).unwrap().unwrap();
    let again = store.claim(claim()).unwrap().unwrap();
    assert_eq!((again.ticket.id, again.fence, again.replayed), (first.ticket.id, first.fence, true));
}

fn chosen_ticket(store: &Store, _: Clock) {
    store.append(queued("a", 0, Warning::Red)).unwrap();
    let chosen = store.append(queued("b", 1, Warning::None)).unwrap().ticket.id;
    let claim = |who: &str| paidan::store::ClaimNext { ticket: Some(chosen.clone()), ..claim_as(who) };
    assert_eq!(store.claim(claim("a")).unwrap().unwrap().ticket.id, chosen);
    assert_eq!(store.claim(claim("b")).unwrap_err().code(), "claimed_by_other");
    let stranger = paidan::store::ClaimNext { actor: Actor::system(), ..claim("x") };
    assert_eq!(store.claim(stranger).unwrap_err().code(), "role_may_not");
}

fn decisions(store: &Store, _: Clock) {
    for n in 0..3 {
        store.append(queued(&format!("t{n}"), n, Warning::None)).unwrap();
    }
    let answer = Answer {
        entry: "lh-001".into(),
        text: "请到政务大厅办理".into(),
        basis: String::new(),
        source: String::new(),
        owner: "区行政审批局".into(),
        as_of: "2026-04-01".into(),
        related: Vec::new(),
    };
    let commands: [fn(u64, Answer) -> QueueCommand; 3] = [
        |fence, _| dispatch_to(fence, "甲"),
        |fence, answer| QueueCommand::Answer { fence, answer },
        |fence, _| QueueCommand::Refuse {
            fence, code: 5, article: "第九条（五）".into(), reason: "已诉讼".into()
        },
    ];
    let phases = commands.map(|command| {
        let (ticket, fence) = claim(store, "a").unwrap();
        let done = act(store, &ticket.id, &command(fence, answer.clone()), &person("a")).unwrap();
        assert_eq!((done.ticket.decided_by, done.ticket.claim), (Some(By::Person), None));
        done.ticket.phase
    });
    assert_eq!(phases, [Phase::Dispatched, Phase::Answered, Phase::Refused]);
    assert!(queue_texts(store).is_empty());
}

fn proposal_stays(store: &Store, _: Clock) {
    let decision = decision(Outcome::Queued, Warning::Blue, "", "区城管局");
    store.append(new_ticket("a", 0, decision)).unwrap();
    let (ticket, fence) = claim(store, "a").unwrap();
    let done = act(store, &ticket.id, &dispatch_to(fence, "区商务局"), &person("a")).unwrap().ticket;
    assert_eq!((done.lead.as_str(), done.proposal.unwrap().lead.as_str()), ("区商务局", "区城管局"));
}

fn lists(store: &Store, _: Clock) {
    for n in 0..30 {
        let append = if n % 3 == 0 { queued(&format!("t{n}"), n, Warning::Red) } else { dispatched("d", n, "甲") };
        store.append(append).unwrap();
    }
    let texts = |filter: Filter| -> Vec<String> {
        store.list(&filter, None, 100).unwrap().tickets.into_iter().map(|ticket| ticket.summary).collect()
    };
    let queued_only = Filter { phase: Some(Phase::Queued), ..Filter::default() };
    assert_eq!(texts(queued_only.clone()).len(), 10);
    assert_eq!(texts(Filter { lead: Some("甲".into()), ..Filter::default() }).len(), 20);
    assert_eq!(texts(Filter { warning: Some(Warning::Red), ..Filter::default() }).len(), 10);
    assert_eq!(texts(Filter { category: Some("咨询".into()), ..Filter::default() }).len(), 0);
    assert_eq!(texts(Filter { jurisdiction: Some("hunan".into()), ..Filter::default() }).len(), 0);
    let one = Filter { reference: Some("ref-t9".into()), ..Filter::default() };
    assert_eq!(texts(one.clone()), ["t9"]);
    assert_eq!(texts(Filter { jurisdiction: Some("longhua".into()), ..one }), ["t9"]);
    let some = Filter { from: Some(at(6)), until: Some(at(12)), phase: Some(Phase::Queued), ..Filter::default() };
    assert_eq!(texts(some), ["t9", "t6"]);
    // Pages, while new tickets come in, show each ticket of before once.
    let (mut cursor, mut seen) = (None, Vec::new());
    loop {
        let page = store.list(&queued_only, cursor, 4).unwrap();
        seen.extend(page.tickets.into_iter().map(|ticket| ticket.summary));
        store.append(queued("newer", 1000, Warning::None)).unwrap();
        let Some(next) = page.next else { break };
        cursor = Some(next.to_string().parse().unwrap());
    }
    let wanted: Vec<String> = (0..30).rev().filter(|n| n % 3 == 0).map(|n| format!("t{n}")).collect();
    assert_eq!(seen, wanted);
    assert!("xyz".parse::<paidan::store::Cursor>().is_err());
}

fn counts(store: &Store, _: Clock) {
    for n in 0..5 {
        store.append(queued("q", n, Warning::None)).unwrap();
    }
    store.append(dispatched("d", 9, "甲")).unwrap();
    let (ticket, fence) = claim(store, "a").unwrap();
    act(store, &ticket.id, &dispatch_to(fence, "甲"), &person("a")).unwrap();
    let counts = store.counts().unwrap().tickets;
    assert_eq!((counts["longhua"][&Phase::Queued], counts["longhua"][&Phase::Dispatched]), (4, 2));
}

fn listeners(store: &Store, _: Clock) {
    let mut heard = store.listen();
    let done = store.append(dispatched("a", 0, "甲")).unwrap();
    let events = store.events(&done.ticket.id).unwrap();
    for wanted in events {
        assert_eq!(*heard.blocking_recv().unwrap(), wanted);
    }
}

fn closed(store: &Store, _: Clock) {
    let kept = store.append(dispatched("a", 0, "甲")).unwrap().ticket;
    store.close();
    store.close();
    assert_eq!(store.append(dispatched("b", 1, "甲")).unwrap_err().code(), "stopping");
    assert_eq!(store.ticket(&kept.id).unwrap(), Some(kept));
}
