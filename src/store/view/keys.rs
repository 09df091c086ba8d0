//! The keys of the view. The first byte says what stands there; parts of varying length carry their length, so that
//! no jurisdiction's name is the beginning of another's. Numbers are big endian: bytes sort as numbers do.
//!
//! | key | value |
//! |---|---|
//! | `m` | where the view stands: epoch and next sequence |
//! | `t` ticket | row: state, place of its last frame |
//! | `o` received, sequence | ticket id |
//! | `f` jurisdiction, reference, sequence | ticket id |
//! | `q` jurisdiction, risk, received, sequence | queue item |
//! | `w` jurisdiction, received, sequence | the same item |
//! | `c` jurisdiction | number of claims so far |
//! | `a` jurisdiction, phase | number of tickets |
//! | `n` series | last running number |
//! | `i` client, key | what an idempotency key was used for |
//! | `x` used at, client, key | empty: keys by age |
//! | `e` jurisdiction, requester, received, sequence | ticket id |
//! | `b` jurisdiction, band, received, sequence | ticket id |
//! | `s` ticket | when it came, and what it is found by |
//! | `d` next due, ticket | ticket id |
//! | `v` jurisdiction, colour, due, ticket | ticket id: the board of warnings |
//! | `p` ticket | ticket id: a due date waits for a calendar |
//! | `k` jurisdiction, entry | knowledge entry |
//! | `g` jurisdiction | knowledge version and imported pack |
//! | `Ka` jurisdiction, entry | where an entry stands |
//! | `Kv` jurisdiction, entry, number | a version of it |
//! | `Ks` jurisdiction, entry, revision | what happened to it |
//! | `y` digest | release |
//! | `z` jurisdiction | digest of the last release |
//! | `Rn` jurisdiction | number of releases that went live |
//! | `Rr` jurisdiction, number | record of a release |
//! | `Wd` jurisdiction, draft | a draft |
//! | `Wt` jurisdiction, trial | a trial |
//! | `Wn` jurisdiction, day, rule | what a rule did on a day |
//! | `Qh` jurisdiction, number | a hit test |
//! | `Qq` jurisdiction, question | a regression question that somebody kept |
//! | `Qb` jurisdiction, question | how it stood in the last run |
//! | `Qr` jurisdiction, number | a run |
//! | `Qg` jurisdiction, number | a question from the open |
//! | `Qd` | up to which event tickets became drafts |
//! | `Qn` the beginning of a key above | the last number |
//! | `Wm` jurisdiction, number | a trained model |
//! | `Wu` jurisdiction, target | which model decides |
//! | `E` jurisdiction, requester | record of an enterprise |
//! | `Os` subscription | the subscription |
//! | `Op` subscription | how far it is |
//! | `Od` subscription, ticket, event | dead letter |
//! | `Oc` subscription, ticket, event | confirmation |

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

use crate::digest::Digest;
use crate::ticket::{EventId, Phase, Ticket, TicketId};
use crate::triage::Warning;

pub(crate) const STATE: &[u8] = b"m";

fn key(kind: u8) -> Vec<u8> {
    vec![kind]
}

fn text(mut key: Vec<u8>, part: &str) -> Vec<u8> {
    key.extend_from_slice(&(part.len() as u32).to_be_bytes());
    key.extend_from_slice(part.as_bytes());
    key
}

fn number(mut key: Vec<u8>, part: u64) -> Vec<u8> {
    key.extend_from_slice(&part.to_be_bytes());
    key
}

/// Milliseconds, shifted so that times before 1970 sort first.
pub(crate) fn millis(at: DateTime<Utc>) -> u64 {
    at.timestamp_millis().cast_unsigned() ^ (1 << 63)
}

/// The first key after all that begin with `prefix`.
pub(crate) fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    end
}

pub(crate) fn ticket(id: &TicketId) -> Vec<u8> {
    let mut out = key(b't');
    out.extend_from_slice(id.as_str().as_bytes());
    out
}

pub(crate) fn tickets() -> Vec<u8> {
    key(b't')
}

/// The sequence at the end of such a key.
pub(crate) fn order_seq(key: &[u8]) -> u64 {
    key.get(9..17).and_then(|part| part.try_into().ok()).map_or(0, u64::from_be_bytes)
}

pub(crate) fn order(received_ms: u64, seq: u64) -> Vec<u8> {
    number(number(key(b'o'), received_ms), seq)
}

