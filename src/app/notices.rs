//! 提前报备: entries that a unit files for a time, live as soon as they are stored.

use std::sync::PoisonError;

use super::queue::unit;
use super::{App, Error, FieldError, Missing, check, meant};
use crate::access::{Caller, Operation};
use crate::calendar::local_date;
use crate::digest::Hasher;
use crate::knowledge::{Entry, Published};
use crate::triage::Snapshot;

/// A notice to be filed. `entry.id` is empty for a new one; otherwise the notice it replaces.
pub struct Notice {
    pub jurisdiction: String,
    pub entry: Entry,
}

impl App {
    /// Stores a notice and shows it to every request from then on. Filed twice with the same content it is one notice.
    pub async fn file_notice(&self, caller: &Caller, notice: Notice) -> Result<Published, Error> {
        let Notice { jurisdiction, mut entry } = notice;
        let jurisdiction = meant(caller, &jurisdiction)?;
        let snapshot = self.live.snapshot();
        check::jurisdiction(&snapshot, &jurisdiction)?;
        let release = snapshot.release(&jurisdiction).map(|release| &**release);
        entry.owner = unit(release, "owner", &entry.owner)?;
        entry.pre_notice = true;
        entry.id = id(&snapshot, &jurisdiction, &entry)?;
        let wrong = entry.check();
        if !wrong.is_empty() {
            let field = |message| FieldError { field: "notice".to_owned(), message };
            return Err(Error::Invalid(wrong.into_iter().map(field).collect()));
        }
        let (app, actor, at) = (self.clone(), caller.actor(Operation::FileNotice), (self.now)());
        let published = Published { jurisdiction: jurisdiction.as_str().into(), entry, as_of: local_date(at) };
        let publish = move || {
            let _publishing = app.live.publishing.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = published.entry.clone();
            let id = entry.id.clone();
            app.store.put_entry(&published.jurisdiction, entry, actor, at)?;
            app.show(&published.jurisdiction, &[id])?;
            Ok(published)
        };
        tokio::task::spawn_blocking(publish).await.map_err(|_| Error::Panicked)?
    }

    /// Notices by id, those of past days too.
    pub fn notices(&self, caller: &Caller, jurisdiction: &str) -> Result<Vec<Published>, Error> {
        let jurisdiction = meant(caller, jurisdiction)?;
        let snapshot = self.live.snapshot();
        check::known(&snapshot, &jurisdiction)?;
        let ours = |it: &&Published| *it.jurisdiction == *jurisdiction && it.entry.pre_notice;
        let mut found: Vec<Published> = snapshot.knowledge(&jurisdiction).published().filter(ours).cloned().collect();
        found.sort_unstable_by(|a, b| a.entry.id.cmp(&b.entry.id));
        Ok(found)
    }
}

/// The id of the notice that is replaced, or one made of the content.
fn id(snapshot: &Snapshot, jurisdiction: &str, entry: &Entry) -> Result<String, Error> {
    if !entry.id.is_empty() {
        let known = snapshot.knowledge(jurisdiction).find(jurisdiction, &entry.id).filter(|it| it.entry.pre_notice);
        let unknown = || Error::missing(Missing::Entry, &entry.id, "没有这份提前报备；新报备不用填 id");
        return known.map(|it| it.entry.id.clone()).ok_or_else(unknown);
    }
    let mut hasher = Hasher::default();
    hasher.part(&serde_json::to_vec(entry).unwrap_or_default());
    Ok(format!("notice-{}", hasher.finish().short()))
}
