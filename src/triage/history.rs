//! Earlier tickets: what was found, how it is related, and the numbers that rules see. Nothing is merged or refused here.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::matter::Trace;
use crate::similar::{Evidence, Precedent};
use crate::ticket::{Phase, TicketId};

/// Tickets of others count for so long.
pub const RECENT: TimeDelta = TimeDelta::days(90);
/// Earlier tickets shown with a decision.
const SHOWN: usize = 20;

/// An earlier ticket that may be about the same matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub ticket: TicketId,
    pub received_at: DateTime<Utc>,
    pub trace: Trace,
}

/// How an earlier ticket is related, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The same matter was declared terminated (湖南 第十五条).
    Terminated,
    SameRequesterSameMatter,
    /// Somebody else, or somebody unknown.
    SameMatter,
}

/// An earlier ticket as it stood when the decision was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Earlier {
    #[schema(value_type = String)]
    pub ticket: TicketId,
    pub relation: Relation,
    /// Thousandths.
    pub similarity: u16,
    pub phase: Phase,
    pub received_at: DateTime<Utc>,
}

/// What the application knows about earlier requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// What this request will be found by.
    pub trace: Trace,
    /// Earlier requests of the same requester about the same matter.
    pub repeats: u32,
    /// How many of them are being worked on, and are done.
    pub repeat_open: u32,
    pub repeat_done: u32,
    /// Distinct requesters with the same matter within [`RECENT`], this one included; 0: nobody else is known.
    pub same_matter: u32,
    /// The same matter was declared terminated.
    pub terminated: bool,
    /// What decided tickets that are alike say, and the most alike of them.
    pub similar: Evidence,
    pub precedents: Vec<Precedent>,
    /// Strongest relation first, then newest.
    pub earlier: Vec<Earlier>,
}

/// What a phase means for somebody who asks again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Open,
    Done,
    /// Not taken: nothing speaks against asking again.
    Rejected,
    Terminated,
}

/// The one place that knows which phases are which.
fn standing(phase: Phase) -> Standing {
    match phase {
        Phase::Terminated => Standing::Terminated,
        Phase::Received
        | Phase::Queued
        | Phase::Dispatched
        | Phase::Handling
        | Phase::Returning
        | Phase::Reviewing
        | Phase::Approved => Standing::Open,
        Phase::Answered | Phase::Closed | Phase::Archived => Standing::Done,
        Phase::Refused => Standing::Rejected,
    }
}

impl History {
    /// Sorts out what was found. `phase` is asked only for tickets about the same matter; `None`: it is not known.
    pub fn of(trace: Trace, found: Vec<Sighting>, mut phase: impl FnMut(&TicketId) -> Option<Phase>) -> Self {
        let mut history = Self { trace, ..Self::default() };
        let (mut seen, mut others) = (BTreeSet::new(), BTreeSet::new());
        for sighting in found {
            let Some(similarity) = history.trace.same_matter(&sighting.trace) else { continue };
            if !seen.insert(sighting.ticket.clone()) {
                continue;
            }
            let Some(phase) = phase(&sighting.ticket) else { continue };
            let own = history.trace.same_requester(&sighting.trace);
            history.count(own, standing(phase));
            if !own {
                others.insert(sighting.trace.requester);
            }
            let relation = match (standing(phase), own) {
                (Standing::Terminated, _) => Relation::Terminated,
                (_, true) => Relation::SameRequesterSameMatter,
                (_, false) => Relation::SameMatter,
            };
            let Sighting { ticket, received_at, .. } = sighting;
            history.earlier.push(Earlier { ticket, relation, similarity, phase, received_at });
        }
        // All whose requester is not known count as one.
        history.same_matter = if others.is_empty() { 0 } else { others.len() as u32 + 1 };
        let newest_first = |it: &Earlier| (it.relation, std::cmp::Reverse(it.received_at), it.ticket.clone());
        history.earlier.sort_by_key(newest_first);
        history.earlier.truncate(SHOWN);
        history
    }

    fn count(&mut self, own: bool, standing: Standing) {
        self.terminated |= standing == Standing::Terminated;
        if own {
            self.repeats += 1;
            self.repeat_open += u32::from(standing == Standing::Open);
            self.repeat_done += u32::from(standing == Standing::Done);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn sighting(number: u64, requester: Option<&str>, signature: &str) -> Sighting {
        let received_at = DateTime::UNIX_EPOCH + TimeDelta::seconds(number.cast_signed());
        let ticket = TicketId::new("HN", received_at.date_naive(), number).expect("an id");
        Sighting { ticket, received_at, trace: trace(requester, signature) }
    }

    fn trace(requester: Option<&str>, signature: &str) -> Trace {
        let signature = serde_json::from_str(signature).expect("numbers");
        Trace { requester: requester.map(|it| Digest::of(it.as_bytes())), signature }
    }

    const ONE: &str = "[1,2,3,4,5,6,7,8]";
    const NEAR: &str = "[1,2,3,4,5,6,9,10]";
    const OTHER: &str = "[11,12,13,14,15,16]";

    /// HN-07(四), A-HN-10.
    #[test]
    fn hn_07_repeats_are_of_one_requester_and_one_matter() {
        let found = vec![
            sighting(1, Some("a"), ONE),
            sighting(2, Some("a"), NEAR),
            sighting(2, Some("a"), NEAR),
            sighting(3, Some("a"), OTHER),
            sighting(4, Some("b"), OTHER),
            sighting(5, Some("a"), ONE),
        ];
        let phases = [Phase::Answered, Phase::Dispatched, Phase::Queued, Phase::Queued, Phase::Refused];
        let phase = |ticket: &TicketId| phases.get(ticket.number() as usize - 1).copied();
        let history = History::of(trace(Some("a"), ONE), found, phase);
        assert_eq!((history.repeats, history.repeat_open, history.repeat_done, history.same_matter), (3, 1, 1, 0));
        let numbers: Vec<u64> = history.earlier.iter().map(|it| it.ticket.number()).collect();
        assert_eq!(numbers, [5, 2, 1], "newest first, each once");
        assert!(history.earlier.iter().all(|it| it.relation == Relation::SameRequesterSameMatter));
    }

    #[test]
    fn hn_26_several_requesters_with_one_matter_are_counted_each_once() {
        let found = vec![
            sighting(1, Some("b"), ONE),
            sighting(2, Some("b"), ONE),
            sighting(3, None, ONE),
            sighting(4, None, ONE),
        ];
        let phase = |_: &TicketId| Some(Phase::Dispatched);
        let history = History::of(trace(Some("a"), ONE), found.clone(), phase);
        assert_eq!((history.repeats, history.same_matter, history.earlier.len()), (0, 3, 4));
        let unknown = History::of(trace(None, ONE), found, |_| None);
        assert_eq!((unknown.same_matter, unknown.earlier.len()), (0, 0), "what cannot be read is not claimed");
    }

    #[test]
    fn hn_27_a_terminated_matter_comes_first() {
        let mut history = History::default();
        history.count(false, Standing::Terminated);
        assert!(history.terminated && history.repeats == 0);
        assert!(Relation::Terminated < Relation::SameRequesterSameMatter);
    }
}
