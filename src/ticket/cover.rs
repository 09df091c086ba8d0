//! What of a ticket, its events and its decision leaves for whom. Every way out goes through here: [`Viewer::sight`] says how
//! much somebody sees, and these functions leave no more than that.

mod shell;

use super::event::{Event, Recorded};
use super::parts::{Evidence, Reply};
use super::request::Requester;
use super::sight::{Sight, Viewer};
use super::state::Ticket;
use crate::text::mask_text;
use crate::triage::Decision;

use shell::{event_in_shell, ticket_in_shell};

/// The ticket as a viewer sees it.
pub fn show_ticket(mut ticket: Ticket, viewer: &Viewer, sight: Sight) -> Ticket {
    match sight {
        Sight::All => {}
        Sight::Covered => cover_ticket(&mut ticket),
        Sight::Shell | Sight::Nothing => ticket_in_shell(&mut ticket, &viewer.unit),
    }
    ticket
}

/// An event as a viewer sees it; `None`: that it happened, and no more.
pub fn show_event(mut event: Event, viewer: &Viewer, sight: Sight) -> Option<Event> {
    match sight {
        Sight::All => {}
        Sight::Covered => cover(&mut event),
        Sight::Shell | Sight::Nothing => return event_in_shell(event, &viewer.unit),
    }
    if let (true, Event::Triaged { decision }) = (viewer.is_unit(), &mut event) {
        forget_others(decision);
    }
    Some(event)
}

/// A whole history as a viewer sees it, without what is withheld.
pub fn show_history(history: Vec<Recorded>, viewer: &Viewer, sight: Sight) -> Vec<Recorded> {
    let shown = history.into_iter().filter_map(|recorded| {
        let event = show_event(recorded.event, viewer, sight)?;
        Some(Recorded { event, ..recorded })
    });
    shown.collect()
}

/// A decision as a viewer sees it; `None`: its facts are withheld.
pub fn show_decision(mut decision: Box<Decision>, viewer: &Viewer, sight: Sight) -> Option<Box<Decision>> {
    match sight {
        Sight::All => {}
        Sight::Covered => cover_decision(&mut decision),
        Sight::Shell | Sight::Nothing => return None,
    }
    if viewer.is_unit() {
        forget_others(&mut decision);
    }
    Some(decision)
}

/// Takes the personal data out of an event: who asked, and the text as it was sent.
pub fn cover(event: &mut Event) {
    match event {
        Event::Received { request, masked_text, .. } => {
            let kind = std::mem::take(&mut request.requester.kind);
            request.requester = Requester { kind, ..Requester::default() };
            request.title.clear();
            request.text.clone_from(masked_text);
        }
        Event::Triaged { decision } => cover_decision(decision),
        Event::OfficersNamed { officers } => officers.iter_mut().for_each(|officer| officer.phone.clear()),
        _ => {
            for text in written(event) {
                *text = mask_text(text);
            }
            files(event).into_iter().for_each(cover_file);
        }
    }
}

/// What somebody wrote by hand: telephone numbers and names may stand in it. Every kind of event is named, so that a new one
/// cannot be forgotten.
fn written(event: &mut Event) -> Vec<&mut String> {
    match event {
        Event::Contacted { note, .. }
        | Event::Registered { note, .. }
        | Event::Progressed { note }
        | Event::AssistDone { note, .. }
        | Event::FollowedUp { note, .. }
        | Event::Confirmed { note, .. }
        | Event::Linked { note, .. } => vec![note],
        Event::Replied { text, .. }
        | Event::Informed { text, .. }
        | Event::FedBack { text, .. }
        | Event::Stated { text }
        | Event::Noted { text } => vec![text],
        Event::ReturnDecided { reason, .. }
        | Event::ExtensionDecided { reason, .. }
        | Event::LinkageFailed { reason }
        | Event::Flagged { reason, .. }
        | Event::Graded { reason, .. }
        | Event::SpecialSet { reason, .. }
        | Event::ConfidentialSet { reason, .. }
        | Event::Reviewed { reason, .. }
        | Event::SupervisionProposed { reason, .. }
        | Event::Closed { reason, .. }
        | Event::Reopened { reason }
        | Event::Refused { reason, .. }
        | Event::Dispatched { reason, .. }
        | Event::Skipped { reason, .. }
        | Event::HardCase { reason }
        | Event::DeemedLate { reason }
        | Event::Overridden { reason, .. } => vec![reason],
        Event::ReturnRequested { reason, basis, .. } => vec![reason, basis],
        Event::Supervised { ground, reason, measure, .. } => vec![ground, reason, measure],
        Event::ExtensionRequested { ground, reason, fields, override_reason, .. } => {
            fields.values_mut().chain([ground, reason, override_reason]).collect()
        }
        Event::AssistAdded { task, .. } => vec![task],
        Event::Completed { reply } => in_reply(reply),
        Event::Rated { score } => vec![&mut score.note],
        Event::Terminated { ground, opinion, .. } => vec![ground, opinion],
        Event::EntryDrafted { question, answer, .. } => vec![question, answer],
        Event::Answered { answer, .. } => vec![&mut answer.text, &mut answer.basis],
        Event::Noticed { notice } => vec![&mut notice.text],
        Event::Received { .. }
        | Event::Triaged { .. }
        | Event::OfficersNamed { .. }
        | Event::Shadowed { .. }
        | Event::Queued { .. }
        | Event::Claimed { .. }
        | Event::ClaimExpired { .. }
        | Event::Renewed { .. }
        | Event::Released { .. }
        | Event::Signed { .. }
        | Event::AssistConfirmed { .. }
        | Event::Archived { .. }
        | Event::Erased { .. }
        | Event::Delivered { .. }
        | Event::Acknowledged {}
        | Event::FollowerAdded { .. }
        | Event::ClockStarted { .. }
        | Event::ClockMet { .. }
        | Event::ClockStopped { .. }
        | Event::ClockResumed { .. }
        | Event::ClockMoved { .. }
        | Event::MarkReached { .. }
        | Event::MarkMissed { .. }
        | Event::ClockPassed { .. }
        | Event::ClockExcused { .. }
        | Event::Warned { .. }
        | Event::Urged { .. } => Vec::new(),
    }
}

