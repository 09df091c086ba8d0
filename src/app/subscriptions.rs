//! Who is told what happens: subscriptions, their dead letters and confirmations; and where an event stream begins.

use chrono::TimeDelta;

use super::{App, Error, FieldError, Missing, meant};
use crate::access::{Caller, Operation};
use crate::diagnostic::nearest;
use crate::outbox::{LONGEST_SECRET, SHORTEST_SECRET, check_url, new_secret};
use crate::store::{Checkpoint, Confirmation, DeadLetter, Feed, Secret, Subscription};
use crate::ticket::Role;
use crate::ticket::{EventId, TicketId};
use crate::triage::Snapshot;

/// Subscriptions at once.
const MOST: usize = 100;
/// Kinds, or categories, of one subscription.
const MOST_NAMES: usize = 100;
const LONGEST_NAME: usize = 64;
/// How far back an event stream can be resumed.
pub const KEPT: TimeDelta = TimeDelta::days(7);

/// What somebody wants to be told.
pub struct NewSubscription {
    pub url: String,
    /// `None`: one is made.
    pub secret: Option<String>,
    pub role: Role,
    /// Needed for the role of a unit.
    pub unit: String,
    pub jurisdiction: String,
    pub kinds: Vec<String>,
    pub categories: Vec<String>,
    /// Of policies: with one of them given and no kinds, policies are all that is wanted.
    pub topics: Vec<String>,
    pub tags: Vec<String>,
}

impl App {
    pub async fn subscribe(&self, caller: &Caller, mut wish: NewSubscription) -> Result<Subscription, Error> {
        if wish.kinds.is_empty() && !(wish.topics.is_empty() && wish.tags.is_empty()) {
            wish.kinds.push(Subscription::POLICY.to_owned());
        }
        let jurisdiction = meant(caller, &wish.jurisdiction)?;
        let snapshot = self.live.snapshot();
        let wrong = wrong(&snapshot, caller, &jurisdiction, &wish);
        if !wrong.is_empty() {
            return Err(Error::Invalid(wrong));
        }
        let secret = match wish.secret {
            Some(secret) => Secret(secret),
            None => new_secret().map_err(|cause| {
                tracing::error!(%cause, "no random numbers");
                Error::Panicked
            })?,
        };
        let new = Subscription {
            id: String::new(),
            url: wish.url,
            secret,
            role: wish.role,
            unit: wish.unit,
            by: caller.person.clone(),
            jurisdiction,
            kinds: wish.kinds,
            categories: wish.categories,
            topics: wish.topics,
            tags: wish.tags,
            created_at: self.now(),
            ended: None,
        };
        let actor = caller.actor(Operation::ManageSubscriptions);
        self.read(move |store| {
            if store.subscriptions()?.len() >= MOST {
                return Err(Error::field("url", format!("最多{MOST}个订阅，请先删除不用的")));
            }
            Ok(store.subscribe(new, actor)?)
        })
        .await?
    }

    /// Oldest first. A caller bound to a jurisdiction sees no other's.
    pub async fn subscriptions(&self, caller: &Caller) -> Result<Vec<Subscription>, Error> {
        let mut all = self.read(|store| store.subscriptions()).await??;
        all.retain(|subscription| sees(caller, subscription));
        Ok(all)
    }

    /// A subscription and how far it is.
    pub async fn subscription(&self, caller: &Caller, id: &str) -> Result<(Subscription, Checkpoint), Error> {
        let name = id.to_owned();
        let found = self.read(move |store| Ok((store.subscription(&name)?, store.checkpoint(&name)?))).await?;
        let (subscription, checkpoint) = found.map_err(Error::Read)?;
        let subscription = subscription.filter(|subscription| sees(caller, subscription));
        let unknown = || Error::missing(Missing::Subscription, id, "请核对订阅编号，见 GET /v1/subscriptions");
        Ok((subscription.ok_or_else(unknown)?, checkpoint.unwrap_or_default()))
    }

    pub async fn unsubscribe(&self, caller: &Caller, id: &str) -> Result<(), Error> {
        let (subscription, _) = self.subscription(caller, id).await?;
        let (actor, at) = (caller.actor(Operation::ManageSubscriptions), self.now());
        self.read(move |store| store.unsubscribe(&subscription.id, actor, at)).await??;
        Ok(())
    }

