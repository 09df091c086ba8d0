//! Releases on trial: in the shadow of the live one, or for a share of the tickets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::bench::Which;
use super::{App, Error, Live, Missing};
use crate::access::{Caller, Operation};
use crate::clock;
use crate::releases::{Counts, Ended, Kind, Limits, Trial};
use crate::store::{ReadError, Store};
use crate::ticket::{Actor, Shadowed};
use crate::triage::{Cache, Decision, OnTrial, Outcome, Release};

/// What is to be tried.
pub struct TrialWish {
    pub which: Which,
    pub kind: Kind,
    pub limits: Limits,
    pub message: String,
}

/// Counts that the store does not have yet, by jurisdiction.
#[derive(Default)]
pub(super) struct Running(Mutex<BTreeMap<String, Trial>>);

impl App {
    /// Puts a release on trial.
    pub async fn try_release(&self, caller: &Caller, jurisdiction: &str, wish: TrialWish) -> Result<Trial, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let (app, actor, at) = (self.clone(), caller.actor(Operation::EditRules), self.now());
        let start = move |store: &Store| -> Result<Trial, Error> {
            let TrialWish { which, kind, limits, message } = wish;
            if let Some(running) = app.live.snapshot().trials.get(&jurisdiction) {
                return Err(Error::TrialRunning { id: running.trial.id.clone() });
            }
            if matches!(kind, Kind::Gradual { share } if share > 1_000) {
                return Err(Error::field("share", "千分之几，0 到 1000"));
            }
            let release = app.release_of(&jurisdiction, &which)?;
            store.keep_release(&jurisdiction, release.digest.clone(), &release.files, actor.clone(), at)?;
            let number = store.trials(&jurisdiction)?.len() + 1;
            let trial = Trial {
                id: format!("t-{number}"),
                jurisdiction: jurisdiction.clone(),
                release: release.digest.clone(),
                kind,
                limits,
                message,
                started_by: actor.person.clone(),
                started_at: at,
                counts: Counts::default(),
                ended: None,
                version: 1,
            };
            let _publishing = app.live.publishing.lock().unwrap_or_else(PoisonError::into_inner);
            store.put_trial(trial.clone(), actor, at)?;
            begin(&app.live, trial.clone(), release)?;
            Ok(trial)
        };
        self.read(start).await?
    }

    /// Oldest first; the one that runs with its counts as of now.
    pub async fn trials(&self, caller: &Caller, jurisdiction: &str) -> Result<Vec<Trial>, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let app = self.clone();
        let read = move |store: &Store| -> Result<Vec<Trial>, Error> {
            let mut trials = store.trials(&jurisdiction)?;
            let running = app.running.now(&jurisdiction);
            for trial in &mut trials {
                if let Some(running) = running.as_ref().filter(|it| it.id == trial.id && trial.ended.is_none()) {
                    trial.clone_from(running);
                }
            }
            Ok(trials)
        };
        self.read(read).await?
    }

    pub async fn stop_trial(&self, caller: &Caller, jurisdiction: &str, reason: String) -> Result<Trial, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let (app, actor) = (self.clone(), caller.actor(Operation::EditRules));
        self.read(move |_| app.end_trial(&jurisdiction, actor, reason)).await?
    }

    /// Ends the trial of a jurisdiction: from the next request on the live release decides all.
    pub(super) fn end_trial(&self, jurisdiction: &str, by: Actor, reason: String) -> Result<Trial, Error> {
        let _publishing = self.live.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let none = || Error::missing(Missing::Trial, jurisdiction, "现在没有版本在试运行");
        let on_trial = self.live.snapshot().trials.get(jurisdiction).cloned().ok_or_else(none)?;
        self.live.snapshot.rcu(|now| {
            let mut next = crate::triage::Snapshot::clone(now);
            next.trials.remove(jurisdiction);
            Arc::new(next)
        });
        let mut trial = self.running.take(jurisdiction).unwrap_or_else(|| on_trial.trial.clone());
        let at = self.now();
        let person = if by == Actor::system() { String::new() } else { by.person.clone() };
        trial.ended = Some(Ended { at, by: person, reason });
        trial.version = stored_version(&self.store, &trial)? + 1;
        self.store.put_trial(trial.clone(), by, at)?;
        tracing::warn!(jurisdiction, trial = trial.id, "a trial ended");
        Ok(trial)
    }

    /// Counts a ticket of a trial; ends it beyond its limits.
    pub(super) fn tried(&self, jurisdiction: &str, counts: Counts) {
        let Some(on_trial) = self.live.snapshot().trials.get(jurisdiction).cloned() else { return };
        let reason = self.running.add(&on_trial.trial, &counts);
        if let Some(reason) = reason {
            let app = self.clone();
            let jurisdiction = jurisdiction.to_owned();
            let end = move || {
                if let Err(error) = app.end_trial(&jurisdiction, Actor::system(), reason) {
                    tracing::warn!(jurisdiction, %error, "a trial could not be ended");
                }
            };
            // Its own thread: this one may serve requests, and the end waits for the disk.
            drop(std::thread::Builder::new().name("end-trial".into()).spawn(end));
        }
    }

    /// Writes the counts of running trials down.
    pub(super) fn save_trials(&self) -> Result<(), Error> {
        for mut trial in self.running.all() {
            let stored = self.store.trials(&trial.jurisdiction)?.into_iter().find(|it| it.id == trial.id);
            let Some(stored) = stored.filter(|stored| stored.ended.is_none() && stored.counts != trial.counts) else {
                continue;
            };
            trial.version = stored.version + 1;
            self.store.put_trial(trial, Actor::system(), self.now())?;
        }
        Ok(())
    }
}

