//! 延期: who may ask for how much, how often and until when, and what is granted.

use chrono::{DateTime, Utc};

use super::command::Command;
use super::decide::{bad, needed, short_fields};
use super::event::Event;
use super::refused::Refused;
use super::state::Ticket;
use super::{Actor, Clock};
use crate::calendar::Length;
use crate::regulation::{Counted, ExtensionRule, Moment, Regulation};

/// An application.
pub(super) fn request(
    ticket: &Ticket,
    command: &Command,
    regulation: &Regulation,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, Refused> {
    let Command::RequestExtension { clock, length, ground, reason, consents, fields, override_reason } = command else {
        return Ok(Vec::new());
    };
    if ticket.life.pending_extension.is_some() {
        return Err(refused("extension_pending", "已有一次延期申请待审批", ""));
    }
    let (rule, clock) = rule_for(ticket, clock, regulation)?;
    let asked = parse(length)?;
    times(ticket, rule)?;
    // With a reason a center may grant it nevertheless; the unit only asks.
    length_over(ticket, rule, clock, asked, !override_reason.trim().is_empty())?;
    in_time(rule, clock, now)?;
    complete(rule, command)?;
    if !rule.grounds.is_empty() && !rule.grounds.contains(ground) {
        return Err(bad("ground", &format!("延期事由只能是：{}", rule.grounds.join("、"))));
    }
    Ok(vec![Event::ExtensionRequested {
        rule: rule.id.clone(),
        clock: clock.id.clone(),
        length: asked.to_string(),
        ground: ground.clone(),
        reason: needed(reason, Refused::NoReason)?,
        consents: consents.clone(),
        fields: short_fields(fields)?,
        override_reason: override_reason.trim().to_owned(),
    }])
}

/// The answer to an application.
pub(super) fn decide(
    ticket: &Ticket,
    command: &Command,
    actor: &Actor,
    regulation: &Regulation,
) -> Result<Vec<Event>, Refused> {
    let Command::DecideExtension { granted, length, reason, override_reason } = command else { return Ok(Vec::new()) };
    let Some(pending) = &ticket.life.pending_extension else {
        return Err(Refused::Nothing { what: "没有待审批的延期申请".into() });
    };
    if pending.person == actor.person {
        return Err(Refused::OwnWork);
    }
    let asked = parse(&pending.length)?;
    let given = if length.trim().is_empty() { asked } else { parse(length)? };
    if given.minutes() > asked.minutes() {
        return Err(bad("length", "批准的时长不能超过申请的时长"));
    }
    let reason = if *granted { reason.trim().to_owned() } else { needed(reason, Refused::NoReason)? };
    let (rule, clock) = rule_for(ticket, &pending.clock, regulation)?;
    let mut events = Vec::new();
    if *granted {
        if rule.count == Counted::Granted {
            times(ticket, rule)?;
        }
        let why = override_reason.trim();
        if length_over(ticket, rule, clock, given, !why.is_empty())? {
            let (code, article) = ("extension_too_long".to_owned(), rule.article.clone());
            events.push(Event::Overridden { code, article, reason: why.to_owned() });
        }
    }
    let (clock, length) = (pending.clock.clone(), given.to_string());
    events.push(Event::ExtensionDecided { clock, granted: *granted, length, reason });
    Ok(events)
}

fn rule_for<'a>(
    ticket: &'a Ticket,
    clock: &str,
    regulation: &'a Regulation,
) -> Result<(&'a ExtensionRule, &'a Clock), Refused> {
    let supervised =
        ticket.life.supervision.is_some() && ticket.life.clock("supervise", "").is_some_and(Clock::running);
    let main = ticket.life.main().map_or("", |main| main.id.as_str());
    let wanted = match clock {
        "" if supervised => "supervise",
        "" => main,
        named => named,
    };
    let running = ticket.life.clocks.iter().find(|it| it.id == wanted && it.unit.is_empty() && it.running());
    let running = running
        .ok_or_else(|| Refused::Nothing { what: format!("时限“{wanted}”没有在计时，不能延期") })?;
    let fits = |rule: &&ExtensionRule| rule.clock == wanted && rule.when.fits(ticket);
    let rule = regulation.life.extension.iter().find(fits);
    let rule = rule.ok_or_else(|| refused("no_extension", "本辖区的规定没有这项时限的延期", &running.article))?;
    Ok((rule, running))
}

