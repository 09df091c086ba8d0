//! Whether what is served is what the journal says: the view and the knowledge index, compared while the service goes on.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::App;
use crate::store::{Opening, ReadError, Verified};

/// The verification of this process that was started last.
#[derive(Default)]
pub(super) struct Verifying(Mutex<Option<Verification>>);

/// A verification, running or done.
#[derive(Clone)]
pub struct Verification {
    pub started_at: DateTime<Utc>,
    pub running: bool,
    /// How far it is.
    pub opening: Arc<Opening>,
    pub verified: Option<Verified>,
    /// Where the index says otherwise than the store (Chinese).
    pub knowledge: Vec<String>,
    /// Why it could not be done (Chinese).
    pub failed: Option<String>,
}

impl App {
    pub fn verification(&self) -> Option<Verification> {
        self.verifying.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts one, unless one is running; how it stands.
    pub fn start_verification(&self) -> Verification {
        let mut last = self.verifying.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = last.as_ref().filter(|last| last.running) {
            return running.clone();
        }
        let (verified, knowledge, failed) = (None, Vec::new(), None);
        let started_at = self.now();
        let opening = Arc::default();
        let begun = Verification { started_at, running: true, opening, verified, knowledge, failed };
        *last = Some(begun.clone());
        let (app, mut done) = (self.clone(), begun.clone());
        std::thread::spawn(move || {
            match app.store.verify(app.now(), &done.opening) {
                Ok(verified) => done.verified = Some(verified),
                Err(error) => done.failed = Some(error.to_string()),
            }
            match app.index_against_store() {
                Ok(differing) => done.knowledge = differing,
                Err(error) => {
                    tracing::error!(%error, "the knowledge index was not compared");
                    done.failed = Some("存储读取失败，已记录".to_owned());
                }
            }
            done.running = false;
            if let Some(wrong) = done.verified.as_ref().filter(|it| !it.is_good()) {
                let (differing, broken) = (wrong.differing.len(), wrong.broken.len());
                tracing::error!(differing, broken, "the view or the journal is not as it must be");
            }
            *app.verifying.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
        });
        begun
    }

    /// Where the index in memory says otherwise than the store's entries. An index that is being made is not looked at.
    fn index_against_store(&self) -> Result<Vec<String>, ReadError> {
        let snapshot = self.live.snapshot();
        let mut wrong = Vec::new();
        for jurisdiction in snapshot.releases.keys() {
            let index = snapshot.knowledge(jurisdiction);
            let stored = self.store.entries(jurisdiction)?;
            if index.version() != self.store.knowledge_version(jurisdiction)?.to_string() {
                continue;
            }
            for entry in &stored {
                let same = index.find(jurisdiction, &entry.entry.id).is_some_and(|found| found.entry == entry.entry);
                if !same {
                    wrong.push(format!("{jurisdiction}：条目{}在索引里缺少或不同", entry.entry.id));
                }
            }
            if index.len(jurisdiction) > stored.len() {
                wrong.push(format!("{jurisdiction}：索引比存储多{}条", index.len(jurisdiction) - stored.len()));
            }
        }
        Ok(wrong)
    }
}
