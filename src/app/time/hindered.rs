//! Tickets that cannot be done now (no rules for them, a record that grew too large): tried again later, in nobody's way.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::ticket::TicketId;

/// When to look again at what could not be done.
const LATER: TimeDelta = TimeDelta::seconds(30);

/// Ticket → not before. As large as there are tickets in trouble.
#[derive(Default)]
pub(in crate::app) struct Hindered(Mutex<HashMap<TicketId, DateTime<Utc>>>);

impl Hindered {
    pub(super) fn note(&self, id: TicketId, now: DateTime<Utc>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, now + LATER);
    }

    /// Those whose time has not come again. A clock that was set back makes nobody wait longer.
    pub(super) fn waiting(&self, now: DateTime<Utc>) -> HashMap<TicketId, DateTime<Utc>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, until| *until > now && *until <= now + LATER);
        waiting.clone()
    }
}
