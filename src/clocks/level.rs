//! The colour of a ticket: literal rules, floors under them, and what stands from the intake.
//!
//! Asked again at marks, passed limits, moved dates, flags and grades. A cause of the intake stands until the ticket is
//! closed; any other stands until it is asked again and no longer holds. Rules only raise.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::flow::Flow;
use crate::calendar::local_date;
use crate::regulation::{ClockRole, Floor};
use crate::rules::{Outcome, SoFar, Verb};
use crate::ticket::{Cause, Clock, Event, Ticket};
use crate::triage::{Decision, Facts, Release, Warning};

/// The causes that the triage found.
pub(super) fn of_triage(decision: &Decision) -> Vec<Cause> {
    let level = |name: &str| match name {
        "red" => Warning::Red,
        "yellow" => Warning::Yellow,
        "blue" => Warning::Blue,
        _ => Warning::None,
    };
    let causes = decision.warnings.iter().map(|vote| Cause {
        id: vote.rule.clone(),
        level: level(&vote.candidate),
        why: vote.why.clone(),
        mark: String::new(),
        intake: true,
    });
    causes.filter(|cause| cause.level != Warning::None).collect()
}

/// Asks again; a change is an event with its causes.
pub(super) fn repaint(flow: &mut Flow<'_>) {
    flow.repaint = false;
    let causes = causes(flow);
    let ids = |causes: &[Cause]| causes.iter().map(|it| (it.id.clone(), it.level)).collect::<BTreeMap<_, _>>();
    let level = causes.iter().map(|cause| cause.level).max().unwrap_or_default();
    let before = flow.ticket.warning;
    if level != before || ids(&causes) != ids(&flow.ticket.life.causes) {
        flow.push(Event::Warned { level, before, causes });
    }
}

fn causes(flow: &Flow<'_>) -> Vec<Cause> {
    let ticket = &flow.ticket;
    let mut causes: Vec<Cause> = ticket.life.causes.iter().filter(|cause| cause.intake).cloned().collect();
    let mut add = |cause: Cause| {
        if !causes.iter().any(|it| it.id == cause.id) {
            causes.push(cause);
        }
    };
    if let Some((release, facts)) = flow.law.rules {
        for (clock, mark) in marks(ticket) {
            said(release, facts, ticket, clock, mark, flow.now).into_iter().for_each(&mut add);
        }
    }
    for floor in &flow.law.regulation.life.floor {
        if holds(floor, ticket) {
            add(Cause {
                id: floor.id.clone(),
                level: floor.level,
                why: format!("{}（{}）", floor.why, floor.article),
                mark: floor.mark.clone(),
                intake: false,
            });
        }
    }
    causes
}

/// Clock and mark to ask at: each running obligation that has reached one, or none at all.
fn marks(ticket: &Ticket) -> Vec<(&str, &str)> {
    let obliged = |clock: &&Clock| clock.running() && matches!(clock.role, ClockRole::Main | ClockRole::Limit);
    let reached = ticket.life.clocks.iter().filter(obliged).map(|clock| (clock.id.as_str(), clock.reached()));
    let reached: Vec<_> = reached.filter(|(_, mark)| !mark.is_empty()).collect();
    if reached.is_empty() { vec![("", "")] } else { reached }
}

/// What the `warn` rules say at a mark.
fn said(
    release: &Release,
    facts: &Arc<Facts>,
    ticket: &Ticket,
    clock: &str,
    mark: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Vec<Cause> {
    let facts = Arc::new(Facts {
        mark: mark.to_owned(),
        clock: clock.to_owned(),
        flags: ticket.life.flags.iter().cloned().collect(),
        ..(**facts).clone()
    });
    let decided = SoFar {
        nature: ticket.nature.clone(),
        category: ticket.category.clone(),
        topic: ticket.topic.clone(),
        urgency: ticket.life.urgency.clone(),
        impact: ticket.life.impact.clone(),
        skill: ticket.waiting.as_ref().map(|it| it.skill.clone()).unwrap_or_default(),
        lead: ticket.lead.clone(),
        special: ticket.special,
    };
    let ask = release.rules.look(&facts, local_date(now), &release.suspended);
    let said = release.rules.ask(Verb::Warn, &ask, &decided);
    let place = if mark.is_empty() { String::new() } else { format!("{clock}/{mark}") };
    let cause = |voice: crate::rules::Voice<'_>| match voice.outcome.into_owned() {
        Outcome::Warn { level, why } => {
            Some(Cause { id: voice.rule.id.clone(), level, why, mark: place.clone(), intake: false })
        }
        _ => None,
    };
    said.voices.into_iter().filter_map(cause).collect()
}

/// Whether a floor stands under the ticket (A-CB-3).
fn holds(floor: &Floor, ticket: &Ticket) -> bool {
    let main = ticket.life.main().filter(|clock| clock.running());
    let reached = match (floor.mark.as_str(), main) {
        ("", _) => true,
        (_, None) => false,
        ("overdue", Some(main)) => main.passed.is_some(),
        // A passed clock has every mark behind it.
        (mark, Some(main)) => main.passed.is_some() || main.mark(mark).is_some_and(|mark| mark.done.is_some()),
    };
    reached && floor.flags.iter().all(|flag| ticket.life.flags.contains(flag)) && floor.when.fits(ticket)
}
