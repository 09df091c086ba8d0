//! The corpus as tickets over HTTP: each acknowledged one is durable.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, Uri};
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
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..load.parallel {
        let client: Posting = Client::builder(TokioExecutor::new()).build_http();
        let sender = Sender { client, uri: uri.clone(), token: token.map(str::to_owned), load: load.clone() };
        senders.spawn(sender.run(pace.clone(), progress.clone()));
    }
    let mut recorder = Recorder::new();
    let (mut outcomes, mut failures) = (BTreeMap::new(), BTreeMap::new());
    while let Some(done) = senders.join_next().await {
        let tally = done?;
        recorder.merge(tally.recorder);
        tally.outcomes.into_iter().for_each(|(what, count)| *outcomes.entry(what).or_insert(0) += count);
        tally.failures.into_iter().for_each(|(what, count)| *failures.entry(what).or_insert(0) += count);
    }
    let seconds = (clock::monotonic_ns() - start) as f64 / 1e9;
    Ok(Report {
        mode: format!("over HTTP to {base}"),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        parallel: load.parallel,
        rate: load.rate,
        requests: load.count,
        failures,
        seconds,
        per_second: load.count as f64 / seconds,
        outcomes,
        stages: recorder.stages(),
    })
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
    failures: BTreeMap<String, u64>,
}

impl Sender {
    async fn run(self, pace: Arc<Pace>, progress: ProgressBar) -> Sent {
        let mut sent = Sent { recorder: Recorder::new(), outcomes: BTreeMap::new(), failures: BTreeMap::new() };
        while let Some(turn) = pace.turn() {
            let wait = turn.wait();
            if wait > 0 {
                tokio::time::sleep(Duration::from_nanos(wait)).await;
            }
            let start = clock::monotonic_ns();
            match self.post(turn).await {
                Ok(outcome) => *sent.outcomes.entry(outcome).or_insert(0) += 1,
                Err(reason) => *sent.failures.entry(reason).or_insert(0) += 1,
            }
            sent.recorder.record("overall", clock::monotonic_ns() - turn.due.unwrap_or(start));
            progress.inc(1);
        }
        sent
    }

    /// The outcome of the ticket, or why there is none.
    async fn post(&self, turn: Turn) -> Result<String, String> {
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
        if !status.is_success() {
            return Err(format!("{} {}", status.as_u16(), value["code"].as_str().unwrap_or("")));
        }
        let outcome = [&value["decision"]["outcome"], &value["outcome"]].into_iter().find_map(|it| it.as_str());
        Ok(outcome.unwrap_or("accepted").to_owned())
    }
}
