//! A fault of ours costs no ticket.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::DateTime;

use super::Intake;
use crate::ticket::{Actor, Event, Request, intake};
use crate::triage::{Obstacle, Outcome, Snapshot};

#[test]
fn a_panic_costs_no_ticket_and_shows_no_telephone_number() {
    let snapshot = Snapshot { releases: BTreeMap::from([("demo".into(), None)]), ..Snapshot::default() };
    let request = Request { jurisdiction: "demo".into(), text: "请回电13800138000".into(), ..Request::default() };
    let (at, snapshot) = (DateTime::UNIX_EPOCH, Arc::new(snapshot));
    let taken =
        Intake { at, actor: Actor::system(), key: None, request, snapshot, shadow: None, archive: Arc::default() };
    let (decision, masked, _) = taken.survive(|| panic!("on purpose"));
    assert_eq!(decision.obstacles, [Obstacle::RuleFailed { rule: "panic".into() }]);
    assert!(decision.outcome == Outcome::Queued && !masked.contains("13800138000"), "{masked}");
    assert_eq!(taken.code(), "DEMO");
    let events = intake(taken.request.clone(), masked, decision);
    assert!(matches!(events.last(), Some(Event::Queued { .. })));
}
