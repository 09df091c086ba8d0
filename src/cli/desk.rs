//! The API, wherever it is: a running service, or a stopped store that is served to this command alone, without a socket.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use axum::body::Body;
use axum::http::{Method, Request, header};
use axum::response::Response;
use clap::Args;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::Packs;
use super::client::{Refused, Service};
use crate::access::Access;
use crate::app::{App, Loader, Pool};
use crate::clock;
use crate::config::Settings;
use crate::http::{Limits, Server, router};
use crate::store::{Options, Store};

/// Where the entries are, and as whom.
#[derive(Args)]
pub(super) struct Desk {
    /// 辖区 · jurisdiction
    #[arg(long, short)]
    pub(super) jurisdiction: String,
    /// 数据目录；服务须已停止。不写就连运行中的服务 · folder of the store; the service must be stopped
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    service: Service,
    #[command(flatten)]
    pub(super) packs: Packs,
}

/// An open way to the API.
pub(super) enum Open<'a> {
    Service(&'a Service),
    Store { router: Box<axum::Router>, runtime: tokio::runtime::Runtime, person: Option<&'a str>, store: Store },
}

impl Desk {
    /// `work` with an open way to the API; a store is closed behind it.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Open<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let open = self.open()?;
        let done = work(&open);
        if let Open::Store { store, .. } = &open {
            store.close();
        }
        done
    }

    /// Whether a stopped store is meant.
    pub(super) fn is_store(&self) -> bool {
        self.data.is_some()
    }

    fn open(&self) -> anyhow::Result<Open<'_>> {
        let Some(data) = &self.data else { return Ok(Open::Service(&self.service)) };
        if !data.join("journal").is_dir() {
            bail!("{} 不是数据目录（没有 journal），请用 --data 指定", data.display());
        }
        let settings = Settings::default();
        let store = Store::open(data, &Options::default())?;
        let policy = settings.policy();
        let (_, live) = Loader::start(self.packs.source()?, store.clone(), policy.clone(), clock::now())?;
        let pool = Pool::start(1, settings.waiting)?;
        let app = App::new(live, store.clone(), pool, settings.lease_s, clock::now).with_policy(policy);
        let server = Server::new(app, Access::new(Vec::new()), Limits::from(&settings), settings.requests);
        let (router, _) = router(server);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Open::Store { router: Box::new(router), runtime, person: self.service.person(), store })
    }

    /// A path of the API with this jurisdiction in its query; `query`: what else stands there.
    pub(super) fn path(&self, path: &str, query: &[(&str, &str)]) -> String {
        let own = [("jurisdiction", self.jurisdiction.as_str())];
        let parts = own.iter().chain(query).filter(|(_, value)| !value.is_empty());
        let parts: Vec<String> = parts.map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        format!("/v1/knowledge/{path}?{}", parts.join("&"))
    }
}

impl Open<'_> {
    pub(super) fn get(&self, path: &str) -> anyhow::Result<Value> {
        json(self.ask(Method::GET, path, Vec::new())?)
    }

    pub(super) fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        self.ask(Method::GET, path, Vec::new())
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        json(self.ask(Method::POST, path, body.to_string().into_bytes())?)
    }

    pub(super) fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        json(self.ask(Method::PUT, path, body.to_string().into_bytes())?)
    }

    /// A file as it is.
    pub(super) fn send(&self, path: &str, file: Vec<u8>) -> anyhow::Result<Value> {
        json(self.ask(Method::POST, path, file)?)
    }

    fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Service(service) => service.bytes(method, path, body.into()),
            Self::Store { router, runtime, person, .. } => {
                let mut request =
                    Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
                if let Some(person) = person {
                    request = request.header("x-paidan-person", person.as_bytes());
                }
                let request = request.body(Body::from(body))?;
                let answered = runtime.block_on(async {
                    let response: Response = router.as_ref().clone().oneshot(request).await?;
                    let status = response.status().as_u16();
                    anyhow::Ok((status, response.into_body().collect().await?.to_bytes()))
                });
                let (status, answer) = answered?;
                if status < 400 {
                    return Ok(answer.to_vec());
                }
                Err(Refused::from(json(answer.to_vec())?).into())
            }
        }
    }
}

fn json(answer: Vec<u8>) -> anyhow::Result<Value> {
    serde_json::from_slice(&answer).context("答复的不是 JSON")
}

/// A value of a query: everything but letters and digits escaped.
pub(super) fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
