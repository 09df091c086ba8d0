//! Commands to tickets: load → check the version → decide → follow → append. And what the clocks say.

use chrono::{DateTime, Utc};

use super::decided::teaches;
use super::intake::key_of;
use super::{App, Error, Use, Wish};
use crate::access::{Caller, Operation};
use crate::clocks::{Explained, explain, follow};
use crate::store::{Append, AppendError, Store, Target};
use crate::ticket::{Actor, Command, Event, Recorded, Ticket, decide, show_history, words};

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
        command: Command,
        used: Option<Use>,
    ) -> Result<Commanded, Error> {
        if let Some(ticket) = self.replayed(caller, used.as_ref()).await? {
            let ticket = Self::seen(caller, ticket)?;
            return Ok(Commanded { ticket, events: Vec::new() });
        }
        let ticket = self.ticket(caller, id).await?;
        if let Some(seen) = version.filter(|seen| *seen != ticket.version) {
            return Err(conflict(&ticket, self.history(&ticket).await?, caller, seen));
        }
        if let Some((fence, wish)) = out_of_queue(&command) {
            let now = self.act(caller, id, fence, wish, used).await?;
            return self.commanded(now, ticket.version).await;
        }
        let (actor, at) = (caller.actor(Operation::ActOnTickets), (self.now)());
        let (app, asked, by) = (self.clone(), ticket.clone(), actor.clone());
        let decided = move |store: &Store| app.consequences(store, &asked, command, &by, at);
        let events = self.read(decided).await??;
        let target = Target::Known { id: ticket.id.clone(), expected: ticket.version, fence: None };
        let teaches = events.iter().any(teaches);
        let append = Append { target, at, actor, events, key: key_of(caller, used) };
        match self.store.submit(append).await.map_err(|_| AppendError::Closed)? {
            Ok(appended) => {
                if teaches {
                    self.learn_from(&appended.ticket).await;
                }
                self.commanded(appended.ticket, ticket.version).await
            }
            // Somebody was faster by a moment.
            Err(AppendError::Conflict { .. }) => {
                let now = self.ticket(caller, id).await?;
                let history = self.history(&now).await?;
                Err(conflict(&now, history, caller, ticket.version))
            }
            Err(other) => Err(other.into()),
        }
    }

    /// The ticket with what has happened to it since a version.
    async fn commanded(&self, ticket: Ticket, since: u32) -> Result<Commanded, Error> {
        let events = self.history(&ticket).await?;
        Ok(Commanded { events: events.into_iter().filter(|it| it.version > since).collect(), ticket })
    }

    /// Everything that a command causes. Reads the store and asks rules: not for async threads.
    fn consequences(
        &self,
        store: &Store,
        ticket: &Ticket,
        mut command: Command,
        actor: &Actor,
        at: DateTime<Utc>,
    ) -> Result<Vec<Event>, Error> {
        let Some(held) = self.held(store, ticket, &store.events(&ticket.id)?)? else { return Err(Error::NoRegulation) };
        if let Some(release) = held.release() {
            named(&mut command, release)?;
        }
        let caused = decide(ticket, &command, actor, held.regulation(), at)?;
        let events = follow(ticket, caused, actor, &held.law(), at);
        self.heed();
        Ok(events)
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

/// A decision out of the queue by the holder of a claim: the queue's own way, with its entries and refusal classes.
fn out_of_queue(command: &Command) -> Option<(u64, Wish)> {
    match command.clone() {
        Command::Dispatch { lead, assists, followers, reason, fence } => {
            Some((fence?, Wish::Dispatch { lead, assists, followers, reason }))
        }
        Command::Answer { entry, text, basis, fence } => {
            Some((fence?, Wish::Answer { entry: Some(entry), text, basis }))
        }
        Command::Refuse { code, reason, fence } => Some((fence?, Wish::Refuse { code, reason })),
        _ => None,
    }
}

fn named(command: &mut Command, release: &crate::triage::Release) -> Result<(), Error> {
    command.name_units(&release.units).map_err(|message| Error::field("lead", message))
}

fn conflict(ticket: &Ticket, history: Vec<Recorded>, caller: &Caller, seen: u32) -> Error {
    // What people did and what it led to, without the bookkeeping of clocks and messages.
    let telling = |kind: &str| !kind.starts_with("clock_") && !kind.starts_with("mark_") && kind != "noticed";
    let viewer = caller.viewer();
    let history = show_history(history, &viewer, viewer.sight(ticket));
    let since = history.iter().filter(|it| it.version > seen && telling(it.event.kind()));
    let happened = since.map(|it| {
        let at = crate::calendar::moment(it.at);
        format!("{at} {} {}", it.actor.person, words(&it.event, ticket))
    });
    Error::Stale { seen, version: ticket.version, happened: happened.collect() }
}
