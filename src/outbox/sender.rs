//! One try: an event as a signed POST, and what the answer means.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

use super::cloud::Told;
use super::sign::signature;
use crate::store::Subscription;

/// A try takes no longer, its answer included.
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST_URL: usize = 2_048;
/// More of an answer is not looked at.
const ANSWER_BYTES: usize = 64 * 1024;
/// Characters of a receiver's reference.
const REFERENCE: usize = 200;

type Body = Full<Bytes>;

/// Whether a URL can be posted to; else why not (Chinese). An address of an inner network is fine: that is where most
/// receivers are.
pub fn check_url(url: &str) -> Result<(), &'static str> {
    let uri: Uri = url.parse().map_err(|_| "网址无效，应形如 https://example.gov.cn/paidan")?;
    if url.len() > LONGEST_URL {
        return Err("网址过长，最多2048字节");
    }
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
        return Err("网址应以 http:// 或 https:// 开头，形如 https://example.gov.cn/paidan");
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("网址中不能带用户名和密码，请用签名核对来源");
    }
    Ok(())
}

/// Clients for both schemes, with their connections kept. No redirect is followed.
pub(super) struct Sender {
    plain: Client<HttpConnector, Body>,
    /// `None`: this machine has no root certificates.
    secure: Option<Client<HttpsConnector<HttpConnector>, Body>>,
}

/// What became of a try.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Delivered {
        /// The receiver's own reference, if it gave one.
        confirmation: Option<String>,
    },
    /// 410: nothing more is wanted.
    Gone,
    /// Why (Chinese).
    Failed(String),
}

#[derive(Deserialize)]
struct Confirmed {
    confirmation: String,
}

impl Sender {
    pub(super) fn new() -> Self {
        let client = || {
            let mut builder = Client::builder(TokioExecutor::new());
            builder.pool_max_idle_per_host(8).pool_idle_timeout(Duration::from_secs(30));
            builder.pool_timer(hyper_util::rt::TokioTimer::new());
            builder
        };
        let roots = HttpsConnectorBuilder::new().with_native_roots();
        let roots = roots.inspect_err(|cause| tracing::warn!(%cause, "no https to subscribers"));
        let secure = roots.ok().map(|builder| client().build(builder.https_only().enable_http1().build()));
        Self { plain: client().build(HttpConnector::new()), secure }
    }

    /// `timestamp`: seconds since 1970, by the wall clock.
    pub(super) async fn send(&self, to: &Subscription, told: &Told, timestamp: i64) -> Answer {
        match tokio::time::timeout(PATIENCE, self.exchange(to, told, timestamp)).await {
            Ok(answer) => answer,
            Err(_) => Answer::Failed(format!("{}秒内没有答复", PATIENCE.as_secs())),
        }
    }

    async fn exchange(&self, to: &Subscription, told: &Told, timestamp: i64) -> Answer {
        // A told event consists of strings, numbers and what has been JSON before.
        let body = serde_json::to_vec(told).unwrap_or_default();
        let id = format!("{}_{}", to.id, told.id);
        let request = Request::post(&to.url)
            .header("content-type", "application/cloudevents+json; charset=utf-8")
            .header("user-agent", concat!("paidan/", env!("CARGO_PKG_VERSION")))
            .header("webhook-signature", signature(&to.secret, &id, timestamp, &body))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .body(Full::from(body));
        let Ok(request) = request else { return Answer::Failed("地址无效".into()) };
        let sent = match (request.uri().scheme_str(), &self.secure) {
            (Some("https"), Some(client)) => client.request(request).await,
            (Some("https"), None) => return Answer::Failed("本机没有根证书，不能使用 https".into()),
            _ => self.plain.request(request).await,
        };
        match sent {
            Ok(response) => judge(response).await,
            Err(error) => Answer::Failed(reason(&error)),
        }
    }
}

async fn judge(response: Response<hyper::body::Incoming>) -> Answer {
    let status = response.status();
    if status == StatusCode::GONE {
        return Answer::Gone;
    }
    if !status.is_success() {
        return Answer::Failed(format!("接收方答复 HTTP {}", status.as_u16()));
    }
    // Delivered it is, whatever the rest of the answer is worth.
    let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
    let confirmed: Option<Confirmed> = body.ok().and_then(|body| serde_json::from_slice(&body.to_bytes()).ok());
    let reference = confirmed.map(|confirmed| confirmed.confirmation.chars().take(REFERENCE).collect::<String>());
    Answer::Delivered { confirmation: reference.filter(|reference| !reference.trim().is_empty()) }
}

/// With the innermost cause: "connect error" alone helps nobody.
fn reason(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let what = if error.is_connect() { "连接不上" } else { "传输中断" };
    format!("{what}：{cause}").chars().take(REFERENCE).collect()
}
