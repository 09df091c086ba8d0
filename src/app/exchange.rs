//! Entries in and out as files: what an import would change, drafts of what it does, all that is live as one file.

use serde::Serialize;
use utoipa::ToSchema;

use super::queue::unit;
use super::{App, Error, FieldError};
use crate::access::Caller;
use crate::diagnostic::Diagnostic;
use crate::editorial::exchange::{Fate, Format, Known, Placed, Planned, plan, write};
use crate::editorial::{Command, decide};
use crate::knowledge::Entry;
use crate::packs::read_entries;
use crate::store::Store;
use crate::ticket::Actor;

/// A file of entries, and what is to be done with it.
#[derive(Clone, Debug)]
pub struct ImportWish {
    pub format: Format,
    /// Its name, for messages.
    pub file: String,
    pub bytes: Vec<u8>,
    /// Make drafts of what is new and changed; else only say what would be.
    pub apply: bool,
    /// Submit the drafts for review at once.
    pub submit: bool,
    /// Also what would undo what people did since.
    pub overwrite: bool,
}

/// What an import changes, or would.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ImportReport {
    /// In the order of the file.
    pub entries: Vec<Planned>,
    pub new: usize,
    pub changed: usize,
    pub unchanged: usize,
    pub conflicts: usize,
    /// Drafts that were made; 0: nothing was changed.
    pub drafts: usize,
}

impl App {
    /// Says what a file would change and, where that is wished, makes drafts of it.
    pub async fn import(&self, caller: &Caller, jurisdiction: &str, wish: ImportWish) -> Result<ImportReport, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let (app, actor, at) = (self.clone(), self.editor(caller, &jurisdiction), self.now());
        let work = move |store: &Store| -> Result<ImportReport, Error> {
            let ImportWish { format, file, bytes, apply, submit, overwrite } = wish;
            let placed = read_entries(format, &file, bytes).map_err(broken)?;
            let placed = app.owned(&jurisdiction, &file, placed)?;
            let mut report = ImportReport::default();
            for placed in placed {
                let known = known(store, &jurisdiction, &placed.entry.id)?;
                let planned = allowed(plan(&placed, known.as_ref()), &placed, known.as_ref(), &actor);
                report.count(planned.fate);
                let wanted = match planned.fate {
                    Fate::New | Fate::Changed => true,
                    Fate::Unchanged => false,
                    Fate::Conflict => overwrite && planned.may,
                };
                report.entries.push(planned);
                if !(apply && wanted) {
                    continue;
                }
                let id = placed.entry.id.clone();
                let mut seen = known.map_or(0, |known| known.article.revision);
                let findings = if submit { app.beside(&jurisdiction, &placed.entry)? } else { Vec::new() };
                let message = format!("导入 {}", file.chars().take(100).collect::<String>());
                let save = Command::Save { entry: Box::new(placed.entry), message, restored: None };
                app.decide_entry(&jurisdiction, &id, seen, save, &actor, at)?;
                seen += 1;
                report.drafts += 1;
                if submit {
                    app.decide_entry(&jurisdiction, &id, seen, Command::Submit { findings }, &actor, at)?;
                }
            }
            Ok(report)
        };
        self.read(work).await?
    }

    /// All live entries of a jurisdiction as one file, by id.
    pub async fn export(&self, caller: &Caller, jurisdiction: &str, format: Format) -> Result<Vec<u8>, Error> {
        let jurisdiction = self.jurisdiction(caller, jurisdiction)?;
        let work = move |store: &Store| -> Result<Vec<u8>, Error> {
            let entries: Vec<Entry> = store.entries(&jurisdiction)?.into_iter().map(|stored| stored.entry).collect();
            write(format, &entries).map_err(|why| Error::field("format", why))
        };
        self.read(work).await?
    }

    /// The entries with their owners by the one name that the jurisdiction writes.
    fn owned(&self, jurisdiction: &str, file: &str, mut placed: Vec<Placed>) -> Result<Vec<Placed>, Error> {
        let snapshot = self.live.snapshot();
        let release = snapshot.release(jurisdiction).map(|release| &**release);
        let mut wrong = Vec::new();
        for Placed { line, row, entry } in &mut placed {
            match unit(release, "owner", &entry.owner) {
                Ok(owner) => entry.owner = owner,
                Err(Error::Invalid(errors)) => {
                    let why = errors.first().map_or("", |it| &it.message);
                    let message = format!("第 {row} 行“责任单位”：{}：{why}", entry.id);
                    wrong.push(Diagnostic::error(file, *line, message).help("改成本辖区承办单位的名称"));
                }
                Err(other) => return Err(other),
            }
        }
        if wrong.is_empty() { Ok(placed) } else { Err(broken(wrong)) }
    }
}

impl ImportReport {
    fn count(&mut self, fate: Fate) {
        let count = match fate {
            Fate::New => &mut self.new,
            Fate::Changed => &mut self.changed,
            Fate::Unchanged => &mut self.unchanged,
            Fate::Conflict => &mut self.conflicts,
        };
        *count += 1;
    }
}

/// What the importer may not write is left alone, and the report says why.
fn allowed(planned: Planned, placed: &Placed, known: Option<&Known>, actor: &Actor) -> Planned {
    if planned.fate == Fate::Unchanged {
        return planned;
    }
    let article = known.map(|known| &known.article);
    let save = Command::Save { entry: Box::new(placed.entry.clone()), message: String::new(), restored: None };
    match decide(article, &placed.entry.id, article.map_or(0, |article| article.revision), save, actor) {
        Ok(_) => planned,
        Err(refusal) => Planned { fate: Fate::Conflict, may: false, why: refusal.to_string(), ..planned },
    }
}

fn known(store: &Store, jurisdiction: &str, id: &str) -> Result<Option<Known>, Error> {
    let Some(article) = store.article(jurisdiction, id)? else { return Ok(None) };
    let live = store.entry(jurisdiction, id)?.map(|stored| stored.entry);
    Ok(Some(Known { article, live, versions: store.versions(jurisdiction, id)? }))
}

/// Every place that has to be mended.
fn broken(wrong: Vec<Diagnostic>) -> Error {
    let place = |it: &Diagnostic| match it.column {
        0 => format!("{}:{}", it.file, it.line),
        column => format!("{}:{}:{column}", it.file, it.line),
    };
    let field = |it: Diagnostic| FieldError { field: place(&it), message: format!("{}；{}", it.message, it.help) };
    Error::Invalid(wrong.into_iter().map(field).collect())
}
