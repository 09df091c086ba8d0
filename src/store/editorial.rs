//! The life of entries in the store: articles, their versions, what happened to them. Journalled as steps; the rows here
//! follow from those. What was live before steps were kept is taken as filed by its pack.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Store;
use super::append::AppendError;
use super::knowledge::{Edit, Imported};
use super::project::StoredEntry;
use super::read::ReadError;
use super::view::layer::Layer;
use super::view::{Direction, ViewError, keys};
use crate::editorial::{Act, Article, Command, Step, Version, decide};
use crate::knowledge::Entry;
use crate::ticket::{Actor, EventId};

/// What somebody wants to do with an entry, and the revision that was looked at.
pub(crate) struct Wanted {
    pub(crate) id: String,
    pub(crate) seen: u32,
    pub(crate) command: Command,
}

/// A step and its circumstances.
pub(crate) struct Taken<'a> {
    pub(crate) jurisdiction: &'a str,
    pub(crate) id: &'a str,
    pub(crate) actor: &'a Actor,
    pub(crate) at: DateTime<Utc>,
    /// The event that it is.
    pub(crate) version: EventId,
}

/// Reading, and the one way to write. The latter waits for the committer: call it from threads that may block.
impl Store {
    /// Decides a command on the article as it stands and stores the step, in one commit. The actor's unit and the entry's
    /// owner are unit names as the jurisdiction writes them.
    pub fn act_on_entry(
        &self,
        jurisdiction: &str,
        id: &str,
        seen: u32,
        command: Command,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Imported, AppendError> {
        self.edit(jurisdiction, Edit::Act(Wanted { id: id.to_owned(), seen, command }), actor, at)
    }

    pub fn article(&self, jurisdiction: &str, id: &str) -> Result<Option<Article>, ReadError> {
        match self.value(&keys::article(jurisdiction, id))? {
            Some(article) => Ok(Some(article)),
            None => Ok(self.entry(jurisdiction, id)?.map(|stored| found(&stored))),
        }
    }

    /// By id; also those of which nothing is live.
    pub fn articles(&self, jurisdiction: &str) -> Result<Vec<Article>, ReadError> {
        let kept: Vec<Article> = self.rows(&keys::articles(jurisdiction), &[], usize::MAX, Direction::Forward)?;
        let mut articles: BTreeMap<String, Article> = kept.into_iter().map(|it| (it.id.clone(), it)).collect();
        for stored in self.entries(jurisdiction)? {
            articles.entry(stored.entry.id.clone()).or_insert_with(|| found(&stored));
        }
        Ok(articles.into_values().collect())
    }

    /// Oldest first.
    pub fn versions(&self, jurisdiction: &str, id: &str) -> Result<Vec<Version>, ReadError> {
        let prefix = keys::article_versions(jurisdiction, id);
        let versions: Vec<Version> = self.rows(&prefix, &[], usize::MAX, Direction::Forward)?;
        if !versions.is_empty() {
            return Ok(versions);
        }
        Ok(self.entry(jurisdiction, id)?.iter().map(first_version).collect())
    }

    pub fn version(&self, jurisdiction: &str, id: &str, number: u32) -> Result<Option<Version>, ReadError> {
        match self.value(&keys::article_version(jurisdiction, id, number))? {
            Some(version) => Ok(Some(version)),
            None => Ok(self.versions(jurisdiction, id)?.into_iter().find(|version| version.number == number)),
        }
    }

    /// What happened to an entry, oldest first.
    pub fn acts(&self, jurisdiction: &str, id: &str) -> Result<Vec<Act>, ReadError> {
        let prefix = keys::article_acts(jurisdiction, id);
        let acts: Vec<Act> = self.rows(&prefix, &[], usize::MAX, Direction::Forward)?;
        if !acts.is_empty() {
            return Ok(acts);
        }
        Ok(self.entry(jurisdiction, id)?.iter().map(first_act).collect())
    }
}

/// The step that a command is, decided on what the batch in hand has made of the article.
pub(crate) fn plan(layer: &Layer<'_>, jurisdiction: &str, wanted: Wanted, actor: &Actor) -> Result<Step, AppendError> {
    let Wanted { id, seen, command } = wanted;
    let article = match layer.get(&keys::article(jurisdiction, &id))? {
        Some(article) => Some(article),
        None => layer.get::<StoredEntry>(&keys::entry(jurisdiction, &id))?.map(|stored| found(&stored)),
    };
    Ok(decide(article.as_ref(), &id, seen, command, actor)?)
}

/// Whether people took an entry out, so that a pack must not bring it back.
pub(crate) fn kept_out(layer: &Layer<'_>, jurisdiction: &str, id: &str) -> Result<bool, ViewError> {
    let article: Option<Article> = layer.get(&keys::article(jurisdiction, id))?;
    Ok(article.is_some_and(|article| article.kept_out()))
}

/// Whether steps of an entry are kept already.
pub(crate) fn known(layer: &Layer<'_>, jurisdiction: &str, id: &str) -> Result<bool, ViewError> {
    Ok(layer.get::<Article>(&keys::article(jurisdiction, id))?.is_some())
}

/// The one way from a step to the view. `Filed` and `Removed` leave the entry itself to the caller.
pub(crate) fn project(layer: &mut Layer<'_>, taken: &Taken<'_>, step: &Step) -> Result<(), ViewError> {
    let Taken { jurisdiction, id, actor, at, .. } = *taken;
    let before = adopted(layer, jurisdiction, id)?;
    let next = before.after(step, actor, at);
    let act = next.act(step, actor, at);
    match step {
        Step::Saved { entry, message, restored } => {
            let (number, author) = (next.versions, act.person.clone());
            let (entry, message) = (Entry::clone(entry), message.clone());
            let version = Version { number, entry, author, at, message, restored: *restored, ..Version::default() };
            layer.put(keys::article_version(jurisdiction, id, number), &version)?;
        }
        Step::Filed { entry } => {
            let (number, author, published_at) = (next.versions, act.person.clone(), Some(at));
            let entry = Entry::clone(entry);
            let version = Version { number, entry, author, at, published_at, ..Version::default() };
            layer.put(keys::article_version(jurisdiction, id, number), &version)?;
        }
        Step::Published => publish(layer, taken, &next, &act)?,
        Step::Withdrawn { .. } => layer.remove(keys::entry(jurisdiction, id)),
        Step::Confirmed => {
            let key = keys::entry(jurisdiction, id);
            if let Some(stored) = layer.get::<StoredEntry>(&key)? {
                layer.put(key, &StoredEntry { reviewed_at: Some(at), version: taken.version, ..stored })?;
            }
        }
        Step::Submitted { .. } | Step::Returned { .. } | Step::Dropped | Step::Removed => {}
    }
    layer.put(keys::article_act(jurisdiction, id, act.revision), &act)?;
    layer.put(keys::article(jurisdiction, id), &next)
}

/// The draft's wording becomes the entry.
fn publish(layer: &mut Layer<'_>, taken: &Taken<'_>, next: &Article, act: &Act) -> Result<(), ViewError> {
    let Taken { jurisdiction, id, at, version, .. } = *taken;
    let key = keys::article_version(jurisdiction, id, next.live.as_ref().map_or(0, |live| live.version));
    let Some(written) = layer.get::<Version>(&key)? else {
        return Err(ViewError::Value { key: key.escape_ascii().to_string(), cause: "no such version".into() });
    };
    let (entry, origin) = (written.entry.clone(), super::Origin::Api);
    let stored = StoredEntry { entry, origin, version, updated_at: at, reviewed_at: None };
    layer.put(keys::entry(jurisdiction, id), &stored)?;
    let written = Version { approved_by: Some(act.person.clone()), published_at: Some(at), ..written };
    layer.put(key, &written)
}

/// The article, made of the entry where its steps were not kept so far.
fn adopted(layer: &mut Layer<'_>, jurisdiction: &str, id: &str) -> Result<Article, ViewError> {
    if let Some(article) = layer.get(&keys::article(jurisdiction, id))? {
        return Ok(article);
    }
    let Some(stored) = layer.get::<StoredEntry>(&keys::entry(jurisdiction, id))? else { return Ok(Article::default()) };
    layer.put(keys::article_version(jurisdiction, id, 1), &first_version(&stored))?;
    layer.put(keys::article_act(jurisdiction, id, 1), &first_act(&stored))?;
    Ok(found(&stored))
}

fn found(stored: &StoredEntry) -> Article {
    Article::found(&stored.entry, stored.updated_at)
}

fn first_version(stored: &StoredEntry) -> Version {
    let (entry, at) = (stored.entry.clone(), stored.updated_at);
    Version { number: 1, entry, at, published_at: Some(at), ..Version::default() }
}

fn first_act(stored: &StoredEntry) -> Act {
    let step = Step::Filed { entry: Box::new(stored.entry.clone()) };
    found(stored).act(&step, &Actor::system(), stored.updated_at)
}

#[cfg(test)]
mod tests {
    use std::sync::RwLock;

