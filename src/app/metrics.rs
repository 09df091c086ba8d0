//! What is counted: by names that are bounded (routes, stages, jurisdictions that exist), never by person or text.

mod book;
mod watched;

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use self::book::Book;
use self::watched::Watched;
pub(super) use self::watched::{Process, Seen};
use crate::store::{Committed, RuleCount};
use crate::ticket::Phase;
use crate::triage::{Outcome, Stages};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByRoute {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByOutcome {
    jurisdiction: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByPhase {
    jurisdiction: String,
    phase: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByJurisdiction {
    jurisdiction: String,
}

/// As many as there are rules that ever fired.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByRule {
    jurisdiction: String,
    rule: String,
}

/// The codes of problems are a closed set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCode {
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BySure {
    jurisdiction: String,
    sure: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByVerdict {
    jurisdiction: String,
    verdict: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BySubscription {
    subscription: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByResult {
    subscription: String,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByStage {
    stage: Stage,
}

/// Where the time of a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "the names are label values")]
pub enum Stage {
    text,
    knowledge,
    rules,
    /// From the hand-over to the store until the journal is synchronised.
    commit,
}

/// 20 µs … 5 s: a triage takes a fraction of a millisecond, a stuck disk seconds.
const BUCKETS: [f64; 16] = [2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.25, 0.5, 1.0, 5.0];

fn latency() -> Histogram {
    Histogram::new(BUCKETS)
}

type Latencies<L> = Family<L, Histogram, fn() -> Histogram>;

pub struct Metrics {
    book: Book,
    watched: Watched,
    requests: Family<ByRoute, Counter>,
    request_seconds: Latencies<Route>,
    stage_seconds: Latencies<ByStage>,
    decisions: Family<ByOutcome, Counter>,
    learned: Family<BySure, Counter>,
    learned_judged: Family<ByVerdict, Counter>,
    rule_failures: Family<ByJurisdiction, Counter>,
    suspended: Family<ByJurisdiction, Counter>,
    rule_fired: Family<ByRule, Counter>,
    rule_decided: Family<ByRule, Counter>,
    rule_overruled: Family<ByRule, Counter>,
    rule_seconds: Family<ByRule, Counter<f64, AtomicU64>>,
    tickets: Family<ByPhase, Gauge>,
    reloads: Counter,
    reload_failures: Counter,
    reload_seconds: Gauge<f64, AtomicU64>,
    turned_away: Counter,
    wrong_tokens: Counter,
    lockouts: Counter,
    too_often: Counter,
    outbox_tries: Family<ByResult, Counter>,
    outbox_behind: Family<BySubscription, Gauge>,
    outbox_waiting: Family<BySubscription, Gauge>,
    refusals: Family<ByCode, Counter>,
    connections: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            book: Book::default(),
            watched: Watched::default(),
            refusals: Family::default(),
            connections: Gauge::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(latency),
            stage_seconds: Family::new_with_constructor(latency),
            decisions: Family::default(),
            learned: Family::default(),
            learned_judged: Family::default(),
            rule_failures: Family::default(),
            suspended: Family::default(),
            rule_fired: Family::default(),
            rule_decided: Family::default(),
            rule_overruled: Family::default(),
            rule_seconds: Family::default(),
            tickets: Family::default(),
            reloads: Counter::default(),
            reload_failures: Counter::default(),
            reload_seconds: Gauge::default(),
            turned_away: Counter::default(),
            wrong_tokens: Counter::default(),
            lockouts: Counter::default(),
            too_often: Counter::default(),
            outbox_tries: Family::default(),
            outbox_behind: Family::default(),
            outbox_waiting: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let book = &mut self.book;
        book.counter("http_requests", "Requests by route and status", self.requests.clone());
        book.histogram("http_request_seconds", "Time until the answer began", self.request_seconds.clone());
        book.counter("http_refusals", "Requests refused, by the code of the problem", self.refusals.clone());
        book.gauge("http_connections", "Open connections", self.connections.clone());
        book.histogram("stage_seconds", "Time per stage of a request", self.stage_seconds.clone());
        book.counter("decisions", "Decisions by outcome", self.decisions.clone());
        book.counter("learned", "Requests that a text model judged, by whether it was sure", self.learned.clone());
        let judged = self.learned_judged.clone();
        book.counter("learned_judged", "What a text model was sure of, by what people made of it", judged);
        book.counter("rule_failures", "Rules that could not be evaluated", self.rule_failures.clone());
        book.counter("rules_suspended", "Rules taken out of service", self.suspended.clone());
        book.counter("rule_fired", "Decisions in which a rule spoke, each minute", self.rule_fired.clone());
        book.counter("rule_decided", "Decisions in which its word counted", self.rule_decided.clone());
        book.counter("rule_overruled", "Of those: changed by a person", self.rule_overruled.clone());
        book.counter("rule_seconds", "Time that its functions took", self.rule_seconds.clone());
        book.gauge("tickets", "Tickets by phase; queued is the length of the queue", self.tickets.clone());
        book.counter("reloads", "Rounds over changed packs", self.reloads.clone());
        book.counter("reload_failures", "Rounds that failed", self.reload_failures.clone());
        book.gauge("reload_seconds", "How long the last round took", self.reload_seconds.clone());
        book.counter("turned_away", "Requests answered 503 because all was busy", self.turned_away.clone());
        book.counter("wrong_tokens", "Requests with a token that does not count", self.wrong_tokens.clone());
        book.counter("lockouts", "Addresses locked out for wrong tokens", self.lockouts.clone());
        book.counter("too_often", "Requests answered 429 because a client came too often", self.too_often.clone());
        book.counter("outbox_results", "Deliveries to subscribers by result", self.outbox_tries.clone());
        book.gauge("outbox_behind", "Events of history behind the last delivered", self.outbox_behind.clone());
        book.gauge("outbox_waiting", "Tickets with undelivered events", self.outbox_waiting.clone());
        self.watched.register(book);
    }

    /// Every metric that may be told, as it is told: name and kind.
    pub fn names(&self) -> &[(String, &'static str)] {
        self.book.names()
    }

    /// One commit of the journal.
    pub(super) fn committed(&self, committed: Committed) {
        self.watched.committed(committed);
    }

    /// A request was answered with a problem.
    pub(crate) fn refused(&self, code: &str) {
        self.refusals.get_or_create(&ByCode { code: code.to_owned() }).inc();
    }

    /// A connection was opened.
    pub(crate) fn connected(&self) {
        self.connections.inc();
    }

    /// One ended.
    pub(crate) fn disconnected(&self) {
        self.connections.dec();
    }

    /// What rules did since the last time.
    pub(super) fn rules(&self, jurisdiction: &str, rules: &[(String, RuleCount)]) {
        for (rule, count) in rules {
            let labels = ByRule { jurisdiction: jurisdiction.to_owned(), rule: rule.clone() };
            self.rule_fired.get_or_create(&labels).inc_by(count.fired);
            self.rule_decided.get_or_create(&labels).inc_by(count.decided);
            self.rule_overruled.get_or_create(&labels).inc_by(count.overruled);
            self.rule_seconds.get_or_create(&labels).inc_by(seconds(count.nanoseconds));
        }
    }

    pub fn request(&self, method: &str, route: &str, status: u16, nanoseconds: u64) {
        let labels = ByRoute { method: method.to_owned(), route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.request_seconds.get_or_create(&Route { route: route.to_owned() }).observe(seconds(nanoseconds));
    }

    pub fn turned_away(&self) {
        self.turned_away.inc();
    }

    pub fn wrong_token(&self) {
        self.wrong_tokens.inc();
    }

    pub fn locked_out(&self) {
        self.lockouts.inc();
    }

    pub fn too_often(&self) {
        self.too_often.inc();
    }

    /// What became of a try: delivered, failed or dead.
    pub(crate) fn told(&self, subscription: &str, result: &'static str) {
        self.outbox_tries.get_or_create(&ByResult { subscription: subscription.to_owned(), result }).inc();
    }

    pub(crate) fn behind(&self, subscription: &str, events: u64, tickets: usize) {
        let labels = BySubscription { subscription: subscription.to_owned() };
        self.outbox_behind.get_or_create(&labels).set(whole(events));
        self.outbox_waiting.get_or_create(&labels).set(whole(tickets as u64));
    }

    pub(crate) fn no_longer_told(&self, subscription: &str) {
        let labels = BySubscription { subscription: subscription.to_owned() };
        self.outbox_behind.remove(&labels);
        self.outbox_waiting.remove(&labels);
        for result in ["delivered", "failed", "dead"] {
            self.outbox_tries.remove(&ByResult { subscription: subscription.to_owned(), result });
        }
    }

    /// One round over the packs.
    pub fn reloaded(&self, good: bool, nanoseconds: u64) {
        self.reloads.inc();
        if !good {
            self.reload_failures.inc();
        }
        self.reload_seconds.set(seconds(nanoseconds));
    }

    pub(super) fn decided(&self, jurisdiction: &str, outcome: Outcome, stages: Stages) {
        let outcome = match outcome {
            Outcome::Answered => "answered",
            Outcome::Dispatched => "dispatched",
            Outcome::Queued => "queued",
            Outcome::RefusalProposed => "refusal_proposed",
        };
        self.decisions.get_or_create(&ByOutcome { jurisdiction: jurisdiction.to_owned(), outcome }).inc();
        self.stage(Stage::text, stages.text);
        self.stage(Stage::knowledge, stages.knowledge);
        self.stage(Stage::rules, stages.rules);
    }

    /// A text model judged a request.
    pub(super) fn learned(&self, jurisdiction: &str, sure: bool) {
        let sure = if sure { "yes" } else { "no" };
        self.learned.get_or_create(&BySure { jurisdiction: jurisdiction.to_owned(), sure }).inc();
    }

    /// What people made of something that a text model was sure of.
    pub(super) fn learned_judged(&self, jurisdiction: &str, right: bool) {
        let verdict = if right { "right" } else { "wrong" };
        self.learned_judged.get_or_create(&ByVerdict { jurisdiction: jurisdiction.to_owned(), verdict }).inc();
    }

    pub(super) fn stage(&self, stage: Stage, nanoseconds: u64) {
        self.stage_seconds.get_or_create(&ByStage { stage }).observe(seconds(nanoseconds));
    }

    pub(super) fn rules_failed(&self, jurisdiction: &str, failed: usize, suspended: usize) {
        let labels = ByJurisdiction { jurisdiction: jurisdiction.to_owned() };
        self.rule_failures.get_or_create(&labels).inc_by(failed as u64);
        self.suspended.get_or_create(&labels).inc_by(suspended as u64);
    }

    /// The text that a scraper gets.
    pub(super) fn render(&self, seen: &Seen) -> String {
        for (jurisdiction, phases) in &seen.counts.tickets {
            for phase in Phase::ALL {
                let labels = ByPhase { jurisdiction: jurisdiction.clone(), phase: phase.name() };
                let tickets = phases.get(&phase).copied().unwrap_or_default();
                self.tickets.get_or_create(&labels).set(whole(tickets));
            }
        }
        self.watched.set(seen);
        self.book.text()
    }
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
