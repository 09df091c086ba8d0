//! Reading: one ticket, its events, lists, the queue, counts. Reads see committed commits only.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::core::Core;
use super::payload::Payload;
use super::project::{PhaseCount, QueueItem, Row};
use super::view::layer::parse;
use super::view::{Direction, ViewError, keys};
use crate::ticket::{BadId, Claim, EventId, Phase, Recorded, Ticket, TicketId, Viewer};
use crate::triage::Warning;

/// Rows looked at for one page at most: a rare filter gives short pages instead of slow ones.
const LOOKED_AT: usize = 20_000;

/// Something stored cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{0}")]
    View(String),
    #[error("events of ticket {ticket}: {cause}")]
    Events { ticket: TicketId, cause: io::Error },
    #[error("history at {id}: {cause}")]
    History { id: EventId, cause: io::Error },
    #[error("release {digest}: {cause}")]
    Release { digest: String, cause: io::Error },
}

impl From<ViewError> for ReadError {
    fn from(error: ViewError) -> Self {
        Self::View(error.to_string())
    }
}

/// Which tickets a list shows; an empty filter shows all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub jurisdiction: Option<String>,
    pub phase: Option<Phase>,
    pub lead: Option<String>,
    pub category: Option<String>,
    pub warning: Option<Warning>,
    /// The platform's own reference, exactly.
    pub reference: Option<String>,
    /// Received at or after, and before.
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// What this one does not see is left out.
    pub viewer: Option<Viewer>,
}

/// A place in a list: everything newer was shown. Stays good while tickets come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) received_ms: u64,
    pub(super) seq: u64,
}

impl Cursor {
    pub(super) fn of(ticket: &Ticket) -> Self {
        Self { received_ms: keys::millis(ticket.received_at), seq: ticket.first.seq }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}{:016x}", self.received_ms, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let number = |range| text.get(range).and_then(|part| u64::from_str_radix(part, 16).ok());
        match (text.len(), number(0..16), number(16..32)) {
            (32, Some(received_ms), Some(seq)) => Ok(Self { received_ms, seq }),
            _ => Err(BadId(text.chars().take(64).collect())),
        }
    }
}

/// Newest first. With `next` there may be more, even if this page is short.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub tickets: Vec<Ticket>,
    pub next: Option<Cursor>,
}

/// A ticket in the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Queued {
    /// Its `claim` is set only while the lease holds.
    pub ticket: Ticket,
    /// Seconds that the claim still holds, rounded up.
    pub lease_left_s: Option<u64>,
}

/// Which waiting tickets are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueFilter {
    pub jurisdiction: String,
    /// Tickets for this seat and those that any seat may take.
    pub skill: Option<String>,
    /// Leave out what somebody holds.
    pub unclaimed: bool,
    /// What this one does not see is left out.
    pub viewer: Option<Viewer>,
}

/// Numbers for dashboards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Jurisdiction → phase → tickets.
    pub tickets: BTreeMap<String, BTreeMap<Phase, u64>>,
}

impl Core {
    pub(super) fn row(&self, id: &TicketId) -> Result<Option<Row>, ViewError> {
        let key = keys::ticket(id);
        self.view.get(&key)?.map(|value| parse(&key, &value)).transpose()
    }

    pub(super) fn events(&self, id: &TicketId) -> Result<Vec<Recorded>, ReadError> {
        let Some(row) = self.row(id)? else { return Ok(Vec::new()) };
        self.chain(&row).map_err(|cause| ReadError::Events { ticket: id.clone(), cause })
    }

    /// Backwards from the last frame.
    fn chain(&self, row: &Row) -> io::Result<Vec<Recorded>> {
        let mut commits = Vec::new();
        let mut at = Some(row.last);
        while let Some(place) = at {
            let (seq, bytes) = self.journal.read(place)?;
            let epoch = self.journal.home(seq).map_or(self.epoch, |home| home.epoch);
            match self.decode(&bytes)? {
                Payload::Ticket(commit) if commit.head.ticket == row.ticket.id => {
                    at = commit.head.prev;
                    commits.push((EventId { epoch, seq }, commit));
                }
                _ => return Err(io::Error::other(format!("frame {seq} belongs to something else"))),
            }
        }
        Ok(commits.into_iter().rev().flat_map(|(first, commit)| commit.recorded(first)).collect())
    }

    pub(super) fn list(&self, filter: &Filter, cursor: Option<Cursor>, limit: usize) -> Result<Page, ViewError> {
        if let (Some(reference), Some(jurisdiction)) = (&filter.reference, &filter.jurisdiction) {
            return self.list_by_reference(filter, &keys::references(jurisdiction, reference), limit);
        }
        let from = keys::order(filter.from.map_or(0, keys::millis), 0);
        let newest = cursor.map_or(keys::order(u64::MAX, u64::MAX), |at| keys::order(at.received_ms, at.seq));
        let until = filter.until.map_or(newest.clone(), |until| newest.min(keys::order(keys::millis(until), 0)));
        let mut page = Page::default();
        let (mut until, mut looked_at) = (until, 0);
        loop {
            let ids = self.ids(&from, &until, limit.clamp(64, 512))?;
            let Some((last, _)) = ids.last() else { return Ok(Page { next: None, ..page }) };
            until.clone_from(last);
            for (_, id) in ids {
                looked_at += 1;
                let Some(row) = self.row(&id)? else { continue };
                page.next = Some(Cursor::of(&row.ticket));
                if filter.shows(&row.ticket) {
                    page.tickets.push(row.ticket);
                }
                if page.tickets.len() >= limit || looked_at >= LOOKED_AT {
                    return Ok(page);
                }
            }
        }
    }

