//! Tickets out: lists, one with everything known about it, its events.

use super::{App, Error, Missing, check};
use crate::access::Caller;
use crate::store::{Cursor, Filter, Page};
use crate::ticket::{Event, Recorded, Request, Ticket, TicketId};
use crate::triage::Decision;

/// One ticket with what a person needs to decide it.
pub struct Dossier {
    pub ticket: Ticket,
    /// As it was sent: personal data.
    pub request: Option<Request>,
    pub masked_text: String,
    /// The last triage.
    pub decision: Option<Box<Decision>>,
}

impl App {
    /// Newest first. A caller bound to a jurisdiction sees no other.
    pub async fn list(
        &self,
        caller: &Caller,
        mut filter: Filter,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, Error> {
        let named = filter.jurisdiction.take().unwrap_or_default();
        let jurisdiction = super::meant(caller, &named)?;
        if !jurisdiction.is_empty() {
            check::known(&self.live.snapshot(), &jurisdiction)?;
            filter.jurisdiction = Some(jurisdiction);
        }
        Ok(self.read(move |store| store.list(&filter, cursor, limit)).await??)
    }

    /// A ticket with its request, its masked text and its last triage.
    pub async fn find(&self, caller: &Caller, id: &str) -> Result<Dossier, Error> {
        let ticket = self.ticket(caller, id).await?;
        self.dossier(ticket).await
    }

    /// Everything that happened to a ticket, first event first.
    pub async fn events(&self, caller: &Caller, id: &str) -> Result<Vec<Recorded>, Error> {
        let ticket = self.ticket(caller, id).await?;
        Ok(self.read(move |store| store.events(&ticket.id)).await??)
    }

    pub(super) async fn ticket(&self, caller: &Caller, id: &str) -> Result<Ticket, Error> {
        let unknown = || Error::missing(Missing::Ticket, id, "请核对工单编号");
        let id: TicketId = id.parse().map_err(|_| unknown())?;
        let found = self.read(move |store| store.ticket(&id)).await??;
        // Whoever may not see a jurisdiction is not told what exists there.
        found
            .filter(|ticket| caller.jurisdiction.is_empty() || caller.jurisdiction == ticket.jurisdiction)
            .ok_or_else(unknown)
    }

    pub(super) async fn dossier(&self, ticket: Ticket) -> Result<Dossier, Error> {
        let id = ticket.id.clone();
        let events = self.read(move |store| store.events(&id)).await??;
        let mut dossier = Dossier { ticket, request: None, masked_text: String::new(), decision: None };
        for recorded in events {
            match recorded.event {
                Event::Received { request, masked_text, .. } => {
                    dossier.request = Some(request);
                    dossier.masked_text = masked_text;
                }
                Event::Triaged { decision } => dossier.decision = Some(decision),
                _ => {}
            }
        }
        Ok(dossier)
    }
}
