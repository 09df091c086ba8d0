//! What marks, passed limits, counts and colours cause.

use super::flow::Flow;
use super::notice;
use crate::regulation::{Action, Recipient};
use crate::ticket::{BLOCKED, By, Event, Phase, RatedBy, Rating, Score, Urge, cause_words};
use crate::triage::Warning;

/// Carries out one action. Most of them do nothing where they were done before.
pub(super) fn act(flow: &mut Flow<'_>, action: Action, cause: &str, to: &[Recipient], article: &str, grade: u32) {
    let ticket = &flow.ticket;
    match action {
        Action::Urge | Action::SpecialHandling => urge(flow, action, cause, to, article, grade),
        Action::Notify | Action::Alarm => notice::plain(flow, cause, to, article),
        Action::Supervise if !matches!(ticket.phase, Phase::Archived | Phase::Refused | Phase::Terminated) => {
            if ticket.life.supervision.is_none() {
                let (ground, reason) = (cause.to_owned(), format!("{}（{article}）", cause));
                flow.push(Event::Supervised { ground, reason, measure: String::new(), by: By::Machine });
            }
            urge(flow, action, cause, to, article, grade);
        }
        Action::ProposeSupervise => {
            let (ground, reason) = (cause.to_owned(), article.to_owned());
            flow.push(Event::SupervisionProposed { ground, reason });
        }
        Action::DeemSatisfied if ticket.life.rated_by.is_empty() => {
            let score = Score {
                rating: Rating::Basic,
                process: None,
                time: None,
                result: None,
                source: RatedBy::Deemed,
                note: article.to_owned(),
                unit: ticket.lead.clone(),
                governs: true,
            };
            flow.push(Event::Rated { score });
        }
        Action::DeemLate if !ticket.life.deemed_late => {
            flow.push(Event::DeemedLate { reason: article.to_owned() });
        }
        Action::HardCase if !ticket.life.hard_case => {
            flow.push(Event::HardCase { reason: article.to_owned() });
            queue(flow);
        }
        Action::Queue => queue(flow),
        Action::Block if !ticket.life.flags.contains(BLOCKED) => {
            flow.push(Event::Flagged { flag: BLOCKED.to_owned(), up: true, reason: article.to_owned() });
        }
        Action::Archive
            if matches!(ticket.phase, Phase::Closed | Phase::Answered | Phase::Refused | Phase::Terminated) =>
        {
            flow.push(Event::Archived { by: By::Machine });
        }
        Action::Close if ticket.phase == Phase::Approved => {
            let (code, reason) = ("completed".to_owned(), article.to_owned());
            flow.push(Event::Closed { by: By::Machine, code, reason });
        }
        Action::DraftEntry => draft(flow),
        Action::Follow => {
            for follower in to.iter().flat_map(|it| notice::names(&flow.ticket, flow.law, it)).collect::<Vec<_>>() {
                if !flow.ticket.followers.contains(&follower) {
                    flow.push(Event::FollowerAdded { follower });
                }
            }
        }
        _ => {}
    }
}

fn queue(flow: &mut Flow<'_>) {
    if flow.ticket.phase != Phase::Queued {
        let risk = flow.ticket.warning;
        flow.push(Event::Queued { risk, skill: String::new() });
    }
}

/// 催办, 督办 or 专办 as a message with a grade; the same cause urges a unit once.
fn urge(flow: &mut Flow<'_>, action: Action, cause: &str, to: &[Recipient], article: &str, grade: u32) {
    let unit = flow.ticket.lead.clone();
    let done = |it: &Urge| it.action == action && it.cause == cause && it.unit == unit;
    if flow.ticket.life.urges.iter().any(done) && cause.starts_with(COLOUR) {
        return;
    }
    let mut names: Vec<String> = Vec::new();
    for name in to.iter().flat_map(|it| notice::names(&flow.ticket, flow.law, it)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let urge = Urge { action, cause: cause.to_owned(), grade, to: names, at: flow.now, unit };
    flow.push(Event::Urged { urge });
    notice::plain(flow, cause_words(cause), to, article);
}

/// Causes of urges that a colour is.
const COLOUR: &str = "warning.";

/// 处置策略 of a colour.
pub(super) fn strategy(flow: &mut Flow<'_>, level: Warning) {
    let name = match level {
        Warning::None => return,
        Warning::Blue => "blue",
        Warning::Yellow => "yellow",
        Warning::Red => "red",
    };
    let cause = format!("{COLOUR}{name}");
    let strategies: Vec<_> = flow.law.regulation.life.strategy.iter().filter(|it| it.level == level).cloned().collect();
    for strategy in strategies {
        match strategy.action {
            Action::Urge | Action::Supervise | Action::SpecialHandling => {
                urge(flow, strategy.action, &cause, &strategy.to, &strategy.article, 0);
            }
            other => act(flow, other, &cause, &strategy.to, &strategy.article, 0),
        }
    }
}

/// LH-08: the reply becomes a draft of the knowledge base, owned by the unit that gave it.
fn draft(flow: &mut Flow<'_>) {
    let Some(reply) = flow.ticket.life.reply.clone() else { return };
    let owner = if reply.unit.is_empty() { flow.ticket.lead.clone() } else { reply.unit };
    let question = flow.ticket.summary.clone();
    flow.push(Event::EntryDrafted { question, answer: reply.text, owner });
}
