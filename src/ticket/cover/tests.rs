//! What must not be said is looked for in everything that leaves.

use chrono::DateTime;

use super::super::parts::{Assist, AssistState, Evidence, Notice, Reply};
use super::super::{Actor, By, Phase, Refusal, Request, Role, fold};
use super::*;
use crate::triage::{Decision, Facts, MadeWith, Match};

const PHONE: &str = "13800138000";
const SECRET: &str = "举报邻居家暴";

fn said() -> String {
    format!("{SECRET}，电话{PHONE}")
}

/// Everything that somebody may write by hand, each with a number and a secret in it.
fn events() -> Vec<Event> {
    let evidence = || vec![Evidence { name: said(), url: format!("https://x/{PHONE}"), ..Evidence::default() }];
    let request = Request {
        jurisdiction: "demo".into(),
        title: said(),
        text: said(),
        requester: Requester { name: SECRET.into(), phone: PHONE.into(), ..Requester::default() },
        ..Request::default()
    };
    let mut decision = Decision::undecided("demo", DateTime::UNIX_EPOCH, Facts::default(), MadeWith::default());
    decision.facts.text = said();
    decision.matches = vec![Match {
        entry: "e".into(),
        question: "q".into(),
        owner: String::new(),
        category: String::new(),
        pre_notice: false,
        overdue: false,
        confidence: 1,
        matched_question: "q".into(),
        matched: Vec::new(),
        missing: vec![PHONE.into(), SECRET.into()],
    }];
    let reply = Reply {
        text: said(),
        basis: said(),
        evidence: evidence(),
        fields: [("a".into(), said())].into(),
        unit: "甲".into(),
        ..Reply::default()
    };
    let notice = Notice {
        id: "n1".into(),
        kind: "k".into(),
        to: vec!["lead".into()],
        channels: Vec::new(),
        text: said(),
        at: DateTime::UNIX_EPOCH,
        not_before: None,
        delivered: Default::default(),
        article: String::new(),
    };
    let (none, unit) = (String::new, || "甲".to_owned());
    vec![
        Event::Received { request, masked_text: "已脱敏".into(), summary: "已脱敏".into() },
        Event::Triaged { decision: Box::new(decision) },
        Event::Dispatched {
            by: By::Person,
            lead: unit(),
            assists: vec!["乙".into()],
            followers: vec![],
            reason: said(),
        },
        Event::Signed { unit: unit() },
        Event::AssistAdded { unit: "乙".into(), task: said(), state: AssistState::Working },
        Event::Contacted { channel: none(), reached: true, note: said() },
        Event::Replied { text: said(), evidence: evidence() },
        Event::ExtensionRequested {
            rule: none(),
            clock: none(),
            length: "1d".into(),
            ground: said(),
            reason: said(),
            consents: vec![],
            fields: [("a".into(), said())].into(),
            override_reason: said(),
        },
        Event::ReturnRequested { unit: unit(), reason: said(), basis: said(), evidence: evidence(), late: false },
        Event::ReturnDecided { granted: false, reason: said() },
        Event::HardCase { reason: said() },
        Event::Overridden { code: none(), article: none(), reason: said() },
        Event::Supervised { ground: said(), reason: said(), measure: said(), by: By::Person },
        Event::Completed { reply },
        Event::Noticed { notice },
        Event::Noted { text: said() },
        Event::ConfidentialSet { confidential: true, reason: said() },
        Event::Closed { by: By::Person, code: none(), reason: said() },
    ]
}

fn folded(events: Vec<Event>) -> Ticket {
    let recorded = events.into_iter().zip(1..).map(|(event, version)| Recorded {
        id: super::super::EventId { epoch: 1, seq: u64::from(version) },
        ticket: "LH-20260401-00001".parse().unwrap(),
        version,
        at: DateTime::UNIX_EPOCH,
        actor: Actor::system(),
        event,
    });
    fold(recorded.collect::<Vec<_>>().iter()).unwrap()
}

fn state() -> Ticket {
    let mut ticket = folded(events());
    ticket.refusal = Some(Refusal { code: 1, article: String::new(), reason: said() });
    ticket
}

fn assisting() -> Viewer {
    Viewer { role: Some(Role::Unit), unit: "乙".into(), ..Viewer::default() }
}

#[test]
fn covered_has_no_number_and_no_name_of_a_requester() {
    let office = Viewer { role: Some(Role::Office), ..Viewer::default() };
    for event in events() {
        let kind = event.kind();
        let shown = show_event(event, &office, Sight::Covered).expect("covered, not withheld");
        let text = serde_json::to_string(&shown).unwrap();
        assert!(!text.contains(PHONE), "{kind}: {text}");
    }
    let text = serde_json::to_string(&show_ticket(state(), &office, Sight::Covered)).unwrap();
    assert!(!text.contains(PHONE) && text.contains("已脱敏"), "{text}");
}

/// HN-51: the content of a confidential ticket goes to its handlers.
#[test]
fn hn_51_a_shell_has_no_text_of_anybody() {
    let office = Viewer { role: Some(Role::Office), ..Viewer::default() };
    for event in events() {
        let kind = event.kind();
        let text = serde_json::to_string(&show_event(event, &office, Sight::Shell)).unwrap();
        assert!(!text.contains(PHONE) && !text.contains(SECRET) && !text.contains("已脱敏"), "{kind}: {text}");
    }
    let shell = show_ticket(state(), &office, Sight::Shell);
    let text = serde_json::to_string(&shell).unwrap();
    assert!(!text.contains(PHONE) && !text.contains(SECRET) && !text.contains("已脱敏"), "{text}");
    assert_eq!((shell.phase, shell.lead.as_str(), shell.confidential), (Phase::Closed, "甲", true));
}

#[test]
fn an_assisting_unit_keeps_what_it_is_asked_to_do() {
    let task = |viewer: &Viewer| {
        let shown: Vec<Assist> = show_ticket(state(), viewer, Sight::Shell).life.assists;
        shown.into_iter().find(|it| it.unit == "乙").map(|it| it.task)
    };
    assert_eq!(task(&assisting()), Some(said()));
    assert_eq!(task(&Viewer { unit: "丙".into(), ..assisting() }), Some(String::new()));
}

#[test]
fn all_is_all() {
    let lead = Viewer { role: Some(Role::Unit), unit: "甲".into(), ..Viewer::default() };
    assert_eq!(show_ticket(state(), &lead, Sight::All), state());
    for event in events() {
        assert_eq!(show_event(event.clone(), &lead, Sight::All), Some(event));
    }
}

/// What is left of the events adds up to what is left of the state, and neither holds a word.
#[test]
fn what_is_erased_is_the_same_from_the_events_and_from_what_is_left_of_them() {
    let state =
        |events: Vec<Event>| folded(events.into_iter().chain([Event::Erased { reason: "申请".into() }]).collect());
    let mut left = events();
    left.iter_mut().for_each(conceal);
    let (whole, rest) = (state(events()), state(left.clone()));
    assert_eq!(whole, rest);
    for text in [serde_json::to_string(&rest).unwrap(), serde_json::to_string(&left).unwrap()] {
        assert!(!text.contains(PHONE) && !text.contains(SECRET), "{text}");
    }
}
