//! The corpus as tickets over HTTP: each acknowledged one is durable. Flat out, so many connections wait for their answers; at a
//! rate, requests go out when they are due, whatever became of those before, as callers do who do not know of each other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use indicatif::ProgressBar;

use super::pace::{Pace, Turn};
use super::report::Recorder;
use super::{Load, Report};
use crate::clock;

type Posting = Client<HttpConnector, Full<Bytes>>;

/// Posts the load to `<base>/v1/tickets`.
pub async fn over_http(base: &str, token: Option<&str>, load: Load, progress: &ProgressBar) -> anyhow::Result<Report> {
    let uri: Uri = format!("{}/v1/tickets", base.trim_end_matches('/')).parse().context("the URL of the service")?;
    let pace = Arc::new(Pace::new(load.count, load.rate));
    let load = Arc::new(load);
    let start = clock::monotonic_ns();
    let sender = || {
        let client: Posting = Client::builder(TokioExecutor::new()).build_http();
        Sender { client, uri: uri.clone(), token: token.map(str::to_owned), load: load.clone() }
    };
    let Sent { recorder, outcomes, refused, failures } = match load.rate {
        Some(_) => open_loop(Arc::new(sender()), &pace, progress).await?,
        None => {
            let mut senders = tokio::task::JoinSet::new();
            for _ in 0..load.parallel {
                senders.spawn(sender().run(pace.clone(), progress.clone()));
            }
            let mut sent = Sent::new();
            while let Some(done) = senders.join_next().await {
                sent.merge(done?);
            }
            sent
        }
    };
    let seconds = (clock::monotonic_ns() - start) as f64 / 1e9;
    Ok(Report {
        mode: format!("over HTTP to {base}"),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        parallel: load.parallel,
        rate: load.rate,
        requests: load.count,
        refused,
        failures,
        seconds,
        per_second: (load.count - refused) as f64 / seconds,
        outcomes,
        stages: recorder.stages(),
    })
}

/// Requests under way at a rate; one more is not sent, and counted.
const UNDER_WAY: usize = 8_192;

async fn open_loop(sender: Arc<Sender>, pace: &Pace, progress: &ProgressBar) -> anyhow::Result<Sent> {
    let (mut under_way, mut sent) = (tokio::task::JoinSet::new(), Sent::new());
    while let Some(turn) = pace.turn() {
        let wait = turn.wait();
        if wait > 0 {
            tokio::time::sleep(Duration::from_nanos(wait)).await;
        }
        while let Some(done) = under_way.try_join_next() {
            sent.note(done?);
            progress.inc(1);
        }
        if under_way.len() >= UNDER_WAY {
            *sent.failures.entry("not sent: too many under way".to_owned()).or_insert(0) += 1;
            continue;
        }
        let sender = sender.clone();
        under_way.spawn(async move { sender.timed(turn).await });
    }
    while let Some(done) = under_way.join_next().await {
        sent.note(done?);
        progress.inc(1);
    }
    Ok(sent)
}

struct Sender {
    client: Posting,
    uri: Uri,
    token: Option<String>,
    load: Arc<Load>,
}

struct Sent {
    recorder: Recorder,
    outcomes: BTreeMap<String, u64>,
    /// Answered 503.
    refused: u64,
    failures: BTreeMap<String, u64>,
}

/// What became of one request, and after how many nanoseconds.
type Answer = (Result<String, Refusal>, u64);

enum Refusal {
    /// 503: asked to come again.
    Busy,
    Failed(String),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

impl Sent {
    fn new() -> Self {
        Self { recorder: Recorder::new(), outcomes: BTreeMap::new(), refused: 0, failures: BTreeMap::new() }
    }

    /// `overall` is of those that were taken: a refusal is quick, and would make the others look so.
    fn note(&mut self, (answer, took): Answer) {
        match answer {
            Ok(outcome) => {
                *self.outcomes.entry(outcome).or_insert(0) += 1;
                self.recorder.record("overall", took);
            }
            Err(Refusal::Busy) => {
                self.refused += 1;
                self.recorder.record("refused", took);
            }
            Err(Refusal::Failed(reason)) => *self.failures.entry(reason).or_insert(0) += 1,
        }
    }

    fn merge(&mut self, other: Self) {
        self.recorder.merge(other.recorder);
        self.refused += other.refused;
        other.outcomes.into_iter().for_each(|(what, count)| *self.outcomes.entry(what).or_insert(0) += count);
        other.failures.into_iter().for_each(|(what, count)| *self.failures.entry(what).or_insert(0) += count);
    }
}

impl Sender {
    async fn run(self, pace: Arc<Pace>, progress: ProgressBar) -> Sent {
        let mut sent = Sent::new();
        while let Some(turn) = pace.turn() {
            sent.note(self.timed(turn).await);
            progress.inc(1);
        }
        sent
    }

    /// At a rate the time counts from when it was due.
    async fn timed(&self, turn: Turn) -> Answer {
        let start = clock::monotonic_ns();
        let answer = self.post(turn).await;
        (answer, clock::monotonic_ns() - turn.due.unwrap_or(start))
    }

    /// The outcome of the ticket, or why there is none.
    async fn post(&self, turn: Turn) -> Result<String, Refusal> {
        let text = &self.load.corpus[turn.idx as usize % self.load.corpus.len()];
        let body = serde_json::json!({
            "jurisdiction": self.load.jurisdiction, "title": text.title, "text": text.text,
        });
        let mut request = Request::builder().method(Method::POST).uri(self.uri.clone());
        request = request.header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Full::from(body.to_string())).map_err(|err| err.to_string())?;
        let response = self.client.request(request).await.map_err(|err| err.to_string())?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|err| err.to_string())?.to_bytes();
        let value: serde_json::Value = serde_json::from_slice(&body).map_err(|err| err.to_string())?;
        if status == StatusCode::SERVICE_UNAVAILABLE && value["code"] == "busy" {
            return Err(Refusal::Busy);
        }
        if !status.is_success() {
            return Err(Refusal::Failed(format!("{} {}", status.as_u16(), value["code"].as_str().unwrap_or(""))));
        }
        let outcome = [&value["decision"]["outcome"], &value["outcome"]].into_iter().find_map(|it| it.as_str());
        Ok(outcome.unwrap_or("accepted").to_owned())
    }
}
