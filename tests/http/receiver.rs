//! Somebody who subscribes: a listener on this machine that answers as the test says and shows what it got.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use chrono::TimeDelta;
use paidan::outbox::Limits;
use paidan::store::Secret;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::site::Site;

/// What came, and whether it is taken.
pub(crate) struct Delivery {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Delivery {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().expect("ASCII")
    }

    /// `kind version`, and `!` for a gap.
    pub(crate) fn short(&self) -> String {
        let told = self.json();
        let gap = if told["gap"] == true { "!" } else { "" };
        format!("{} {}{gap}", told["data"]["kind"].as_str().expect("a kind"), told["data"]["version"])
    }
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    got: mpsc::UnboundedReceiver<Delivery>,
}

/// Stands for no answer at all.
pub(crate) const SILENCE: StatusCode = StatusCode::IM_A_TEAPOT;

/// Answers each delivery by `answer`.
pub(crate) async fn receiver<R: IntoResponse>(answer: impl Fn(&Value) -> R + Send + Sync + 'static) -> Receiver {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let (sender, got) = mpsc::unbounded_channel();
    let answer = Arc::new(answer);
    let hook = move |headers: HeaderMap, body: Bytes| {
        let delivery = Delivery { headers, body };
        let response: Response = answer(&delivery.json()).into_response();
        let _ = sender.send(delivery);
        async move {
            if response.status() == SILENCE {
                std::future::pending::<()>().await;
            }
            response
        }
    };
    let router = Router::new().route("/hook", routing::post(hook));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Receiver { url, got }
}

impl Receiver {
    /// The next delivery, taken or not.
    pub(crate) async fn next(&mut self) -> Delivery {
        let deadline = std::time::Duration::from_secs(60);
        tokio::time::timeout(deadline, self.got.recv()).await.expect("a delivery").expect("a listener")
    }

    pub(crate) async fn several(&mut self, count: usize) -> Vec<Delivery> {
        let mut all = Vec::new();
        while all.len() < count {
            all.push(self.next().await);
        }
        all
    }

    pub(crate) fn nothing_more(&mut self) -> bool {
        self.got.try_recv().is_err()
    }

    /// Subscribes; the id and the secret.
    pub(crate) async fn subscribe(&self, site: &Site, mut more: Value) -> (String, Secret) {
        more["url"] = json!(self.url);
        let reply = site.post("/v1/subscriptions", more.to_string()).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let new = reply.json();
        let text = |name: &str| new[name].as_str().expect("a text").to_owned();
        (text("id"), Secret(text("secret")))
    }
}

impl Site {
    pub(crate) async fn delete(&self, path: &str) -> super::site::Reply {
        self.send(Request::delete(path).body(Body::empty()).expect("a request")).await
    }
}

/// Milliseconds instead of hours.
pub(crate) fn hasty() -> Limits {
    Limits {
        first_delay: TimeDelta::milliseconds(1),
        longest_delay: TimeDelta::milliseconds(2),
        give_up_after: TimeDelta::milliseconds(15),
        ..Limits::default()
    }
}

/// Nothing is given up.
pub(crate) fn stubborn() -> Limits {
    Limits { give_up_after: TimeDelta::hours(24), ..hasty() }
}
