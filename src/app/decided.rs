//! Decided tickets in memory, by jurisdiction: looked up for every request, kept in step with every decision, and read from the
//! store at start while requests are served already.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::{App, Error};
use crate::lesson::{Given, Lesson, lesson, settle};
use crate::matter::Signature;
use crate::similar::{ASKED, Decided, Evidence, Hit, KEPT, Precedent, Similar, evidence};
use crate::store::{Cursor, Filter, ReadError, Store};
use crate::ticket::{By, Event, Recorded, Ticket, TicketId};

/// Precedents kept with a decision.
const KEPT_WITH: usize = 5;
/// Tickets read from the store at once.
const PAGE: usize = 500;

/// One index per jurisdiction.
#[derive(Default)]
pub(super) struct Archive(RwLock<BTreeMap<String, Arc<Shelf>>>);

#[derive(Default)]
struct Shelf {
    index: RwLock<Similar>,
    /// Held from reading a ticket's history to putting it in: of two who do, the later reads what is newer.
    taking: Mutex<()>,
}

impl Archive {
    fn shelf(&self, jurisdiction: &str) -> Arc<Shelf> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(jurisdiction).cloned();
        known.unwrap_or_else(|| {
            let mut shelves = self.0.write().unwrap_or_else(PoisonError::into_inner);
            shelves.entry(jurisdiction.to_owned()).or_default().clone()
        })
    }

    /// The decided tickets that are most alike; without `except`, which is the ticket itself.
    pub(super) fn find(&self, jurisdiction: &str, asked: &Signature, except: Option<&TicketId>) -> Vec<Hit> {
        let shelf = self.shelf(jurisdiction);
        let mut hits = shelf.index.read().unwrap_or_else(PoisonError::into_inner).find(asked, ASKED + 1);
        hits.retain(|hit| Some(&hit.decided.ticket) != except);
        hits.truncate(ASKED);
        hits
    }

    /// What they say about a request, and the most alike of them.
    pub(super) fn speak(&self, jurisdiction: &str, asked: &Signature) -> (Evidence, Vec<Precedent>) {
        let hits = self.find(jurisdiction, asked, None);
        (evidence(&hits), hits.iter().take(KEPT_WITH).map(Precedent::from).collect())
    }

    /// Brings what is known of one ticket up to date.
    pub(super) fn take(&self, store: &Store, jurisdiction: &str, ticket: &TicketId) -> Result<(), ReadError> {
        let shelf = self.shelf(jurisdiction);
        let _taking = shelf.taking.lock().unwrap_or_else(PoisonError::into_inner);
        let taught = lesson(&store.events(ticket)?);
        let confidential = store.ticket(ticket)?.is_some_and(|ticket| ticket.confidential);
        let mut index = shelf.index.write().unwrap_or_else(PoisonError::into_inner);
        match taught {
            Some(lesson) => {
                let (mut decided, signature) = Decided::of(lesson);
                if confidential {
                    // It speaks for a unit, and nobody is shown its text.
                    decided.snippet.clear();
                }
                index.put(decided, signature);
            }
            None => index.remove(ticket),
        }
        Ok(())
    }

    /// Reads the newest decided tickets of a jurisdiction; how many there are then.
    pub(super) fn fill(&self, store: &Store, jurisdiction: &str) -> Result<usize, ReadError> {
        let shelf = self.shelf(jurisdiction);
        let full = || shelf.index.read().unwrap_or_else(PoisonError::into_inner).is_full();
        each_dispatched(store, jurisdiction, |ticket| {
            self.take(store, jurisdiction, ticket)?;
            Ok(if full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(shelf.index.read().unwrap_or_else(PoisonError::into_inner).len())
    }
}

/// The tickets of a jurisdiction that a unit has, newest first.
fn each_dispatched(
    store: &Store,
    jurisdiction: &str,
    mut take: impl FnMut(&TicketId) -> Result<ControlFlow<()>, ReadError>,
) -> Result<(), ReadError> {
    let filter = Filter { jurisdiction: Some(jurisdiction.to_owned()), ..Filter::default() };
    let mut cursor: Option<Cursor> = None;
    loop {
        let page = store.list(&filter, cursor, PAGE)?;
        for ticket in page.tickets.iter().filter(|ticket| !ticket.lead.is_empty()) {
            if take(&ticket.id)?.is_break() {
                return Ok(());
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

/// What the newest decided tickets of a jurisdiction teach, at most as many as are looked up. Reads their histories: seconds.
pub(super) fn lessons(store: &Store, jurisdiction: &str) -> Result<Vec<Lesson>, ReadError> {
    let mut found = Vec::new();
    each_dispatched(store, jurisdiction, |ticket| {
        let confidential = store.ticket(ticket)?.is_none_or(|ticket| ticket.confidential);
        // What is learnt from may be read: words of rules that are mined, lines that disagree.
        found.extend(lesson(&store.events(ticket)?).filter(|_| !confidential));
        Ok(if found.len() < KEPT { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(found)
}

/// The same as labelled texts, covered, without those that the majority contradicts.
pub fn history_of(store: &Store, jurisdiction: &str) -> Result<Vec<Given>, ReadError> {
    let taught = settle(lessons(store, jurisdiction)?).lessons.into_iter();
    Ok(taught.map(|it| Given { title: String::new(), text: it.masked, label: it.unit }).collect())
}

/// Whether an event can change what a ticket teaches. What the machine decides when a ticket comes teaches nothing.
pub(super) fn teaches(event: &Event) -> bool {
    matches!(
        event,
        Event::Dispatched { by: By::Person, .. }
            | Event::Answered { by: By::Person, .. }
            | Event::Refused { by: By::Person, .. }
            | Event::ReturnDecided { granted: true, .. }
            | Event::Reviewed { passed: true, last: true, .. }
            | Event::ConfidentialSet { .. }
    )
}

impl App {
    /// Reads all decided tickets into memory. Blocks; requests are served meanwhile and find what is read already.
    pub fn recall(&self) -> Result<(), Error> {
        for jurisdiction in self.live.snapshot().releases.keys() {
            let tickets = self.archive.fill(&self.store, jurisdiction)?;
            if tickets > 0 {
                tracing::info!(jurisdiction, tickets, "decided tickets can be looked up");
            }
        }
        Ok(())
    }

    /// What was just decided is found by the next request. A store that cannot be read costs no decision.
    pub(super) async fn learn_from(&self, ticket: &Ticket) {
        let (archive, jurisdiction, id) = (self.archive.clone(), ticket.jurisdiction.clone(), ticket.id.clone());
        let taken = self.read(move |store| archive.take(store, &jurisdiction, &id)).await;
        if let Err(error) = taken.and_then(|taken| Ok(taken?)) {
            tracing::error!(ticket = %ticket.id, %error, "a decided ticket cannot be looked up");
        }
    }

    /// The same for what was heard from the store.
    pub(super) fn learn_heard(&self, recorded: &Recorded) -> Result<(), Error> {
        let Some(ticket) = self.store.ticket(&recorded.ticket)? else { return Ok(()) };
        Ok(self.archive.take(&self.store, &ticket.jurisdiction, &ticket.id)?)
    }
}
