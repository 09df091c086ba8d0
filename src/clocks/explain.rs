//! Why a due date is what it is, who owes it, and who is told next: in words a clerk understands.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::law::Law;
use super::notice;
use super::start::ALT;
use crate::calendar::{Due, Length, moment};
use crate::regulation::{Action, ClockRole, Holder, MarkRule, Recipient};
use crate::ticket::{Clock, Run, Ticket};

/// One clock, explained.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Explained {
    #[serde(flatten)]
    pub clock: Clock,
    /// 运行中, 已办, 已停, 已逾期.
    pub standing: &'static str,
    /// Who owes it, by name.
    pub owed_by: String,
    /// Seconds until it is due; negative once it passed; absent when it no longer runs.
    pub left_s: Option<i64>,
    /// Thousandths used, on the clock's own scale.
    pub used: u16,
    /// Sentences: the article, the start, what was skipped, what extended it, the other reading.
    pub why: Vec<String>,
    /// What happens next on this clock, and who gets it.
    pub next: Vec<Coming>,
}

/// Something that will happen if nobody does anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Coming {
    pub at: DateTime<Utc>,
    /// In local time, as clerks read it.
    pub when: String,
    pub what: String,
    /// Who is told.
    pub to: Vec<String>,
}

/// Every clock of the ticket, running ones first, then by due instant.
pub fn explain(ticket: &Ticket, law: &Law<'_>, now: DateTime<Utc>) -> Vec<Explained> {
    let mut all: Vec<Explained> = ticket.life.clocks.iter().map(|clock| one(ticket, clock, law, now)).collect();
    all.sort_by_key(|it| (!it.clock.running(), it.clock.due, it.clock.id.clone()));
    all
}

fn one(ticket: &Ticket, clock: &Clock, law: &Law<'_>, now: DateTime<Utc>) -> Explained {
    let running = clock.running();
    Explained {
        standing: standing(clock),
        owed_by: owed_by(ticket, clock, law),
        left_s: running.then(|| (clock.due - now).num_seconds()),
        used: if running { law.work().used(clock.start, clock.due, clock.kind, now) } else { 0 },
        why: why(clock, law),
        next: if running { next(ticket, clock, law) } else { Vec::new() },
        clock: clock.clone(),
    }
}

fn standing(clock: &Clock) -> &'static str {
    match (clock.state, clock.passed.is_some()) {
        (Run::Running, true) if clock.role == ClockRole::Window => "已过",
        (Run::Running, true) => "已逾期",
        (Run::Running, false) => "计时中",
        (Run::Met { .. }, true) => "逾期完成",
        (Run::Met { .. }, false) => "按时完成",
        (Run::Stopped { .. }, _) => "已停止",
    }
}

fn owed_by(ticket: &Ticket, clock: &Clock, law: &Law<'_>) -> String {
    match clock.holder {
        Holder::Unit if !ticket.lead.is_empty() => ticket.lead.clone(),
        Holder::Assist if !clock.unit.is_empty() => clock.unit.clone(),
        Holder::Center => law.regulation.center.clone(),
        other => other.title().to_owned(),
    }
}

