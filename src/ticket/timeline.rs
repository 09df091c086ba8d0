//! What a requester sees of a ticket (RC-09): its nodes in plain words, without names of persons and without what goes on
//! between the offices: returns, urges, supervision, clocks.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::event::{Event, Recorded};
use super::parts::{RatedBy, Score};
use super::state::{Phase, Ticket};
use crate::calendar::{deadline, moment};
use crate::regulation::ClockRole;
use crate::text::mask_text;

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Node {
    pub at: DateTime<Utc>,
    /// The same in local time, as people read it.
    pub when: String,
    pub step: Step,
    pub text: String,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Received,
    Answered,
    Dispatched,
    Signed,
    Contacted,
    /// An interim reply, or the result.
    Told,
    /// The limit was extended.
    Extended,
    Completed,
    Reviewed,
    FedBack,
    Rated,
    Closed,
    Refused,
    Terminated,
    Reopened,
}

/// The nodes in the order in which they happened. `ticket` is the state after `history`.
pub fn timeline(history: &[Recorded], ticket: &Ticket) -> Vec<Node> {
    let nodes = history.iter().enumerate().filter_map(|(n, recorded)| {
        let (step, text) = node(recorded, &history[n + 1..], ticket)?;
        Some(Node { at: recorded.at, when: moment(recorded.at), step, text })
    });
    nodes.collect()
}

/// `None`: nothing of the requester's. A variant that comes later stays inside until it is named here.
fn node(recorded: &Recorded, later: &[Recorded], ticket: &Ticket) -> Option<(Step, String)> {
    let who = if recorded.actor.unit.is_empty() { "受理平台" } else { &recorded.actor.unit };
    Some(match &recorded.event {
        Event::Received { request, .. } if request.channel.is_empty() => (Step::Received, "已收到您的诉求".into()),
        Event::Received { request, .. } => (Step::Received, format!("已收到您的诉求（{}）", request.channel)),
        Event::Answered { .. } => (Step::Answered, "已直接答复".into()),
        Event::Dispatched { lead, assists, .. } if assists.is_empty() => (Step::Dispatched, format!("已交{lead}办理")),
        Event::Dispatched { lead, assists, .. } => {
            (Step::Dispatched, format!("已交{lead}办理，{}配合", assists.join("、")))
        }
        Event::Signed { unit } => (Step::Signed, format!("{unit}已签收")),
        Event::Contacted { reached: true, .. } => (Step::Contacted, format!("{who}已与您联系")),
        Event::Contacted { .. } => (Step::Contacted, format!("{who}曾联系您，未能接通")),
        Event::Replied { .. } => (Step::Told, format!("{who}已作阶段性答复")),
        Event::Informed { .. } => (Step::Told, format!("{who}已告知您办理结果")),
        Event::ExtensionDecided { clock, granted: true, .. } => {
            (Step::Extended, format!("办结期限延长至{}", deadline(extended(clock, recorded, later, ticket)?)))
        }
        Event::Completed { reply } => (Step::Completed, format!("{}已提交办理结果", or(&reply.unit, who))),
        Event::Reviewed { passed: true, last: true, .. } => (Step::Reviewed, "办理结果已通过审核".into()),
        Event::FedBack { .. } => (Step::FedBack, "已向您反馈办理结果".into()),
        Event::Rated { score } => (Step::Rated, rated(score)),
        Event::Closed { reason, .. } => (Step::Closed, with_reason("已结案", reason)),
        Event::Refused { article, .. } => (Step::Refused, with_basis(article)),
        Event::Terminated { .. } => (Step::Terminated, "已终结办理".into()),
        Event::Reopened { .. } => (Step::Reopened, "已重新开启办理".into()),
        _ => return None,
    })
}

/// The new end of the main limit; other limits are between the offices.
fn extended(id: &str, granted: &Recorded, later: &[Recorded], ticket: &Ticket) -> Option<DateTime<Utc>> {
    ticket.life.clocks.iter().find(|clock| clock.id == id && clock.role == ClockRole::Main)?;
    let same = later.iter().take_while(|it| it.at == granted.at);
    same.into_iter().find_map(|recorded| match &recorded.event {
        Event::ClockMoved { clock, .. } if clock.id == id => Some(clock.due),
        _ => None,
    })
}

fn rated(score: &Score) -> String {
    match score.source {
        RatedBy::Deemed => format!("未收到您的评价，视为{}", score.rating.title()),
        _ => format!("您的评价：{}", score.rating.title()),
    }
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

/// Written by hand: it may hold numbers.
fn with_reason(what: &str, reason: &str) -> String {
    if reason.is_empty() { what.to_owned() } else { format!("{what}：{}", mask_text(reason)) }
}

fn with_basis(article: &str) -> String {
    if article.is_empty() { "不予受理".to_owned() } else { format!("不予受理，依据：{article}") }
}

/// Where a ticket stands, in words for its requester: what is between the offices is 办理中.
pub fn stage(phase: Phase) -> &'static str {
    match phase {
        Phase::Received | Phase::Queued => "已受理，正在确定承办单位",
        Phase::Answered => "已答复",
        Phase::Dispatched => "已交承办单位",
        Phase::Refused => "不予受理",
        Phase::Handling | Phase::Returning => "办理中",
        Phase::Reviewing => "办理结果审核中",
        Phase::Approved => "办理结果已审核",
        Phase::Closed | Phase::Archived => "已结案",
        Phase::Terminated => "已终结",
    }
}

#[cfg(test)]
mod tests;
