//! Requests in: triaged without a record, or recorded as tickets.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::decided::Archive;
use super::enterprises::officers;
use super::history::{history, precedents};
use super::pool::Turn;
use super::{App, Error, Lane, Stage, check, failures, law, meant, trials};
use crate::access::{Caller, Operation};
use crate::calendar::local_date;
use crate::clock;
use crate::clocks::follow;
use crate::digest::Digest;
use crate::matter::Trace;
use crate::releases::{Counts, Kind};
use crate::store::{Append, AppendError, Appended, Key, Store, Target};
use crate::text::{Analysis, analyse};
use crate::ticket::{self, Actor, Event, Request, Shadowed, Ticket, TicketId};
use crate::triage::{
    Decision, Facts, History, MadeWith, Obstacle, OnTrial, Probe, Snapshot, Stages, triage, triage_with,
};

/// A ticket that was taken, now or by an earlier post with the same key.
pub struct Taken {
    pub ticket: Ticket,
    pub decision: Decision,
    pub replayed: bool,
}

/// `Idempotency-Key` of a call and the digest of what it was used with.
#[derive(Clone, Debug)]
pub struct Use {
    pub key: String,
    pub body: Digest,
}

/// What cannot be masked is not shown at all.
const UNMASKED: &str = "（原文未能脱敏，列表中不显示）";

impl App {
    /// Decides without recording anything.
    pub async fn triage(&self, caller: &Caller, mut request: Request) -> Result<Decision, Error> {
        let snapshot = self.live.snapshot();
        request.jurisdiction = meant(caller, &request.jurisdiction)?;
        check::request(&snapshot, &request)?;
        let now = (self.now)();
        // Whether somebody came before is told only to those who may see tickets.
        let (store, archive) = (self.store.clone(), self.archive.clone());
        let sees = caller.may(Operation::ReadTickets);
        let jurisdiction = request.jurisdiction.clone();
        let decide = move |snapshot: &Snapshot| {
            let earlier = |trace: Trace| match sees {
                true => history(&store, &archive, &request.jurisdiction, trace, now),
                false => History { precedents: Vec::new(), ..precedents(&archive, &request.jurisdiction, &trace) },
            };
            triage_with(snapshot, &request, earlier, now, Probe::Timed(clock::monotonic_ns))
        };
        let decide = Arc::new(decide);
        let again = Arc::clone(&decide);
        let first = self.pool.run(Lane::Intake, move || decide(&snapshot)).await;
        let (decision, _, stages) = match self.out_of_service(&jurisdiction, first)? {
            Some(done) => done,
            None => {
                let snapshot = self.live.snapshot();
                self.pool.run(Lane::Intake, move || again(&snapshot)).await?
            }
        };
        self.decided(&decision, stages);
        Ok(decision)
    }

    /// Takes a request as a ticket. With a key, a second call with the same content gives the first ticket.
    pub async fn take(
        &self,
        caller: &Caller,
        mut request: Request,
        key: Option<String>,
        lane: Lane,
    ) -> Result<Taken, Error> {
        let snapshot = self.live.snapshot();
        request.jurisdiction = meant(caller, &request.jurisdiction)?;
        check::request(&snapshot, &request)?;
        let used = key.map(|key| Use { key, body: body_of(&request) });
        if let Some(ticket) = self.replayed(caller, used.as_ref()).await? {
            return self.taken_before(ticket).await;
        }
        let on_trial = snapshot.trials.get(&request.jurisdiction).cloned();
        let (decides, shadow) = match on_trial {
            Some(on_trial) if on_trial.trial.kind == Kind::Shadow => (None, Some(on_trial)),
            on_trial => (on_trial.filter(|it| it.trial.takes(&request)), None),
        };
        let intake = Intake {
            at: (self.now)(),
            actor: caller.actor(Operation::Intake),
            key: key_of(caller, used),
            request,
            snapshot: decides.as_ref().map_or_else(|| snapshot.clone(), |it| Arc::new(snapshot.with_trial(it))),
            shadow,
            archive: self.archive.clone(),
        };
        let Submitted { decision, stages, receipt, since, shadowed } = self.submitted(intake, lane).await?;
        self.decided(&decision, stages);
        let committing = tracing::debug_span!("commit");
        let appended = receipt.instrument(committing).await.map_err(|_| AppendError::Closed)??;
        self.metrics.stage(Stage::commit, clock::monotonic_ns() - since);
        if appended.replayed {
            return self.taken_before(appended.ticket).await;
        }
        self.numbers.note(&decision, appended.ticket.received_at);
        let learned = &decision.facts.learned;
        if !learned.unit.is_empty() {
            self.metrics.learned(&decision.jurisdiction, learned.sure);
        }
        let tried = decides.map(|_| trials::count(&decision)).or(shadowed);
        if let Some(counts) = tried {
            self.tried(&decision.jurisdiction, counts);
        }
        Ok(Taken { ticket: appended.ticket, decision, replayed: false })
    }

