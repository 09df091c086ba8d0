//! Histories as data: what each teaches, and whose voice holds.

use chrono::TimeDelta;

use super::*;
use crate::text::{Gazetteer, Lexicon, analyse};
use crate::ticket::{Actor, By, Event, EventId, Recorded, Request, Role};
use crate::triage::{Decision, Facts, MadeWith};

const TEXT: &str = "丽发新城小区旁边的搅拌站昼夜施工，噪音和粉尘严重影响居民休息，要求环保部门查处搬迁。";

fn signature(text: &str) -> Signature {
    Signature::of(&analyse(Lexicon::plain(), &Gazetteer::empty(), text))
}

fn id(number: u64) -> TicketId {
    TicketId::new("LH", DateTime::UNIX_EPOCH.date_naive(), number).expect("an id")
}

/// `a:区城管局` dispatched by a person, `*区城管局` by the machine, `-x` a return granted by a person, `ok` an approved reply.
fn events(steps: &[&str]) -> Vec<Recorded> {
    let mut decision = Decision::undecided("longhua", DateTime::UNIX_EPOCH, Facts::default(), MadeWith::default());
    decision.trace.signature = signature(TEXT);
    let request = Request { jurisdiction: "longhua".into(), text: TEXT.into(), ..Request::default() };
    let first = crate::ticket::intake(request, TEXT.into(), decision).into_iter().take(2);
    let mut events: Vec<(String, Event)> = first.map(|event| ("system".to_owned(), event)).collect();
    for step in steps {
        let dispatched = |by, lead: &str| Event::Dispatched {
            by,
            lead: lead.into(),
            assists: Vec::new(),
            followers: Vec::new(),
            reason: String::new(),
        };
        let (person, event) = match (step.split_once(':'), step.split_at(1)) {
            (Some((person, lead)), _) => (person, dispatched(By::Person, lead)),
            (None, ("*", lead)) => ("system", dispatched(By::Machine, lead)),
            (None, ("-", person)) => (person, Event::ReturnDecided { granted: true, reason: "不属职责".into() }),
            (None, ("+", person)) => (person, Event::ReturnDecided { granted: false, reason: "属职责".into() }),
            _ => (
                "reviewer",
                Event::Reviewed {
                    step: crate::regulation::Reviewer::Center,
                    passed: true,
                    last: true,
                    reason: String::new(),
                    checks: Vec::new(),
                    missing_content: false,
                },
            ),
        };
        events.push((person.to_owned(), event));
    }
    let recorded = events.into_iter().zip(1..).map(|((person, event), version)| Recorded {
        id: EventId { epoch: 1, seq: u64::from(version) },
        ticket: id(1),
        version,
        at: DateTime::UNIX_EPOCH + TimeDelta::minutes(i64::from(version)),
        actor: Actor { person, role: Role::Dispatcher, ..Actor::default() },
        event,
    });
    recorded.collect()
}

#[test]
fn the_decision_that_stands_is_the_lesson() {
    let person = |name: &str| Teacher::Person(name.to_owned());
    let unit = |name: &str| Teacher::Unit(name.to_owned());
    type Case<'a> = (&'a [&'a str], Option<(&'a str, Teacher, &'a [&'a str])>);
    let cases: [Case<'_>; 11] = [
        (&[], None),
        (&["a:甲局"], Some(("甲局", person("a"), &[]))),
        (&["a:甲局", "b:乙局"], Some(("乙局", person("b"), &[]))),
        (&["a:甲局", "-c"], None),
        (&["a:甲局", "+c"], Some(("甲局", person("a"), &[]))),
        (&["a:甲局", "-c", "c:乙局"], Some(("乙局", person("c"), &["甲局"]))),
        (&["a:甲局", "-c", "c:甲局"], Some(("甲局", person("c"), &[]))),
        (&["*甲局"], None),
        (&["*甲局", "ok"], Some(("甲局", unit("甲局"), &[]))),
        (&["*甲局", "-c", "c:乙局", "ok"], Some(("乙局", person("c"), &["甲局"]))),
        (&["*甲局", "-c", "*乙局", "ok"], Some(("乙局", unit("乙局"), &["甲局"]))),
    ];
    for (steps, expected) in cases {
        let taught = lesson(&events(steps));
        let found = taught.as_ref().map(|it| {
            let returned: Vec<&str> = it.returns.iter().map(|it| it.unit.as_str()).collect();
            (it.unit.as_str(), it.teacher.clone(), returned)
        });
        assert_eq!(found, expected.map(|(unit, teacher, returned)| (unit, teacher, returned.to_vec())), "{steps:?}");
        assert!(taught.is_none_or(|it| it.text == TEXT && it.signature == signature(TEXT)), "{steps:?}");
    }
}

