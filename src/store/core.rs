//! What all threads of a store share.

use std::sync::Arc;

use tokio::sync::{broadcast, watch};

use super::append::AppendError;
use super::blobs::Blobs;
use super::envelope::Keys;
use super::journal::Journal;
use super::lease::Leases;
use super::payload::{self, Payload};
use super::pressure::Pressure;
use super::pulse::Voice;
use super::space::Space;
use super::view::View;
use crate::ticket::Recorded;

/// Whether the store takes anything in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    #[default]
    Writable,
    /// Acknowledged data is damaged: it serves what it has and changes nothing.
    ReadOnly { reason: String },
    /// A write or a synchronisation failed. The process should stop; a restart reads the truth from the journal.
    Failed { reason: String },
}

pub(crate) struct Core {
    pub(crate) epoch: u64,
    pub(crate) journal: Arc<Journal>,
    pub(crate) view: View,
    pub(crate) blobs: Blobs,
    /// `None`: nothing is encrypted.
    pub(crate) keys: Option<Arc<Keys>>,
    pub(crate) leases: Leases,
    pub(crate) health: watch::Sender<Health>,
    pub(crate) recorded: broadcast::Sender<Arc<Recorded>>,
    /// Counts changes of subscriptions.
    pub(crate) subscriptions: watch::Sender<u64>,
    pub(crate) pressure: Pressure,
    /// Monotonic nanoseconds.
    pub(crate) clock: fn() -> u64,
    /// For those who watch.
    pub(crate) voice: Voice,
    pub(crate) space: Space,
    /// Held as long as any handle lives; `None` in memory.
    pub(crate) _lock: Option<std::fs::File>,
}

impl Core {
    /// What a frame says, with everything that can still be read.
    pub(crate) fn decode(&self, bytes: &[u8]) -> std::io::Result<Payload> {
        payload::decode(bytes, &self.blobs, self.keys.as_deref())
    }

    /// Why nothing is taken any more.
    pub(crate) fn refusal(&self) -> Option<AppendError> {
        match &*self.health.borrow() {
            Health::Writable => None,
            Health::ReadOnly { reason } => Some(AppendError::ReadOnly { reason: reason.clone() }),
            Health::Failed { reason } => Some(AppendError::Failed { reason: reason.clone() }),
        }
    }

    /// Stops intake. The first cause stays.
    pub(crate) fn fail(&self, reason: String) {
        self.health.send_if_modified(|health| {
            let first = *health == Health::Writable;
            if first {
                tracing::error!(reason, "the store stops");
                *health = Health::Failed { reason };
            }
            first
        });
    }
}
