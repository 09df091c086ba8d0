//! What time alone does to tickets.

mod batch;
mod hindered;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

pub(super) use self::hindered::Hindered;
use super::{App, Error};
use crate::clocks::{recheck, tick, unpublished};
use crate::store::{AppendError, Store};
use crate::ticket::TicketId;

/// Tickets handed to the store together: they share its writes, and stay in order.
const TOGETHER: usize = 64;
/// Tickets that are asked which years they wait for: one would do, more name several years.
const ASKED: usize = 100;

impl App {
    /// Does what is due, at most `limit` tickets, the earliest first; when to look again. A ticket that cannot be done is
    /// logged and tried again later; it holds up no other.
    pub async fn tick(&self, limit: usize) -> Result<Option<DateTime<Utc>>, Error> {
        let (app, now) = (self.clone(), (self.now)());
        self.read(move |store| app.tick_now(store, now, limit)).await?
    }

    fn tick_now(&self, store: &Store, now: DateTime<Utc>, limit: usize) -> Result<Option<DateTime<Utc>>, Error> {
        let waiting = self.hindered.waiting(now);
        let due = store.due(now, limit + waiting.len())?;
        let due: Vec<TicketId> = due.into_iter().filter(|id| !waiting.contains_key(id)).take(limit).collect();
        for ids in due.chunks(TOGETHER) {
            for (id, done) in self.change(store, ids, now, &|ticket, law| tick(ticket, law, now)) {
                let hindered = match done {
                    Ok(true) => false,
                    // Not due for another fraction of a millisecond, or somebody did something meanwhile.
                    Ok(false) => store.ticket(&id)?.is_none_or(|it| it.next_due().is_some_and(|at| at <= now)),
                    Err(ref error) if stops(error) => return done.map(|_| None),
                    Err(ref error) => {
                        tracing::error!(ticket = %id, %error, "what is due cannot be done; trying again later");
                        true
                    }
                };
                if hindered {
                    self.hindered.note(id, now);
                }
            }
        }
        self.heed();
        let waiting = self.hindered.waiting(now);
        let upcoming = store.upcoming(1 + waiting.len())?;
        let next = upcoming.into_iter().find(|(_, id)| !waiting.contains_key(id)).map(|(at, _)| at);
        Ok(next.into_iter().chain(waiting.into_values()).min())
    }

    /// Moves due dates that stood on a year that was not published. Whether all could be looked at.
    pub async fn recheck_calendars(&self) -> bool {
        let (app, now) = (self.clone(), (self.now)());
        match self.read(move |store| app.recheck_now(store, now)).await {
            Ok(Ok(complete)) => complete,
            Ok(Err(error)) | Err(error) => {
                tracing::error!(%error, "due dates could not follow the calendar; trying again");
                false
            }
        }
    }

    fn recheck_now(&self, store: &Store, now: DateTime<Utc>) -> Result<bool, Error> {
        let (mut moved, mut failed) = (0, 0);
        let mut provisional = store.provisional(usize::MAX)?;
        // What goes wrong here goes wrong below, and is told there.
        provisional.retain(|id| self.moves(store, id, now).unwrap_or(true));
        for ids in provisional.chunks(TOGETHER) {
            for (id, done) in self.change(store, ids, now, &|ticket, law| recheck(ticket, law, now)) {
                match done {
                    Ok(changed) => moved += usize::from(changed),
                    Err(error) if stops(&error) => return Err(error),
                    Err(error) => {
                        failed += 1;
                        tracing::error!(ticket = %id, %error, "its due dates could not follow the calendar");
                    }
                }
            }
        }
        if moved > 0 {
            tracing::info!(moved, "due dates follow a newly published calendar");
        }
        let years = self.missing_years(store)?;
        if !years.is_empty() {
            let tickets = store.provisional_count()?;
            tracing::warn!(tickets, ?years, "due dates stand on Monday to Friday: these years are not published");
        }
        Ok(failed == 0)
    }

    /// Whether the calendar of today moves anything: found without the history of the ticket.
    fn moves(&self, store: &Store, id: &TicketId, now: DateTime<Utc>) -> Result<bool, Error> {
        let Some(ticket) = store.ticket(id)? else { return Ok(false) };
        let held = self.held(store, &ticket, &[])?;
        Ok(held.is_some_and(|held| !recheck(&ticket, &held.law(), now).is_empty()))
    }

    /// Years without a published calendar on which due dates of running clocks stand.
    pub async fn unpublished_years(&self) -> Result<BTreeSet<i32>, Error> {
        let app = self.clone();
        self.read(move |store| app.missing_years(store)).await?
    }

    fn missing_years(&self, store: &Store) -> Result<BTreeSet<i32>, Error> {
        let snapshot = self.live.snapshot();
        let mut years = BTreeSet::new();
        for id in store.provisional(ASKED)? {
            let Some(ticket) = store.ticket(&id)? else { continue };
            let Some(Some(release)) = snapshot.releases.get(&ticket.jurisdiction) else { continue };
            years.extend(unpublished(&ticket, &release.calendar));
        }
        Ok(years)
    }
}

/// The store itself is the reason: no other ticket will fare better.
fn stops(error: &Error) -> bool {
    use AppendError as E;
    matches!(error, Error::Append(E::ReadOnly { .. } | E::Failed { .. } | E::Closed | E::Busy))
}