/// `person unit` or `person unit <returned-by granter`.
fn lessons(said: &[&str]) -> Vec<Lesson> {
    let one = |(number, said): (u64, &&str)| {
        let mut parts = said.split_whitespace();
        let (person, unit) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let returns = parts.next().map(|it| Return { unit: it.into(), granted_by: "center".into() });
        let text = if said.contains("另") {
            "小区门口的路灯坏了半个月，晚上漆黑一片，请派人维修"
        } else {
            TEXT
        };
        Lesson {
            ticket: id(number),
            text: text.into(),
            masked: text.into(),
            unit: unit.into(),
            nature: "投诉".into(),
            category: String::new(),
            topic: String::new(),
            decided_at: DateTime::UNIX_EPOCH + TimeDelta::minutes(number.cast_signed()),
            teacher: Teacher::Person(person.into()),
            returns: returns.into_iter().collect(),
            signature: signature(text),
        }
    };
    (1..).zip(said).map(one).collect()
}

#[test]
fn one_persons_slip_does_not_turn_the_tide() {
    let cases: [(&[&str], &[u64]); 9] = [
        (&["a 甲局", "b 甲局"], &[]),
        // Nobody knows who is right.
        (&["a 甲局", "b 乙局"], &[]),
        (&["a 甲局", "b 甲局", "c 乙局"], &[3]),
        // A hundred times the same person is one voice.
        (&["a 甲局", "b 甲局", "c 乙局", "c 乙局", "c 乙局"], &[3, 4, 5]),
        // One person who contradicts himself once.
        (&["a 甲局", "a 甲局", "a 甲局", "a 乙局"], &[4]),
        (&["a 甲局", "a 甲局", "a 乙局", "a 乙局"], &[]),
        // Another text is another matter.
        (&["a 甲局", "b 甲局", "c 另局"], &[]),
        // A return takes a voice off.
        (&["a 甲局", "b 乙局 甲局"], &[1]),
        (&["a 甲局", "b 甲局", "c 乙局 甲局"], &[]),
    ];
    for (said, expected) in cases {
        let settled = settle(lessons(said));
        let dropped: Vec<u64> = settled.dropped.iter().map(|it| it.ticket.number()).collect();
        assert_eq!(dropped, expected, "{said:?}");
        assert_eq!(settled.lessons.len() + dropped.len(), said.len(), "{said:?}");
        let mut turned = lessons(said);
        turned.reverse();
        assert_eq!(settle(turned), settled, "{said:?}: order changes nothing");
    }
}

#[test]
fn a_file_is_read_line_by_line_and_says_where_it_is_wrong() {
    let read = read_lines(
        "{\"text\":\"路灯不亮\",\"label\":\" 区城管局 \"}\n\n{\"title\":\"甲\",\"text\":\"乙\",\"unit\":\"丙\"}\n",
    );
    let read = read.expect("two lines");
    assert_eq!((read.len(), read[0].label.as_str(), read[1].whole_text().as_str()), (2, "区城管局", "甲\n乙"));
    for (content, place) in
        [("路灯", "第 1 行"), ("{\"text\":\"a\",\"label\":\"b\"}\n{\"text\":\"a\",\"label\":\" \"}", "第 2 行")]
    {
        assert!(read_lines(content).is_err_and(|why| why.contains(place)), "{content}");
    }
}
