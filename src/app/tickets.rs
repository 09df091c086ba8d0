//! Tickets out: lists, one with everything known about it, its events.

use super::{App, Error, Missing, check};
use crate::access::Caller;
use crate::store::{Cursor, Filter, Page};
use crate::ticket::{Event, Recorded, Request, Ticket, TicketId};
use crate::triage::Decision;

/// One ticket with what a person needs to decide it: whoever shows it covers what the viewer does not see.
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
        filter.viewer = Some(caller.viewer());
        Ok(self.read(move |store| store.list(&filter, cursor, limit)).await??)
    }

    /// A ticket with its request, its masked text and its last triage.
    pub async fn find(&self, caller: &Caller, id: &str) -> Result<Dossier, Error> {
        let ticket = self.ticket(caller, id).await?;
        self.dossier(ticket).await
    }

    /// A ticket with everything that happened to it, first event first.
    pub async fn events(&self, caller: &Caller, id: &str) -> Result<(Ticket, Vec<Recorded>), Error> {
        let ticket = self.ticket(caller, id).await?;
        let events = self.history(&ticket).await?;
        Ok((ticket, events))
    }

    pub(super) async fn ticket(&self, caller: &Caller, id: &str) -> Result<Ticket, Error> {
        let unknown = || Error::missing(Missing::Ticket, id, "请核对工单编号");
        let id: TicketId = id.parse().map_err(|_| unknown())?;
        let found = self.read(move |store| store.ticket(&id)).await??;
        // What somebody may not see does not exist for them.
        found.filter(|ticket| caller.viewer().sees(ticket)).ok_or_else(unknown)
    }

    /// What was found otherwise, if the caller sees it.
    pub(super) fn seen(caller: &Caller, ticket: Ticket) -> Result<Ticket, Error> {
        let unknown = || Error::missing(Missing::Ticket, ticket.id.as_str(), "请核对工单编号");
        if caller.viewer().sees(&ticket) { Ok(ticket) } else { Err(unknown()) }
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
