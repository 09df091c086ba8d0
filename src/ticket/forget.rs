//! What stays of a ticket's state when its personal data are destroyed: where it stands and what was counted, and nothing
//! that anybody wrote. The same comes out whether the state was made from the events as they were or from what is left of
//! them.

use super::cover::written_in_state;
use super::state::Ticket;

pub(super) fn forget(ticket: &mut Ticket) {
    ticket.erased = true;
    ticket.summary.clear();
    written_in_state(ticket).into_iter().for_each(String::clear);
    let life = &mut ticket.life;
    life.reply.iter_mut().for_each(|reply| reply.evidence.clear());
    life.causes.iter_mut().for_each(|cause| cause.why.clear());
    life.urges.iter_mut().for_each(|urge| urge.cause.clear());
    life.records.iter_mut().for_each(|record| record.what.clear());
    life.officers.clear();
}
