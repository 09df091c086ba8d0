//! What people did to a ticket, out of its history: the events that a command caused by itself, as commands again.
//! Everything that followed from them, and everything that time did, is left out.

use chrono::{DateTime, Utc};

use crate::regulation::Reviewer;
use crate::ticket::{Actor, AssistState, BLOCKED, By, Command, Event, Phase, RatedBy, Recorded, Role, Ticket, apply};

/// Somebody gave a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    pub at: DateTime<Utc>,
    pub actor: Actor,
    pub command: Command,
}

/// The commands behind `events`, in their order. Claims are left out: whoever decides is taken to hold the ticket.
pub fn acts(events: &[Recorded]) -> Vec<Act> {
    let mut found: Vec<Act> = Vec::new();
    let Some(first) = events.first() else { return found };
    let mut ticket = Ticket::new(first.ticket.clone());
    // The reason given for going beyond a limit stands before what it was given for.
    let mut reason = String::new();
    let mut before: Option<&Recorded> = None;
    for recorded in events {
        let same = before.is_some_and(|it| it.at == recorded.at && it.actor == recorded.actor);
        if !same {
            reason.clear();
        }
        if let Event::Overridden { reason: given, .. } = &recorded.event {
            reason.clone_from(given);
        } else if recorded.actor.role != Role::System && !handed_over(&mut found, recorded, same) {
            let command = command(recorded, ticket.phase, same, &reason);
            let (at, actor) = (recorded.at, recorded.actor.clone());
            found.extend(command.map(|command| Act { at, actor, command }));
        }
        apply(&mut ticket, recorded);
        before = Some(recorded);
    }
    found
}

/// A return that was granted to another unit dispatches as well: one command.
fn handed_over(found: &mut [Act], recorded: &Recorded, same: bool) -> bool {
    let Event::Dispatched { by: By::Person, lead: unit, assists: others, .. } = &recorded.event else { return false };
    match found.last_mut().filter(|_| same).map(|act| &mut act.command) {
        Some(Command::DecideReturn { granted: true, lead, assists, .. }) if lead.is_empty() => {
            lead.clone_from(unit);
            assists.clone_from(others);
            true
        }
        _ => false,
    }
}

/// The command that causes an event; `None`: it follows from another, or time caused it.
fn command(recorded: &Recorded, phase: Phase, same: bool, over: &str) -> Option<Command> {
    use Command as C;
    let override_reason = over.to_owned();
    Some(match recorded.event.clone() {
        Event::Dispatched { by: By::Person, lead, assists, followers, reason } if phase == Phase::Queued => {
            C::Dispatch { lead, assists, followers, reason, fence: None }
        }
        Event::Dispatched { by: By::Person, lead, assists, reason, .. } => {
            // `decide` joined ground and reason.
            let (ground, reason) = reason.split_once(' ').unwrap_or((&reason, &reason));
            C::Redispatch { lead, assists, ground: ground.to_owned(), reason: reason.to_owned() }
        }
        Event::Answered { by: By::Person, answer } => {
            C::Answer { entry: answer.entry, text: answer.text, basis: answer.basis, fence: None }
        }
        Event::Refused { by: By::Person, code, reason, .. } => C::Refuse { code, reason, fence: None },
        Event::Signed { .. } => C::Sign {},
        Event::ReturnRequested { reason, basis, evidence, .. } => {
            C::Return { reason, basis, evidence, override_reason }
        }
        Event::ReturnDecided { granted, reason } => {
            C::DecideReturn { granted, reason, lead: String::new(), assists: Vec::new() }
        }
        Event::ExtensionRequested { clock, length, ground, reason, consents, fields, override_reason, .. } => {
            C::RequestExtension { clock, length, ground, reason, consents, fields, override_reason }
        }
        Event::ExtensionDecided { granted, length, reason, .. } => {
            C::DecideExtension { granted, length, reason, override_reason }
        }
        // A count causes it too, but after what was counted.
        Event::HardCase { reason } if !same => C::HardCase { reason },
        Event::Completed { reply } => {
            C::Complete { text: reply.text, basis: reply.basis, evidence: reply.evidence, fields: reply.fields }
        }
        Event::Reviewed { step, passed, reason, checks, missing_content, .. } if step != Reviewer::Nobody => {
            C::Review { passed, reason, checks, missing_content }
        }
        // Rules flag too, but only this, and after what caused it.
        Event::Flagged { flag, up, reason } if !same || flag != BLOCKED => C::Flag { flag, up, reason },
        Event::Supervised { by: By::Person, ground, reason, measure } => C::Supervise { ground, reason, measure },
        Event::Closed { by: By::Person, code, reason } => C::Close { code, reason, override_reason },
        Event::Archived { by: By::Person } => C::Archive {},
        Event::Rated { score } if score.source != RatedBy::Deemed => C::Rate {
            rating: score.rating,
            process: score.process,
            time: score.time,
            result: score.result,
            source: score.source,
            note: score.note,
        },
        other => return plain(other),
    })
}

/// Events that only one command causes.
fn plain(event: Event) -> Option<Command> {
    use Command as C;
    Some(match event {
        Event::Contacted { channel, reached, note } => C::Contact { channel, reached, note },
        Event::Replied { text, evidence } => C::Reply { text, evidence },
        Event::Informed { channel, text } => C::Inform { channel, text },
        Event::Registered { what, note, evidence } => C::Register { what, note, evidence },
        Event::Progressed { note } => C::Progress { note },
        Event::AssistAdded { unit, task, state: AssistState::Working } => C::AddAssist { unit, task },
        Event::AssistConfirmed { unit } => C::ConfirmAssist { unit },
        Event::AssistDone { unit, note, evidence } => C::AssistDone { unit, note, evidence },
        Event::LinkageFailed { reason } => C::LinkageFailed { reason },
        Event::Graded { urgency, impact, reason } => C::Grade { urgency, impact, reason },
        Event::SpecialSet { special, reason } => C::Special { special, reason },
        Event::ConfidentialSet { confidential, reason } => C::Confidential { confidential, reason },
        Event::FedBack { channel, text } => C::Feedback { channel, text },
        Event::FollowedUp { automatic, channel, reached, note } => C::FollowUp { automatic, channel, reached, note },
        Event::Stated { text } => C::Statement { text },
        Event::Terminated { ground, opinion, evidence } => C::Terminate { ground, opinion, evidence },
        Event::Reopened { reason } => C::Reopen { reason },
        Event::Linked { ticket, relation, note } => C::Link { ticket, relation, note },
        Event::Delivered { notice, channel } => C::Deliver { notice, channel },
        Event::Acknowledged {} => C::Acknowledge {},
        Event::Confirmed { clock, note } => C::Confirm { task: clock, note },
        Event::Noted { text } => C::Note { text },
        _ => return None,
    })
}
