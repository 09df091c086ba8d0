//! What is known about earlier tickets when a request comes in. Three short reads of the view and a look into the decided
//! tickets; a store that cannot be read costs no ticket.

use chrono::{DateTime, Utc};

use super::decided::Archive;
use crate::matter::Trace;
use crate::store::{ReadError, Store};
use crate::triage::{History, RECENT, Sighting};

/// Newest tickets of one requester that are compared.
const OWN: usize = 50;
/// Likeliest tickets of anybody that are compared.
const ANYBODYS: usize = 40;

/// What anybody may know: where tickets that are alike went.
pub(super) fn precedents(archive: &Archive, jurisdiction: &str, trace: &Trace) -> History {
    let (similar, precedents) = archive.speak(jurisdiction, &trace.signature);
    History { similar, precedents, ..History::default() }
}

pub(super) fn history(
    store: &Store,
    archive: &Archive,
    jurisdiction: &str,
    trace: Trace,
    now: DateTime<Utc>,
) -> History {
    let History { similar, precedents, .. } = precedents(archive, jurisdiction, &trace);
    let found = found(store, jurisdiction, &trace, now).unwrap_or_else(|error| {
        tracing::error!(jurisdiction, %error, "earlier tickets cannot be read");
        Vec::new()
    });
    let known = History::of(trace, found, |ticket| match store.ticket(ticket) {
        Ok(ticket) => ticket.map(|ticket| ticket.phase),
        Err(error) => {
            tracing::error!(jurisdiction, %error, "an earlier ticket cannot be read");
            None
        }
    });
    History { similar, precedents, ..known }
}

fn found(store: &Store, jurisdiction: &str, trace: &Trace, now: DateTime<Utc>) -> Result<Vec<Sighting>, ReadError> {
    let mut found = match &trace.requester {
        Some(requester) => store.earlier_of(jurisdiction, requester, OWN)?,
        None => Vec::new(),
    };
    found.extend(store.alike(jurisdiction, &trace.signature, now - RECENT, ANYBODYS)?);
    Ok(found)
}
