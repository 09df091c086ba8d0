//! Who is told what: notices as events, with quiet hours for requesters.

use chrono::{DateTime, Days, Utc};

use super::flow::Flow;
use super::law::Law;
use crate::calendar::{TimeOfDay, deadline, local_date, local_instant};
use crate::regulation::{Moment, NoticeRule, Recipient};
use crate::ticket::{Event, Notice, Officer, Ticket};
use crate::triage::Special;

/// What the jurisdiction says about a moment.
pub(super) fn send(flow: &mut Flow<'_>, moment: Moment) {
    let rules: Vec<NoticeRule> = flow
        .law
        .regulation
        .life
        .notify
        .iter()
        .filter(|rule| rule.on == moment && rule.when.fits(&flow.ticket))
        .cloned()
        .collect();
    for rule in rules {
        let text = filled(flow, &rule.text);
        push(flow, &rule.id, &rule.to, rule.channels.clone(), text, &rule.article);
    }
}

/// A reminder without words of its own.
pub(super) fn plain(flow: &mut Flow<'_>, cause: &str, to: &[Recipient], article: &str) {
    if to.is_empty() {
        return;
    }
    let text = filled(flow, &format!("{{主责}}：{cause}，办结期限{{期限}}，请及时处理。"));
    push(flow, cause, to, vec!["message".to_owned()], text, article);
}

fn push(flow: &mut Flow<'_>, kind: &str, to: &[Recipient], channels: Vec<String>, text: String, article: &str) {
    let names: Vec<String> = to.iter().flat_map(|it| names(&flow.ticket, flow.law, it)).collect();
    if names.is_empty() {
        return;
    }
    let quiet = to.contains(&Recipient::Requester) && flow.ticket.special == Special::None;
    let notice = Notice {
        id: format!("n{}", flow.ticket.version + 1),
        kind: kind.to_owned(),
        to: names,
        channels,
        text,
        at: flow.now,
        not_before: quiet.then(|| after_quiet(flow).or_else(|| tomorrow(flow))).flatten(),
        delivered: Default::default(),
        article: article.to_owned(),
    };
    flow.push(Event::Noticed { notice });
}

/// Everybody whom a recipient stands for.
pub(super) fn names(ticket: &Ticket, law: &Law<'_>, recipient: &Recipient) -> Vec<String> {
    match recipient {
        Recipient::Assists => ticket.life.working_assists().map(|assist| assist.unit.clone()).collect(),
        Recipient::Followers => ticket.followers.clone(),
        Recipient::Officers => ticket.life.officers.iter().map(Officer::called).collect(),
        _ => vec![name(ticket, law, recipient)],
    }
}

/// Posts are those of the lead; before there is one, the center is told instead.
fn name(ticket: &Ticket, law: &Law<'_>, recipient: &Recipient) -> String {
    let regulation = law.regulation;
    match recipient {
        Recipient::Office(office) => regulation.life.office(office).to_owned(),
        Recipient::Center => regulation.center.clone(),
        Recipient::Requester => recipient.title().to_owned(),
        _ if ticket.lead.is_empty() => regulation.center.clone(),
        post => format!("{}{}", ticket.lead, post.title()),
    }
}

fn filled(flow: &Flow<'_>, text: &str) -> String {
    let ticket = &flow.ticket;
    let due = ticket.life.main().map_or_else(|| "未定".to_owned(), |main| deadline(main.due));
    let lead = if ticket.lead.is_empty() { "未派单" } else { &ticket.lead };
    text.replace("{主责}", lead).replace("{期限}", &due)
}

/// The next morning, where the requester has had as many messages today as the policy allows (HN-11).
fn tomorrow(flow: &Flow<'_>) -> Option<DateTime<Utc>> {
    let policy = &flow.law.regulation.life.contact;
    let today = local_date(flow.now);
    let to_requester = |it: &&Notice| it.to.iter().any(|to| to == Recipient::Requester.title());
    let sent = flow.ticket.life.notices.iter().filter(to_requester).filter(|it| local_date(it.at) == today).count();
    if policy.per_day == 0 || sent < policy.per_day as usize {
        return None;
    }
    let morning = policy.quiet.last()?.parse().ok()?;
    Some(local_instant(today.checked_add_days(Days::new(1))?, morning))
}

/// The end of the quiet hours that `now` falls into (HN-11).
fn after_quiet(flow: &Flow<'_>) -> Option<DateTime<Utc>> {
    let [from, until] = flow.law.regulation.life.contact.quiet.as_slice() else { return None };
    let (from, until): (TimeOfDay, TimeOfDay) = (from.parse().ok()?, until.parse().ok()?);
    let today = local_date(flow.now);
    let (evening, morning) = (local_instant(today, from), local_instant(today, until));
    match (flow.now >= evening, flow.now < morning) {
        (late, early) if from < until => (late && early).then_some(morning),
        (true, _) => Some(local_instant(today.checked_add_days(Days::new(1))?, until)),
        (_, true) => Some(morning),
        _ => None,
    }
}
