//! The law of a ticket: the regulation it was opened under, the calendar and the rules of today.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::App;
use crate::calendar::Calendar;
use crate::clocks::Law;
use crate::digest::Digest;
use crate::regulation::Regulation;
use crate::store::{ReadError, Store};
use crate::ticket::{Event, Recorded, Ticket};
use crate::triage::{Facts, Release, Snapshot, regulation_of};

/// Regulations of releases that are not live any more, as far as they were needed. There are few.
#[derive(Default)]
pub(super) struct Laws(Mutex<HashMap<Digest, Option<Arc<Regulation>>>>);

/// What one ticket is held to.
pub(super) struct Held {
    regulation: Arc<Regulation>,
    calendar: Arc<Calendar>,
    release: Option<Arc<Release>>,
    facts: Arc<Facts>,
}

impl Held {
    pub(super) fn law(&self) -> Law<'_> {
        let rules = self.release.as_deref().map(|release| (release, &self.facts));
        Law { regulation: &self.regulation, calendar: &self.calendar, rules }
    }

    pub(super) fn release(&self) -> Option<&Arc<Release>> {
        self.release.as_ref()
    }

    pub(super) fn regulation(&self) -> &Regulation {
        &self.regulation
    }
}

impl App {
    /// Everything that decides what may be done with a ticket and what follows. `None`: the jurisdiction has no rules
    /// and never had any when the ticket came.
    pub(super) fn held(&self, store: &Store, ticket: &Ticket, history: &[Recorded]) -> Result<Option<Held>, ReadError> {
        let snapshot = self.live.snapshot();
        let release = snapshot.releases.get(&ticket.jurisdiction).cloned().flatten();
        let opened_under = ticket.proposal.as_ref().map(|proposal| &proposal.release);
        let regulation = match (&release, opened_under) {
            (Some(live), Some(digest)) if live.digest != *digest => {
                self.laws.regulation(store, &ticket.jurisdiction, digest)?.unwrap_or_else(|| live.regulation.clone())
            }
            (Some(live), _) => live.regulation.clone(),
            (None, Some(digest)) => match self.laws.regulation(store, &ticket.jurisdiction, digest)? {
                Some(regulation) => regulation,
                None => return Ok(None),
            },
            (None, None) => return Ok(None),
        };
        let calendar = release.as_ref().map(|release| release.calendar.clone()).unwrap_or_default();
        Ok(Some(Held { regulation, calendar, release, facts: facts(history) }))
    }
}

/// The law for a ticket that is just being taken.
pub(super) fn at_intake(snapshot: &Snapshot, jurisdiction: &str, facts: Facts) -> Option<Held> {
    let release = snapshot.releases.get(jurisdiction)?.clone()?;
    let (regulation, calendar) = (release.regulation.clone(), release.calendar.clone());
    Some(Held { regulation, calendar, release: Some(release), facts: Arc::new(facts) })
}

fn facts(history: &[Recorded]) -> Arc<Facts> {
    let last = history.iter().rev().find_map(|recorded| match &recorded.event {
        Event::Triaged { decision } => Some(decision.facts.clone()),
        _ => None,
    });
    Arc::new(last.unwrap_or_default())
}

impl Laws {
    fn regulation(
        &self,
        store: &Store,
        jurisdiction: &str,
        digest: &Digest,
    ) -> Result<Option<Arc<Regulation>>, ReadError> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(digest) {
            return Ok(found.clone());
        }
        let files = store.release(digest)?;
        let read = files.and_then(|files| regulation_of(jurisdiction, &files)).map(Arc::new);
        known().insert(digest.clone(), read.clone());
        Ok(read)
    }
}
