//! What of an event everybody may see. Every way out that is not for a role with personal data goes through here.

use super::event::Event;
use super::request::Requester;
use crate::text::mask_text;
use crate::triage::Decision;

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
        _ => written(event).into_iter().for_each(|text| *text = mask_text(text)),
    }
}

/// What somebody wrote by hand: telephone numbers and names of numbers may stand in it.
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
        Event::ReturnRequested { reason, .. }
        | Event::ReturnDecided { reason, .. }
        | Event::ExtensionDecided { reason, .. }
        | Event::LinkageFailed { reason }
        | Event::Flagged { reason, .. }
        | Event::Graded { reason, .. }
        | Event::SpecialSet { reason, .. }
        | Event::Reviewed { reason, .. }
        | Event::Supervised { reason, .. }
        | Event::Closed { reason, .. }
        | Event::Reopened { reason }
        | Event::Refused { reason, .. }
        | Event::Dispatched { reason, .. } => vec![reason],
        Event::ExtensionRequested { reason, fields, override_reason, .. } => {
            fields.values_mut().chain([reason, override_reason]).collect()
        }
        Event::Completed { reply } => reply.fields.values_mut().chain([&mut reply.text, &mut reply.basis]).collect(),
        Event::Rated { score } => vec![&mut score.note],
        Event::Terminated { opinion, .. } => vec![opinion],
        Event::EntryDrafted { question, answer, .. } => vec![question, answer],
        Event::Answered { answer, .. } => vec![&mut answer.text],
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
        _ => written(event).into_iter().for_each(String::clear),
    }
}

/// The facts hold the text, the trace tells who came.
pub fn cover_decision(decision: &mut Decision) {
    decision.trace.requester = None;
    decision.facts.text.clear();
    decision.facts.cuts.clear();
    decision.facts.offsets.clear();
}