    /// All tickets of one reference at once: there are few.
    fn list_by_reference(&self, filter: &Filter, prefix: &[u8], limit: usize) -> Result<Page, ViewError> {
        let mut page = Page::default();
        for (_, id) in self.ids(prefix, &keys::after(prefix), limit)? {
            page.tickets.extend(self.row(&id)?.map(|row| row.ticket).filter(|ticket| filter.shows(ticket)));
        }
        Ok(page)
    }

    /// Ticket ids under some keys, last first.
    fn ids(&self, from: &[u8], until: &[u8], most: usize) -> Result<Vec<(Vec<u8>, TicketId)>, ViewError> {
        let mut found = Vec::new();
        self.view.scan(from, until, Direction::Backward, &mut |key, value| {
            found.push(parse(key, value).map(|id| (key.to_vec(), id)));
            if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        found.into_iter().collect()
    }

    pub(super) fn queue(&self, filter: &QueueFilter, limit: usize) -> Result<Vec<Queued>, ViewError> {
        let now_ns = (self.clock)();
        let prefix = keys::by_risk(&filter.jurisdiction);
        // For one who does not see them all, more have to be looked at.
        let all = filter.viewer.as_ref().is_some_and(Viewer::is_unit);
        let most = if all { usize::MAX } else { limit };
        let mut items = Vec::new();
        self.view.scan(&prefix, &keys::after(&prefix), Direction::Forward, &mut |key, value| {
            let item = parse::<QueueItem>(key, value);
            let shown = item.as_ref().is_ok_and(|item| {
                let seat = filter.skill.as_ref().is_none_or(|skill| item.skill.is_empty() || *skill == item.skill);
                let free = |claim: &Claim| !self.leases.holds(&item.id, claim, now_ns);
                seat && (!filter.unclaimed || item.claim.as_ref().is_none_or(free))
            });
            if shown || item.is_err() {
                items.push(item);
            }
            if items.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let mut queued = Vec::new();
        for item in items {
            let Some(row) = self.row(&item?.id)? else { continue };
            let seen = filter.viewer.as_ref().is_none_or(|viewer| viewer.sees(&row.ticket));
            queued.extend(self.queued(row.ticket, now_ns).filter(|_| seen));
            if queued.len() >= limit {
                break;
            }
        }
        Ok(queued)
    }

    /// `None`: it left the queue while the list was made.
    fn queued(&self, mut ticket: Ticket, now_ns: u64) -> Option<Queued> {
        ticket.waiting.as_ref()?;
        let left_ns = ticket.claim.as_ref().map_or(0, |claim| self.leases.left_ns(&ticket.id, claim, now_ns));
        ticket.claim = ticket.claim.filter(|_| left_ns > 0);
        let lease_left_s = (left_ns > 0).then(|| left_ns.div_ceil(1_000_000_000));
        Some(Queued { ticket, lease_left_s })
    }

    pub(super) fn counts(&self) -> Result<Counts, ViewError> {
        let mut rows = Vec::new();
        let prefix = keys::counts();
        self.view.scan(&prefix, &keys::after(&prefix), Direction::Forward, &mut |key, value| {
            rows.push(parse::<PhaseCount>(key, value));
            ControlFlow::Continue(())
        })?;
        let mut counts = Counts::default();
        for row in rows {
            let PhaseCount { jurisdiction, phase, tickets } = row?;
            counts.tickets.entry(jurisdiction).or_default().insert(phase, tickets);
        }
        Ok(counts)
    }

    /// Claims of the view begin their leases anew.
    pub(super) fn start_leases(&self) -> Result<(), ViewError> {
        let now_ns = (self.clock)();
        let prefix = keys::queues();
        let mut failed = None;
        self.view.scan(
            &prefix,
            &keys::after(&prefix),
            Direction::Forward,
            &mut |key, value| match parse::<QueueItem>(key, value) {
                Ok(item) => {
                    if let Some(claim) = &item.claim {
                        self.leases.start(&item.id, claim, now_ns);
                    }
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            },
        )?;
        failed.map_or(Ok(()), Err)
    }
}

impl Filter {
    fn shows(&self, ticket: &Ticket) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, actual: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == actual)
        }
        is(self.jurisdiction.as_ref(), &ticket.jurisdiction)
            && is(self.phase.as_ref(), &ticket.phase)
            && is(self.lead.as_ref(), &ticket.lead)
            && is(self.category.as_ref(), &ticket.category)
            && is(self.warning.as_ref(), &ticket.warning)
            && is(self.reference.as_ref(), &ticket.reference)
            && self.from.is_none_or(|from| ticket.received_at >= from)
            && self.until.is_none_or(|until| ticket.received_at < until)
            && self.viewer.as_ref().is_none_or(|viewer| viewer.sees(ticket))
    }
}
