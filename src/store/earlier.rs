//! Finding earlier tickets: by who sent them and by what they are about. Small keys beside each ticket, made from its first
//! decision like everything else in the view.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::core::Core;
use super::read::{Cursor, Page};
use super::view::layer::{Layer, parse};
use super::view::{Direction, ViewError, keys};
use super::{ReadError, Store};
use crate::digest::Digest;
use crate::matter::{Signature, Trace};
use crate::ticket::{Event, Recorded, Ticket, TicketId, Viewer};
use crate::triage::Sighting;

/// Newest tickets looked at under each band: what a look-up costs must not grow with the number of tickets.
const OF_A_BAND: usize = 24;

/// Under `s`.
#[derive(Serialize, Deserialize)]
struct Traced {
    received_at: DateTime<Utc>,
    trace: Trace,
}

impl Store {
    /// The newest tickets of a requester, at most `limit`.
    pub fn earlier_of(&self, jurisdiction: &str, requester: &Digest, limit: usize) -> Result<Vec<Sighting>, ReadError> {
        Ok(self.0.core.earlier_of(jurisdiction, requester, limit)?)
    }

    /// Tickets since `since` that may be about the matter of a signature, the likeliest first, then the newest, at most
    /// `limit`. They share bands with it; how alike they are is for the caller to say.
    pub fn alike(
        &self,
        jurisdiction: &str,
        signature: &Signature,
        since: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Sighting>, ReadError> {
        Ok(self.0.core.alike(jurisdiction, signature, since, limit)?)
    }
}

/// Where a new ticket will be found.
pub(super) fn index(layer: &mut Layer<'_>, ticket: &Ticket, events: &[Recorded]) -> Result<(), ViewError> {
    let trace = events.iter().find_map(|recorded| match &recorded.event {
        Event::Triaged { decision } if !decision.trace.is_empty() => Some(&decision.trace),
        _ => None,
    });
    let Some(trace) = trace else { return Ok(()) };
    let jurisdiction = &ticket.jurisdiction;
    let bands = trace.signature.bands().into_iter().map(|band| keys::by_band(jurisdiction, band));
    let requester = trace.requester.as_ref().map(|requester| keys::by_requester(jurisdiction, requester));
    for prefix in bands.chain(requester) {
        layer.put(keys::seen(prefix, keys::millis(ticket.received_at), ticket.first.seq), &ticket.id)?;
    }
    layer.put(keys::trace(&ticket.id), &Traced { received_at: ticket.received_at, trace: trace.clone() })
}

/// No longer found by who sent it; what it was about holds no person.
pub(super) fn forget(layer: &mut Layer<'_>, ticket: &Ticket) -> Result<(), ViewError> {
    let key = keys::trace(&ticket.id);
    let Some(mut traced) = layer.get::<Traced>(&key)? else { return Ok(()) };
    if let Some(requester) = traced.trace.requester.take() {
        let prefix = keys::by_requester(&ticket.jurisdiction, &requester);
        layer.remove(keys::seen(prefix, keys::millis(ticket.received_at), ticket.first.seq));
    }
    if traced.trace.is_empty() {
        layer.remove(key);
        return Ok(());
    }
    layer.put(key, &traced)
}

impl Core {
    pub(super) fn earlier_of(
        &self,
        jurisdiction: &str,
        requester: &Digest,
        limit: usize,
    ) -> Result<Vec<Sighting>, ViewError> {
        let prefix = keys::by_requester(jurisdiction, requester);
        let until = keys::after(&prefix);
        let found = self.newest(&prefix, &until, limit)?;
        self.sightings(found.into_iter().map(|(_, id)| id))
    }

    /// Newest first.
    pub(super) fn tickets_of(
        &self,
        jurisdiction: &str,
        requester: &Digest,
        viewer: &Viewer,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, ViewError> {
        let prefix = keys::by_requester(jurisdiction, requester);
        let before = |at: Cursor| keys::seen(prefix.clone(), at.received_ms, at.seq);
        let mut until = cursor.map_or_else(|| keys::after(&prefix), before);
        let mut page = Page::default();
        // One more than wanted: whether anything follows goes by what the viewer sees.
        loop {
            let found = self.newest(&prefix, &until, limit.max(64))?;
            let Some((last, _)) = found.last() else { return Ok(page) };
            until.clone_from(last);
            for (_, id) in found {
                let Some(row) = self.row(&id)?.filter(|row| viewer.sees(&row.ticket)) else { continue };
                if page.tickets.len() >= limit {
                    page.next = page.tickets.last().map(Cursor::of);
                    return Ok(page);
                }
                page.tickets.push(row.ticket);
            }
        }
    }

    pub(super) fn alike(
        &self,
        jurisdiction: &str,
        signature: &Signature,
        since: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Sighting>, ViewError> {
        // By receipt and sequence, with the number of bands shared.
        let mut found: BTreeMap<Vec<u8>, (usize, TicketId)> = BTreeMap::new();
        for band in signature.bands() {
            let prefix = keys::by_band(jurisdiction, band);
            let from = keys::seen(prefix.clone(), keys::millis(since), 0);
            for (key, id) in self.newest(&from, &keys::after(&prefix), OF_A_BAND)? {
                found.entry(key[prefix.len()..].to_vec()).or_insert((0, id)).0 += 1;
            }
        }
        // From the newest; the sort keeps that order among equals.
        let mut found: Vec<(usize, TicketId)> = found.into_values().rev().collect();
        found.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
        self.sightings(found.into_iter().map(|(_, id)| id).take(limit))
    }

    fn newest(&self, from: &[u8], until: &[u8], most: usize) -> Result<Vec<(Vec<u8>, TicketId)>, ViewError> {
        let mut found = Vec::new();
        if most == 0 {
            return Ok(found);
        }
        let mut failed = Ok(());
        self.view.scan(from, until, Direction::Backward, &mut |key, value| {
            match parse(key, value) {
                Ok(id) => found.push((key.to_vec(), id)),
                Err(error) => failed = Err(error),
            }
            if found.len() < most && failed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        failed.map(|()| found)
    }

    fn sightings(&self, found: impl Iterator<Item = TicketId>) -> Result<Vec<Sighting>, ViewError> {
        let read = |ticket: TicketId| {
            let key = keys::trace(&ticket);
            let traced = self.view.get(&key)?.map(|value| parse::<Traced>(&key, &value)).transpose()?;
            Ok(traced.map(|Traced { received_at, trace }| Sighting { ticket, received_at, trace }))
        };
        found.map(read).filter_map(Result::transpose).collect()
    }
}