fn why(clock: &Clock, law: &Law<'_>) -> Vec<String> {
    let words = |text: &str| text.parse::<Length>().map_or_else(|_| text.to_owned(), |it| it.words(clock.kind));
    let ours = if clock.ours { "（本平台取值，条文没有数字）" } else { "" };
    let mut why = vec![
        format!("依据：{}{ours}", clock.article),
        format!("起算：{}（{}）", moment(clock.start), started(clock, law)),
        format!("期限：{}，到{}", words(&clock.length), crate::calendar::deadline(clock.due)),
    ];
    let due = Due { at: clock.due, provisional: clock.provisional, skipped: clock.skipped.clone() };
    let skipped = due.explain();
    if !skipped.is_empty() {
        why.push(skipped);
    }
    for extension in &clock.extensions {
        let (length, granted) = (words(&extension.length), moment(extension.granted_at));
        why.push(format!("{granted}同意延期{length}，原期限{}", crate::calendar::deadline(extension.before)));
    }
    for alt in &clock.alt {
        let kind = kind_name(alt.kind);
        why.push(format!("另一种读法（{kind}）到{}：只提醒，不算逾期", crate::calendar::deadline(alt.due)));
    }
    for id in &clock.readings {
        if let Some(reading) = law.regulation.life.reading.iter().find(|it| it.id == *id) {
            why.push(format!("读法 {}：{}", reading.id, reading.value));
        }
    }
    if clock.round > 1 {
        why.push(format!("第{}次起算", clock.round));
    }
    if clock.excused {
        why.push("已免除逾期".to_owned());
    }
    why
}

fn kind_name(kind: crate::calendar::Kind) -> &'static str {
    use crate::calendar::Kind as K;
    match kind {
        K::Elapsed => "连续计算，不扣节假日",
        K::ElapsedOnCalendar => "只计工作日的24小时",
        K::WorkingDays => "工作日",
        K::CivilDays => "自然日，末日遇假顺延",
        K::Cutoff => "工作日当日钟点",
        K::CutoffDaily => "当日钟点，不问是否休息日",
    }
}

fn started(clock: &Clock, law: &Law<'_>) -> String {
    match clock.started_by.strip_prefix("due:") {
        Some(other) => {
            let name = law.regulation.life.clocks_of(other).next().map_or(other, |rule| rule.name.as_str());
            format!("{name}期满")
        }
        None => clock
            .started_by
            .parse::<crate::regulation::Moment>()
            .map_or_else(|_| clock.started_by.clone(), |it| it.title().to_owned()),
    }
}

fn next(ticket: &Ticket, clock: &Clock, law: &Law<'_>) -> Vec<Coming> {
    let rule = law.rule(&clock.id, ticket);
    let mut coming: Vec<Coming> = Vec::new();
    let mut add = |at: DateTime<Utc>, what: String, to: &[Recipient]| {
        let to = to.iter().flat_map(|it| notice::names(ticket, law, it)).collect();
        coming.push(Coming { at, when: moment(at), what, to });
    };
    for mark in clock.marks.iter().filter(|mark| mark.done.is_none()) {
        let known = rule.and_then(|rule| rule.marks.iter().find(|it| it.id == mark.id));
        match known {
            Some(known) => add(mark.at, happening(known), &known.to),
            None if mark.id == ALT => {
                add(mark.at, "按另一种读法到期，提醒".to_owned(), rule.map_or(&[], |rule| &rule.to));
            }
            None => add(mark.at, mark.id.clone(), &[]),
        }
    }
    if clock.passed.is_none() {
        let actions: Vec<&str> = rule.iter().flat_map(|rule| &rule.at_due).map(|action| action.title()).collect();
        let end = if matches!(clock.role, ClockRole::Limit | ClockRole::Main) {
            "到期，之后算逾期"
        } else {
            "到时"
        };
        let what = if actions.is_empty() { end.to_owned() } else { format!("{end}，{}", actions.join("、")) };
        add(clock.due, what, rule.map_or(&[], |rule| &rule.to));
    }
    coming.sort_by_key(|it| it.at);
    coming
}

fn happening(mark: &MarkRule) -> String {
    let name = match mark.id.as_str() {
        _ if !mark.name.is_empty() => mark.name.as_str(),
        id => crate::ticket::mark_name(id),
    };
    let actions: Vec<&str> = mark.actions.iter().map(|it: &Action| it.title()).collect();
    let grade = if mark.grade > 0 { format!("（第{}级）", mark.grade) } else { String::new() };
    if actions.is_empty() {
        format!("{name}，重新判定预警")
    } else {
        format!("{name}，{}{grade}", actions.join("、"))
    }
}
