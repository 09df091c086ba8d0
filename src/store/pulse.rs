//! What a store says of itself to those who watch it: how much it holds, what waits, how long the disk takes.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};

use super::journal::Journal;
use super::view::{Direction, ViewError, keys};
use super::{ReadError, Store};
use crate::triage::Warning;

/// One commit of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Requests that shared it.
    pub requests: usize,
    pub bytes: usize,
    /// Of the write and its synchronisation.
    pub nanoseconds: u64,
}

type Hear = Box<dyn Fn(Committed) + Send + Sync>;

/// Whom the committer tells.
#[derive(Default)]
pub(crate) struct Voice {
    hear: OnceLock<Hear>,
}

impl Voice {
    pub(crate) fn committed(&self, committed: Committed) {
        if let Some(hear) = self.hear.get() {
            hear(committed);
        }
    }
}

/// How a store stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Bytes of the journal's files.
    pub journal_bytes: u64,
    /// Requests waiting for the committer.
    pub waiting: u64,
    /// When time alone does something next.
    pub next_due: Option<DateTime<Utc>>,
    /// By jurisdiction.
    pub jurisdictions: BTreeMap<String, Lines>,
}

/// What waits in one jurisdiction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// When the ticket came that has been in the queue for longest.
    pub oldest: Option<DateTime<Utc>>,
    /// Open tickets with a colour.
    pub warned: BTreeMap<Warning, u64>,
    /// Of them: those whose due date has passed.
    pub overdue: u64,
}

impl Store {
    /// Hears of every commit from now on, on the thread that writes: it must be quick. The first one stays.
    pub fn on_commit(&self, hear: impl Fn(Committed) + Send + Sync + 'static) {
        self.0.core.voice.hear.get_or_init(|| Box::new(hear));
    }

    /// How the store stands. Reads the keys of tickets with a colour, and the sizes of files.
    pub fn pulse(&self, jurisdictions: &[String], now: DateTime<Utc>) -> Result<Pulse, ReadError> {
        let core = &self.0.core;
        let mut pulse = Pulse {
            journal_bytes: journal_bytes(&core.journal),
            waiting: core.pressure.waiting(),
            next_due: self.next_due()?.map(|(at, _)| at),
            jurisdictions: BTreeMap::new(),
        };
        for jurisdiction in jurisdictions {
            pulse.jurisdictions.insert(jurisdiction.clone(), self.waiting_in(jurisdiction, now)?);
        }
        Ok(pulse)
    }

    fn waiting_in(&self, jurisdiction: &str, now: DateTime<Utc>) -> Result<Lines, ViewError> {
        let mut waiting = Lines::default();
        let view = &self.0.core.view;
        let queue = keys::by_age(jurisdiction);
        view.scan(&queue, &keys::after(&queue), Direction::Forward, &mut |key, _| {
            waiting.oldest = Some(keys::instant_at(key, queue.len()));
            ControlFlow::Break(())
        })?;
        let board = keys::board(jurisdiction);
        view.scan(&board, &keys::after(&board), Direction::Forward, &mut |key, _| {
            *waiting.warned.entry(keys::colour_at(key, board.len())).or_default() += 1;
            waiting.overdue += u64::from(keys::instant_at(key, board.len() + 1) < now);
            ControlFlow::Continue(())
        })?;
        Ok(waiting)
    }
}

/// Of all files in its folder, whatever their form.
fn journal_bytes(journal: &Journal) -> u64 {
    match journal {
        Journal::Memory(bytes) => bytes.lock().map_or(0, |bytes| bytes.len() as u64),
        Journal::Files { dir, .. } => {
            let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
            files.filter_map(|file| file.metadata().ok()).filter(|it| it.is_file()).map(|it| it.len()).sum()
        }
    }
}
