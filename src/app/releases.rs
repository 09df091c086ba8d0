//! Releases through the API: drafts, what would become of them, publishing, rolling back.

use std::sync::{Arc, PoisonError};

use super::live::Forced;
use super::{App, Error, FieldError, Missing};
use crate::access::{Caller, Operation};
use crate::digest::{Digest, Hasher};
use crate::packs::belongs;
use crate::releases::{
    Act, Draft, EditedIn, Edits, Note, Record, Report, Stage, Terms, Way, changes, difference, edit, failed_cases,
};
use crate::store::{self, AppendError, Store};
use crate::ticket::Actor;
use crate::triage::Files;
use chrono::{DateTime, Utc};

/// Bytes of one file, of all that one draft writes, and how many it may write.
const LARGEST_FILE: usize = 4 << 20;
const LARGEST_DRAFT: usize = 32 << 20;
const MOST_FILES: usize = 5_000;
/// Characters of a message.
const LONGEST_MESSAGE: usize = 500;
/// Releases told of when somebody else was faster.
const TOLD: usize = 10;

/// What is to be written into a draft.
pub struct DraftWish {
    /// `None`: a new draft.
    pub id: Option<String>,
    /// The version that was edited; 0 for a new draft.
    pub version: u32,
    pub message: Option<String>,
    pub edits: Edits,
    /// The edits are all there is: files of the parent that are not among them are removed.
    pub whole: bool,
}

impl App {
    pub fn terms(&self, jurisdiction: &str) -> Terms {
        self.bench.policy.of(jurisdiction)
    }

    /// What went live, newest first.
    pub async fn records(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        below: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Record>, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        Ok(self.read(move |store| store.records(&jurisdiction, below, limit)).await??)
    }