    /// By ticket, after a place in that order.
    pub async fn dead_letters(
        &self,
        caller: &Caller,
        id: &str,
        after: Option<(TicketId, EventId)>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, Error> {
        let (subscription, _) = self.subscription(caller, id).await?;
        let read = self.read(move |store| {
            let after = after.as_ref().map(|(ticket, event)| (ticket, *event));
            store.dead_letters(&subscription.id, after, limit)
        });
        Ok(read.await??)
    }

    /// Has one dead letter, or all, sent again. How many.
    pub async fn resend(&self, caller: &Caller, id: &str, event: Option<&str>) -> Result<usize, Error> {
        let (subscription, _) = self.subscription(caller, id).await?;
        if subscription.ended.is_some() {
            return Err(Error::field("id", "订阅已停止，不能重发，请重新订阅"));
        }
        let unknown = |event: &str| Error::missing(Missing::DeadLetter, event, "请核对事件编号，或已在重发");
        let parsed = event.map(|event| event.parse().map_err(|_| unknown(event))).transpose()?;
        let (actor, at) = (caller.actor(Operation::ManageSubscriptions), self.now());
        let marked = self.read(move |store| store.resend(&subscription.id, parsed, actor, at)).await??;
        match (marked.unwrap_or_default(), event) {
            (0, Some(event)) => Err(unknown(event)),
            (marked, _) => Ok(marked),
        }
    }

    /// What the receiver confirmed; the newest tickets first.
    pub async fn confirmations(
        &self,
        caller: &Caller,
        id: &str,
        ticket: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Confirmation>, Error> {
        let (subscription, _) = self.subscription(caller, id).await?;
        let unknown = |ticket: &str| Error::missing(Missing::Ticket, ticket, "请核对工单编号");
        let ticket: Option<TicketId> = ticket.map(|ticket| ticket.parse().map_err(|_| unknown(ticket))).transpose()?;
        Ok(self.read(move |store| store.confirmations(&subscription.id, ticket.as_ref(), limit)).await??)
    }

    /// The events after one, or from now on.
    pub async fn follow(&self, after: Option<EventId>) -> Result<Feed, Error> {
        let from = self.now() - KEPT;
        self.read(move |store| {
            let Some(after) = after else { return Ok(store.feed(Some(store.last_event()?))) };
            match store.committed_at(after)? {
                Some(at) if at >= from => Ok(store.feed(Some(after))),
                _ => Err(Error::Gone { event: after, from }),
            }
        })
        .await?
    }

    /// The jurisdiction whose events a caller may follow; empty: all.
    pub fn follows(&self, caller: &Caller, named: &str) -> Result<String, Error> {
        let jurisdiction = meant(caller, named)?;
        if !jurisdiction.is_empty() {
            super::check::known(&self.live.snapshot(), &jurisdiction)?;
        }
        Ok(jurisdiction)
    }
}

fn sees(caller: &Caller, subscription: &Subscription) -> bool {
    caller.jurisdiction.is_empty() || caller.jurisdiction == subscription.jurisdiction
}

fn wrong(snapshot: &Snapshot, caller: &Caller, jurisdiction: &str, wish: &NewSubscription) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let mut add = |field: &str, message: String| wrong.push(FieldError { field: field.to_owned(), message });
    if let Err(message) = check_url(&wish.url) {
        add("url", message.to_owned());
    }
    let known = wish.secret.as_ref().map_or(SHORTEST_SECRET, String::len);
    if !(SHORTEST_SECRET..=LONGEST_SECRET).contains(&known) {
        add("secret", format!("密钥应为{SHORTEST_SECRET}至{LONGEST_SECRET}字节，或留空由系统生成"));
    }
    if !wish.role.may(Operation::ReadTickets) {
        add("role", format!("角色“{}”不能查看工单，请换一个角色", wish.role.title()));
    } else if wish.role.may(Operation::ReadPersonal) && !caller.may(Operation::ReadPersonal) {
        add("role", "您的角色不能查看个人信息，也不能让订阅方看到，请改用 auditor".to_owned());
    }
    if (wish.role == Role::Unit) == wish.unit.trim().is_empty() {
        add("unit", "角色是承办单位（unit）时写明是哪个单位，它只收到与本单位有关的工单；其他角色不写".to_owned());
    }
    if !jurisdiction.is_empty() && !snapshot.releases.contains_key(jurisdiction) {
        add("jurisdiction", nearest(jurisdiction, snapshot.releases.keys().map(String::as_str)));
    }
    let plain = |kind: &String| kind.len() <= LONGEST_NAME && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if wish.kinds.len() > MOST_NAMES || !wish.kinds.iter().all(plain) {
        add("kinds", format!("最多{MOST_NAMES}个事件种类，如 received、dispatched"));
    }
    if wish.categories.len() > MOST_NAMES {
        add("categories", format!("最多{MOST_NAMES}个类别"));
    }
    for (field, list) in [("topics", &wish.topics), ("tags", &wish.tags)] {
        let long = |name: &String| name.trim().is_empty() || name.chars().count() > LONGEST_NAME;
        if list.len() > MOST_NAMES || list.iter().any(long) {
            add(field, format!("最多{MOST_NAMES}个，每个1至{LONGEST_NAME}字"));
        }
        if !list.is_empty() && !wish.kinds.iter().any(|kind| kind == Subscription::POLICY) {
            add(field, format!("只有政策能按主题和标签订阅，请在 kinds 中加上 {}，或不写 kinds", Subscription::POLICY));
        }
    }
    let ours = |name: &str| jurisdiction.is_empty() || jurisdiction == name;
    let releases = snapshot.releases.iter().filter(|(name, _)| ours(name)).filter_map(|(_, release)| release.as_ref());
    let known: Vec<&str> = releases.flat_map(|release| &release.regulation.categories).map(String::as_str).collect();
    for category in wish.categories.iter().take(MOST_NAMES) {
        // Without any rules nothing is known to be wrong.
        if category.chars().count() > LONGEST_NAME || !known.is_empty() && !known.contains(&category.as_str()) {
            let short: String = category.chars().take(40).collect();
            add("categories", format!("没有类别“{short}”；{}", nearest(&short, known.iter().copied())));
        }
    }
    wrong
}
