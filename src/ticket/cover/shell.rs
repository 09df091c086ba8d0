//! What is left of a confidential ticket for those who do not handle it: a list of what is shown, not of what is hidden.

use super::super::event::Event;
use super::super::life::Life;
use super::super::parts::{Assist, Supervision};
use super::super::request::{Request, Requester};
use super::super::state::{Ticket, Waiting};

/// Category, colour, limits, who has it. `unit` keeps what it is asked to do.
pub(super) fn ticket_in_shell(ticket: &mut Ticket, unit: &str) {
    ticket.summary.clear();
    ticket.topic.clear();
    ticket.entry.clear();
    ticket.requester.clear();
    ticket.section.clear();
    ticket.proposal = None;
    ticket.obstacles.clear();
    ticket.waiting = ticket.waiting.take().map(|it| Waiting { skip_reason: String::new(), ..it });
    if let Some(refusal) = &mut ticket.refusal {
        refusal.reason.clear();
    }
    let life = std::mem::take(&mut ticket.life);
    let assists = life.assists.into_iter().map(|it| {
        let task = if it.unit == unit { it.task } else { String::new() };
        Assist { task, ..it }
    });
    let supervision = life.supervision.map(|it| Supervision { ground: String::new(), measure: String::new(), ..it });
    ticket.life = Life {
        urgency: life.urgency,
        impact: life.impact,
        dispatches: life.dispatches,
        units: life.units,
        assists: assists.collect(),
        reviews_passed: life.reviews_passed,
        happened: life.happened,
        applications: life.applications,
        supervision,
        hard_case: life.hard_case,
        deemed_late: life.deemed_late,
        clocks: life.clocks,
        restarts: life.restarts,
        ..Life::default()
    };
}

/// `None`: that it happened, and no more.
pub(super) fn event_in_shell(event: Event, unit: &str) -> Option<Event> {
    let none = String::new;
    Some(match event {
        Event::Received { request, .. } => {
            let Request { jurisdiction, channel, category, reference, confidential, .. } = request;
            let requester = Requester::default();
            let request =
                Request { jurisdiction, channel, category, reference, confidential, requester, ..Request::default() };
            Event::Received { request, masked_text: none(), summary: none() }
        }
        Event::Dispatched { by, lead, assists, followers, .. } => {
            Event::Dispatched { by, lead, assists, followers, reason: none() }
        }
        Event::AssistAdded { unit: asked, task, state } => {
            let task = if asked == unit { task } else { none() };
            Event::AssistAdded { unit: asked, task, state }
        }
        Event::AssistDone { unit: done, note, evidence } if done == unit => {
            Event::AssistDone { unit: done, note, evidence }
        }
        Event::AssistDone { unit, .. } => Event::AssistDone { unit, note: none(), evidence: Vec::new() },
        Event::ConfidentialSet { confidential, .. } => Event::ConfidentialSet { confidential, reason: none() },
        Event::Erased { reason } => Event::Erased { reason },
        Event::ReturnDecided { granted, .. } => Event::ReturnDecided { granted, reason: none() },
        Event::ExtensionDecided { clock, granted, length, .. } => {
            Event::ExtensionDecided { clock, granted, length, reason: none() }
        }
        Event::Warned { level, before, .. } => Event::Warned { level, before, causes: Vec::new() },
        shown @ (Event::Queued { .. }
        | Event::Claimed { .. }
        | Event::ClaimExpired { .. }
        | Event::Renewed { .. }
        | Event::Released { .. }
        | Event::Signed { .. }
        | Event::AssistConfirmed { .. }
        | Event::Archived { .. }
        | Event::Delivered { .. }
        | Event::Acknowledged {}
        | Event::ClockStarted { .. }
        | Event::ClockMet { .. }
        | Event::ClockStopped { .. }
        | Event::ClockResumed { .. }
        | Event::ClockMoved { .. }
        | Event::MarkReached { .. }
        | Event::MarkMissed { .. }
        | Event::ClockPassed { .. }
        | Event::ClockExcused { .. }
        | Event::Urged { .. }) => shown,
        _ => return None,
    })
}
