//! Entries as maintainers work on them: drafts, review, versions. What is published answers as soon as it is stored.

use std::sync::{Arc, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::queue::unit;
use super::{App, Error, FieldError, Missing};
use crate::access::{Caller, Operation};
use crate::calendar::local_date;
use crate::editorial::{
    Act, Article, Command, Due, FieldChange, Finding, Refusal, Stage, State, Version, difference, due, findings,
};
use crate::knowledge::{Change, Entry, Published};
use crate::store::{AppendError, ReadError, Store, StoredEntry};
use crate::ticket::Actor;
use crate::triage::{Release, Snapshot};

/// An entry in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ArticleLine {
    #[serde(flatten)]
    pub article: Article,
    pub state: State,
    /// Last day on which the live version answers by itself without another review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
}

/// Everything about one entry.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ArticleFile {
    #[serde(flatten)]
    pub line: ArticleLine,
    /// What answers now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_entry: Option<Entry>,
    /// What is being written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft_entry: Option<Entry>,
    /// What the draft changes of the live version.
    pub changes: Vec<FieldChange>,
    /// What happened to it, oldest first.
    pub acts: Vec<Act>,
}

/// Which entries a list shows.
#[derive(Clone, Debug, Default)]
pub struct ArticleFilter {
    pub state: Option<State>,
    pub owner: String,
    /// Only those with a draft that waits for a review.
    pub waiting: bool,
}

/// What somebody does with an entry beside writing it.
#[derive(Clone, Debug)]
pub enum EntryWish {
    Submit,
    Approve,
    Return { reason: String },
    Withdraw { reason: String },
    Restore { version: u32 },
    Confirm,
    Drop,
}

/// What stands against publishing an entry, and what stands beside it.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct EntryCheck {
    /// What has to be mended.
    pub problems: Vec<String>,
    /// What a reviewer should look at.
    pub findings: Vec<Finding>,
}

impl App {
    /// By id, after `after`.
    pub async fn articles(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        filter: ArticleFilter,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ArticleLine>, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let reader = self.reader(caller, &jurisdiction);
        let (app, after) = (self.clone(), after.to_owned());
        let list = move |store: &Store| -> Result<Vec<ArticleLine>, Error> {
            let articles = store.articles(&jurisdiction)?.into_iter().filter(|it| it.id > after);
            let readable = articles.filter(|article| reader.reads(article));
            let lines = readable.map(|article| app.line(&jurisdiction, article, None));
            Ok(lines.filter(|line| filter.shows(line)).take(limit).collect())
        };
        self.read(list).await?
    }

    pub async fn article(&self, caller: &Caller, jurisdiction: &str, id: &str) -> Result<ArticleFile, Error> {
        let (app, jurisdiction, id) = (self.clone(), self.jurisdiction(caller, jurisdiction)?, id.to_owned());
        let reader = self.reader(caller, &jurisdiction);
        let read = move |store: &Store| -> Result<ArticleFile, Error> {
            reader.check(store, &jurisdiction, &id)?;
            let mut file = app.file(&jurisdiction, &id)?;
            if !reader.owns(&file.line.article) {
                // What another unit is writing is not said yet.
                (file.draft_entry, file.line.article.draft) = (None, None);
                file.changes.clear();
                file.acts.clear();
            }
            Ok(file)
        };
        self.read(read).await?
    }

    /// Oldest first.
    pub async fn entry_versions(&self, caller: &Caller, jurisdiction: &str, id: &str) -> Result<Vec<Version>, Error> {
        let (jurisdiction, id) = (self.jurisdiction(caller, jurisdiction)?, id.to_owned());
        let reader = self.reader(caller, &jurisdiction);
        let read = move |store: &Store| -> Result<Vec<Version>, Error> {
            reader.check_own(store, &jurisdiction, &id)?;
            let versions = store.versions(&jurisdiction, &id)?;
            if versions.is_empty() { Err(no_entry(&id)) } else { Ok(versions) }
        };
        self.read(read).await?
    }

    /// What one version says otherwise than another.
    pub async fn entry_difference(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        id: &str,
        (from, to): (u32, u32),
    ) -> Result<Vec<FieldChange>, Error> {
        let (jurisdiction, id) = (self.jurisdiction(caller, jurisdiction)?, id.to_owned());
        let reader = self.reader(caller, &jurisdiction);
        let read = move |store: &Store| -> Result<Vec<FieldChange>, Error> {
            reader.check_own(store, &jurisdiction, &id)?;
            let version = |number| known_version(store, &jurisdiction, &id, number);
            Ok(difference(&version(from)?.entry, &version(to)?.entry))
        };
        self.read(read).await?
    }

