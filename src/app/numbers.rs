//! Numbers per rule: how often it fired, decided and was overruled by a person, by day. Counted in memory and written down
//! every minute: a crash costs the statistics of a minute, never a ticket.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};

use super::decided::teaches;
use super::{App, Error};
use crate::access::Caller;
use crate::calendar::local_date;
use crate::insight::{Effect, effects};
use crate::releases::Counts;
use crate::store::{Day, RuleCount, RuleDay};
use crate::ticket::{By, Event, Recorded};
use crate::triage::Decision;

/// What the store does not have yet.
#[derive(Default)]
pub(super) struct Numbers(Mutex<BTreeMap<(String, NaiveDate), HashMap<String, RuleCount>>>);

impl Numbers {
    /// Counts one decision of a ticket.
    pub(super) fn note(&self, decision: &Decision, at: DateTime<Utc>) {
        self.add(&decision.jurisdiction, local_date(at), |rules| {
            for (rule, effect) in effects(decision) {
                let count = rules.entry(rule.to_owned()).or_default();
                count.fired += 1;
                count.decided += u64::from(effect == Effect::Decided);
            }
        });
    }

    fn add(&self, jurisdiction: &str, day: NaiveDate, add: impl FnOnce(&mut HashMap<String, RuleCount>)) {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        add(numbers.entry((jurisdiction.to_owned(), day)).or_default());
    }

    fn take(&self) -> BTreeMap<(String, NaiveDate), HashMap<String, RuleCount>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The numbers of one rule over some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleNumbers {
    pub total: RuleCount,
    pub days: Vec<(NaiveDate, RuleCount)>,
}

impl App {
    /// By rule, from one day to another, both included; those of the last minute come with the next.
    pub async fn rule_numbers(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        from: NaiveDate,
        until: NaiveDate,
    ) -> Result<BTreeMap<String, RuleNumbers>, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let rows = self.read(move |store| store.numbers(&jurisdiction, from, until)).await??;
        let mut found: BTreeMap<String, RuleNumbers> = BTreeMap::new();
        for RuleDay { day, rule, count } in rows {
            let none = || RuleNumbers { total: RuleCount::default(), days: Vec::new() };
            let numbers = found.entry(rule).or_insert_with(none);
            numbers.total.add(&count);
            numbers.days.push((day, count));
        }
        Ok(found)
    }

    /// Whether an event changes a number, or what is known of decided tickets.
    pub fn counts(recorded: &Recorded) -> bool {
        teaches(&recorded.event)
    }

    /// Counts what became of decisions: a person chose another lead, a unit returned what a trial dispatched.
    pub fn heard(&self, recorded: &Recorded) -> Result<(), Error> {
        self.learn_heard(recorded)?;
        let events = self.store.events(&recorded.ticket)?;
        let first = events.iter().find_map(|it| match &it.event {
            Event::Triaged { decision } => Some(decision),
            _ => None,
        });
        let Some(decision) = first else { return Ok(()) };
        self.judge_learned(recorded, &events, decision);
        let lead = match &recorded.event {
            Event::Dispatched { by: By::Person, lead, .. } => Some(lead.as_str()),
            Event::ReturnDecided { granted: true, .. } => None,
            _ => return Ok(()),
        };
        let proposed = decision.lead.ranking.first().map(|first| first.name.as_str());
        let overruled = proposed.is_some() && proposed != lead;
        if overruled {
            let supported = decision.lead.votes.iter().filter(|vote| vote.counted && vote.weight > 0);
            let rules = supported.filter(|vote| Some(vote.candidate.as_str()) == proposed).map(|vote| &vote.rule);
            self.numbers.add(&decision.jurisdiction, local_date(recorded.at), |numbers| {
                for rule in rules {
                    numbers.entry(rule.clone()).or_default().overruled += 1;
                }
            });
        }
        let returned = matches!(recorded.event, Event::ReturnDecided { .. });
        let trial = self.live.snapshot().trials.get(&decision.jurisdiction).cloned();
        if trial.is_some_and(|it| returned && it.trial.release == decision.made_with.release) {
            self.tried(&decision.jurisdiction, Counts { returned: 1, ..Counts::default() });
        }
        Ok(())
    }

    /// Counts what became of something that a text model was sure of: a person chose the same unit or another; or nobody did,
    /// and the unit that the machine chose finished it.
    fn judge_learned(&self, recorded: &Recorded, events: &[Recorded], decision: &Decision) {
        let learned = &decision.facts.learned;
        let by_person = |it: &Recorded| matches!(it.event, Event::Dispatched { by: By::Person, .. });
        let right = match &recorded.event {
            Event::Dispatched { by: By::Person, lead, .. } => *lead == learned.unit,
            Event::Reviewed { .. } if !events.iter().any(by_person) => decision.lead.value == learned.unit,
            _ => return,
        };
        if learned.sure {
            self.metrics.learned_judged(&decision.jurisdiction, right);
        }
    }

    /// Writes down what was counted. Blocks.
    pub fn write_numbers(&self) -> Result<(), Error> {
        let at = self.now();
        self.numbers.times(self, local_date(at));
        let mut days: BTreeMap<String, Vec<Day>> = BTreeMap::new();
        for ((jurisdiction, day), rules) in self.numbers.take() {
            let mut rules: Vec<(String, RuleCount)> = rules.into_iter().collect();
            rules.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            self.metrics.rules(&jurisdiction, &rules);
            // A commit stays far below what a frame may hold.
            for part in rules.chunks(5_000) {
                days.entry(jurisdiction.clone()).or_default().push(Day { day, rules: part.to_vec() });
            }
        }
        for (jurisdiction, days) in days {
            for day in days {
                self.store.add_numbers(&jurisdiction, vec![day], at)?;
            }
        }
        self.save_trials()
    }
}

impl Numbers {
    /// Takes over what the rules that decide measured since the last time.
    fn times(&self, app: &App, day: NaiveDate) {
        let snapshot = app.live.snapshot();
        let live = snapshot.releases.values().flatten();
        for release in live.chain(snapshot.trials.values().map(|on_trial| &on_trial.release)) {
            let times = release.rules.take_times();
            if times.is_empty() {
                continue;
            }
            self.add(&release.jurisdiction, day, |rules| {
                for (rule, calls, nanoseconds) in times {
                    let count = rules.entry(rule.to_owned()).or_default();
                    count.calls += calls;
                    count.nanoseconds += nanoseconds;
                }
            });
        }
    }
}
