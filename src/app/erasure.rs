//! Erasing a requester (个人信息保护法 第四十七条): the keys of their ended tickets are destroyed, states and counts stay.
//! Where the regulation wants the record kept for good (HN-39) it says no, with the article.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{App, Error, check, meant};
use crate::access::{Caller, Operation};
use crate::matter::requester;
use crate::store::{Append, AppendError, Store, Target};
use crate::ticket::{Event, LONGEST_REASON, Ticket};

/// Tickets of one requester that are looked at.
const MOST: usize = 10_000;

/// Whose data, and why. One of `id` and `phone`, as the tickets have it.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureWish {
    #[serde(default)]
    pub jurisdiction: String,
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub phone: String,
    /// Shown to whoever looks at the ticket later: without names and numbers.
    pub reason: String,
}

/// What became of the tickets of a requester.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Erasure {
    /// Nothing personal of these can be read any more.
    pub erased: Vec<String>,
    pub kept: Vec<KeptTicket>,
}

/// A ticket that was left as it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeptTicket {
    pub ticket: String,
    pub code: KeptBecause,
    /// What that means, and what can be done instead (Chinese).
    pub why: String,
}

/// Why data stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeptBecause {
    /// It is still being handled.
    Open,
    /// The regulation wants it kept for good.
    KeptForGood,
    /// Some of it was written before the store was encrypted.
    NotEncrypted,
    /// Somebody else changed it at that moment.
    Changed,
}

impl App {
    pub async fn erase(&self, caller: &Caller, wish: ErasureWish) -> Result<Erasure, Error> {
        let jurisdiction = meant(caller, &wish.jurisdiction)?;
        check::known(&self.live.snapshot(), &jurisdiction)?;
        let reason = wish.reason.trim().to_owned();
        if reason.is_empty() || reason.len() > LONGEST_REASON {
            return Err(Error::field("reason", format!("请写明理由，不超过{LONGEST_REASON}字节，不要写姓名和号码")));
        }
        let who = requester(&wish.id, &wish.phone).ok_or_else(|| {
            Error::field("phone", "请写明来件人的证件或信用代码（id）或电话（phone），与工单上的一致")
        })?;
        let (app, caller) = (self.clone(), caller.clone());
        self.read(move |store| {
            let mut done = Erasure::default();
            for sighting in store.earlier_of(&jurisdiction, &who, MOST)? {
                let Some(ticket) = store.ticket(&sighting.ticket)? else { continue };
                app.erase_one(store, &caller, ticket, &reason, &mut done)?;
            }
            Ok(done)
        })
        .await?
    }

    fn erase_one(
        &self,
        store: &Store,
        caller: &Caller,
        ticket: Ticket,
        reason: &str,
        done: &mut Erasure,
    ) -> Result<(), Error> {
        if let Some((code, why)) = self.kept_because(store, &ticket)? {
            done.kept.push(KeptTicket { ticket: ticket.id.to_string(), code, why });
            return Ok(());
        }
        let append = Append {
            target: Target::Known { id: ticket.id.clone(), expected: ticket.version, fence: None },
            at: (self.now)(),
            actor: caller.actor(Operation::ErasePersonal),
            events: vec![Event::Erased { reason: reason.to_owned() }],
            key: None,
        };
        match store.append(append) {
            Ok(_) => done.erased.push(ticket.id.to_string()),
            Err(AppendError::Conflict { .. }) => {
                let why = "刚刚被他人更新，请再试一次".to_owned();
                done.kept.push(KeptTicket { ticket: ticket.id.to_string(), code: KeptBecause::Changed, why });
            }
            Err(other) => return Err(other.into()),
        }
        Ok(())
    }

    fn kept_because(&self, store: &Store, ticket: &Ticket) -> Result<Option<(KeptBecause, String)>, Error> {
        if !ticket.ended() {
            let why = "仍在办理，办结归档后方可销毁".to_owned();
            return Ok(Some((KeptBecause::Open, why)));
        }
        let held = self.held(store, ticket, &store.events(&ticket.id)?)?;
        let article = held.map(|held| held.regulation().kept_for_good.clone()).unwrap_or_default();
        if !article.is_empty() {
            let why = format!("依{article}，工单须永久保存，不予销毁；可改为限制查阅（命令 confidential）");
            return Ok(Some((KeptBecause::KeptForGood, why)));
        }
        if !store.erasable(&ticket.id)? {
            let why = "写入时存储尚未加密，无法单独销毁；可改为限制查阅（命令 confidential）".to_owned();
            return Ok(Some((KeptBecause::NotEncrypted, why)));
        }
        Ok(None)
    }
}
