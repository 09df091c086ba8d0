//! What stays of a ticket's state when its personal data are destroyed: where it stands and what was counted, and nothing
//! that anybody wrote. The same comes out whether the state was made from the events as they were or from what is left of
//! them.

use super::life::Life;
use super::parts::{Application, Reply};
use super::state::Ticket;

pub(super) fn forget(ticket: &mut Ticket) {
    ticket.erased = true;
    ticket.summary.clear();
    if let Some(refusal) = &mut ticket.refusal {
        refusal.reason.clear();
    }
    if let Some(waiting) = &mut ticket.waiting {
        waiting.skip_reason.clear();
    }
    forget_life(&mut ticket.life);
}

fn forget_life(life: &mut Life) {
    if let Some(reason) = &mut life.pending_return {
        reason.clear();
    }
    if let Some(Application { ground, reason, .. }) = &mut life.pending_extension {
        ground.clear();
        reason.clear();
    }
    if let Some(Reply { text, basis, fields, evidence, .. }) = &mut life.reply {
        text.clear();
        basis.clear();
        fields.clear();
        evidence.clear();
    }
    if let Some(rating) = &mut life.rating {
        rating.note.clear();
    }
    if let Some(supervision) = &mut life.supervision {
        supervision.ground.clear();
        supervision.measure.clear();
    }
    if let Some(end) = &mut life.end {
        end.reason.clear();
    }
    life.assists.iter_mut().for_each(|assist| assist.task.clear());
    life.causes.iter_mut().for_each(|cause| cause.why.clear());
    life.notices.iter_mut().for_each(|notice| notice.text.clear());
    life.urges.iter_mut().for_each(|urge| urge.cause.clear());
    life.records.iter_mut().for_each(|record| record.what.clear());
    life.officers.clear();
}
