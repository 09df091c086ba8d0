//! Words → tickets, and back.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::{Decided, Hit, KEPT};
use crate::matter::Signature;
use crate::ticket::TicketId;
use crate::triage::Thousandths;

/// Tickets in which the asked words stand, added up: what it costs to propose must not grow with the history. The rarest words
/// come first, and one of them is always asked for.
const MOST_POSTINGS: usize = 20_000;
/// Candidates that are judged.
const MOST_CANDIDATES: usize = 48;
/// Less alike is not alike at all.
const LEAST: Thousandths = 100;

/// The decided tickets of one jurisdiction.
pub struct Similar {
    most: usize,
    members: Vec<Option<Member>>,
    /// Places without a member.
    free: Vec<u32>,
    postings: HashMap<u32, Vec<u32>>,
    places: HashMap<TicketId, u32>,
    by_age: BTreeSet<(DateTime<Utc>, TicketId)>,
}

struct Member {
    decided: Decided,
    signature: Signature,
}

impl Default for Similar {
    fn default() -> Self {
        Self::keeping(KEPT)
    }
}

impl Similar {
    /// Keeps the `most` newest.
    pub fn keeping(most: usize) -> Self {
        Self {
            most,
            members: Vec::new(),
            free: Vec::new(),
            postings: HashMap::new(),
            places: HashMap::new(),
            by_age: BTreeSet::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether it holds as many as it keeps.
    pub fn is_full(&self) -> bool {
        self.len() >= self.most
    }

    /// Puts a ticket in, in place of what was known of it. A text without words is found by nothing and left out.
    pub fn put(&mut self, decided: Decided, signature: Signature) {
        self.remove(&decided.ticket);
        if signature.is_empty() {
            return;
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.members.push(None);
            // Never more than are kept, and one.
            (self.members.len() - 1) as u32
        });
        for word in signature.words() {
            self.postings.entry(*word).or_default().push(place);
        }
        self.places.insert(decided.ticket.clone(), place);
        self.by_age.insert((decided.decided_at, decided.ticket.clone()));
        self.members[place as usize] = Some(Member { decided, signature });
        if self.len() > self.most
            && let Some((_, oldest)) = self.by_age.first().cloned()
        {
            self.remove(&oldest);
        }
    }

    /// Takes a ticket out.
    pub fn remove(&mut self, ticket: &TicketId) {
        let Some(place) = self.places.remove(ticket) else { return };
        let Some(member) = self.members[place as usize].take() else { return };
        self.free.push(place);
        self.by_age.remove(&(member.decided.decided_at, member.decided.ticket));
        for word in member.signature.words() {
            if let Some(list) = self.postings.get_mut(word) {
                list.retain(|other| *other != place);
                if list.is_empty() {
                    self.postings.remove(word);
                }
            }
        }
    }

    /// The at most `limit` tickets that are most alike, the most alike first; of equals the newest first.
    pub fn find(&self, asked: &Signature, limit: usize) -> Vec<Hit> {
        let total: u32 = asked.words().iter().map(|word| self.worth(*word)).sum();
        let judged = self.candidates(asked).into_iter().filter_map(|place| self.members[place as usize].as_ref());
        let mut hits: Vec<(Thousandths, &Member)> =
            judged.map(|member| (self.likeness(asked, total, member), member)).collect();
        hits.retain(|(likeness, _)| *likeness >= LEAST);
        hits.sort_unstable_by_key(|(likeness, member)| {
            (Reverse(*likeness), Reverse(member.decided.decided_at), Reverse(&member.decided.ticket))
        });
        hits.truncate(limit);
        hits.into_iter().map(|(likeness, member)| Hit { decided: member.decided.clone(), likeness }).collect()
    }

    /// Places of the tickets that share most with the rarest words.
    fn candidates(&self, asked: &Signature) -> Vec<u32> {
        let mut lists: Vec<(u32, &Vec<u32>)> = asked
            .words()
            .iter()
            .filter_map(|word| self.postings.get(word).map(|list| (self.worth(*word), list)))
            .collect();
        lists.sort_by_key(|(_, list)| list.len());
        let mut scores = vec![0_u32; self.members.len()];
        let (mut touched, mut looked_at) = (Vec::new(), 0);
        for (worth, list) in lists {
            looked_at += list.len();
            if looked_at > MOST_POSTINGS && looked_at > list.len() {
                break;
            }
            for place in list {
                let score = &mut scores[*place as usize];
                if *score == 0 {
                    touched.push(*place);
                }
                // So that a word of all tickets still touches them.
                *score += worth + 1;
            }
        }
        let order = |place: &u32| {
            let member = self.members[*place as usize].as_ref();
            (Reverse(scores[*place as usize]), Reverse(member.map(|it| (it.decided.decided_at, &it.decided.ticket))))
        };
        if touched.len() > MOST_CANDIDATES {
            touched.select_nth_unstable_by(MOST_CANDIDATES - 1, |a, b| order(a).cmp(&order(b)));
            touched.truncate(MOST_CANDIDATES);
        }
        touched
    }

    fn likeness(&self, asked: &Signature, total: u32, member: &Member) -> Thousandths {
        let theirs = member.signature.words();
        let both = asked.words().iter().filter(|word| theirs.binary_search(word).is_ok());
        let shared: u32 = both.map(|word| self.worth(*word)).sum();
        let own: u32 = theirs.iter().map(|word| self.worth(*word)).sum();
        // Both totals hold what is shared, so this is at most 1000.
        (2_000 * u64::from(shared)).checked_div(u64::from(total + own)).unwrap_or(0) as Thousandths
    }

    /// How telling a word is, in 1024ths of a halving of the tickets; one that no ticket has as one that a single ticket has.
    fn worth(&self, word: u32) -> u32 {
        let tickets = self.postings.get(&word).map_or(1, Vec::len) as u64;
        halvings(self.len() as u64 + 1).saturating_sub(halvings(tickets))
    }
}

/// The binary logarithm in 1024ths, straight between powers of two.
fn halvings(number: u64) -> u32 {
    let power = number.max(1).ilog2();
    power * 1024 + (((number.max(1) << 10) >> power) - 1024) as u32
}
