//! Order, gaps and loss as properties; pauses as data.

use proptest::prelude::*;

use super::*;

fn id(seq: u64) -> EventId {
    EventId { epoch: 1, seq }
}

fn ticket(n: u8) -> TicketId {
    format!("LH-20260401-{:05}", u32::from(n) + 1).parse().unwrap()
}

fn at(s: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_775_000_000 + s, 0).unwrap()
}

fn limits() -> Limits {
    Limits { waiting: 4, at_once: 2, ..Limits::default() }
}

#[test]
fn pauses_grow_to_the_longest_and_differ_by_a_tenth() {
    let limits = Limits::default();
    for (attempts, seconds) in
        [(1, 5), (2, 10), (3, 20), (5, 80), (10, 2_560), (11, 3_600), (40, 3_600), (u32::MAX, 3_600)]
    {
        for seed in 0..50 {
            let pause = limits.pause(seed, id(7), attempts);
            assert_eq!(pause, limits.pause(seed, id(7), attempts));
            let (least, most) = (seconds * 900, seconds * 1_100);
            assert!((least..=most).contains(&pause.num_milliseconds()), "{attempts}: {pause}");
        }
    }
    assert_ne!(limits.pause(1, id(7), 3), limits.pause(2, id(7), 3));
}

#[test]
fn a_failing_ticket_holds_up_its_own_events_only_until_it_is_given_up() {
    let mut plan = Plan::resume("sub-1", limits(), Checkpoint::default(), []);
    for (n, of) in [(1, 0), (2, 0), (3, 1)] {
        plan.take(&ticket(of), id(n), at(0));
    }
    let (first, other) = (plan.due(at(0)).unwrap(), plan.due(at(0)).unwrap());
    assert_eq!((first.event, other.event, plan.due(at(0))), (id(1), id(3), None));
    assert_eq!(plan.delivered(&other.lane, at(0)), After::default());
    let (mut now, mut tries) = (0, 1);
    let died = loop {
        let after = plan.failed(&first.lane, at(now));
        if let Some(dead) = after.dead {
            break dead;
        }
        let wake = plan.wake().unwrap();
        assert_eq!(plan.due(wake - TimeDelta::milliseconds(1)), None);
        now = (wake - at(0)).num_seconds() + 1;
        let again = plan.due(at(now)).unwrap();
        assert_eq!((again.event, again.gap), (id(1), false));
        tries += 1;
    };
    assert_eq!(died, (tries, at(0)));
    assert!((22 * 3600..=24 * 3600).contains(&now) && (30..45).contains(&tries), "{tries} tries in {now} s");
    let next = plan.due(at(now)).unwrap();
    assert_eq!((next.event, next.gap), (id(2), true));
    plan.delivered(&next.lane, at(now));
    // Sent again: the gap is closed when it arrives.
    plan.again(&ticket(0), id(1), at(now));
    let again = plan.due(at(now)).unwrap();
    assert_eq!((again.event, again.gap), (id(1), false));
    plan.delivered(&again.lane, at(now));
    plan.take(&ticket(0), id(9), at(now));
    assert!(!plan.due(at(now)).unwrap().gap);
}

#[test]
fn a_receiver_that_comes_back_gets_everything_at_once() {
    let limits = Limits { at_once: 20, waiting: 20, ..Limits::default() };
    let mut plan = Plan::resume("sub-1", limits, Checkpoint::default(), []);
    for n in 0..10 {
        plan.take(&ticket(n), id(u64::from(n) + 1), at(0));
    }
    while let Some(attempt) = plan.due(at(0)) {
        plan.failed(&attempt.lane, at(0));
    }
    let first = plan.due(plan.wake().unwrap()).unwrap();
    plan.delivered(&first.lane, at(3));
    let rest = std::iter::from_fn(|| plan.due(at(3))).count();
    assert_eq!(rest, 9);
}

#[derive(Clone, Debug)]
enum Step {
    Happens(u8),
    /// The answer to the oldest try under way: delivered or not.
    Answered(bool),
    Wait(u32),
    Restart,
    Resend,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..5_u8).prop_map(Step::Happens),
        8 => prop::bool::weighted(0.6).prop_map(Step::Answered),
        3 => (1..80_000_u32).prop_map(Step::Wait),
        1 => Just(Step::Restart),
        1 => Just(Step::Resend),
    ]
}

