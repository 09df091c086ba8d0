//! What is proposed to the person who holds a ticket.

use super::{App, Dossier, Error};
use crate::access::Caller;
use crate::suggest::{Suggestions, suggest};

impl App {
    /// Units that a ticket may belong to, and decided tickets that are alike.
    pub async fn suggestions(&self, caller: &Caller, id: &str) -> Result<Suggestions, Error> {
        let ticket = self.ticket(caller, id).await?;
        Ok(self.suggestions_for(&self.dossier(ticket).await?))
    }

    /// The same where the ticket was read already.
    pub fn suggestions_for(&self, dossier: &Dossier) -> Suggestions {
        let decision = dossier.decision.as_deref();
        let asked = decision.map(|decision| &decision.trace.signature);
        let found = asked.map(|asked| self.archive.find(&dossier.ticket.jurisdiction, asked, Some(&dossier.ticket.id)));
        suggest(decision, &found.unwrap_or_default(), self.now())
    }
}
