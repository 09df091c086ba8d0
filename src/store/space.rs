//! Room in the file system: below a reserve what can wait is not taken, so that work on open tickets goes on.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::append::{Append, AppendError, Target};
use super::committer::Work;
use super::knowledge::Edit;
use super::workbench::WorkbenchChange;
use super::{Options, Store};

const CHECK_EVERY_NS: u64 = 1_000_000_000;

/// What is asked about the file system of a store, at most once a second.
#[derive(Default)]
pub(crate) struct Space {
    /// `None`: in memory, there is always room.
    place: Option<Place>,
    /// As of `checked_ns`; that is 0 before the first look.
    free: AtomicU64,
    checked_ns: AtomicU64,
}

struct Place {
    dir: PathBuf,
    reserve: u64,
    free_bytes: fn(&Path) -> io::Result<u64>,
}

impl Space {
    pub(crate) fn of(dir: &Path, options: &Options) -> Self {
        let place = Place { dir: dir.to_owned(), reserve: options.reserve_bytes, free_bytes: options.free_bytes };
        Self { place: Some(place), ..Self::default() }
    }

    /// The folder of the store; `None` in memory.
    pub(crate) fn dir(&self) -> Option<&Path> {
        self.place.as_ref().map(|place| place.dir.as_path())
    }

    /// Free bytes, if they are fewer than the reserve.
    fn short(&self, now_ns: u64) -> Option<(u64, u64)> {
        let place = self.place.as_ref().filter(|place| place.reserve > 0)?;
        let free = self.free(place, now_ns);
        (free < place.reserve).then_some((free, place.reserve))
    }

    fn free(&self, place: &Place, now_ns: u64) -> u64 {
        // 1 more, so that 0 can mean never.
        let (now, checked) = (now_ns.saturating_add(1), self.checked_ns.load(Ordering::Acquire));
        if checked != 0 && now < checked.saturating_add(CHECK_EVERY_NS) {
            return self.free.load(Ordering::Relaxed);
        }
        // Cannot be told: then writing shows it.
        let free = (place.free_bytes)(&place.dir).unwrap_or(u64::MAX);
        let short = |free: u64| free < place.reserve;
        let before = self.free.swap(free, Ordering::Relaxed);
        if short(free) != (checked != 0 && short(before)) {
            tracing::warn!(free_mib = free >> 20, taken = !short(free), "room for new tickets");
        }
        self.checked_ns.store(now, Ordering::Release);
        free
    }
}

impl Store {
    /// Free bytes of the file system, and whether they are fewer than the reserve; `None` in memory.
    pub fn room(&self) -> Option<(u64, bool)> {
        let (space, now_ns) = (&self.0.core.space, (self.0.core.clock)());
        let place = space.place.as_ref()?;
        let free = space.free(place, now_ns);
        Some((free, free < place.reserve))
    }

    /// Why a new ticket is not taken now. What a key made already is answered all the same.
    pub(super) fn no_room_for(&self, append: &Append) -> Option<AppendError> {
        let Target::New { .. } = append.target else { return None };
        let error = self.no_room()?;
        let known = |key: &super::Key| self.key(&key.client, &key.key, append.at).ok().flatten();
        if append.key.as_ref().and_then(known).is_some() { None } else { Some(error) }
    }

    /// Why work that can wait is not done now.
    pub(super) fn no_room_for_work(&self, work: &Work) -> Option<AppendError> {
        if can_wait(work) { self.no_room() } else { None }
    }

    fn no_room(&self) -> Option<AppendError> {
        let (free, reserve) = self.0.core.space.short((self.0.core.clock)())?;
        Some(AppendError::DiskFull { free_mib: free >> 20, reserve_mib: reserve >> 20 })
    }
}

/// What makes the store grow and hurts nobody when it comes later.
fn can_wait(work: &Work) -> bool {
    match work {
        Work::Knowledge(work) => matches!(work.edit, Edit::PutAll(_) | Edit::Import { .. }),
        Work::Release(work) => !work.commit.live,
        Work::Workbench(commit) => {
            matches!(commit.change, WorkbenchChange::Draft(_) | WorkbenchChange::Trial(_) | WorkbenchChange::Model(_))
        }
        // A new ticket was asked about before its texts were written.
        Work::Append(_) | Work::Claim(_) | Work::Outbox(_) | Work::Enterprise(_) | Work::Still(_) | Work::Stop => false,
    }
}

/// What an unprivileged process may still write (bytes).
pub(super) fn free_bytes(dir: &Path) -> io::Result<u64> {
    let system = rustix::fs::statvfs(dir)?;
    Ok(system.f_bavail.saturating_mul(system.f_frsize))
}