    /// Writes a draft. `seen`: the revision that was edited, 0 for a new entry.
    pub async fn write_entry(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        seen: u32,
        mut entry: Entry,
        message: String,
    ) -> Result<ArticleFile, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let snapshot = self.live.snapshot();
        let release = snapshot.release(&jurisdiction).map(|release| &**release);
        entry.owner = unit(release, "owner", &entry.owner)?;
        sound(&entry)?;
        let id = entry.id.clone();
        let command = Command::Save { entry: Box::new(entry), message, restored: None };
        self.step(caller, jurisdiction, id, seen, move |_, _| Ok(command)).await
    }

    /// Does something with an entry. What goes live answers when this returns.
    pub async fn act_on_entry(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        id: &str,
        seen: u32,
        wish: EntryWish,
    ) -> Result<ArticleFile, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let (named, id) = (jurisdiction.clone(), id.to_owned());
        let about = id.clone();
        let command = move |app: &Self, store: &Store| -> Result<Command, Error> {
            Ok(match wish {
                EntryWish::Submit => {
                    let draft = app.sound_draft(store, &named, &about)?;
                    let findings = draft.map(|entry| app.beside(&named, &entry)).transpose()?.unwrap_or_default();
                    Command::Submit { findings }
                }
                EntryWish::Approve => {
                    app.sound_draft(store, &named, &about)?;
                    Command::Approve
                }
                EntryWish::Return { reason } => Command::Return { reason },
                EntryWish::Withdraw { reason } => Command::Withdraw { reason },
                EntryWish::Restore { version } => {
                    let entry = Box::new(known_version(store, &named, &about, version)?.entry);
                    Command::Save { entry, message: format!("恢复第{version}版"), restored: Some(version) }
                }
                EntryWish::Confirm => Command::Confirm,
                EntryWish::Drop => Command::Drop,
            })
        };
        self.step(caller, jurisdiction, id, seen, command).await
    }

    /// Says what is wrong with an entry and what stands beside it, without keeping it.
    pub async fn check_entry(&self, caller: &Caller, jurisdiction: &str, entry: Entry) -> Result<EntryCheck, Error> {
        let (app, jurisdiction) = (self.clone(), self.jurisdiction(caller, jurisdiction)?);
        let check = move |_: &Store| -> Result<EntryCheck, Error> {
            let problems = app.entry_problems(&jurisdiction, &entry);
            Ok(EntryCheck { problems, findings: app.beside(&jurisdiction, &entry)? })
        };
        self.read(check).await?
    }

    /// What units have to look at again, by owner; `owner`: only its own.
    pub fn entries_due(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        owner: &str,
        within_days: u32,
    ) -> Result<Vec<Due>, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let snapshot = self.live.snapshot();
        let release = snapshot.release(&jurisdiction).map(|release| &**release);
        let owner = unit(release, "owner", owner)?;
        let ours = |it: &&Published| *it.jurisdiction == *jurisdiction && (owner.is_empty() || it.entry.owner == owner);
        let published = snapshot.knowledge(&jurisdiction).published().filter(ours);
        let terms = release.map_or_else(Default::default, Release::review_terms);
        Ok(due(published, terms, local_date(self.now()), within_days))
    }

    /// Decide, store, show: the only order in which what answers can be told from the store after a crash.
    async fn step(
        &self,
        caller: &Caller,
        jurisdiction: String,
        id: String,
        seen: u32,
        command: impl FnOnce(&Self, &Store) -> Result<Command, Error> + Send + 'static,
    ) -> Result<ArticleFile, Error> {
        let (app, actor, at) = (self.clone(), self.editor(caller, &jurisdiction), self.now());
        let act = move |store: &Store| -> Result<ArticleFile, Error> {
            let command = command(&app, store)?;
            app.decide_entry(&jurisdiction, &id, seen, command, &actor, at)?;
            app.file(&jurisdiction, &id)
        };
        self.read(act).await?
    }

    /// One command on one entry, on a thread that may block.
    pub(super) fn decide_entry(
        &self,
        jurisdiction: &str,
        id: &str,
        seen: u32,
        command: Command,
        actor: &Actor,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let _publishing = self.live.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        match self.store.act_on_entry(jurisdiction, id, seen, command, actor.clone(), at) {
            Err(AppendError::Entry(Refusal::Moved { seen, actual, .. })) => {
                Err(self.moved_meanwhile(jurisdiction, id, seen, actual)?)
            }
            done => {
                done?;
                self.show(jurisdiction, &[id.to_owned()])
            }
        }
    }

    /// Brings what answers in step with the store, for these entries only. Only while `publishing` is held.
    pub(super) fn show(&self, jurisdiction: &str, ids: &[String]) -> Result<(), Error> {
        let snapshot = self.live.snapshot();
        let version = self.store.knowledge_version(jurisdiction)?.to_string();
        if snapshot.knowledge(jurisdiction).version() == version {
            return Ok(());
        }
        let name: Arc<str> = jurisdiction.into();
        let mut changes = Vec::new();
        for id in ids {
            changes.push(match self.store.entry(jurisdiction, id)? {
                Some(stored) => Change::Publish(Box::new(published(&name, stored))),
                None => Change::Retire { jurisdiction: name.clone(), id: id.clone() },
            });
        }
        let lexicon = snapshot.lexicon(jurisdiction);
        let knowledge = snapshot.knowledge(jurisdiction).with_changes(&version, changes, lexicon);
        let knowledge = knowledge.map_err(|error| ReadError::View(error.to_string()))?;
        // Rules may leave service meanwhile; entries do not change.
        let mut failed = None;
        self.live.snapshot.rcu(|now| {
            let mut next = Snapshot::clone(now);
            failed = next.show(jurisdiction, knowledge.clone()).err();
            Arc::new(next)
        });
        self.live.changed();
        failed.map_or(Ok(()), |error| Err(ReadError::View(error.to_string()).into()))
    }

    /// Who acts, its unit by the one name that the jurisdiction writes.
    pub(super) fn editor(&self, caller: &Caller, jurisdiction: &str) -> Actor {
        let actor = caller.actor(Operation::EditEntries);
        let snapshot = self.live.snapshot();
        let named = snapshot.release(jurisdiction).and_then(|release| release.units.find(&actor.unit));
        let unit = named.map_or_else(|| actor.unit.clone(), |unit| unit.name.clone());
        Actor { unit, ..actor }
    }

    fn reader(&self, caller: &Caller, jurisdiction: &str) -> Reader {
        let unit = caller.viewer().is_unit().then(|| self.editor(caller, jurisdiction).unit);
        Reader(unit)
    }

    fn file(&self, jurisdiction: &str, id: &str) -> Result<ArticleFile, Error> {
        let store = &self.store;
        let article = store.article(jurisdiction, id)?.ok_or_else(|| no_entry(id))?;
        let live_entry = store.entry(jurisdiction, id)?;
        let draft = article.draft.as_ref().map(|draft| known_version(store, jurisdiction, id, draft.version));
        let draft_entry = draft.transpose()?.map(|version| version.entry);
        let none = Entry::default();
        let before = live_entry.as_ref().map_or(&none, |stored| &stored.entry);
        let changes = draft_entry.as_ref().map(|after| difference(before, after)).unwrap_or_default();
        let acts = store.acts(jurisdiction, id)?;
        let line = self.line(jurisdiction, article, live_entry.clone());
        Ok(ArticleFile { line, live_entry: live_entry.map(|stored| stored.entry), draft_entry, changes, acts })
    }

    /// `stored`: read before; else what answers now.
    fn line(&self, jurisdiction: &str, article: Article, stored: Option<StoredEntry>) -> ArticleLine {
        let snapshot = self.live.snapshot();
        let terms = snapshot.release(jurisdiction).map_or_else(Default::default, |release| release.review_terms());
        let name: Arc<str> = jurisdiction.into();
        let shown = || snapshot.knowledge(jurisdiction).find(jurisdiction, &article.id).cloned();
        let published = stored.map(|stored| published(&name, stored)).or_else(shown);
        let state = article.state(published.as_ref(), terms, local_date(self.now()));
        let live = published.filter(|_| article.live.is_some());
        ArticleLine { due: live.map(|published| published.due(terms).to_string()), state, article }
    }

    /// The draft, which must be fit to be published as it stands; `None`: there is none, and the command will be refused
    /// in better words.
    fn sound_draft(&self, store: &Store, jurisdiction: &str, id: &str) -> Result<Option<Entry>, Error> {
        let article = store.article(jurisdiction, id)?.ok_or_else(|| no_entry(id))?;
        let Some(draft) = article.draft else { return Ok(None) };
        let entry = known_version(store, jurisdiction, id, draft.version)?.entry;
        let problems = self.entry_problems(jurisdiction, &entry);
        if problems.is_empty() { Ok(Some(entry)) } else { Err(invalid(problems)) }
    }

    fn entry_problems(&self, jurisdiction: &str, entry: &Entry) -> Vec<String> {
        let snapshot = self.live.snapshot();
        let mut problems = entry.check();
        if let Some(release) = snapshot.release(jurisdiction) {
            problems.extend(release.units.named(&entry.owner).err().filter(|_| !entry.owner.trim().is_empty()));
        }
        let knowledge = snapshot.knowledge(jurisdiction);
        let known = |id: &str| id == entry.id || knowledge.find(jurisdiction, id).is_some();
        problems.extend(entry.leads_to().filter(|id| !known(id)).map(|id| format!("关联的条目「{id}」不在知识库里")));
        problems
    }

    /// What an entry repeats or contradicts.
    pub(super) fn beside(&self, jurisdiction: &str, entry: &Entry) -> Result<Vec<Finding>, Error> {
        let snapshot = self.live.snapshot();
        let (knowledge, lexicon) = (snapshot.knowledge(jurisdiction), snapshot.lexicon(jurisdiction));
        let found = findings(entry, knowledge, lexicon, jurisdiction, local_date(self.now()));
        found.map_err(|error| ReadError::View(error.to_string()).into())
    }

    /// The second of two editors is told what the first did.
    fn moved_meanwhile(&self, jurisdiction: &str, id: &str, seen: u32, actual: u32) -> Result<Error, Error> {
        let acts = self.store.acts(jurisdiction, id)?;
        let mut happened = Vec::new();
        for act in acts.iter().filter(|act| act.revision > seen) {
            let before = self.store.version(jurisdiction, id, act.version.saturating_sub(1))?;
            let after = self.store.version(jurisdiction, id, act.version)?;
            let changed = match (before, after) {
                (Some(before), Some(after)) => difference(&before.entry, &after.entry),
                _ => Vec::new(),
            };
            let fields: Vec<String> = changed.into_iter().map(|change| change.title).collect();
            let mut message =
                format!("{} {}：{}（第{}版）", act.at.format("%m-%d %H:%M UTC"), by(act), act.what, act.version);
            if !fields.is_empty() && act.what.contains("保存") {
                message += &format!("，改动 {}", fields.join("、"));
            }
            if !act.words.is_empty() {
                message += &format!("；{}", act.words);
            }
            happened.push(FieldError { field: format!("revision {}", act.revision), message });
        }
        Ok(Error::EntryMoved { id: id.to_owned(), seen, actual, happened })
    }
}

