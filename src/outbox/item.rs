//! One thing to be told: an event of a ticket, or a policy that went live.

use super::cloud::{Told, cloud_event, policy_event, wants, wants_policy};
use crate::store::{Happened, Policy, ReadError, Store, Subscription};
use crate::ticket::{EventId, Recorded, Ticket, TicketId, Viewer};

/// What a subscriber is told.
pub(super) enum Item {
    /// An event, with its ticket as it is now.
    Ticket(Box<Recorded>, Box<Ticket>),
    Policy(Box<Policy>),
}

impl Item {
    /// What a subscriber wants of what happened.
    pub(super) fn wanted(store: &Store, to: &Subscription, it: Happened) -> Result<Option<Self>, ReadError> {
        match it {
            Happened::Ticket(recorded) => {
                let ticket = store.ticket(&recorded.ticket)?;
                let wanted = ticket.filter(|ticket| wants(to, recorded.event.kind(), ticket));
                Ok(wanted.map(|ticket| Self::Ticket(recorded, Box::new(ticket))))
            }
            Happened::Policy(policy) => Ok(Some(policy).filter(|it| wants_policy(to, it)).map(Self::Policy)),
        }
    }

    /// What a subscriber wants of a ticket between two events. Nothing follows a policy.
    pub(super) fn following(
        store: &Store,
        to: &Subscription,
        ticket: &TicketId,
        after: EventId,
        until: EventId,
    ) -> Result<Vec<Self>, ReadError> {
        let Some(row) = store.ticket(ticket)? else { return Ok(Vec::new()) };
        let mut events = store.events(ticket)?;
        events.retain(|it| it.id > after && it.id <= until && wants(to, it.event.kind(), &row));
        Ok(events.into_iter().map(|it| Self::Ticket(Box::new(it), Box::new(row.clone()))).collect())
    }

    /// Looks it up again.
    pub(super) fn find(store: &Store, subject: &TicketId, event: EventId) -> Result<Option<Self>, ReadError> {
        let Some(ticket) = store.ticket(subject)? else {
            let policy = store.policy(event)?.filter(|policy| policy.subject == *subject);
            return Ok(policy.map(|policy| Self::Policy(Box::new(policy))));
        };
        let recorded = store.events(subject)?.into_iter().find(|it| it.id == event);
        Ok(recorded.map(|recorded| Self::Ticket(Box::new(recorded), Box::new(ticket))))
    }

    pub(super) fn event(&self) -> EventId {
        match self {
            Self::Ticket(recorded, _) => recorded.id,
            Self::Policy(policy) => policy.id,
        }
    }

    /// What is delivered in order with each other.
    pub(super) fn subject(&self) -> &TicketId {
        match self {
            Self::Ticket(_, ticket) => &ticket.id,
            Self::Policy(policy) => &policy.subject,
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Ticket(recorded, _) => recorded.event.kind(),
            Self::Policy(_) => Subscription::POLICY,
        }
    }

    pub(super) fn told(self, viewer: &Viewer, gap: bool) -> Told {
        match self {
            Self::Ticket(recorded, ticket) => cloud_event(*recorded, &ticket, viewer, gap),
            Self::Policy(policy) => policy_event(*policy),
        }
    }
}
