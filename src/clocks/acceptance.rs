//! 受理告知书 (CB-06): who received the request, where it stands, what is promised, whether the requester was told and has
//! confirmed it. For the requester: nothing of what goes on between the offices.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::law::Law;
use super::start;
use crate::calendar::{Length, deadline, moment};
use crate::regulation::{ClockRole, ClockRule, Start};
use crate::ticket::{Clock, Event, Notice, Phase, Recorded, Run, Ticket, stage};

/// The rule of `[[notify]]` by which the requester is told.
const RECEIPT: &str = "receipt";

/// What a requester holds in hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Acceptance {
    #[schema(value_type = String)]
    pub ticket: crate::ticket::TicketId,
    /// The platform's own reference.
    pub reference: String,
    /// Who received it.
    pub received_by: String,
    pub channel: String,
    pub received_at: DateTime<Utc>,
    /// The same in local time, as people read it.
    pub received: String,
    /// 受理环节: where it stands now.
    pub stage: String,
    /// The unit that handles it; empty: not settled yet.
    pub unit: String,
    pub promise: Promise,
    /// How the requester was told; absent: not yet.
    pub notice: Option<Sent>,
    /// When the requester confirmed it; absent: not yet.
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// 受理承诺时效.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Promise {
    /// Absent: the limit does not run yet, or not any more.
    pub due: Option<DateTime<Utc>>,
    pub words: String,
    /// What it rests on.
    pub article: String,
    /// The holidays of that day are not published yet: it may still move.
    pub provisional: bool,
}

/// The notice, by channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sent {
    pub at: DateTime<Utc>,
    pub channels: Vec<String>,
    /// Quiet hours: to be sent no earlier.
    pub not_before: Option<DateTime<Utc>>,
    /// Channel → when it arrived.
    pub delivered: BTreeMap<String, DateTime<Utc>>,
}

/// The receipt of a ticket. `history` is all of it: the state forgets notices after a while.
pub fn acceptance(ticket: &Ticket, history: &[Recorded], law: &Law<'_>) -> Acceptance {
    let confirmed = history.iter().find(|recorded| matches!(recorded.event, Event::Acknowledged {}));
    Acceptance {
        ticket: ticket.id.clone(),
        reference: ticket.reference.clone(),
        received_by: law.regulation.center.clone(),
        channel: ticket.channel.clone(),
        received_at: ticket.received_at,
        received: moment(ticket.received_at),
        stage: stage(ticket.phase).to_owned(),
        unit: ticket.lead.clone(),
        promise: promise(ticket, law),
        notice: sent(history),
        confirmed_at: confirmed.map(|recorded| recorded.at),
    }
}

fn sent(history: &[Recorded]) -> Option<Sent> {
    let notice = history.iter().find_map(|recorded| match &recorded.event {
        Event::Noticed { notice } if notice.kind == RECEIPT => Some(notice),
        _ => None,
    })?;
    let mut delivered = BTreeMap::new();
    for recorded in history {
        if let Event::Delivered { notice: id, channel } = &recorded.event
            && *id == notice.id
        {
            delivered.entry(channel.clone()).or_insert(recorded.at);
        }
    }
    let Notice { at, channels, not_before, .. } = notice.clone();
    Some(Sent { at, channels, not_before, delivered })
}

fn promise(ticket: &Ticket, law: &Law<'_>) -> Promise {
    let none = |words: &str, article: &str| Promise {
        due: None,
        words: words.to_owned(),
        article: article.to_owned(),
        provisional: false,
    };
    if ticket.phase == Phase::Refused {
        let article = ticket.refusal.as_ref().map_or("", |refusal| refusal.article.as_str());
        return none("不予受理，没有办结期限", article);
    }
    match ticket.life.main() {
        Some(clock) if clock.running() => running(clock),
        Some(Clock { state: Run::Met { at }, due, article, .. }) => {
            let words = format!("已于{}办结（承诺{}前）", moment(*at), deadline(*due));
            none(&words, article)
        }
        _ if ticket.ended() => none("办理已结束", ""),
        // Not with a unit, or not any more: what will hold from the dispatch on.
        _ => coming(ticket, law).unwrap_or_else(|| none("没有规定办结期限", "")),
    }
}

fn running(clock: &Clock) -> Promise {
    let extended = clock.extensions.first().map(|it| format!("，原为{}，经批准延期", deadline(it.before)));
    let provisional = if clock.provisional { "（放假安排尚未公布，届时可能调整）" } else { "" };
    let words = format!("{}前办结{}{provisional}", deadline(clock.due), extended.unwrap_or_default());
    Promise {
        due: Some(clock.due),
        words,
        article: article(&clock.article, clock.ours),
        provisional: clock.provisional,
    }
}

/// The main limit that will run as the ticket stands now.
fn coming(ticket: &Ticket, law: &Law<'_>) -> Option<Promise> {
    let main = |rule: &&ClockRule| rule.role == ClockRole::Main && rule.when.fits(ticket);
    let rule = law.regulation.life.clock.iter().find(main)?;
    let (kind, length, matter) = start::length(ticket, rule, law)?;
    let from: Vec<String> = rule.from.iter().map(|it| beginning(it, law)).collect();
    let within = if matches!(length, Length::Until(_)) { "" } else { "内" };
    let words = format!("自{}起{}{within}办结", from.join("或"), length.words(kind));
    let article = article(matter.as_deref().unwrap_or(&rule.article), rule.ours);
    Some(Promise { due: None, words, article, provisional: false })
}

fn beginning(start: &Start, law: &Law<'_>) -> String {
    match start {
        Start::On(moment) => moment.title().to_owned(),
        Start::Due(id) => {
            let name = law.regulation.life.clocks_of(id).next().map_or(id.as_str(), |rule| rule.name.as_str());
            format!("{name}期满")
        }
    }
}

/// Our own numbers are never shown as an article's.
fn article(article: &str, ours: bool) -> String {
    match ours && !article.contains("本平台") {
        true => format!("{article}（本平台取值）"),
        false => article.to_owned(),
    }
}