pub(crate) fn references(jurisdiction: &str, reference: &str) -> Vec<u8> {
    text(text(key(b'f'), jurisdiction), reference)
}

pub(crate) fn reference(ticket: &Ticket) -> Vec<u8> {
    number(references(&ticket.jurisdiction, &ticket.reference), ticket.first.seq)
}

/// `d` next due, ticket: what time alone does next, in order.
pub(crate) fn due(at: DateTime<Utc>, id: &TicketId) -> Vec<u8> {
    let mut out = number(key(b'd'), millis(at));
    out.extend_from_slice(id.as_str().as_bytes());
    out
}

/// The instant in such a key.
pub(crate) fn due_at(key: &[u8]) -> DateTime<Utc> {
    instant_at(key, 1)
}

/// An instant somewhere in a key.
pub(crate) fn instant_at(key: &[u8], at: usize) -> DateTime<Utc> {
    let part = key.get(at..at + 8).and_then(|part| part.try_into().ok());
    let millis = part.map_or(0, u64::from_be_bytes) ^ (1 << 63);
    DateTime::from_timestamp_millis(millis.cast_signed()).unwrap_or(DateTime::UNIX_EPOCH)
}

/// A colour somewhere in a key.
pub(crate) fn colour_at(key: &[u8], at: usize) -> Warning {
    match key.get(at) {
        Some(0) => Warning::Red,
        Some(1) => Warning::Yellow,
        Some(2) => Warning::Blue,
        _ => Warning::None,
    }
}

pub(crate) fn dues() -> Vec<u8> {
    key(b'd')
}

/// The first key of the `d` table that lies after an instant.
pub(crate) fn due_after(at: DateTime<Utc>) -> Vec<u8> {
    number(key(b'd'), millis(at) + 1)
}

/// `v` jurisdiction, colour (red first), due, ticket: the board of warnings.
pub(crate) fn warned(ticket: &Ticket) -> Vec<u8> {
    let mut out = board(&ticket.jurisdiction);
    out.push(rank(ticket.warning));
    let due = ticket.life.main().map_or(DateTime::<Utc>::MAX_UTC, |main| main.due);
    let mut out = number(out, millis(due));
    out.extend_from_slice(ticket.id.as_str().as_bytes());
    out
}

pub(crate) fn board(jurisdiction: &str) -> Vec<u8> {
    text(key(b'v'), jurisdiction)
}

/// `p` ticket: a due date of it stands on a year that is not published.
pub(crate) fn provisional(id: &TicketId) -> Vec<u8> {
    let mut out = key(b'p');
    out.extend_from_slice(id.as_str().as_bytes());
    out
}

pub(crate) fn provisionals() -> Vec<u8> {
    key(b'p')
}

fn rank(warning: Warning) -> u8 {
    match warning {
        Warning::Red => 0,
        Warning::Yellow => 1,
        Warning::Blue => 2,
        Warning::None => 3,
    }
}

pub(crate) fn queues() -> Vec<u8> {
    key(b'q')
}

pub(crate) fn by_risk(jurisdiction: &str) -> Vec<u8> {
    text(key(b'q'), jurisdiction)
}

pub(crate) fn by_age(jurisdiction: &str) -> Vec<u8> {
    text(key(b'w'), jurisdiction)
}

pub(crate) fn queued_by_risk(ticket: &Ticket, risk: Warning) -> Vec<u8> {
    let mut out = by_risk(&ticket.jurisdiction);
    out.push(rank(risk));
    number(number(out, millis(ticket.received_at)), ticket.first.seq)
}

pub(crate) fn queued_by_age(ticket: &Ticket) -> Vec<u8> {
    number(number(by_age(&ticket.jurisdiction), millis(ticket.received_at)), ticket.first.seq)
}

pub(crate) fn claims(jurisdiction: &str) -> Vec<u8> {
    text(key(b'c'), jurisdiction)
}

pub(crate) fn counts() -> Vec<u8> {
    key(b'a')
}

pub(crate) fn count(jurisdiction: &str, phase: Phase) -> Vec<u8> {
    text(text(key(b'a'), jurisdiction), phase.name())
}

pub(crate) fn by_requester(jurisdiction: &str, requester: &Digest) -> Vec<u8> {
    text(text(key(b'e'), jurisdiction), requester.as_str())
}

