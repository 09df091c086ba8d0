//! Asks a running service, for commands that work on it.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::config::env_value;

/// Which service, and as whom.
#[derive(Args)]
pub(super) struct Service {
    /// 服务地址 · URL of the service
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8717")]
    server: String,
    /// 令牌；缺省取环境变量 PAIDAN_TOKEN · bearer token
    #[arg(long)]
    token: Option<String>,
    /// 经办人 · the person who does it
    #[arg(long)]
    person: Option<String>,
}

impl Service {
    pub(super) fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, path, Bytes::new())
    }

    /// The same a while later: for what takes its time.
    pub(super) fn get_after(&self, pause: Duration, path: &str) -> anyhow::Result<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // A timer belongs to a runtime that runs.
        runtime.block_on(async { tokio::time::sleep(pause).await });
        self.get(path)
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask(Method::POST, path, body.to_string().into())
    }

    pub(super) fn person(&self) -> Option<&str> {
        self.person.as_deref()
    }

    pub(super) fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::DELETE, path, Bytes::new())
    }

    /// The answer; what the service refuses is the error, with every place that it names.
    fn ask(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Value> {
        let answer = self.bytes(method, path, body)?;
        serde_json::from_slice(&answer).with_context(|| format!("{} 答复的不是 JSON", self.server))
    }

    /// The answer; what the service refuses is the error, with every place that it names.
    pub(super) fn bytes(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Vec<u8>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (status, answer) = runtime.block_on(self.send(method, path, body))?;
        if status < 400 {
            return Ok(answer.to_vec());
        }
        let problem: Value =
            serde_json::from_slice(&answer).with_context(|| format!("{} 答复的不是 JSON", self.server))?;
        Err(Refused::from(problem).into())
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<(u16, Bytes)> {
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let uri: Uri = format!("{}{path}", self.server.trim_end_matches('/')).parse().context("服务地址有误")?;
        let mut request = Request::builder().method(method).uri(uri).header("content-type", "application/json");
        if let Some(token) = self.token.clone().or_else(|| env_value("PAIDAN_TOKEN")) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(person) = &self.person {
            request = request.header("x-paidan-person", person.as_bytes());
        }
        let answered = client.request(request.body(Full::from(body))?).await;
        let response = answered.with_context(|| format!("连不上 {}，服务在运行吗？", self.server))?;
        let status = response.status().as_u16();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}

/// What a service refuses: its word on what to do, and every place that it names.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: String,
    detail: String,
    /// Place and message.
    errors: Vec<(String, String)>,
}

impl From<Value> for Refused {
    fn from(problem: Value) -> Self {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let errors = problem["errors"].as_array().into_iter().flatten();
        Self {
            code: text(&problem, "code"),
            detail: text(&problem, "detail"),
            errors: errors.map(|error| (text(error, "field"), text(error, "message"))).collect(),
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}（{}）", self.detail, self.code)?;
        self.errors.iter().try_for_each(|(place, message)| write!(f, "\n  {place}  {message}"))
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_answer_comes_also_after_a_pause() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = format!("http://{}", listener.local_addr().expect("an address"));
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a caller");
            assert!(stream.read(&mut [0; 4_096]).expect("a question") > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"done\": 1}").expect("it is sent");
        });
        let service = Service { server, token: None, person: None };
        assert_eq!(service.get_after(Duration::from_millis(1), "/").expect("an answer")["done"], 1);
        answering.join().expect("it answered");
    }
}
