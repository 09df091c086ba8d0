//! The task of one subscriber: reads history behind the cursor, sends what the plan says, writes down how far it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Shared;
use super::item::Item;
use super::plan::{Lane, Plan, Try};
use super::sender::Answer;
use crate::store::{AppendError, Confirmation, DeadLetter, Feed, ReadError, Saved, Store, Subscription};
use crate::ticket::{EventId, TicketId};

/// Events read at once.
const READ: usize = 64;
/// Events kept at hand until they are tried; others are read again when it is their turn.
const AT_HAND: usize = 256;
/// Events of a ticket looked up at once.
const LOOKED_UP: usize = 16;
/// A checkpoint is written after so many results, or after a second; where events only pass by, after a minute.
const RESULTS: u32 = 100;
const SAVE_AFTER: Duration = Duration::from_secs(1);
const SAVE_PASSED_AFTER: Duration = Duration::from_secs(60);
/// After history could not be read.
const BREATH: Duration = Duration::from_secs(5);

/// How a task ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The subscription is gone, or the program stops.
    Over,
    /// Something failed: start it again.
    Broken,
}

/// What became of one try.
struct Tried {
    attempt: Try,
    kind: &'static str,
    answer: Answer,
}

/// How reading went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Read {
    CaughtUp,
    More,
    /// Too many tickets wait.
    Full,
    Failed,
}

pub(super) struct Subscriber {
    shared: Arc<Shared>,
    subscription: Arc<Subscription>,
    plan: Plan,
    feed: Feed,
    at_hand: BTreeMap<EventId, Item>,
    tries: JoinSet<Tried>,
    unsaved: Saved,
    trouble: String,
    /// Since the last checkpoint.
    results: u32,
    passed: bool,
    /// Some dead letters that are to be sent again did not fit in.
    letters_left: bool,
    saved_at: Instant,
    /// The last sequence of history, as far as it is known.
    last: u64,
}

