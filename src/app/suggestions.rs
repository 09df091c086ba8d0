//! What is proposed to the person who holds a ticket.

use super::{App, Dossier, Error};
use crate::access::Caller;
use crate::learn::Likely;
use crate::suggest::{Suggestions, suggest};
use crate::text::analyse;
use crate::ticket::Sight;

impl App {
    /// Units that a ticket may belong to, and decided tickets that are alike.
    pub async fn suggestions(&self, caller: &Caller, id: &str) -> Result<Suggestions, Error> {
        let ticket = self.ticket(caller, id).await?;
        let viewer = caller.viewer();
        if viewer.sight(&ticket) < Sight::Covered {
            // Reasons quote the rules that fired.
            return Ok(Suggestions::default());
        }
        let dossier = self.dossier(ticket).await?;
        let (_, mut suggestions) = self.suggestions_for(dossier).await?;
        if viewer.is_unit() {
            suggestions.similar.clear();
        }
        Ok(suggestions)
    }

    /// The same where the ticket was read already; it comes back.
    pub async fn suggestions_for(&self, dossier: Dossier) -> Result<(Dossier, Suggestions), Error> {
        let app = self.clone();
        // Not the evaluation threads: a full line in front of them must not cost a claim its answer.
        self.read(move |_| app.suggested(dossier)).await
    }

    fn suggested(&self, dossier: Dossier) -> (Dossier, Suggestions) {
        let (jurisdiction, decision) = (&dossier.ticket.jurisdiction, dossier.decision.as_deref());
        let asked = decision.map(|decision| &decision.trace.signature);
        let hits = asked.map(|asked| self.archive.find(jurisdiction, asked, Some(&dossier.ticket.id)));
        let suggestions = suggest(decision, &hits.unwrap_or_default(), &self.likely(&dossier), self.now());
        (dossier, suggestions)
    }

    /// What the model in use makes of the text as it was sent.
    fn likely(&self, dossier: &Dossier) -> Vec<Likely> {
        let (snapshot, jurisdiction) = (self.live.snapshot(), &dossier.ticket.jurisdiction);
        let models = snapshot.models.get(jurisdiction).filter(|models| models.unit.is_some());
        let (Some(models), Some(release), Some(request)) = (models, snapshot.release(jurisdiction), &dossier.request)
        else {
            return Vec::new();
        };
        models.units(release, &analyse(&release.lexicon, &release.gazetteer, &request.whole_text()))
    }
}
