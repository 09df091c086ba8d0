//! Leases: how long claims still hold, on monotonic time. In memory only: after a restart each gets its full length.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::ticket::{Claim, Ticket, TicketId};

#[derive(Default)]
pub(crate) struct Leases(Mutex<HashMap<TicketId, Lease>>);

struct Lease {
    fence: u64,
    until_ns: u64,
}

impl Leases {
    /// Starts or renews the lease that the ticket's state speaks of; without a claim it ends.
    pub(crate) fn follow(&self, ticket: &Ticket, renewed: bool, now_ns: u64) {
        match &ticket.claim {
            Some(claim) if renewed => self.start(&ticket.id, claim, now_ns),
            Some(_) => {}
            None => drop(self.lock().remove(&ticket.id)),
        }
    }

    pub(crate) fn start(&self, ticket: &TicketId, claim: &Claim, now_ns: u64) {
        let until_ns = now_ns.saturating_add(u64::from(claim.lease_s) * 1_000_000_000);
        self.lock().insert(ticket.clone(), Lease { fence: claim.fence, until_ns });
    }

    /// Nanoseconds that the claim still holds; 0: it has expired.
    pub(crate) fn left_ns(&self, ticket: &TicketId, claim: &Claim, now_ns: u64) -> u64 {
        let leases = self.lock();
        let lease = leases.get(ticket).filter(|lease| lease.fence == claim.fence);
        lease.map_or(0, |lease| lease.until_ns.saturating_sub(now_ns))
    }

    pub(crate) fn holds(&self, ticket: &TicketId, claim: &Claim, now_ns: u64) -> bool {
        self.left_ns(ticket, claim, now_ns) > 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TicketId, Lease>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