fn stored_version(store: &Store, trial: &Trial) -> Result<u32, ReadError> {
    let stored = store.trials(&trial.jurisdiction)?.into_iter().find(|it| it.id == trial.id);
    Ok(stored.map_or(0, |stored| stored.version))
}

impl Running {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Trial>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self, jurisdiction: &str) -> Option<Trial> {
        self.lock().get(jurisdiction).cloned()
    }

    fn all(&self) -> Vec<Trial> {
        self.lock().values().cloned().collect()
    }

    fn take(&self, jurisdiction: &str) -> Option<Trial> {
        self.lock().remove(jurisdiction)
    }

    /// Why the trial has to stop by now, once.
    fn add(&self, trial: &Trial, counts: &Counts) -> Option<String> {
        let mut running = self.lock();
        let known = running.entry(trial.jurisdiction.clone()).or_insert_with(|| trial.clone());
        if known.id != trial.id {
            known.clone_from(trial);
        }
        let stopped = known.must_stop().is_some();
        known.counts.add(counts);
        known.must_stop().filter(|_| !stopped)
    }
}

/// Trials that had not ended when the program stopped go on.
pub(super) fn resume(store: &Store, live: &Live, cache: &mut Cache) -> anyhow::Result<()> {
    let jurisdictions: Vec<String> = live.snapshot().releases.keys().cloned().collect();
    for jurisdiction in jurisdictions {
        let Some(trial) = store.trials(&jurisdiction)?.into_iter().find(|trial| trial.ended.is_none()) else {
            continue;
        };
        let files = store.release(&trial.release)?;
        match files.and_then(|files| Release::compile(&jurisdiction, &files, cache).0) {
            Some(release) => begin(live, trial, Arc::new(release))?,
            None => tracing::error!(jurisdiction, trial = trial.id, "the release on trial does not compile any more"),
        }
    }
    Ok(())
}

fn begin(live: &Live, trial: Trial, release: Arc<Release>) -> Result<(), ReadError> {
    let jurisdiction = trial.jurisdiction.clone();
    release.rules.measure(clock::monotonic_ns);
    let known = live.snapshot().knowledge(&jurisdiction).clone();
    let knowledge = known.with_changes(known.version(), Vec::new(), &release.lexicon);
    let knowledge = knowledge.map_err(|error| ReadError::View(error.to_string()))?;
    let on_trial = Arc::new(OnTrial { trial, release, knowledge });
    live.snapshot.rcu(|now| {
        let mut next = crate::triage::Snapshot::clone(now);
        next.trials.insert(jurisdiction.clone(), on_trial.clone());
        Arc::new(next)
    });
    Ok(())
}

/// What a decision adds to the counts of the trial that made it.
pub(super) fn count(decision: &Decision) -> Counts {
    let is = |outcome| u64::from(decision.outcome == outcome);
    Counts { tickets: 1, queued: is(Outcome::Queued), dispatched: is(Outcome::Dispatched), ..Counts::default() }
}

/// The same in shadow, beside what the live release decided.
pub(super) fn count_shadow(live: &Decision, shadow: &Decision, differs: Option<&Shadowed>) -> Counts {
    let live_queued = u64::from(live.outcome == Outcome::Queued);
    Counts { differing: u64::from(differs.is_some()), live_queued, ..count(shadow) }
}