fn parse(length: &str) -> Result<Length, Refused> {
    length.parse().map_err(|err: crate::calendar::LengthError| bad("length", &err.to_string()))
}

fn refused(code: &str, message: &str, article: &str) -> Refused {
    Refused::Rule { code: code.into(), message: message.into(), article: article.into() }
}

fn times(ticket: &Ticket, rule: &ExtensionRule) -> Result<(), Refused> {
    let counted = match rule.count {
        Counted::Submitted => Moment::ExtensionRequested,
        Counted::Granted => Moment::Extended,
    };
    // Applications for another clock of the ticket do not count.
    let used = ticket.life.applications.get(&rule.clock).map_or(0, |it| match counted {
        Moment::Extended => it.granted,
        _ => it.submitted,
    });
    if rule.max_times > 0 && used >= rule.max_times {
        let message = format!("延期最多申请{}次，已经用完", rule.max_times);
        return Err(refused("extension_used_up", &message, &rule.article));
    }
    Ok(())
}

/// Whether it goes beyond what holds 一般; refused where it may not.
fn length_over(
    ticket: &Ticket,
    rule: &ExtensionRule,
    clock: &Clock,
    asked: Length,
    with_reason: bool,
) -> Result<bool, Refused> {
    let words = |length: Length| length.words(clock.kind);
    let each = rule.max_each.filter(|most| asked.minutes() > most.minutes());
    let so_far = ticket.life.applications.get(&rule.clock).map_or(0, |it| it.minutes);
    let total = rule.max_total.filter(|most| so_far + asked.minutes() > most.minutes());
    let message = match (each, total) {
        (Some(most), _) => format!("每次延期不超过{}，申请的是{}", words(most), words(asked)),
        (None, Some(most)) => format!("延期累计不超过{}，加上这次就超过了", words(most)),
        (None, None) => return Ok(false),
    };
    if rule.may_override && with_reason {
        return Ok(true);
    }
    Err(refused("extension_too_long", &message, &rule.article))
}

fn in_time(rule: &ExtensionRule, clock: &Clock, now: DateTime<Utc>) -> Result<(), Refused> {
    let before = rule.latest_before.map_or(0, Length::minutes);
    let latest = clock.due - chrono::TimeDelta::minutes(i64::try_from(before).unwrap_or(0));
    if now <= latest {
        return Ok(());
    }
    let message = format!("延期须在{}前申请，现在已过", crate::calendar::moment(latest));
    Err(refused("extension_too_late", &message, &rule.article))
}

fn complete(rule: &ExtensionRule, command: &Command) -> Result<(), Refused> {
    let Command::RequestExtension { ground, reason, consents, fields, .. } = command else { return Ok(()) };
    let lacking: Vec<&str> = rule.consents.iter().filter(|it| !consents.contains(it)).map(String::as_str).collect();
    if !lacking.is_empty() {
        let message = format!("延期须经同意，还缺：{}", lacking.join("、"));
        return Err(refused("extension_needs_consent", &message, &rule.article));
    }
    let filled = |field: &str| match field {
        "ground" => !ground.trim().is_empty(),
        "reason" => !reason.trim().is_empty(),
        other => fields.get(other).is_some_and(|value| !value.trim().is_empty()),
    };
    let empty: Vec<&str> = rule.fields.iter().map(String::as_str).filter(|field| !filled(field)).collect();
    if empty.is_empty() {
        return Ok(());
    }
    let message = format!("延期申请还缺：{}", empty.join("、"));
    Err(refused("extension_incomplete", &message, &rule.article))
}
