//! Commands to tickets: load → check the version → decide → follow → append. And what the clocks say.

use super::intake::key_of;
use super::{App, Error, Use};
use crate::access::{Caller, Operation};
use crate::clocks::{Explained, explain, follow};
use crate::diagnostic::nearest;
use crate::store::{Append, AppendError, Target};
use crate::ticket::{Command, Recorded, Ticket, decide, words};

/// A command that was carried out.
pub struct Commanded {
    pub ticket: Ticket,
    /// What it caused, first event first.
    pub events: Vec<Recorded>,
}

impl App {
    /// Carries out a command. `version`: what the person has seen; a ticket that moved on meanwhile is a conflict that
    /// says how.
    pub async fn command(
        &self,
        caller: &Caller,
        id: &str,
        version: Option<u32>,
        mut command: Command,
        used: Option<Use>,
    ) -> Result<Commanded, Error> {
        if let Some(ticket) = self.replayed(caller, used.as_ref()).await? {
            return Ok(Commanded { ticket, events: Vec::new() });
        }
        let ticket = self.ticket(caller, id).await?;
        let history = self.history(&ticket).await?;
        if let Some(seen) = version.filter(|seen| *seen != ticket.version) {
            return Err(conflict(&ticket, &history, seen));
        }
        let held = self.held(&self.store, &ticket, &history)?;
        let Some(held) = held else { return Err(Error::NoRegulation) };
        if let Some(release) = held.release() {
            named(&mut command, release)?;
        }
        let (actor, at) = (caller.actor(Operation::ActOnTickets), (self.now)());
        let caused = decide(&ticket, &command, &actor, held.regulation(), at)?;
        let events = follow(&ticket, caused, &actor, &held.law(), at);
        let target = Target::Known { id: ticket.id.clone(), expected: ticket.version, fence: fence(&command) };
        let append = Append { target, at, actor, events, key: key_of(caller, used) };
        match self.store.submit(append).await.map_err(|_| AppendError::Closed)? {
            Ok(appended) => {
                let events = self.history(&appended.ticket).await?;
                let events = events.into_iter().filter(|it| it.version > ticket.version).collect();
                Ok(Commanded { ticket: appended.ticket, events })
            }
            // Somebody was faster by a moment.
            Err(AppendError::Conflict { .. }) => {
                let now = self.ticket(caller, id).await?;
                let history = self.history(&now).await?;
                Err(conflict(&now, &history, ticket.version))
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Every clock of a ticket, explained.
    pub async fn clocks(&self, caller: &Caller, id: &str) -> Result<(Ticket, Vec<Explained>), Error> {
        let ticket = self.ticket(caller, id).await?;
        let history = self.history(&ticket).await?;
        let Some(held) = self.held(&self.store, &ticket, &history)? else { return Ok((ticket, Vec::new())) };
        let explained = explain(&ticket, &held.law(), (self.now)());
        Ok((ticket, explained))
    }

    pub(super) async fn history(&self, ticket: &Ticket) -> Result<Vec<Recorded>, Error> {
        let id = ticket.id.clone();
        Ok(self.read(move |store| store.events(&id)).await??)
    }
}

/// The claim that a decision out of the queue rests on.
fn fence(command: &Command) -> Option<u64> {
    match command {
        Command::Dispatch { fence, .. } | Command::Answer { fence, .. } | Command::Refuse { fence, .. } => *fence,
        _ => None,
    }
}

fn named(command: &mut Command, release: &crate::triage::Release) -> Result<(), Error> {
    let find = |name: &str| release.units.find(name).map(|unit| unit.name.clone());
    command.name_units(find).map_err(|name| {
        let help = nearest(&name, release.units.iter().map(|unit| unit.name.as_str()));
        Error::field("lead", format!("没有承办单位“{name}”；{help}"))
    })
}

fn conflict(ticket: &Ticket, history: &[Recorded], seen: u32) -> Error {
    // What people did and what it led to, without the bookkeeping of clocks and messages.
    let telling = |kind: &str| !kind.starts_with("clock_") && !kind.starts_with("mark_") && kind != "noticed";
    let since = history.iter().filter(|it| it.version > seen && telling(it.event.kind()));
    let happened = since.map(|it| {
        let at = crate::calendar::moment(it.at);
        format!("{at} {} {}", it.actor.person, words(&it.event, ticket))
    });
    Error::Stale { seen, version: ticket.version, happened: happened.collect() }
}
