//! What of an event everybody may see. Every way out that is not for a role with personal data goes through here.

use super::event::Event;
use super::request::Requester;
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
        _ => {}
    }
}

/// The facts hold the text.
pub fn cover_decision(decision: &mut Decision) {
    decision.facts.text.clear();
    decision.facts.cuts.clear();
    decision.facts.offsets.clear();
}