fn files(event: &mut Event) -> Vec<&mut Evidence> {
    match event {
        Event::ReturnRequested { evidence, .. }
        | Event::Replied { evidence, .. }
        | Event::Registered { evidence, .. }
        | Event::AssistDone { evidence, .. }
        | Event::Terminated { evidence, .. } => evidence.iter_mut().collect(),
        Event::Completed { reply } => reply.evidence.iter_mut().collect(),
        _ => Vec::new(),
    }
}

/// Takes out everything that anybody wrote as well: what is left when the rest can never be read again. Why data were
/// destroyed stays.
pub fn conceal(event: &mut Event) {
    cover(event);
    match event {
        Event::Received { request, masked_text, summary } => {
            [&mut request.text, masked_text, summary].into_iter().for_each(String::clear);
        }
        _ => {
            written(event).into_iter().for_each(String::clear);
            files(event).into_iter().for_each(|file| file.name.clear());
        }
    }
}

/// A file's name may be a person's, and whoever has its address has the file.
fn cover_file(file: &mut Evidence) {
    file.name = mask_text(&file.name);
    file.url.clear();
}

fn in_reply(reply: &mut Reply) -> Vec<&mut String> {
    reply.fields.values_mut().chain([&mut reply.text, &mut reply.basis]).collect()
}

/// What people wrote stands in the state of a ticket too.
pub(super) fn written_in_state(ticket: &mut Ticket) -> Vec<&mut String> {
    let life = &mut ticket.life;
    let mut texts: Vec<&mut String> = Vec::new();
    texts.extend(ticket.refusal.as_mut().map(|refusal| &mut refusal.reason));
    texts.extend(ticket.waiting.as_mut().map(|waiting| &mut waiting.skip_reason));
    texts.extend(life.assists.iter_mut().map(|assist| &mut assist.task));
    texts.extend(life.pending_return.as_mut());
    texts.extend(life.pending_extension.iter_mut().flat_map(|asked| [&mut asked.ground, &mut asked.reason]));
    texts.extend(life.reply.iter_mut().flat_map(in_reply));
    texts.extend(life.rating.as_mut().map(|score| &mut score.note));
    texts.extend(life.supervision.iter_mut().flat_map(|it| [&mut it.ground, &mut it.measure]));
    texts.extend(life.end.as_mut().map(|end| &mut end.reason));
    texts.extend(life.notices.iter_mut().map(|notice| &mut notice.text));
    texts
}

fn cover_ticket(ticket: &mut Ticket) {
    for text in written_in_state(ticket) {
        *text = mask_text(text);
    }
    ticket.life.reply.iter_mut().flat_map(|reply| &mut reply.evidence).for_each(cover_file);
}

/// The facts hold the text, the trace tells who came, and the words that an entry lacks may be somebody's name.
fn cover_decision(decision: &mut Decision) {
    decision.trace.requester = None;
    decision.facts.text.clear();
    decision.facts.cuts.clear();
    decision.facts.offsets.clear();
    decision.matches.iter_mut().for_each(|it| it.missing.clear());
}

/// Which other tickets there are, a unit is not told.
fn forget_others(decision: &mut Decision) {
    decision.earlier.clear();
    decision.precedents.clear();
}

#[cfg(test)]
mod tests;
