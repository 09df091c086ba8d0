//! Who comes too often, and who comes with wrong tokens: counted by client and by address.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use super::limiter::Limiter;
use super::problem::{Code, Problem};
use crate::access::{Caller, Lockout, Unknown};
use crate::app::Metrics;
use crate::clock;

/// How often one client may come (`[rate]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateTerms {
    /// Requests of one client in a second, on the average.
    pub per_second: u32,
    /// And at once.
    pub burst: u32,
}

impl Default for RateTerms {
    fn default() -> Self {
        Self { per_second: 10_000, burst: 20_000 }
    }
}

/// By whom requests are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// A token by its name, a person who logged in.
    Client(String),
    /// Who is not known.
    Address(IpAddr),
}

/// Keeps count at the door.
pub(super) struct Doorman {
    rate: Limiter<Key>,
    questions: Limiter<IpAddr>,
    lockout: Mutex<Lockout>,
}

impl Doorman {
    pub(super) fn new(rate: RateTerms, questions_per_minute: u32) -> Self {
        Self {
            rate: Limiter::new(rate.per_second, Duration::from_secs(1), rate.burst),
            questions: Limiter::new(questions_per_minute, Duration::from_secs(60), questions_per_minute),
            lockout: Mutex::default(),
        }
    }

    /// Counts a question without a token. `Err`: seconds to wait.
    pub(super) fn asks(&self, from: IpAddr) -> Result<(), u64> {
        self.questions.take(from)
    }

    /// Lets a known caller in, unless it comes too often. Where nobody needs a token, nobody is counted.
    pub(super) fn admit(&self, caller: &Caller, metrics: &Metrics) -> Result<(), Problem> {
        if caller.is_local() {
            return Ok(());
        }
        let client = if caller.client_is_many() { &caller.person } else { &caller.client };
        self.rate.take(Key::Client(client.clone())).map_err(|wait| too_often(wait, metrics))
    }

    /// Notes somebody who is not known. `Some`: they have to wait, whatever else is wrong.
    pub(super) fn stranger(&self, unknown: &Unknown, from: IpAddr, metrics: &Metrics) -> Option<Problem> {
        if let Err(wait) = self.rate.take(Key::Address(from)) {
            return Some(too_often(wait, metrics));
        }
        if !matches!(unknown, Unknown::WrongToken | Unknown::SpentToken(_) | Unknown::Login(_)) {
            return None;
        }
        metrics.wrong_token();
        let failed = self.lockout.lock().unwrap_or_else(PoisonError::into_inner).failed(from, clock::monotonic_ns());
        let (wait, new) = failed.err()?;
        if new {
            metrics.locked_out();
            tracing::warn!(address = %from, seconds = wait, "too many wrong tokens: locked out");
        }
        let detail = format!("这个地址多次使用无效令牌，请 {wait} 秒后再试；有效的令牌不受影响");
        Some(Problem::new(Code::LockedOut, detail).again_in(wait))
    }
}

fn too_often(wait: u64, metrics: &Metrics) -> Problem {
    metrics.too_often();
    Problem::new(Code::TooOften, format!("请求太频繁，请 {wait} 秒后再试")).again_in(wait)
}
