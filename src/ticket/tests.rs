//! Given a queued ticket, when a command, then events or a refusal.

use chrono::DateTime;

use super::*;
use crate::triage::{Answer, Decision, Facts, MadeWith, Outcome, Ruling, Warning};

fn decision(outcome: Outcome, lead: &str) -> Decision {
    Decision {
        outcome,
        warning: Warning::Yellow,
        axes: [("skill".to_owned(), Ruling { value: "企业".into(), ..Ruling::default() })].into(),
        lead: Ruling { value: lead.into(), ..Ruling::default() },
        assists: vec!["区商务局".into()],
        ..Decision::undecided("longhua", DateTime::UNIX_EPOCH, Facts::default(), MadeWith::default())
    }
}

fn request() -> Request {
    Request { jurisdiction: "longhua".into(), text: "停车场乱收费".into(), ..Request::default() }
}

/// A history of one ticket, each event by `actor`.
fn given(events: Vec<Event>, actor: &Actor) -> Ticket {
    let recorded = events.into_iter().zip(1..).map(|(event, version)| Recorded {
        id: EventId { epoch: 1, seq: u64::from(version) },
        ticket: "LH-20260401-00001".parse().unwrap(),
        version,
        at: DateTime::UNIX_EPOCH,
        actor: actor.clone(),
        event,
    });
    fold(recorded.collect::<Vec<_>>().iter()).unwrap()
}

fn dispatcher(person: &str) -> Actor {
    Actor { person: person.into(), role: Role::Dispatcher, jurisdiction: "longhua".into(), ..Actor::default() }
}

fn claimed() -> Ticket {
    let mut events = intake(request(), "停车场乱收费".into(), decision(Outcome::Queued, ""));
    events.push(Event::Claimed { fence: 4, lease_s: 60 });
    given(events, &dispatcher("a"))
}

fn dispatch(lead: &str, assists: &[&str]) -> QueueCommand {
    QueueCommand::Dispatch {
        fence: 4,
        lead: lead.into(),
        assists: assists.iter().map(|unit| (*unit).to_owned()).collect(),
        followers: Vec::new(),
        reason: String::new(),
    }
}

#[test]
fn intake_follows_the_outcome() {
    let last = |outcome, lead| {
        let events = intake(request(), "停车场乱收费".into(), decision(outcome, lead));
        (events.len(), events.last().map(Event::kind).unwrap())
    };
    assert_eq!(last(Outcome::Dispatched, "区市场监管局"), (3, "dispatched"));
    assert_eq!(last(Outcome::Queued, ""), (3, "queued"));
    assert_eq!(last(Outcome::RefusalProposed, ""), (3, "queued"));
    // A decision that contradicts itself waits for a person instead of going nowhere.
    assert_eq!(last(Outcome::Dispatched, ""), (3, "queued"));
    assert_eq!(last(Outcome::Answered, ""), (3, "queued"));
}

#[test]
fn a_queued_ticket_waits_by_risk_and_skill() {
    let ticket = given(intake(request(), "停车场\n乱收费".into(), decision(Outcome::Queued, "")), &Actor::system());
    let waiting = ticket.waiting.unwrap();
    assert_eq!((ticket.phase, waiting.risk, waiting.skill.as_str()), (Phase::Queued, Warning::Yellow, "企业"));
    assert_eq!((ticket.version, ticket.summary.as_str()), (3, "停车场 乱收费"));
}

#[test]
fn the_first_proposal_stays() {
    let mut events = intake(request(), String::new(), decision(Outcome::Dispatched, "区市场监管局"));
    events.push(Event::Triaged { decision: Box::new(decision(Outcome::Dispatched, "区城管局")) });
    let ticket = given(events, &Actor::system());
    assert_eq!(ticket.proposal.map(|proposal| proposal.lead).as_deref(), Some("区市场监管局"));
}