    pub async fn drafts(&self, caller: &Caller, jurisdiction: &str) -> Result<Vec<Draft>, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        Ok(self.read(move |store| store.drafts(&jurisdiction)).await??)
    }

    /// A draft with its edits.
    pub async fn draft(&self, caller: &Caller, jurisdiction: &str, id: &str) -> Result<(Draft, Edits), Error> {
        let (jurisdiction, id) = (self.jurisdiction(caller, jurisdiction)?, id.to_owned());
        let read = move |store: &Store| -> Result<_, Error> {
            let draft = known_draft(store, &jurisdiction, &id)?;
            let edits = store.edits(&draft)?;
            Ok((draft, edits))
        };
        self.read(read).await?
    }

    /// Writes a new draft on what is live, or edits one.
    pub async fn write_draft(&self, caller: &Caller, jurisdiction: &str, wish: DraftWish) -> Result<Draft, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        acceptable(&jurisdiction, &wish)?;
        let (app, actor, at) = (self.clone(), caller.actor(Operation::EditRules), self.now());
        let write = move |store: &Store| -> Result<Draft, Error> {
            let DraftWish { id, version, message, edits, whole } = wish;
            let old = id.as_deref().map(|id| known_draft(store, &jurisdiction, id)).transpose()?;
            let live = app.live.snapshot().release(&jurisdiction).map(|live| live.digest.clone()).unwrap_or_default();
            let parent = old.as_ref().map_or(live, |old| old.parent.clone());
            let edits = match whole {
                true => difference(&app.kept(&jurisdiction, &parent)?, &edit(&Files::new(), &edits)),
                false => edits,
            };
            let draft = match old {
                Some(old) if old.version != version => return Err(moved("草稿", version, old.version)),
                Some(old) => old.edited(&actor.person, message, paths(&edits), digest_of(&edits), at)?,
                None => new_draft(&jurisdiction, parent, message.unwrap_or_default(), &actor.person, &edits, at),
            };
            Ok(store.put_draft(draft, &edits, actor, at)?)
        };
        self.read(write).await?
    }

    /// Submits, approves, gives back or drops a draft.
    pub async fn act_on_draft(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        id: &str,
        version: u32,
        act: Act,
    ) -> Result<Draft, Error> {
        let (jurisdiction, id) = (self.jurisdiction(caller, jurisdiction)?, id.to_owned());
        let (actor, at) = (caller.actor(Operation::EditRules), self.now());
        let change = move |store: &Store| -> Result<Draft, Error> {
            let draft = known_draft(store, &jurisdiction, &id)?;
            if draft.version != version {
                return Err(moved("草稿", version, draft.version));
            }
            let next = draft.after(act, &actor.person, at)?;
            Ok(store.move_draft(next, actor, at)?)
        };
        self.read(change).await?
    }

    /// Makes a draft live. `force`: though cases fail, by somebody with the right.
    pub async fn publish(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        id: &str,
        version: u32,
        force: bool,
    ) -> Result<Record, Error> {
        let (jurisdiction, id) = (self.jurisdiction(caller, jurisdiction)?, id.to_owned());
        self.edited_here(&jurisdiction)?;
        let (app, actor, at) = (self.clone(), caller.actor(Operation::EditRules), self.now());
        let publish = move |store: &Store| -> Result<Record, Error> {
            let draft = known_draft(store, &jurisdiction, &id)?;
            if draft.version != version {
                return Err(moved("草稿", version, draft.version));
            }
            let approved_by = draft.approval(app.terms(&jurisdiction).approval)?;
            app.still_live(&jurisdiction, &draft.parent)?;
            let before = app.kept(&jurisdiction, &draft.parent)?;
            let files = edit(&before, &store.edits(&draft)?);
            let note = Note {
                way: Way::Published,
                message: draft.message.clone(),
                approved_by,
                backtest: draft.backtest.clone(),
                ..Note::default()
            };
            let going = Going { files, before, parent: draft.parent.clone(), note, force };
            let record = app.go_live(&jurisdiction, going, &actor, at)?;
            let published = draft.after(Act::Publish { digest: record.digest.clone() }, &actor.person, at)?;
            store.move_draft(published, actor, at)?;
            Ok(record)
        };
        self.read(publish).await?
    }

    /// Brings an earlier release back, in one call.
    pub async fn roll_back(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        to: &str,
        message: String,
    ) -> Result<Record, Error> {
        let (jurisdiction, to) = (self.jurisdiction(caller, jurisdiction)?, to.to_owned());
        self.edited_here(&jurisdiction)?;
        let (app, actor, at) = (self.clone(), caller.actor(Operation::EditRules), self.now());
        let back = move |_: &Store| -> Result<Record, Error> {
            let digest = app.digest_named(&jurisdiction, &to)?;
            let files = app.kept(&jurisdiction, &digest)?;
            let parent = app.live.snapshot().release(&jurisdiction).map(|live| live.digest.clone()).unwrap_or_default();
            let before = app.kept(&jurisdiction, &parent)?;
            // It was live before: that its cases once held is enough, and whoever rolls back is in a hurry.
            let note = Note { way: Way::RolledBack, message, ..Note::default() };
            app.go_live(&jurisdiction, Going { files, before, parent, note, force: true }, &actor, at)
        };
        self.read(back).await?
    }

    /// Lets the files on the disk go live though cases fail. They do at the loader's next look.
    pub fn force(&self, caller: &Caller, jurisdiction: &str, digest: &str, message: String) -> Result<Report, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let report = self.live.reports.load().jurisdictions.get(&jurisdiction).cloned().unwrap_or_default();
        let waits = !report.current && report.wanted.as_str() == digest && !report.failed_cases.is_empty();
        if !waits || self.terms(&jurisdiction).source == EditedIn::Api {
            return Err(Error::missing(
                Missing::Release,
                digest,
                "没有因用例不过而等待的这个版本，见 GET /v1/rules 的 wanted",
            ));
        }
        let by = caller.actor(Operation::ForceRules);
        let forced = Forced { digest: report.wanted.clone(), by, message };
        self.live.forced.lock().unwrap_or_else(PoisonError::into_inner).insert(jurisdiction, forced);
        Ok(report)
    }

    fn edited_here(&self, jurisdiction: &str) -> Result<(), Error> {
        match self.terms(jurisdiction).source {
            EditedIn::Api => Ok(()),
            EditedIn::Disk => Err(Error::EditedOnDisk { jurisdiction: jurisdiction.to_owned() }),
        }
    }

    /// The second of two authors is told what the first did.
    fn still_live(&self, jurisdiction: &str, parent: &Digest) -> Result<(), Error> {
        let live = self.live.snapshot().release(jurisdiction).map(|live| live.digest.clone()).unwrap_or_default();
        if live == *parent {
            return Ok(());
        }
        let records = self.store.records(jurisdiction, None, TOLD)?;
        let since = records.iter().take_while(|record| record.digest != *parent);
        let told = |record: &Record| FieldError {
            field: format!("release {}", record.number),
            message: format!(
                "{} 由{}发布：{}（改动 {}）",
                record.at.format("%m-%d %H:%M UTC"),
                if record.author.is_empty() { "磁盘文件" } else { &record.author },
                if record.note.message.is_empty() { "没有说明" } else { &record.note.message },
                record.note.changed.iter().map(|it| it.path.as_str()).collect::<Vec<_>>().join("、"),
            ),
        };
        let happened = since.map(told).collect();
        Err(Error::ReleaseMoved { parent: parent.short().to_owned(), live: live.short().to_owned(), happened })
    }

    /// Compile, cases, store, swap: in this order, and nothing changes before the store has it.
    fn go_live(&self, jurisdiction: &str, going: Going, actor: &Actor, at: DateTime<Utc>) -> Result<Record, Error> {
        let Going { files, before, parent, mut note, force } = going;
        let release = self.bench.sound(jurisdiction, &files)?;
        let failed = failed_cases(&release);
        if !failed.is_empty() {
            if !force {
                return Err(Error::CasesFail { failed });
            }
            note.forced_by = Some(actor.person.clone());
            note.failed_cases = failed.iter().map(|case| case.name.clone()).collect();
        }
        note.rules = release.rules.rules().len();
        note.cases = release.cases.len();
        note.changed = changes(&before, &files);
        note.parent = (!parent.as_str().is_empty()).then(|| parent.clone());
        let report = Report { failed_cases: failed, ..Report::of(&release) };
        let digest = release.digest.clone();
        let live = self.live.clone();
        let _publishing = live.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let instead_of = note.parent.clone();
        let put = store::Live { jurisdiction, digest: digest.clone(), files: &files, note, instead_of };
        let record = match self.store.put_release(put, actor.clone(), at) {
            Err(AppendError::ReleaseMoved { .. }) => {
                self.still_live(jurisdiction, &parent)?;
                return Err(AppendError::ReleaseMoved { jurisdiction: jurisdiction.to_owned() }.into());
            }
            record => record?,
        };
        self.live.take(Arc::new(release), report)?;
        // Publishing what is live already changes nothing: its record stands.
        let newest = || self.store.records(jurisdiction, None, 1).map(|mut records| records.pop());
        let unknown = || Error::missing(Missing::Release, digest.as_str(), "请核对版本号，见 GET /v1/releases");
        record.map_or_else(newest, |record| Ok(Some(record)))?.ok_or_else(unknown)
    }
}

