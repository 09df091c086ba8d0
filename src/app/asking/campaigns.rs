//! 专题: entries that carry one name are switched on and off together, by their first and last day.

use std::sync::PoisonError;

use crate::access::{Caller, Operation};
use crate::app::{App, Error, FieldError, Missing};
use crate::calendar::local_date;
use crate::knowledge::links::Campaign;
use crate::knowledge::{Entry, Published};

/// When a campaign is on.
pub struct CampaignWish {
    pub jurisdiction: String,
    pub name: String,
    /// First and last day, `YYYY-MM-DD`; empty: open.
    pub valid_from: String,
    pub valid_until: String,
}

impl App {
    /// By name, as they stand today.
    pub fn campaigns(&self, caller: &Caller, jurisdiction: &str) -> Result<Vec<Campaign>, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let snapshot = self.live.snapshot();
        Ok(snapshot.knowledge(&jurisdiction).campaigns(&jurisdiction, local_date(self.now())))
    }

    /// Gives all entries of a campaign their days, in one commit; they answer by them when this returns. Days alone change, so
    /// that no review is needed; each entry keeps the version before.
    pub async fn switch_campaign(&self, caller: &Caller, wish: CampaignWish) -> Result<Campaign, Error> {
        let CampaignWish { jurisdiction, name, valid_from, valid_until } = wish;
        let jurisdiction = self.jurisdiction(caller, &jurisdiction)?;
        let (app, actor, at) = (self.clone(), caller.actor(Operation::TendKnowledge), self.now());
        let switch = move || {
            let _publishing = app.live.publishing.lock().unwrap_or_else(PoisonError::into_inner);
            let snapshot = app.live.snapshot();
            let knowledge = snapshot.knowledge(&jurisdiction);
            let ours = |it: &&Published| *it.jurisdiction == *jurisdiction && it.entry.campaign == name;
            let dated = |it: &Published| Entry {
                valid_from: valid_from.clone(),
                valid_until: valid_until.clone(),
                ..it.entry.clone()
            };
            let mut entries: Vec<Entry> = knowledge.published().filter(ours).map(dated).collect();
            entries.sort_unstable_by(|a, b| a.id.cmp(&b.id));
            let Some(first) = entries.first() else {
                return Err(Error::missing(Missing::Campaign, &name, "请核对专题名称，见 GET /v1/knowledge/campaigns"));
            };
            let wrong = first.check();
            if !wrong.is_empty() {
                let field = |message| FieldError { field: "valid_until".to_owned(), message };
                return Err(Error::Invalid(wrong.into_iter().map(field).collect()));
            }
            let ids: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
            app.store.put_entries(&jurisdiction, entries, actor, at)?;
            app.show(&jurisdiction, &ids)?;
            let now = app.live.snapshot().knowledge(&jurisdiction).campaigns(&jurisdiction, local_date(at));
            let switched = now.into_iter().find(|campaign| campaign.name == name);
            switched.ok_or_else(|| Error::missing(Missing::Campaign, &name, "请重试"))
        };
        tokio::task::spawn_blocking(switch).await.map_err(|_| Error::Panicked)?
    }
}
