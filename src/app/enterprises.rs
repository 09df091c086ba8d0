//! 一企一档: what is kept of an enterprise, who serves it, and its tickets together.

use super::{App, Error, FieldError, Missing, check, meant};
use crate::access::{Caller, Operation};
use crate::diagnostic::nearest;
use crate::digest::Digest;
use crate::matter;
use crate::store::{Cursor, Enterprise, Page, Store};
use crate::ticket::{Event, Officer, show_ticket};
use crate::triage::{Decision, Release};

/// Characters of a name, and of an id.
const LONGEST_NAME: usize = 200;
/// Characters of an officer's title, name and number.
const LONGEST_PART: usize = 40;
const MOST_OFFICERS: usize = 20;
const MOST_TOPICS: usize = 100;

/// What is to be kept.
pub struct EnterpriseWish {
    pub jurisdiction: String,
    pub id: String,
    pub name: String,
    pub officers: Vec<Officer>,
    pub tags: Vec<String>,
}

/// Everything about one enterprise.
pub struct EnterpriseFile {
    /// `None`: nobody wrote one yet.
    pub record: Option<Enterprise>,
    pub tickets: Page,
}

impl App {
    /// Puts a record in the place of what is there.
    pub async fn put_enterprise(&self, caller: &Caller, wish: EnterpriseWish) -> Result<Enterprise, Error> {
        let EnterpriseWish { jurisdiction, id, name, officers, tags } = wish;
        let jurisdiction = meant(caller, &jurisdiction)?;
        let snapshot = self.live.snapshot();
        let release = check::known(&snapshot, &jurisdiction)?;
        let key = key(&id)?;
        let new = Enterprise { jurisdiction, id, name, officers, tags, version: 0, updated_at: self.now() };
        let wrong = wrong(release, &new);
        if !wrong.is_empty() {
            return Err(Error::Invalid(wrong));
        }
        let actor = caller.actor(Operation::ManageEnterprises);
        Ok(self.read(move |store| store.put_enterprise(&key, new, actor)).await??)
    }

    /// The record and a page of the tickets, newest first.
    pub async fn enterprise(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        id: &str,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<EnterpriseFile, Error> {
        let jurisdiction = meant(caller, jurisdiction)?;
        check::known(&self.live.snapshot(), &jurisdiction)?;
        let key = key(id)?;
        let viewer = caller.viewer();
        let read = move |store: &Store| {
            let record = store.enterprise(&jurisdiction, &key)?;
            let mut tickets = store.tickets_of(&jurisdiction, &key, &viewer, cursor, limit)?;
            for ticket in &mut tickets.tickets {
                let sight = viewer.glimpse(ticket);
                *ticket = show_ticket(ticket.clone(), &viewer, sight);
            }
            Ok(EnterpriseFile { record, tickets })
        };
        let file = self.read(read).await?.map_err(Error::Read)?;
        // An id without a record may be a citizen's: who may not see personal data is not told whether it has tickets.
        let shown = file.record.is_some() || !file.tickets.tickets.is_empty() && caller.may(Operation::ReadPersonal);
        let unknown = || Error::missing(Missing::Enterprise, id, "请核对统一社会信用代码，或先建立企业档案");
        if shown { Ok(file) } else { Err(unknown()) }
    }

    /// A page of records in a fixed order, behind the one of `after`.
    pub async fn enterprises(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Enterprise>, Error> {
        let jurisdiction = meant(caller, jurisdiction)?;
        check::known(&self.live.snapshot(), &jurisdiction)?;
        let after = after.map(key).transpose()?;
        Ok(self.read(move |store| store.enterprises(&jurisdiction, after.as_ref(), limit)).await??)
    }
}

/// The officers of the requester who serve the topic, as an event; `None`: there are none. A store that cannot be read
/// costs no ticket.
pub(super) fn officers(store: &Store, decision: &Decision) -> Option<Event> {
    let requester = decision.trace.requester.as_ref()?;
    let record = store.enterprise(&decision.jurisdiction, requester).unwrap_or_else(|error| {
        tracing::error!(jurisdiction = decision.jurisdiction, %error, "the record of an enterprise cannot be read");
        None
    })?;
    let topic = decision.axis("topic");
    let officers: Vec<Officer> = record.officers.into_iter().filter(|officer| officer.serves(topic)).collect();
    (!officers.is_empty()).then_some(Event::OfficersNamed { officers })
}

/// The digest under which the tickets of an id are found.
fn key(id: &str) -> Result<Digest, Error> {
    let fine = id.chars().count() <= LONGEST_NAME;
    let key = matter::requester(id, "").filter(|_| fine);
    key.ok_or_else(|| Error::field("id", "请填写统一社会信用代码，或工单中 requester.id 所用的编号"))
}

fn wrong(release: Option<&Release>, new: &Enterprise) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let mut add = |field: String, message: String| wrong.push(FieldError { field, message });
    if new.name.trim().is_empty() || new.name.chars().count() > LONGEST_NAME {
        add("name".into(), format!("请填写企业名称，最多{LONGEST_NAME}字"));
    }
    if new.officers.len() > MOST_OFFICERS {
        add("officers".into(), format!("最多{MOST_OFFICERS}名服务人员"));
    }
    let plain = |tag: &String| !tag.trim().is_empty() && tag.chars().count() <= LONGEST_PART;
    if new.tags.len() > MOST_TOPICS || !new.tags.iter().all(plain) {
        add("tags".into(), format!("最多{MOST_TOPICS}个标签，每个1至{LONGEST_PART}字"));
    }
    for (officer, n) in new.officers.iter().take(MOST_OFFICERS).zip(0..) {
        for (part, text, needed) in
            [("title", &officer.title, true), ("person", &officer.person, true), ("phone", &officer.phone, false)]
        {
            let empty = needed && text.trim().is_empty();
            if empty || text.contains(char::is_control) || text.chars().count() > LONGEST_PART {
                let needed = if needed { "不能为空，" } else { "" };
                add(format!("officers[{n}].{part}"), format!("{needed}最多{LONGEST_PART}字，不含控制字符"));
            }
        }
        if officer.topics.len() > MOST_TOPICS {
            add(format!("officers[{n}].topics"), format!("最多{MOST_TOPICS}个主题；都管的不用填"));
        }
        // Without any rules nothing is known to be wrong.
        let Some(release) = release else { continue };
        let known = &release.regulation.topics;
        for topic in officer.topics.iter().filter(|topic| !known.contains(topic)).take(MOST_TOPICS) {
            let (topic, names) = (topic.chars().take(40).collect::<String>(), known.iter().map(String::as_str));
            add(format!("officers[{n}].topics"), format!("没有主题“{topic}”；{}", nearest(&topic, names)));
        }
    }
    wrong
}