/// Who reads entries that are being written: a unit reads its own and what is published; drafts may quote tickets of others.
struct Reader(Option<String>);

impl Reader {
    fn owns(&self, article: &Article) -> bool {
        self.0.as_ref().is_none_or(|unit| *unit == article.owner)
    }

    fn reads(&self, article: &Article) -> bool {
        self.owns(article) || article.live.is_some()
    }

    fn check(&self, store: &Store, jurisdiction: &str, id: &str) -> Result<(), Error> {
        let article = store.article(jurisdiction, id)?.filter(|article| self.reads(article));
        article.map(drop).ok_or_else(|| no_entry(id))
    }

    fn check_own(&self, store: &Store, jurisdiction: &str, id: &str) -> Result<(), Error> {
        let article = store.article(jurisdiction, id)?.filter(|article| self.owns(article));
        article.map(drop).ok_or_else(|| no_entry(id))
    }
}

impl ArticleFilter {
    fn shows(&self, line: &ArticleLine) -> bool {
        let waits = |line: &ArticleLine| {
            line.article.draft.as_ref().is_some_and(|draft| matches!(draft.stage, Stage::InReview { .. }))
        };
        self.state.is_none_or(|state| state == line.state)
            && (self.owner.is_empty() || self.owner == line.article.owner)
            && (!self.waiting || waits(line))
    }
}

fn by(act: &Act) -> &str {
    if act.person.is_empty() { "词条包" } else { &act.person }
}

fn published(jurisdiction: &Arc<str>, stored: StoredEntry) -> Published {
    Published { jurisdiction: jurisdiction.clone(), as_of: stored.as_of(), entry: stored.entry }
}

fn known_version(store: &Store, jurisdiction: &str, id: &str, number: u32) -> Result<Version, Error> {
    let unknown = || Error::missing(Missing::Entry, &format!("{id} 第{number}版"), "请核对编号和版本号");
    store.version(jurisdiction, id, number)?.ok_or_else(unknown)
}

fn no_entry(id: &str) -> Error {
    Error::missing(Missing::Entry, id, "请核对知识条目编号和辖区")
}

fn sound(entry: &Entry) -> Result<(), Error> {
    let wrong = entry.check();
    if wrong.is_empty() { Ok(()) } else { Err(invalid(wrong)) }
}

fn invalid(wrong: Vec<String>) -> Error {
    Error::Invalid(wrong.into_iter().map(|message| FieldError { field: "entry".to_owned(), message }).collect())
}