pub(crate) fn by_band(jurisdiction: &str, band: u64) -> Vec<u8> {
    number(text(key(b'b'), jurisdiction), band)
}

/// `prefix` is one of the two above.
pub(crate) fn seen(prefix: Vec<u8>, received_ms: u64, seq: u64) -> Vec<u8> {
    number(number(prefix, received_ms), seq)
}

pub(crate) fn trace(id: &TicketId) -> Vec<u8> {
    let mut out = key(b's');
    out.extend_from_slice(id.as_str().as_bytes());
    out
}

pub(crate) fn series(series: &str) -> Vec<u8> {
    text(key(b'n'), series)
}

pub(crate) fn idempotency(client: &str, name: &str) -> Vec<u8> {
    text(text(key(b'i'), client), name)
}

pub(crate) fn aged(used_ms: u64, client: &str, name: &str) -> Vec<u8> {
    text(text(number(key(b'x'), used_ms), client), name)
}

pub(crate) fn aged_until(used_ms: u64) -> Vec<u8> {
    number(key(b'x'), used_ms)
}

pub(crate) fn entries(jurisdiction: &str) -> Vec<u8> {
    text(key(b'k'), jurisdiction)
}

pub(crate) fn entry(jurisdiction: &str, id: &str) -> Vec<u8> {
    let mut out = entries(jurisdiction);
    out.extend_from_slice(id.as_bytes());
    out
}

pub(crate) fn knowledge(jurisdiction: &str) -> Vec<u8> {
    text(key(b'g'), jurisdiction)
}

pub(crate) fn articles(jurisdiction: &str) -> Vec<u8> {
    text(b"Ka".to_vec(), jurisdiction)
}

pub(crate) fn article(jurisdiction: &str, id: &str) -> Vec<u8> {
    text(articles(jurisdiction), id)
}

pub(crate) fn article_versions(jurisdiction: &str, id: &str) -> Vec<u8> {
    text(text(b"Kv".to_vec(), jurisdiction), id)
}

pub(crate) fn article_version(jurisdiction: &str, id: &str, version: u32) -> Vec<u8> {
    number(article_versions(jurisdiction, id), version.into())
}

pub(crate) fn article_acts(jurisdiction: &str, id: &str) -> Vec<u8> {
    text(text(b"Ks".to_vec(), jurisdiction), id)
}

pub(crate) fn article_act(jurisdiction: &str, id: &str, revision: u32) -> Vec<u8> {
    number(article_acts(jurisdiction, id), revision.into())
}

pub(crate) fn release(digest: &str) -> Vec<u8> {
    text(key(b'y'), digest)
}

/// Digests are all of one length, so that the beginning of one is a prefix of its key.
pub(crate) fn releases(prefix: &str) -> Vec<u8> {
    let mut out = key(b'y');
    out.extend_from_slice(&DIGEST.to_be_bytes());
    out.extend_from_slice(prefix.as_bytes());
    out
}

/// Hexadecimal digits of a digest.
const DIGEST: u32 = 64;

pub(crate) fn last_release(jurisdiction: &str) -> Vec<u8> {
    text(key(b'z'), jurisdiction)
}

pub(crate) fn record_count(jurisdiction: &str) -> Vec<u8> {
    text(b"Rn".to_vec(), jurisdiction)
}

pub(crate) fn records(jurisdiction: &str) -> Vec<u8> {
    text(b"Rr".to_vec(), jurisdiction)
}

pub(crate) fn record(jurisdiction: &str, count: u64) -> Vec<u8> {
    number(records(jurisdiction), count)
}

pub(crate) fn drafts(jurisdiction: &str) -> Vec<u8> {
    text(b"Wd".to_vec(), jurisdiction)
}

pub(crate) fn draft(jurisdiction: &str, id: &str) -> Vec<u8> {
    text(drafts(jurisdiction), id)
}

pub(crate) fn trials(jurisdiction: &str) -> Vec<u8> {
    text(b"Wt".to_vec(), jurisdiction)
}

pub(crate) fn trial(jurisdiction: &str, id: &str) -> Vec<u8> {
    text(trials(jurisdiction), id)
}

pub(crate) fn models(jurisdiction: &str) -> Vec<u8> {
    text(b"Wm".to_vec(), jurisdiction)
}

pub(crate) fn model(jurisdiction: &str, count: u64) -> Vec<u8> {
    number(models(jurisdiction), count)
}

