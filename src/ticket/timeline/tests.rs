//! Histories as data, and what a requester sees of them.

use chrono::TimeDelta;

use super::Step as S;
use super::*;
use crate::ticket::{
    Actor, By, Clock, Evidence, Notice, Officer, Rating, Reply, Request, Requester, Role, Run, Urge, fold,
};
use crate::triage::Warning;

const WHEN: &str = "2026-03-02T01:00:00Z";

fn clock(id: &str, role: ClockRole, due: &str) -> Box<Clock> {
    Box::new(Clock {
        id: id.into(),
        name: "办结".into(),
        unit: String::new(),
        round: 1,
        role,
        holder: Default::default(),
        kind: crate::calendar::Kind::WorkingDays,
        length: "5d".into(),
        start: WHEN.parse().unwrap(),
        started_by: "dispatched".into(),
        due: due.parse().unwrap(),
        alt: Vec::new(),
        provisional: false,
        skipped: Vec::new(),
        marks: Vec::new(),
        extensions: Vec::new(),
        state: Run::Running,
        passed: None,
        excused: false,
        article: "第八条".into(),
        readings: Vec::new(),
        ours: false,
    })
}

/// One event an hour, by a handler of 区城管局; `Some(0)` marks those of the same commit as the one before.
fn history(events: Vec<(i64, Event)>) -> Vec<Recorded> {
    let actor = Actor { person: "张三".into(), role: Role::Unit, unit: "区城管局".into(), ..Actor::default() };
    let start: DateTime<Utc> = WHEN.parse().unwrap();
    let recorded = events.into_iter().zip(1..).map(|((hours, event), version)| Recorded {
        id: crate::ticket::EventId { epoch: 1, seq: u64::from(version) },
        ticket: "RC-20260302-00001".parse().unwrap(),
        version,
        at: start + TimeDelta::hours(hours),
        actor: actor.clone(),
        event,
    });
    recorded.collect()
}

fn seen(events: Vec<(i64, Event)>) -> Vec<(Step, String)> {
    let history = history(events);
    let ticket = fold(&history).unwrap();
    timeline(&history, &ticket).into_iter().map(|node| (node.step, node.text)).collect()
}

fn received() -> Event {
    let requester = Requester { name: "李四".into(), phone: "13800138000".into(), ..Requester::default() };
    let request = Request { channel: "平台".into(), text: "路灯坏了".into(), requester, ..Request::default() };
    Event::Received { request, masked_text: "路灯坏了".into(), summary: "路灯坏了".into() }
}