/// History, and what a receiver saw of it.
#[derive(Default)]
struct Model {
    history: Vec<(TicketId, EventId)>,
    delivered: BTreeSet<EventId>,
    dead: BTreeSet<EventId>,
    under_way: VecDeque<Try>,
    now: i64,
    /// Last written: the plan then, and what was dead then.
    saved: Checkpoint,
    saved_dead: BTreeSet<EventId>,
}

impl Model {
    fn of(&self, ticket: &TicketId) -> impl Iterator<Item = EventId> {
        self.history.iter().filter(move |(of, _)| of == ticket).map(|(_, event)| *event)
    }

    /// As the task does: read while there is room, start what is due.
    fn turn(&mut self, plan: &mut Plan) {
        let unread: Vec<_> = self.history.iter().filter(|(_, event)| *event > plan.cursor()).cloned().collect();
        for (ticket, event) in unread {
            if plan.room() == 0 {
                break;
            }
            plan.take(&ticket, event, at(self.now));
        }
        while let Some(attempt) = plan.due(at(self.now)) {
            self.check(&attempt);
            self.under_way.push_back(attempt);
        }
        assert!(self.under_way.len() <= plan.limits.at_once);
    }

    fn check(&self, attempt: &Try) {
        let settled = |event: &EventId| self.delivered.contains(event) || self.dead.contains(event);
        let earlier: Vec<EventId> = self.of(&attempt.ticket).filter(|event| *event < attempt.event).collect();
        assert!(earlier.iter().all(settled), "{attempt:?} overtakes");
        assert_eq!(attempt.gap, earlier.iter().any(|event| self.dead.contains(event)), "{attempt:?}");
        assert!(self.under_way.iter().all(|other| other.lane != attempt.lane), "{attempt:?} is under way twice");
    }

    fn answer(&mut self, plan: &mut Plan, good: bool) {
        let Some(Try { lane, ticket, event, .. }) = self.under_way.pop_front() else { return };
        let after = if good { plan.delivered(&lane, at(self.now)) } else { plan.failed(&lane, at(self.now)) };
        if good {
            self.delivered.insert(event);
            self.dead.remove(&event);
        }
        if after.dead.is_some() {
            self.dead.insert(event);
        }
        if after.look {
            let mut rest: Vec<EventId> = self.of(&ticket).filter(|it| *it > event && *it <= plan.cursor()).collect();
            let more = rest.len() > 2;
            rest.truncate(2);
            plan.follow(&lane, rest, more, at(self.now));
        }
    }

    fn save(&mut self, plan: &Plan) {
        self.saved = plan.checkpoint(String::new());
        self.saved_dead = self.dead.clone();
    }

    /// What was not written down is forgotten: by the plan, and by us where it may happen again.
    fn restart(&mut self) -> Plan {
        self.under_way.clear();
        self.dead = self.saved_dead.clone();
        let of = |event: &EventId| self.history.iter().find(|(_, it)| it == event).cloned();
        Plan::resume("sub-1", limits(), self.saved.clone(), self.dead.iter().filter_map(of))
    }
}

proptest! {
    #[test]
    fn order_is_kept_nothing_is_lost_and_gaps_are_said(steps in prop::collection::vec((step(), any::<bool>()), 1..250)) {
        let mut model = Model::default();
        let mut plan = Plan::resume("sub-1", limits(), Checkpoint::default(), []);
        for (step, save) in steps {
            match step {
                Step::Happens(of) => {
                    let event = id(model.history.len() as u64 + 1);
                    model.history.push((ticket(of), event));
                }
                Step::Answered(good) => model.answer(&mut plan, good),
                Step::Wait(seconds) => model.now += i64::from(seconds),
                Step::Restart => plan = model.restart(),
                Step::Resend => {
                    let dead = model.dead.first().copied();
                    if let Some((of, event)) = model.history.iter().find(|(_, it)| Some(*it) == dead) {
                        plan.again(of, *event, at(model.now));
                    }
                }
            }
            model.turn(&mut plan);
            if save {
                model.save(&plan);
            }
        }
        // In the end everything arrives, or is known to be dead.
        for _ in 0..20 * (model.history.len() + 1) {
            model.answer(&mut plan, true);
            model.now += 4_000;
            model.turn(&mut plan);
        }
        prop_assert_eq!((plan.waiting(), model.under_way.len()), (0, 0));
        for (_, event) in &model.history {
            prop_assert!(model.delivered.contains(event) || model.dead.contains(event), "{} is lost", event);
        }
    }
}
