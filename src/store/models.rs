//! Trained models in the store: bytes as blobs, records and which one decides as rows. Journalled, so that a rebuilt view has
//! them and a restart serves the one that was in use.

use chrono::{DateTime, Utc};

use super::Store;
use super::append::AppendError;
use super::read::ReadError;
use super::view::{Direction, keys};
use super::workbench::WorkbenchChange;
use crate::course::{InUse, Target, Trained};
use crate::ticket::Actor;

impl Store {
    /// Keeps a model that was trained. Its bytes are on the disk when this returns. Waits for the committer, as all below that
    /// write: call it from threads that may block.
    pub fn put_model(&self, mut trained: Trained, bytes: &[u8], actor: Actor) -> Result<Trained, AppendError> {
        let kept = self.0.core.blobs.put(bytes);
        trained.blob = kept.map_err(|error| AppendError::Failed { reason: error.to_string() })?;
        let at = trained.trained_at;
        self.note_model(trained.clone(), actor, at)?;
        Ok(trained)
    }

    /// Changes what is on record about a model.
    pub fn note_model(&self, trained: Trained, actor: Actor, at: DateTime<Utc>) -> Result<(), AppendError> {
        self.change(trained.jurisdiction.clone(), WorkbenchChange::Model(Box::new(trained)), actor, at)
    }

    /// From now on this one decides, or none.
    pub fn use_model(&self, jurisdiction: &str, in_use: InUse, actor: Actor) -> Result<(), AppendError> {
        let at = in_use.signed.at;
        self.change(jurisdiction.to_owned(), WorkbenchChange::UseModel(in_use), actor, at)
    }

    /// Newest first.
    pub fn models(&self, jurisdiction: &str) -> Result<Vec<Trained>, ReadError> {
        self.rows(&keys::models(jurisdiction), &[], usize::MAX, Direction::Backward)
    }

    pub fn model(&self, jurisdiction: &str, number: u64) -> Result<Option<Trained>, ReadError> {
        Ok(self.value(&keys::model(jurisdiction, number))?)
    }

    pub fn model_bytes(&self, trained: &Trained) -> Result<Vec<u8>, ReadError> {
        let read = self.0.core.blobs.get(&trained.blob);
        read.map_err(|cause| ReadError::Release { digest: trained.blob.to_string(), cause })
    }

    pub fn model_in_use(&self, jurisdiction: &str, target: Target) -> Result<Option<InUse>, ReadError> {
        Ok(self.value(&keys::model_in_use(jurisdiction, target.name()))?)
    }
}