pub(crate) fn model_in_use(jurisdiction: &str, target: &str) -> Vec<u8> {
    text(text(b"Wu".to_vec(), jurisdiction), target)
}

/// All rules on one day.
pub(crate) fn numbers(jurisdiction: &str, day: NaiveDate) -> Vec<u8> {
    // Days since the common era, so that bytes sort as days do.
    number(text(b"Wn".to_vec(), jurisdiction), u64::from(day.num_days_from_ce().unsigned_abs()))
}

pub(crate) fn number_of(jurisdiction: &str, day: NaiveDate, rule: &str) -> Vec<u8> {
    text(numbers(jurisdiction, day), rule)
}

pub(crate) fn hits(jurisdiction: &str) -> Vec<u8> {
    text(b"Qh".to_vec(), jurisdiction)
}

pub(crate) fn questions(jurisdiction: &str) -> Vec<u8> {
    text(b"Qq".to_vec(), jurisdiction)
}

pub(crate) fn question(jurisdiction: &str, id: &str) -> Vec<u8> {
    text(questions(jurisdiction), id)
}

pub(crate) fn stands(jurisdiction: &str) -> Vec<u8> {
    text(b"Qb".to_vec(), jurisdiction)
}

pub(crate) fn stand(jurisdiction: &str, id: &str) -> Vec<u8> {
    text(stands(jurisdiction), id)
}

pub(crate) fn runs(jurisdiction: &str) -> Vec<u8> {
    text(b"Qr".to_vec(), jurisdiction)
}

pub(crate) fn drafted() -> Vec<u8> {
    b"Qd".to_vec()
}

pub(crate) fn open_questions(jurisdiction: &str) -> Vec<u8> {
    text(b"Qg".to_vec(), jurisdiction)
}

/// `kind` is one of the numbered ones above.
pub(crate) fn inquiry(kind: &[u8], count: u64) -> Vec<u8> {
    number(kind.to_vec(), count)
}

pub(crate) fn inquiry_count(kind: &[u8]) -> Vec<u8> {
    [b"Qn", kind].concat()
}

pub(crate) fn enterprises(jurisdiction: &str) -> Vec<u8> {
    text(key(b'E'), jurisdiction)
}

/// The requester as `by_requester` has it, so that one digest finds the record and the tickets.
pub(crate) fn enterprise(jurisdiction: &str, requester: &Digest) -> Vec<u8> {
    text(enterprises(jurisdiction), requester.as_str())
}

/// One of the subscriptions' kinds of rows.
fn outbox(kind: u8) -> Vec<u8> {
    vec![b'O', kind]
}

pub(crate) fn subscriptions() -> Vec<u8> {
    outbox(b's')
}

pub(crate) fn subscription(id: &str) -> Vec<u8> {
    text(outbox(b's'), id)
}

pub(crate) fn checkpoint(id: &str) -> Vec<u8> {
    text(outbox(b'p'), id)
}

pub(crate) fn dead_letters(id: &str) -> Vec<u8> {
    text(outbox(b'd'), id)
}

pub(crate) fn dead_letter(id: &str, ticket: &TicketId, event: EventId) -> Vec<u8> {
    number(number(text(dead_letters(id), ticket.as_str()), event.epoch), event.seq)
}

pub(crate) fn confirmations(id: &str) -> Vec<u8> {
    text(outbox(b'c'), id)
}

pub(crate) fn confirmations_of(id: &str, ticket: &TicketId) -> Vec<u8> {
    text(confirmations(id), ticket.as_str())
}

pub(crate) fn confirmation(id: &str, ticket: &TicketId, event: EventId) -> Vec<u8> {
    number(number(confirmations_of(id, ticket), event.epoch), event.seq)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_the_beginning_of_another() {
        assert!(!by_risk("hunan2").starts_with(&by_risk("hunan")));
        assert!(references("a", "bc") != references("ab", "c"));
        assert_eq!(after(b"q\xff"), b"r");
        let (at, id) = (
            DateTime::from_timestamp(-7, 0).unwrap(),
            TicketId::new("LH", DateTime::UNIX_EPOCH.date_naive(), 1).unwrap(),
        );
        assert_eq!(due_at(&due(at, &id)), at);
        assert!(millis(DateTime::UNIX_EPOCH) > millis(DateTime::from_timestamp(-1, 0).unwrap()));
    }
}
