//! Who is let in: refusals are made before a body is read, so that they cost next to nothing. Machines that post have a share of
//! the requests under way, people have the rest: a flood of posts keeps nobody from the queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Server;
use super::problem::{Code, Problem};
use crate::app::Lane;
use crate::clock;

/// Held while a request is under way; a batch holds it until its last line.
pub(super) type Permit = Arc<Held>;

/// Never read: what counts is when it is dropped.
pub(super) struct Held {
    _request: OwnedSemaphorePermit,
    _post: Option<OwnedSemaphorePermit>,
}

/// Requests that may be under way.
pub(super) struct Doors {
    all: Arc<Semaphore>,
    /// Of these, posts of machines.
    posts: Arc<Semaphore>,
    /// When the log was told for the last time, and how many were turned away since.
    told_at: AtomicU64,
    untold: AtomicU64,
}

/// Pause between two lines in the log that say the same, in nanoseconds.
const SILENCE: u64 = 10_000_000_000;

impl Doors {
    pub(super) fn new(requests: usize) -> Self {
        let (all, posts) = (Semaphore::new(requests), Semaphore::new(requests - requests / 4));
        Self { all: Arc::new(all), posts: Arc::new(posts), told_at: AtomicU64::new(0), untold: AtomicU64::new(0) }
    }

    fn enter(&self, post: bool) -> Option<Permit> {
        let posting = match post {
            true => Some(Arc::clone(&self.posts).try_acquire_owned().ok()?),
            false => None,
        };
        let request = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(Arc::new(Held { _request: request, _post: posting }))
    }

    /// How many to tell of, where it is time to.
    fn tell(&self, now: u64) -> Option<u64> {
        let (untold, told_at) = (self.untold.fetch_add(1, Ordering::Relaxed) + 1, self.told_at.load(Ordering::Relaxed));
        let due = told_at == 0 || now.saturating_sub(told_at) >= SILENCE;
        let mine =
            due && self.told_at.compare_exchange(told_at, now.max(1), Ordering::Relaxed, Ordering::Relaxed).is_ok();
        mine.then(|| {
            self.untold.fetch_sub(untold, Ordering::Relaxed);
            untold
        })
    }
}

/// More than can be worked on in time is turned away at once, not lined up.
pub(super) async fn not_too_many(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let lane = lane(&request);
    let busy = lane.is_some_and(|lane| server.app.is_busy(lane));
    let permit = if busy { None } else { server.doors.enter(lane.is_some()) };
    match permit {
        Some(permit) => {
            request.extensions_mut().insert(Arc::clone(&permit));
            let response = next.run(request).await;
            drop(permit);
            response
        }
        None => {
            server.app.metrics().turned_away();
            if let Some(requests) = server.doors.tell(clock::monotonic_ns()) {
                tracing::warn!(requests, "turned away: all is busy");
            }
            Problem::new(Code::Busy, "请求过多，暂时处理不过来，请稍后用同一个 Idempotency-Key 重试").into_response()
        }
    }
}

/// The line that a machine's post joins; `None` for everything else.
fn lane(request: &Request) -> Option<Lane> {
    if request.method() != Method::POST {
        return None;
    }
    match request.extensions().get::<MatchedPath>()?.as_str() {
        "/v1/tickets" | "/v1/triage" | "/v1/public/ask" => Some(Lane::Intake),
        "/v1/tickets/batch" => Some(Lane::Batch),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posts_leave_room_for_people() {
        let doors = Doors::new(4);
        let posts: Vec<Permit> = std::iter::from_fn(|| doors.enter(true)).collect();
        assert_eq!(posts.len(), 3);
        let person = doors.enter(false).unwrap();
        assert!(doors.enter(false).is_none());
        drop(posts);
        assert!(doors.enter(true).is_some());
        drop(person);
    }

    #[test]
    fn the_log_hears_of_it_now_and_then_and_of_everybody() {
        let doors = Doors::new(1);
        let told: Vec<Option<u64>> = [1, 2, 3, SILENCE + 1, SILENCE + 2].map(|now| doors.tell(now)).into();
        assert_eq!(told, [Some(1), None, None, Some(3), None]);
    }
}