#[test]
fn commands_and_what_refuses_them() {
    let answer = |text: &str| QueueCommand::Answer {
        fence: 4,
        answer: Answer {
            entry: String::new(),
            text: text.into(),
            basis: String::new(),
            source: String::new(),
            owner: String::new(),
            as_of: String::new(),
            related: Vec::new(),
        },
    };
    let refuse = |article: &str, reason: &str| QueueCommand::Refuse {
        fence: 4,
        code: 5,
        article: article.into(),
        reason: reason.into(),
    };
    let skip = |reason: &str| QueueCommand::Skip { fence: 4, reason: reason.into() };
    let other = dispatcher("b");
    let holder = dispatcher("a");
    let stranger = Actor { jurisdiction: "hunan".into(), ..holder.clone() };
    let clerk = Actor { role: Role::Unit, ..holder.clone() };
    let cases: [(&Actor, QueueCommand, Result<&str, &str>); 20] = [
        (&holder, dispatch("区城管局", &["区商务局"]), Ok("dispatched")),
        (&holder, dispatch("", &[]), Err("no_lead")),
        (&holder, dispatch("区城管局", &["区城管局"]), Err("unit_twice")),
        (&holder, dispatch("区城管局", &["甲", "乙", "甲"]), Err("unit_twice")),
        (&other, dispatch("区城管局", &[]), Err("claimed_by_other")),
        (&stranger, dispatch("区城管局", &[]), Err("other_jurisdiction")),
        (&clerk, dispatch("区城管局", &[]), Err("role_may_not")),
        (&holder, answer("请到政务大厅办理"), Ok("answered")),
        (&holder, answer(" "), Err("no_answer")),
        (&holder, refuse("第九条（五）", "已进入诉讼"), Ok("refused")),
        (&holder, refuse("", "已进入诉讼"), Err("no_article")),
        (&holder, refuse("第九条（五）", ""), Err("no_reason")),
        (&holder, skip("需要核实辖区"), Ok("skipped")),
        (&holder, skip(""), Err("no_reason")),
        (&holder, skip(&"长".repeat(501)), Err("too_long")),
        (&holder, QueueCommand::Release { fence: 4 }, Ok("released")),
        (&holder, QueueCommand::Release { fence: 3 }, Err("stale_claim")),
        (&holder, QueueCommand::Renew { fence: 4, lease_s: 60 }, Ok("renewed")),
        (&holder, QueueCommand::Renew { fence: 4, lease_s: 0 }, Err("bad_lease")),
        (&other, QueueCommand::Claim { fence: 9, lease_s: 60, expired: false }, Err("claimed_by_other")),
    ];
    let ticket = claimed();
    for (actor, command, expected) in cases {
        let result = decide_queued(&ticket, &command, actor, DateTime::UNIX_EPOCH);
        let seen = result.as_ref().map(|events| events[0].kind()).map_err(Refused::code);
        assert_eq!(seen, expected, "{command:?} by {actor:?}");
    }
}

#[test]
fn an_expired_claim_is_taken_over_on_the_record() {
    let command = QueueCommand::Claim { fence: 9, lease_s: 60, expired: true };
    let events = decide_queued(&claimed(), &command, &dispatcher("b"), DateTime::UNIX_EPOCH).unwrap();
    assert_eq!(
        events,
        [Event::ClaimExpired { fence: 4, person: "a".into() }, Event::Claimed { fence: 9, lease_s: 60 }]
    );
}

#[test]
fn a_decided_ticket_takes_no_queue_command() {
    let ticket = given(intake(request(), String::new(), decision(Outcome::Dispatched, "甲")), &Actor::system());
    let refused = decide_queued(&ticket, &QueueCommand::Release { fence: 4 }, &dispatcher("a"), DateTime::UNIX_EPOCH)
        .unwrap_err();
    assert_eq!(refused.code(), "not_queued");
    assert!(refused.to_string().contains("请刷新"));
}

#[test]
fn events_keep_their_form() {
    let event = Event::Claimed { fence: 7, lease_s: 60 };
    let json = serde_json::to_string(&event).unwrap();
    assert_eq!(json, r#"{"kind":"claimed","data":{"fence":7,"lease_s":60}}"#);
    assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
}
