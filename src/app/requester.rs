//! What a requester is shown of a ticket: the receipt and the timeline.

use super::{App, Error};
use crate::access::Caller;
use crate::clocks::{Acceptance, acceptance};
use crate::ticket::{Node, Ticket, show_history, timeline};

impl App {
    /// 受理告知书.
    pub async fn receipt(&self, caller: &Caller, id: &str) -> Result<Acceptance, Error> {
        let ticket = self.ticket(caller, id).await?;
        let history = self.history(&ticket).await?;
        let held = self.held(&self.store, &ticket, &history)?.ok_or(Error::NoRegulation)?;
        Ok(acceptance(&ticket, &history, &held.law()))
    }

    /// The nodes that a requester may see.
    pub async fn timeline(&self, caller: &Caller, id: &str) -> Result<(Ticket, Vec<Node>), Error> {
        let ticket = self.ticket(caller, id).await?;
        let history = self.history(&ticket).await?;
        let viewer = caller.viewer();
        let history = show_history(history, &viewer, viewer.sight(&ticket));
        let nodes = timeline(&history, &ticket);
        Ok((ticket, nodes))
    }
}
