//! A release on trial beside the live one: in its shadow, or for a share of the tickets. Pure: which tickets, and when to
//! stop.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::digest::{Digest, Hasher};
use crate::ticket::Request;

/// What a backtest found, in short.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tried {
    pub at: DateTime<Utc>,
    pub by: String,
    pub tickets: u64,
    pub changed: u64,
    /// Tickets that people decided in the end, and with how many of them each side agrees.
    pub judged: u64,
    pub right_before: u64,
    pub right_after: u64,
}

/// A release that is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Trial {
    pub id: String,
    pub jurisdiction: String,
    #[schema(value_type = String)]
    pub release: Digest,
    pub kind: Kind,
    #[serde(default)]
    pub limits: Limits,
    pub message: String,
    pub started_by: String,
    pub started_at: DateTime<Utc>,
    pub counts: Counts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// 1, and one more with every change.
    pub version: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// Both decide, only the live release counts; where they differ is recorded with the ticket.
    Shadow,
    /// It decides a stable share of the tickets, in thousandths.
    Gradual { share: u32 },
}

/// When a trial stops itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Share of its tickets that may go to the manual queue, in thousandths; absent: any.
    pub most_queued: Option<u32>,
    /// Share of the tickets it dispatched that may be returned, in thousandths; absent: any.
    pub most_returned: Option<u32>,
    /// Before so many tickets nothing is concluded.
    pub least_tickets: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { most_queued: None, most_returned: None, least_tickets: 50 }
    }
}

/// What became of the tickets of a trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Tickets that it decided, in shadow or for good.
    pub tickets: u64,
    /// Of those: to the manual queue.
    pub queued: u64,
    /// Of those: dispatched.
    pub dispatched: u64,
    /// Dispatched by it and returned by the unit. A shadow dispatches nothing.
    pub returned: u64,
    /// In shadow: decided otherwise than the live release.
    pub differing: u64,
    /// In shadow: what the live release sent to the queue meanwhile.
    pub live_queued: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ended {
    pub at: DateTime<Utc>,
    /// Empty: it stopped itself.
    pub by: String,
    pub reason: String,
}

/// Thousandths.
const WHOLE: u64 = 1_000;

impl Trial {
    /// Whether it decides this request for good.
    pub fn takes(&self, request: &Request) -> bool {
        match self.kind {
            Kind::Shadow => false,
            Kind::Gradual { share } => place(&self.id, request) < u64::from(share),
        }
    }

    /// Why it has to stop.
    pub fn must_stop(&self) -> Option<String> {
        let Counts { tickets, queued, dispatched, returned, .. } = self.counts;
        let over = |part: u64, whole: u64, most: Option<u32>, what: &str| {
            let most = u64::from(most?);
            let exceeds = whole >= self.limits.least_tickets.max(1) && part * WHOLE > most * whole;
            exceeds.then(|| {
                format!("{what}{part}件，占{}‰，超过设定的{most}‰（{whole}件中）", part * WHOLE / whole.max(1))
            })
        };
        over(queued, tickets, self.limits.most_queued, "转人工")
            .or_else(|| over(returned, dispatched, self.limits.most_returned, "退件"))
    }
}

impl Counts {
    pub fn add(&mut self, more: &Self) {
        self.tickets += more.tickets;
        self.queued += more.queued;
        self.dispatched += more.dispatched;
        self.returned += more.returned;
        self.differing += more.differing;
        self.live_queued += more.live_queued;
    }
}

/// 0..1000, the same whenever the same request comes. A ticket's number is given when it is stored, after the decision:
/// what is known before, who says what, takes its place.
fn place(trial: &str, request: &Request) -> u64 {
    let mut hasher = Hasher::default();
    let Request { jurisdiction, title, text, requester, reference, .. } = request;
    for part in [trial, jurisdiction, reference, &requester.id, &requester.phone, title, text] {
        hasher.part(part.as_bytes());
    }
    let digest = hasher.finish();
    let start = digest.as_str().get(..12).unwrap_or_default();
    u64::from_str_radix(start, 16).unwrap_or_default() % WHOLE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(kind: Kind, limits: Limits, counts: Counts) -> Trial {
        Trial {
            id: "t-1".into(),
            jurisdiction: "demo".into(),
            release: Digest::of(b"x"),
            kind,
            limits,
            message: String::new(),
            started_by: "甲".into(),
            started_at: DateTime::UNIX_EPOCH,
            counts,
            ended: None,
            version: 1,
        }
    }

    fn request(n: usize) -> Request {
        Request { jurisdiction: "demo".into(), text: format!("第{n}件"), ..Request::default() }
    }

    #[test]
    fn a_share_is_stable_and_about_as_large_as_asked() {
        for share in [0, 100, 500, 1_000] {
            let trial = trial(Kind::Gradual { share }, Limits::default(), Counts::default());
            let taken = (0..4_000).filter(|&n| trial.takes(&request(n))).count() as i64;
            assert!((taken - i64::from(share) * 4).abs() <= 120, "{share}: {taken}");
            assert!((0..50).all(|n| trial.takes(&request(n)) == trial.takes(&request(n))));
        }
        // Who was taken at a tenth is taken at a half.
        let [tenth, half] =
            [100, 500].map(|share| trial(Kind::Gradual { share }, Limits::default(), Counts::default()));
        assert!((0..1_000).all(|n| !tenth.takes(&request(n)) || half.takes(&request(n))));
        assert!(!trial(Kind::Shadow, Limits::default(), Counts::default()).takes(&request(1)));
    }

    #[test]
    fn a_trial_stops_itself_beyond_its_limits_and_not_before() {
        let limits = Limits { most_queued: Some(300), most_returned: Some(100), least_tickets: 10 };
        let stops = |tickets, queued, dispatched, returned| {
            let counts = Counts { tickets, queued, dispatched, returned, ..Counts::default() };
            trial(Kind::Shadow, limits, counts).must_stop()
        };
        assert_eq!(stops(9, 9, 0, 0), None);
        assert_eq!(stops(10, 3, 7, 0), None);
        assert!(stops(10, 4, 6, 0).is_some_and(|why| why.contains("转人工")));
        assert_eq!(stops(30, 9, 20, 2), None);
        assert!(stops(30, 9, 20, 3).is_some_and(|why| why.contains("退件")));
    }
}