    /// Decides and hands over. Where a rule never ends, it leaves service and the request is decided without it.
    async fn submitted(&self, intake: Intake, lane: Lane) -> Result<Submitted, Error> {
        let (store, first) = (self.store.clone(), intake.clone());
        let tried = self.pool.run_turn(lane, move |turn| first.submit(&store, turn)).await;
        let submitted = match self.out_of_service(&intake.request.jurisdiction, tried)? {
            Some(submitted) => submitted,
            None => {
                let store = self.store.clone();
                // Whether it was a rule of a trial is not looked into: what is live decides.
                let again = Intake { snapshot: self.live.snapshot(), shadow: None, ..intake };
                self.pool.run_turn(lane, move |turn| again.submit(&store, turn)).await?
            }
        };
        submitted.ok_or(Error::Panicked)
    }

    /// Takes the rule that a job was stuck in out of service; `None`: that happened, try without it.
    fn out_of_service<T>(&self, jurisdiction: &str, done: Result<T, Error>) -> Result<Option<T>, Error> {
        match done {
            Err(Error::Stuck { rule }) => {
                self.suspend(jurisdiction, &BTreeSet::from([rule]));
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    /// Rules leave service: they took too long where nobody counts failures, or never ended.
    fn suspend(&self, jurisdiction: &str, rules: &BTreeSet<String>) {
        let Some(digest) = self.live.snapshot().release(jurisdiction).map(|live| live.digest.clone()) else { return };
        let leaving: Vec<&str> = rules.iter().map(String::as_str).collect();
        let mut left = false;
        self.live.snapshot.rcu(|now| match failures::without(now, jurisdiction, digest.as_str(), &leaving) {
            Some(next) => {
                left = true;
                Arc::new(next)
            }
            None => Arc::clone(now),
        });
        if left {
            tracing::warn!(jurisdiction, rules = ?leaving, "rules overran and leave service");
            self.metrics.rules_failed(jurisdiction, leaving.len(), leaving.len());
        }
    }

    /// Takes out of service what overran while commands or the timer asked it; a decision says that by itself.
    pub(super) fn heed(&self) {
        for (jurisdiction, release) in &self.live.snapshot().releases {
            let overran = release.as_ref().map(|release| release.rules.take_overruns()).unwrap_or_default();
            if !overran.is_empty() {
                self.suspend(jurisdiction, &overran);
            }
        }
    }

    /// The ticket that a key stands for already; another content under it is refused.
    pub(super) async fn replayed(&self, caller: &Caller, used: Option<&Use>) -> Result<Option<Ticket>, Error> {
        let Some(Use { key, body }) = used.cloned() else { return Ok(None) };
        let (client, now) = (caller.client.clone(), (self.now)());
        self.read(move |store| match store.key(&client, &key, now)? {
            None => Ok(None),
            Some((_, known)) if known != body => Err(AppendError::KeyReused { key }.into()),
            Some((id, _)) => Ok(store.ticket(&id)?),
        })
        .await?
    }

    async fn taken_before(&self, ticket: Ticket) -> Result<Taken, Error> {
        let dossier = self.dossier(ticket).await?;
        match dossier.decision {
            Some(decision) => Ok(Taken { ticket: dossier.ticket, decision: *decision, replayed: true }),
            None => Err(Error::Panicked),
        }
    }

    /// Counts what was decided and takes rules that fail out of service.
    fn decided(&self, decision: &Decision, stages: Stages) {
        let jurisdiction = &decision.jurisdiction;
        self.metrics.decided(jurisdiction, decision.outcome, stages);
        if decision.failed_rules.is_empty() {
            return;
        }
        let digest = decision.made_with.release.as_str();
        let leaving = self.failures.note(digest, &decision.failed_rules, decision.decided_at);
        self.live.snapshot.rcu(|now| match failures::without(now, jurisdiction, digest, &leaving) {
            Some(next) => Arc::new(next),
            None => Arc::clone(now),
        });
        for failed in &decision.failed_rules {
            let (rule, out) = (&failed.rule, leaving.contains(&failed.rule.as_str()));
            tracing::warn!(jurisdiction, rule, overrun = failed.overrun, suspended = out, "a rule failed");
        }
        self.metrics.rules_failed(jurisdiction, decision.failed_rules.len(), leaving.len());
    }
}

/// The content that a key stands for: the request itself, not how it was spaced.
fn body_of(request: &Request) -> Digest {
    Digest::of(&serde_json::to_vec(request).unwrap_or_default())
}

pub(super) fn key_of(caller: &Caller, used: Option<Use>) -> Option<Key> {
    used.map(|Use { key, body }| Key { client: caller.client.clone(), key, body })
}

#[derive(Clone)]
struct Intake {
    at: chrono::DateTime<chrono::Utc>,
    actor: Actor,
    key: Option<Key>,
    request: Request,
    snapshot: Arc<Snapshot>,
    /// Decides too, and changes nothing.
    shadow: Option<Arc<OnTrial>>,
    archive: Arc<Archive>,
}

struct Submitted {
    decision: Decision,
    stages: Stages,
    receipt: oneshot::Receiver<Result<Appended, AppendError>>,
    since: u64,
    /// What the shadow adds to the counts of its trial.
    shadowed: Option<Counts>,
}

impl Intake {
    /// Decides and hands over to the store, which writes long texts on this thread.
    /// `None`: it took so long that nobody waits for it any more.
    fn submit(self, store: &Store, turn: &Turn) -> Option<Submitted> {
        let probe = Probe::Timed(clock::monotonic_ns);
        let mut known = History::default();
        let earlier = |trace| {
            known = history(store, &self.archive, &self.request.jurisdiction, trace, self.at);
            known.clone()
        };
        let decide = || triage_with(&self.snapshot, &self.request, earlier, self.at, probe);
        let (decision, masked, stages) = self.survive(decide);
        let shadow = self.shadow.as_ref().and_then(|shadow| self.shadow(shadow, &known));
        let since = clock::monotonic_ns();
        let code = self.code();
        let differs = shadow.as_ref().and_then(|shadow| Shadowed::differing(&decision, shadow));
        let shadowed = shadow.map(|shadow| trials::count_shadow(&decision, &shadow, differs.as_ref()));
        let events = self.events(&code, masked, &decision, differs, officers(store, &decision));
        let target = Target::New { code };
        if !turn.keep() {
            return None;
        }
        let receipt = store.submit(Append { target, at: self.at, actor: self.actor, events, key: self.key });
        Some(Submitted { decision, stages, receipt, since, shadowed })
    }

    /// What the release in the shadow makes of it. Whatever goes wrong there costs nothing here.
    fn shadow(&self, on_trial: &OnTrial, known: &History) -> Option<Decision> {
        let world = self.snapshot.with_trial(on_trial);
        let decide = || triage(&world, &self.request, known, self.at, Probe::Off).0;
        let decided = catch_unwind(AssertUnwindSafe(decide)).ok();
        if decided.is_none() {
            tracing::error!(trial = on_trial.trial.id, "an evaluation in the shadow panicked");
        }
        decided
    }

    /// The first events with everything that follows from them: clocks, notices, colours.
    fn events(
        &self,
        code: &str,
        masked: String,
        decision: &Decision,
        differs: Option<Shadowed>,
        officers: Option<Event>,
    ) -> Vec<Event> {
        let jurisdiction = &self.request.jurisdiction;
        let mut first = ticket::intake(self.request.clone(), masked, decision.clone());
        if let Some(shadowed) = differs {
            first.insert(first.len() - 1, Event::Shadowed { shadowed });
        }
        if let Some(officers) = officers {
            // Before what becomes of the ticket: a dispatch tells them.
            first.insert(first.len() - 1, officers);
        }
        let held = law::at_intake(&self.snapshot, jurisdiction, decision.facts.clone());
        // The store gives the number; nothing that follows depends on it.
        let id = TicketId::new(code, local_date(self.at), 1);
        match (held, id) {
            (Some(held), Ok(id)) => follow(&Ticket::new(id), first, &self.actor, &held.law(), self.at),
            _ => first,
        }
    }

    /// The decision and the masked text. A fault of ours never costs the ticket: it is taken and a person looks.
    fn survive(&self, decide: impl FnOnce() -> (Decision, Analysis, Stages)) -> (Decision, String, Stages) {
        if let Ok((decision, analysis, stages)) = catch_unwind(AssertUnwindSafe(decide)) {
            return (decision, analysis.masked(), stages);
        }
        let jurisdiction = &self.request.jurisdiction;
        tracing::error!(jurisdiction, "an evaluation panicked; the ticket goes to the queue");
        let mask =
            || analyse(self.snapshot.lexicon(jurisdiction), &Default::default(), &self.request.whole_text()).masked();
        let masked = catch_unwind(AssertUnwindSafe(mask)).unwrap_or_else(|_| UNMASKED.to_owned());
        (self.undecided(), masked, Stages::default())
    }

    fn undecided(&self) -> Decision {
        let jurisdiction = &self.request.jurisdiction;
        let release = self.snapshot.release(jurisdiction);
        let made_with = MadeWith {
            release: release.map(|release| release.digest.clone()).unwrap_or_default(),
            lexicon: self.snapshot.lexicon(jurisdiction).digest().clone(),
            knowledge: self.snapshot.knowledge(jurisdiction).version().to_owned(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            ..MadeWith::default()
        };
        let facts = Facts { channel: self.request.channel.clone(), ..Facts::default() };
        Decision {
            obstacles: vec![Obstacle::RuleFailed { rule: "panic".into() }],
            ..Decision::undecided(jurisdiction, self.at, facts, made_with)
        }
    }

    /// Prefix of ticket numbers: the regulation's; without any release, one made of the jurisdiction's name.
    fn code(&self) -> String {
        let jurisdiction = &self.request.jurisdiction;
        match self.snapshot.releases.get(jurisdiction) {
            Some(Some(release)) => release.regulation.code.clone(),
            _ => jurisdiction.chars().filter(char::is_ascii_alphanumeric).take(8).collect::<String>().to_uppercase(),
        }
    }
}

#[cfg(test)]
mod tests;