/// A release on its way.
struct Going {
    files: Files,
    before: Files,
    parent: Digest,
    note: Note,
    force: bool,
}

pub(super) fn known_draft(store: &Store, jurisdiction: &str, id: &str) -> Result<Draft, Error> {
    let unknown = || Error::missing(Missing::Draft, id, "请核对草稿编号，见 GET /v1/drafts");
    store.draft(jurisdiction, id)?.ok_or_else(unknown)
}

pub(super) fn moved(what: &'static str, seen: u32, actual: u32) -> Error {
    AppendError::Moved { what, seen, actual }.into()
}

fn new_draft(
    jurisdiction: &str,
    parent: Digest,
    message: String,
    author: &str,
    edits: &Edits,
    at: DateTime<Utc>,
) -> Draft {
    let mut hasher = Hasher::default();
    for part in [jurisdiction, author, &message, &at.to_rfc3339(), digest_of(edits).as_str()] {
        hasher.part(part.as_bytes());
    }
    Draft {
        id: format!("d-{}", hasher.finish().short()),
        jurisdiction: jurisdiction.to_owned(),
        parent,
        message,
        author: author.to_owned(),
        editors: [author.to_owned()].into(),
        version: 1,
        created_at: at,
        updated_at: at,
        stage: Stage::Editing,
        paths: paths(edits),
        edits: digest_of(edits),
        backtest: None,
    }
}

fn paths(edits: &Edits) -> Vec<String> {
    edits.keys().cloned().collect()
}

/// The store keeps edits under the digest of their JSON.
fn digest_of(edits: &Edits) -> Digest {
    Digest::of(&serde_json::to_vec(edits).unwrap_or_default())
}

fn acceptable(jurisdiction: &str, wish: &DraftWish) -> Result<(), Error> {
    let mut wrong: Vec<FieldError> = Vec::new();
    let mut add = |field: String, message: String| wrong.push(FieldError { field, message });
    if wish.message.as_ref().is_some_and(|message| message.chars().count() > LONGEST_MESSAGE) {
        add("message".into(), format!("最多{LONGEST_MESSAGE}字"));
    }
    if wish.edits.len() > MOST_FILES {
        add("files".into(), format!("一次最多{MOST_FILES}个文件"));
    }
    let bytes: usize = wish.edits.values().flatten().map(String::len).sum();
    if bytes > LARGEST_DRAFT {
        add("files".into(), format!("共{bytes}字节，最多{LARGEST_DRAFT}字节"));
    }
    for (path, text) in wish.edits.iter().take(MOST_FILES) {
        let shown: String = path.chars().take(120).collect();
        if !belongs(path, jurisdiction) || path.contains("..") || path.contains(char::is_control) {
            let help = format!("路径应为 rules/{jurisdiction}/…、rules/common/…、rules/calendar/…、dictionaries/…");
            add(format!("files.{shown}"), help);
        } else if text.as_ref().is_some_and(|text| text.len() > LARGEST_FILE) {
            add(format!("files.{shown}"), format!("最多{LARGEST_FILE}字节，请按主题拆开"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
}