    use super::*;
    use crate::store::blobs::Blobs;
    use crate::store::journal::Location;
    use crate::store::payload::{Payload, decode};
    use crate::store::project::{self, Place};
    use crate::store::view::View;

    fn commit(layer: &mut Layer<'_>, seq: u64, json: &str) {
        let payload: Payload = decode(json.as_bytes(), &Blobs::Memory(Default::default()), None).unwrap();
        let at = Location { segment: 1, offset: 0 };
        project::payload(layer, Place { id: EventId { epoch: 1, seq }, at }, payload).unwrap();
    }

    /// What a journal of an earlier version holds, puts without steps, is taken as filed by its pack; and so it is whether
    /// the view was made then or is made now.
    #[test]
    fn entries_of_before_are_taken_as_filed() {
        let view = View::Memory(RwLock::default());
        let mut layer = Layer::over(&view);
        let put = r#"{"put":{"entry":{"id":"a","question":"怎么办理","answer":"旧","owner":"甲局"},"origin":"pack"}}"#;
        let step = r#"{"step":{"id":"a","step":{"step":"saved","entry":{"id":"a","question":"怎么办理","answer":"新",
            "owner":"甲局"},"message":""}}}"#;
        let head = r#""jurisdiction":"longhua","at":"2026-04-01T04:00:00Z","actor":{"person":"k","role":"unit"}"#;
        commit(&mut layer, 1, &format!("{{\"knowledge\":{{{head},\"changes\":[{put}]}}}}"));
        assert_eq!(layer.get::<Article>(&keys::article("longhua", "a")).unwrap(), None);
        commit(&mut layer, 2, &format!("{{\"knowledge\":{{{head},\"changes\":[{step}]}}}}"));
        let article: Article = layer.get(&keys::article("longhua", "a")).unwrap().unwrap();
        let live = article.live.map(|live| live.version);
        assert_eq!((article.revision, live, article.draft.map(|draft| draft.version)), (2, Some(1), Some(2)));
        let wording = |number| layer.get::<Version>(&keys::article_version("longhua", "a", number)).unwrap().unwrap();
        assert_eq!((wording(1).entry.answer.as_str(), wording(2).entry.answer.as_str()), ("旧", "新"));
    }
}
