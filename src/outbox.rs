//! What happens, told to the world: webhooks, at least once and in order per ticket, and the shape that the event stream
//! shares with them.
//!
//! One task per subscriber reads the committed events behind its cursor and posts them; what is sent when is decided in
//! [`plan`], which knows neither clock nor sockets. A task that fails is started again from its last checkpoint.

mod cloud;
mod item;
pub mod plan;
mod sender;
mod sign;
mod subscriber;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

pub use self::cloud::{Told, cloud_event, event_data, policy_event, wants, wants_policy};
pub use self::plan::Limits;
pub use self::sender::check_url;
pub use self::sign::{LONGEST_SECRET, SHORTEST_SECRET, new_secret, signature};

use self::sender::Sender;
use self::subscriber::{End, Subscriber};
use crate::app::App;
use crate::store::{Health, ReadError, Store, Subscription};

/// Pause before a task that failed is started again.
const RESTART: Duration = Duration::from_secs(5);

/// What all subscribers' tasks share.
struct Shared {
    app: App,
    sender: Sender,
    limits: Limits,
    /// Planning follows the monotonic clock: a clock that is set does not shorten or stretch a pause.
    started: (DateTime<Utc>, Instant),
}

impl Shared {
    fn now(&self) -> DateTime<Utc> {
        let (wall, since) = self.started;
        wall + since.elapsed()
    }

    /// On a thread that may block. `None`: it panicked, which was reported when it happened.
    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Store) -> T + Send + 'static) -> Option<T> {
        let store = self.app.store().clone();
        tokio::task::spawn_blocking(move || work(&store)).await.ok()
    }
}

/// The running outbox.
pub struct Outbox {
    stop: watch::Sender<bool>,
    supervisor: JoinHandle<()>,
}

impl Outbox {
    /// Starts a task per subscription, now and whenever somebody subscribes. Needs a runtime.
    pub fn start(app: App, limits: Limits) -> Self {
        let (stop, stopped) = watch::channel(false);
        let started = (app.now(), Instant::now());
        let shared = Arc::new(Shared { app, sender: Sender::new(), limits, started });
        Self { stop, supervisor: tokio::spawn(supervise(shared, stopped)) }
    }

    /// Ends what is under way and writes down how far each subscriber is.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // A panic was reported when it happened.
        let _ = self.supervisor.await;
    }
}

async fn supervise(shared: Arc<Shared>, stop: watch::Receiver<bool>) {
    let mut stopped = stop.clone();
    let mut changes = shared.app.store().subscription_changes();
    let mut tasks = JoinSet::new();
    let mut running: BTreeMap<tokio::task::Id, String> = BTreeMap::new();
    while shared.app.store().health() == Health::Writable {
        changes.mark_unchanged();
        for subscription in active(&shared).await {
            if running.values().all(|id| *id != subscription.id) {
                let (id, shared, stop) = (subscription.id.clone(), Arc::clone(&shared), stop.clone());
                let task = tasks.spawn(async move {
                    let resumed = Subscriber::resume(shared, subscription).await;
                    match resumed {
                        Some(subscriber) => subscriber.run(stop).await,
                        None => End::Broken,
                    }
                });
                running.insert(task.id(), id);
            }
        }
        let ended = tokio::select! {
            changed = changes.changed() => if changed.is_err() { break } else { None },
            Some(ended) = tasks.join_next_with_id() => Some(ended),
            () = told_to(&mut stopped) => break,
        };
        let Some(ended) = ended else { continue };
        if *stopped.borrow() {
            break;
        }
        let task = ended.as_ref().map_or_else(tokio::task::JoinError::id, |(task, _)| *task);
        let id = running.remove(&task).unwrap_or_default();
        if let Ok((_, End::Over)) = ended {
            shared.app.metrics().no_longer_told(&id);
            continue;
        }
        tracing::error!(subscription = id, "a subscriber's task failed; starting it again soon");
        tokio::select! {
            () = tokio::time::sleep(RESTART) => {}
            () = told_to(&mut stopped) => break,
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// Resolves when the outbox is to stop.
async fn told_to(stop: &mut watch::Receiver<bool>) {
    // An error means that nobody is left to say so.
    drop(stop.wait_for(|stop| *stop).await);
}

async fn active(shared: &Shared) -> Vec<Subscription> {
    let all: Option<Result<_, ReadError>> = shared.blocking(Store::subscriptions).await;
    let all = all.map_or_else(Vec::new, |all| {
        all.unwrap_or_else(|cause| {
            tracing::error!(%cause, "the subscriptions cannot be read");
            Vec::new()
        })
    });
    all.into_iter().filter(|subscription| subscription.ended.is_none()).collect()
}