fn dispatched(lead: &str, assists: &[&str]) -> Event {
    Event::Dispatched {
        by: By::Person,
        lead: lead.into(),
        assists: assists.iter().map(|it| (*it).to_owned()).collect(),
        followers: vec!["王督导".into()],
        reason: "内部理由".into(),
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[test]
fn rc_09_every_node_is_shown_in_plain_words_and_in_order() {
    let reply =
        Reply { unit: "区城管局".into(), person: "张三".into(), text: "已换灯".into(), ..Reply::default() };
    let score = |source| {
        let rating = Rating::Basic;
        let note = "还行".to_owned();
        Score { rating, process: None, time: None, result: None, source, note, unit: String::new(), governs: true }
    };
    let granted = |clock: &str| Event::ExtensionDecided {
        clock: clock.into(),
        granted: true,
        length: "3d".into(),
        reason: "天气".into(),
    };
    let moved = |id: &str, role, due| Event::ClockMoved { clock: clock(id, role, due), why: "同意延期".into() };
    let told = || Event::Informed { channel: "电话".into(), text: "已换灯".into() };
    let events = vec![
        (0, received()),
        (0, dispatched("区城管局", &["区住建局"])),
        (0, Event::ClockStarted { clock: clock("handle", ClockRole::Main, "2026-03-09T09:30:00Z") }),
        (0, Event::ClockStarted { clock: clock("reply", ClockRole::Limit, "2026-03-03T09:30:00Z") }),
        (1, Event::Signed { unit: "区城管局".into() }),
        (2, Event::Contacted { channel: "电话".into(), reached: false, note: "李四不在".into() }),
        (3, Event::Contacted { channel: "电话".into(), reached: true, note: "李四说".into() }),
        (4, Event::Replied { text: "在看".into(), evidence: Vec::new() }),
        (5, granted("reply")),
        (5, moved("reply", ClockRole::Limit, "2026-03-06T09:30:00Z")),
        (6, granted("handle")),
        (6, moved("reply", ClockRole::Limit, "2026-03-07T09:30:00Z")),
        (6, moved("handle", ClockRole::Main, "2026-03-12T09:30:00Z")),
        (7, told()),
        (8, Event::Completed { reply }),
        (9, reviewed(true, false)),
        (10, reviewed(true, true)),
        (11, Event::FedBack { channel: "短信".into(), text: "已换灯".into() }),
        (12, Event::Closed { by: By::Person, code: "completed".into(), reason: "已办，回电13800138000".into() }),
        (13, Event::Rated { score: score(RatedBy::Online) }),
        (14, Event::Rated { score: score(RatedBy::Deemed) }),
        (15, Event::Reopened { reason: "张三要求".into() }),
        (16, Event::Terminated { ground: "重复".into(), opinion: "内部意见".into(), evidence: Vec::new() }),
    ];
    let expected = [
        (S::Received, "已收到您的诉求（平台）"),
        (S::Dispatched, "已交区城管局办理，区住建局配合"),
        (S::Signed, "区城管局已签收"),
        (S::Contacted, "区城管局曾联系您，未能接通"),
        (S::Contacted, "区城管局已与您联系"),
        (S::Told, "区城管局已作阶段性答复"),
        (S::Extended, "办结期限延长至2026年3月12日（周四）17:30"),
        (S::Told, "区城管局已告知您办理结果"),
        (S::Completed, "区城管局已提交办理结果"),
        (S::Reviewed, "办理结果已通过审核"),
        (S::FedBack, "已向您反馈办理结果"),
        (S::Closed, "已结案：已办，回电138****8000"),
        (S::Rated, "您的评价：基本满意"),
        (S::Rated, "未收到您的评价，视为基本满意"),
        (S::Reopened, "已重新开启办理"),
        (S::Terminated, "已终结办理"),
    ];
    assert_eq!(seen(events), expected.map(|(step, words)| (step, text(words))));
}

fn reviewed(passed: bool, last: bool) -> Event {
    let step = crate::regulation::Reviewer::Center;
    Event::Reviewed { step, passed, last, reason: "内部".into(), checks: Vec::new(), missing_content: false }
}

#[test]
fn rc_09_refusals_answers_and_a_person_of_the_platform() {
    let refused = |article: &str| {
        let refused =
            Event::Refused { by: By::Person, code: 5, article: article.into(), reason: "内部理由".into() };
        seen(vec![(0, received()), (1, refused)])[1].clone()
    };
    assert_eq!(refused("第九条（五）"), (S::Refused, text("不予受理，依据：第九条（五）")));
    assert_eq!(refused(""), (S::Refused, text("不予受理")));
    let mut history = history(vec![(0, received()), (1, Event::Informed { channel: text(""), text: text("") })]);
    history[1].actor = Actor { person: "王五".into(), role: Role::Center, ..Actor::default() };
    let nodes = timeline(&history, &fold(&history).unwrap());
    assert_eq!(
        (nodes[1].text.as_str(), nodes[1].when.as_str()),
        ("受理平台已告知您办理结果", "2026年3月2日（周一）10:00")
    );
}

#[test]
fn rc_09_what_goes_on_between_the_offices_is_not_shown() {
    let inside = vec![
        (1, Event::Queued { risk: Warning::Red, skill: text("") }),
        (2, Event::Claimed { fence: 1, lease_s: 60 }),
        (3, returned()),
        (4, Event::ReturnDecided { granted: true, reason: text("不属本单位") }),
        (5, Event::Supervised { ground: text("1"), reason: text("逾期"), measure: text(""), by: By::Person }),
        (6, Event::Urged { urge: urge() }),
        (7, Event::Noted { text: text("内部备注") }),
        (8, reviewed(false, false)),
        (9, Event::ExtensionDecided { clock: text("handle"), granted: false, length: text("3d"), reason: text("不") }),
        (10, Event::ClockStarted { clock: clock("sign", ClockRole::Limit, "2026-03-03T09:30:00Z") }),
        (11, Event::Noticed { notice: notice() }),
        (12, Event::OfficersNamed { officers: vec![Officer { person: text("赵六"), ..Officer::default() }] }),
        (13, Event::Warned { level: Warning::Red, before: Warning::None, causes: Vec::new() }),
        (14, Event::HardCase { reason: text("疑难") }),
    ];
    let events = [(0, received())].into_iter().chain(inside).collect();
    assert_eq!(seen(events), [(S::Received, text("已收到您的诉求（平台）"))]);
}

fn returned() -> Event {
    let evidence = vec![Evidence::default()];
    Event::ReturnRequested { unit: text("区城管局"), reason: text("不"), basis: text(""), evidence, late: false }
}

fn urge() -> Urge {
    let action = crate::regulation::Action::Urge;
    let at = WHEN.parse().unwrap();
    Urge { action, cause: text("warning.red"), grade: 1, to: vec![text("局长")], at, unit: text("区城管局") }
}

fn notice() -> Notice {
    Notice {
        id: text("n1"),
        kind: text("new_ticket"),
        to: vec![text("区城管局联络员")],
        channels: Vec::new(),
        text: text("新工单"),
        at: WHEN.parse().unwrap(),
        not_before: None,
        delivered: Default::default(),
        article: text(""),
    }
}

#[test]
fn every_phase_has_words_without_the_offices_own() {
    for phase in Phase::ALL {
        assert!(!stage(phase).is_empty() && !stage(phase).contains("退件"), "{phase:?}");
    }
    assert_eq!((stage(Phase::Returning), stage(Phase::Queued)), ("办理中", "已受理，正在确定承办单位"));
}
