//! Words → tickets, and back.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use chrono::{DateTime, Utc};

use super::{Decided, Hit, KEPT};
use crate::matter::Signature;
use crate::ticket::TicketId;
use crate::triage::Thousandths;

/// Tickets in which the asked words stand, added up: what it costs to propose must not grow with the history. The rarest words
/// come first, and one of them is always asked for.
const MOST_POSTINGS: usize = 10_000;
/// Candidates that are judged.
const MOST_CANDIDATES: usize = 32;
/// Less alike is not alike at all.
const LEAST: Thousandths = 100;

/// The decided tickets of one jurisdiction.
pub struct Similar {
    most: usize,
    members: Vec<Option<Member>>,
    /// Places without a member.
    free: Vec<u32>,
    postings: HashMap<u32, Vec<u32>, BuildHasherDefault<AsItIs>>,
    places: HashMap<TicketId, u32>,
    by_age: BTreeSet<(DateTime<Utc>, TicketId)>,
}

/// Words are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u32(&mut self, word: u32) {
        // The table looks at both ends of the number.
        self.0 = u64::from(word) << 32 | u64::from(word);
    }
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
            postings: HashMap::default(),
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
        let worths: Vec<(u32, u32)> = asked.words().iter().map(|word| (*word, self.worth(*word))).collect();
        let judged = self.candidates(&worths).into_iter().filter_map(|place| self.members[place as usize].as_ref());
        let mut hits: Vec<(Thousandths, &Member)> =
            judged.map(|member| (self.likeness(&worths, member), member)).collect();
        hits.retain(|(likeness, _)| *likeness >= LEAST);
        hits.sort_unstable_by_key(|(likeness, member)| {
            (Reverse(*likeness), Reverse(member.decided.decided_at), Reverse(&member.decided.ticket))
        });
        hits.truncate(limit);
        hits.into_iter().map(|(likeness, member)| Hit { decided: member.decided.clone(), likeness }).collect()
    }

    /// Places of the tickets that share most with the rarest of the words, each with its worth.
    fn candidates(&self, asked: &[(u32, u32)]) -> Vec<u32> {
        let known = asked.iter().filter_map(|(word, worth)| self.postings.get(word).map(|list| (*worth, list)));
        let mut lists: Vec<(u32, &Vec<u32>)> = known.collect();
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
        self.strongest(touched.into_iter().map(|place| (scores[place as usize], place)).collect())
    }

    /// Those with the highest scores; of equals at the edge the newest.
    fn strongest(&self, mut scored: Vec<(u32, u32)>) -> Vec<u32> {
        if scored.len() > MOST_CANDIDATES {
            let (_, last, _) = scored.select_nth_unstable_by_key(MOST_CANDIDATES - 1, |(score, _)| Reverse(*score));
            let least = last.0;
            let (mut above, mut edge): (Vec<_>, Vec<_>) =
                scored.into_iter().filter(|(score, _)| *score >= least).partition(|(score, _)| *score > least);
            let age = |place: u32| {
                let member = self.members[place as usize].as_ref();
                member.map(|it| (it.decided.decided_at, &it.decided.ticket))
            };
            edge.sort_unstable_by_key(|(_, place)| Reverse(age(*place)));
            edge.truncate(MOST_CANDIDATES - above.len());
            above.append(&mut edge);
            scored = above;
        }
        scored.into_iter().map(|(_, place)| place).collect()
    }

    /// Of words and worths in the order of the words.
    fn likeness(&self, asked: &[(u32, u32)], member: &Member) -> Thousandths {
        let total: u32 = asked.iter().map(|(_, worth)| worth).sum();
        let mut asked = asked.iter().peekable();
        let (mut own, mut shared) = (0, 0);
        for word in member.signature.words() {
            while asked.next_if(|(other, _)| other < word).is_some() {}
            let both = asked.next_if(|(other, _)| other == word).map(|(_, worth)| *worth);
            own += both.unwrap_or_else(|| self.worth(*word));
            shared += both.unwrap_or(0);
        }
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