impl Subscriber {
    /// From the last checkpoint. `None`: the store cannot be read.
    pub(super) async fn resume(shared: Arc<Shared>, subscription: Subscription) -> Option<Self> {
        let id = subscription.id.clone();
        let read = move |store: &Store| -> Result<_, ReadError> {
            let checkpoint = store.checkpoint(&id)?.unwrap_or_default();
            Ok((store.feed(Some(checkpoint.cursor)), checkpoint, store.dead_letters(&id, None, usize::MAX)?))
        };
        let read = shared.blocking(read).await?;
        let (feed, checkpoint, dead) = read.inspect_err(|cause| tracing::error!(%cause, "no checkpoint")).ok()?;
        let trouble = checkpoint.trouble.clone();
        let dead = dead.into_iter().map(|letter| (letter.ticket, letter.event));
        let plan = Plan::resume(&subscription.id, shared.limits, checkpoint, dead);
        Some(Self {
            shared,
            subscription: Arc::new(subscription),
            plan,
            feed,
            at_hand: BTreeMap::new(),
            tries: JoinSet::new(),
            unsaved: Saved::default(),
            trouble,
            results: 0,
            passed: false,
            letters_left: false,
            saved_at: Instant::now(),
            last: 0,
        })
    }

    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) -> End {
        let store = self.shared.app.store().clone();
        let (mut heard, mut changes) = (store.listen(), store.subscription_changes());
        let mut end = self.look_again().await;
        while end.is_none() {
            let read = self.read().await;
            self.start_due();
            self.measure();
            if self.must_save() {
                end = self.save().await;
                if end.is_some() {
                    break;
                }
            }
            let wake = self.wake(read);
            end = tokio::select! {
                Some(tried) = self.tries.join_next() => match tried {
                    Ok(tried) => self.settle(tried).await,
                    Err(_) => Some(End::Broken),
                },
                event = heard.recv(), if read == Read::CaughtUp => match event {
                    // Once it is read, what else was heard is no news.
                    Ok(_) | Err(RecvError::Lagged(_)) => { heard = heard.resubscribe(); None }
                    Err(RecvError::Closed) => Some(End::Over),
                },
                _ = changes.changed() => self.look_again().await,
                () = tokio::time::sleep_until(wake) => None,
                () = super::told_to(&mut stop) => Some(End::Over),
            };
        }
        self.tries.abort_all();
        if end == Some(End::Over) {
            // Of a subscription that is gone there is nothing to save.
            let _ = self.save().await;
        }
        end.unwrap_or(End::Broken)
    }

    /// The next part of history, into the plan.
    async fn read(&mut self) -> Read {
        let most = self.plan.room().min(READ);
        if most == 0 {
            return Read::Full;
        }
        let (mut feed, subscription) = (self.feed.clone(), Arc::clone(&self.subscription));
        let read = move |store: &Store| -> Result<_, ReadError> {
            let happened = feed.read_all(most, subscription.wants_policies())?;
            let mut found = Vec::with_capacity(happened.len());
            for it in happened {
                found.push((it.id(), Item::wanted(store, &subscription, it)?));
            }
            Ok((found, feed, store.last_event()?.seq))
        };
        match self.shared.blocking(read).await {
            Some(Ok((found, feed, last))) => {
                let read = if found.is_empty() { Read::CaughtUp } else { Read::More };
                for (event, item) in found {
                    self.take(event, item);
                }
                self.plan.pass(feed.after());
                (self.feed, self.last) = (feed, last);
                read
            }
            Some(Err(cause)) => {
                tracing::error!(%cause, subscription = self.subscription.id, "history cannot be read");
                Read::Failed
            }
            None => Read::Failed,
        }
    }

    fn take(&mut self, event: EventId, item: Option<Item>) {
        let Some(item) = item else {
            self.passed = true;
            return self.plan.pass(event);
        };
        let keep = self.plan.take(item.subject(), event, self.shared.now());
        if keep && self.at_hand.len() < AT_HAND {
            self.at_hand.insert(event, item);
        }
    }

    fn start_due(&mut self) {
        let now = self.shared.now();
        while let Some(attempt) = self.plan.due(now) {
            let item = self.at_hand.remove(&attempt.event);
            let (shared, subscription) = (Arc::clone(&self.shared), Arc::clone(&self.subscription));
            self.tries.spawn(shared.attempt(subscription, attempt, item));
        }
    }

    async fn settle(&mut self, tried: Tried) -> Option<End> {
        let Tried { attempt: Try { lane, ticket, event, .. }, kind, answer } = tried;
        let (now, id) = (self.shared.now(), &self.subscription.id);
        let metrics = self.shared.app.metrics();
        self.results += 1;
        let after = match answer {
            Answer::Delivered { confirmation } => {
                metrics.told(id, "delivered");
                self.trouble.clear();
                if let Some(reference) = confirmation {
                    let (ticket, at) = (ticket.clone(), self.shared.app.now());
                    self.unsaved.confirmed.push(Confirmation { ticket, event, reference, at });
                }
                if let Lane::Again(_) = lane {
                    self.unsaved.revived.push((ticket.clone(), event));
                }
                self.plan.delivered(&lane, now)
            }
            Answer::Failed(reason) => {
                metrics.told(id, "failed");
                tracing::debug!(subscription = id, %event, reason, "not delivered");
                self.trouble = reason;
                self.plan.failed(&lane, now)
            }
            Answer::Gone => return self.gone().await,
        };
        if let Some((attempts, since)) = after.dead {
            metrics.told(id, "dead");
            tracing::warn!(subscription = id, %event, attempts, reason = self.trouble, "given up");
            let (reason, died_at) = (self.trouble.clone(), now);
            let (ticket, kind) = (ticket.clone(), kind.to_owned());
            let letter = DeadLetter { ticket, event, kind, attempts, since, died_at, reason, resend: false };
            self.unsaved.dead.push(letter);
        }
        if after.look {
            return self.follow(lane, ticket, event).await;
        }
        let roomy = self.plan.room() >= self.shared.limits.waiting / 2;
        if self.letters_left && roomy { self.look_again().await } else { None }
    }

    /// The receiver answered 410.
    async fn gone(&mut self) -> Option<End> {
        let (id, at) = (self.subscription.id.clone(), self.shared.app.now());
        tracing::warn!(subscription = id, "the receiver is gone (410): it is told nothing more");
        let ended = move |store: &Store| store.end_subscription(&id, "接收方答复410，不再推送".into(), at);
        match self.shared.blocking(ended).await {
            Some(Ok(_)) => Some(End::Over),
            _ => Some(End::Broken),
        }
    }

    /// Looks up what follows an event in its ticket.
    async fn follow(&mut self, lane: Lane, ticket: TicketId, after: EventId) -> Option<End> {
        let (subscription, cursor) = (Arc::clone(&self.subscription), self.plan.cursor());
        let find = move |store: &Store| Item::following(store, &subscription, &ticket, after, cursor);
        let Some(Ok(mut items)) = self.shared.blocking(find).await else { return Some(End::Broken) };
        let more = items.len() > LOOKED_UP;
        items.truncate(LOOKED_UP);
        self.plan.follow(&lane, items.iter().map(Item::event), more, self.shared.now());
        for item in items {
            if self.at_hand.len() < AT_HAND {
                self.at_hand.insert(item.event(), item);
            }
        }
        None
    }

    /// Whether the subscription still stands, and which dead letters somebody wants sent again.
    async fn look_again(&mut self) -> Option<End> {
        let id = self.subscription.id.clone();
        let look = move |store: &Store| -> Result<_, ReadError> {
            let stands = store.subscription(&id)?.is_some_and(|it| it.ended.is_none());
            Ok((stands, store.dead_letters(&id, None, usize::MAX)?))
        };
        let Some(Ok((stands, letters))) = self.shared.blocking(look).await else { return Some(End::Broken) };
        if !stands {
            return Some(End::Over);
        }
        let now = self.shared.now();
        self.letters_left = false;
        for letter in letters.into_iter().filter(|letter| letter.resend) {
            let settled = self.unsaved.revived.iter().any(|(_, event)| *event == letter.event)
                || self.unsaved.dead.iter().any(|dead| dead.event == letter.event);
            if settled {
                continue;
            }
            if self.plan.room() == 0 {
                self.letters_left = true;
                break;
            }
            self.plan.again(&letter.ticket, letter.event, now);
        }
        None
    }

    fn must_save(&self) -> bool {
        self.results >= RESULTS || self.save_due().is_some_and(|due| due <= Instant::now())
    }

    fn save_due(&self) -> Option<Instant> {
        let passed = self.passed.then_some(SAVE_PASSED_AFTER);
        let after = if self.results > 0 { Some(SAVE_AFTER) } else { passed };
        after.map(|after| self.saved_at + after)
    }

    /// `Some`: there is no point in going on.
    async fn save(&mut self) -> Option<End> {
        let checkpoint = self.plan.checkpoint(self.trouble.clone());
        let saved = Saved { checkpoint, ..self.unsaved.clone() };
        let (id, at) = (self.subscription.id.clone(), self.shared.app.now());
        let save = move |store: &Store| store.save_checkpoint(&id, saved, at);
        self.saved_at = Instant::now();
        match self.shared.blocking(save).await {
            Some(Ok(true)) => {
                (self.unsaved, self.results, self.passed) = (Saved::default(), 0, false);
                None
            }
            Some(Ok(false)) => Some(End::Over),
            // It is tried again in a second.
            Some(Err(AppendError::Busy)) => {
                self.results = self.results.min(RESULTS - 1);
                None
            }
            Some(Err(cause)) => {
                tracing::error!(%cause, subscription = self.subscription.id, "a checkpoint was not stored");
                Some(End::Broken)
            }
            None => Some(End::Broken),
        }
    }

    fn wake(&self, read: Read) -> Instant {
        let now = Instant::now();
        if read == Read::More {
            return now;
        }
        let breath = (read == Read::Failed).then_some(now + BREATH);
        let due = self.plan.wake().map(|due| now + (due - self.shared.now()).to_std().unwrap_or_default());
        let idle = now + SAVE_PASSED_AFTER;
        [breath, due, self.save_due()].into_iter().flatten().min().unwrap_or(idle)
    }

    fn measure(&self) {
        let behind = (self.last + 1).saturating_sub(self.plan.oldest());
        self.shared.app.metrics().behind(&self.subscription.id, behind, self.plan.waiting());
    }
}

impl Shared {
    async fn attempt(self: Arc<Self>, to: Arc<Subscription>, attempt: Try, item: Option<Item>) -> Tried {
        let item = match item {
            Some(item) => Some(item),
            None => self.fetch(&attempt).await,
        };
        let Some(item) = item else {
            return Tried { attempt, kind: "", answer: Answer::Failed("事件读取失败".into()) };
        };
        let kind = item.kind();
        let told = item.told(&to.viewer(), attempt.gap);
        let answer = self.sender.send(&to, &told, self.app.now().timestamp()).await;
        Tried { attempt, kind, answer }
    }

    async fn fetch(&self, attempt: &Try) -> Option<Item> {
        let (ticket, event) = (attempt.ticket.clone(), attempt.event);
        self.blocking(move |store| Item::find(store, &ticket, event)).await?.ok().flatten()
    }
}
