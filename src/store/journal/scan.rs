//! Reads the whole journal at the start: every checksum, every sequence, what is torn and what is damaged. Changes
//! nothing; cutting a torn tail is a separate step.

use std::io;
use std::path::{Path, PathBuf};

use super::frame::{self, Frame};
use super::segment::{self, Header};
use super::torn;
use super::{Location, sealed};
use crate::store::opening::Opening;

/// Bytes that are not frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) file: PathBuf,
    pub(crate) segment: u64,
    /// First bad byte, and the first good one after it (or the length of the file); of the plain segment.
    pub(crate) from: u64,
    pub(crate) until: u64,
    /// Sequences that are missing: first, and the first that is there again.
    pub(crate) first: u64,
    pub(crate) next: u64,
}

/// What the files hold.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    /// The sequence after the last frame.
    pub(crate) next: u64,
    /// Of the newest segment; 0 when there is none.
    pub(crate) epoch: u64,
    /// First sequence, epoch, whether it is packed.
    pub(crate) segments: Vec<(u64, u64, bool)>,
    /// The newest segment, if it can be written to: its first sequence, file and length up to the last good frame.
    pub(crate) last: Option<(u64, PathBuf, u64)>,
    /// An unfinished write at the end, never acknowledged.
    pub(crate) torn: Option<Hole>,
    /// Acknowledged data that is gone.
    pub(crate) damage: Vec<Hole>,
}

/// Walks all frames in order and shows each to `visit` with its epoch and place. `view_next` is the sequence up to
/// which the view has seen acknowledged frames: what is bad before it cannot be torn.
pub(crate) fn scan<E: From<io::Error>>(
    dir: &Path,
    view_next: u64,
    opening: &Opening,
    visit: &mut dyn FnMut(u64, Location, &Frame<'_>) -> Result<(), E>,
) -> Result<Scanned, E> {
    let segments = segment::list(dir)?;
    let length = |path: &PathBuf| std::fs::metadata(path).map_or(0, |file| file.len());
    opening.begin(segments.iter().map(|(_, path)| length(path)).sum());
    let (mut scanned, mut passed) = (Scanned { next: 1, ..Scanned::default() }, 0);
    for (index, (first, path)) in segments.iter().enumerate() {
        let sealed = segment::is_sealed(path);
        let (bytes, faults) = if sealed {
            let unpacked = sealed::unpack_file(path)?;
            (unpacked.plain, unpacked.faults)
        } else {
            (std::fs::read(path)?, Vec::new())
        };
        let newest = !sealed && index + 1 == segments.len();
        let (known, before, file_bytes) = (scanned.damage.len(), scanned.next, length(path));
        let following = segments.get(index + 1).map(|(first, _)| *first);
        let walk = Walk { path, first: *first, bytes: &bytes, newest, following, view_next, scanned: &mut scanned };
        walk.run(&mut |epoch, at, frame| {
            opening.stand(passed + at.offset * file_bytes / bytes.len().max(1) as u64);
            visit(epoch, at, frame)
        })?;
        passed += file_bytes;
        // What is bad beside the frames themselves is damage too, though nothing is gone.
        if let (Some(&from), true) = (faults.first(), scanned.damage.len() == known) {
            let (file, segment) = (path.clone(), *first);
            scanned.damage.push(Hole { file, segment, from, until: from, first: before, next: before });
        }
        scanned.segments.push((*first, scanned.epoch.max(1), sealed));
    }
    opening.stand(passed);
    Ok(scanned)
}

/// One segment.
struct Walk<'a> {
    path: &'a Path,
    first: u64,
    bytes: &'a [u8],
    newest: bool,
    /// The first sequence of the segment after it.
    following: Option<u64>,
    view_next: u64,
    scanned: &'a mut Scanned,
}

impl Walk<'_> {
    fn run<E>(mut self, visit: &mut dyn FnMut(u64, Location, &Frame<'_>) -> Result<(), E>) -> Result<(), E> {
        if self.first != self.scanned.next {
            // A whole segment, or the end of the one before, is missing.
            let hole = Hole { next: self.first, ..self.hole(0, 0) };
            self.scanned.damage.push(hole);
            self.scanned.next = self.first;
        }
        let mut at = match Header::decode(self.bytes).filter(|header| header.first == self.first) {
            Some(header) => {
                self.scanned.epoch = header.epoch;
                segment::HEADER
            }
            None => self.skip(0),
        };
        while at < self.bytes.len() {
            match frame::decode(&self.bytes[at..]).filter(|frame| frame.seq == self.scanned.next) {
                Some(frame) => {
                    visit(self.scanned.epoch, Location { segment: self.first, offset: at as u64 }, &frame)?;
                    self.scanned.next = frame.next();
                    at += frame.len();
                }
                None => at = self.skip(at),
            }
        }
        if self.newest {
            let end = self.scanned.torn.as_ref().map_or(at as u64, |torn| torn.from);
            self.scanned.last = Some((self.first, self.path.to_owned(), end));
        }
        Ok(())
    }

    /// Over the bad bytes at `at` to the next good frame, or to the end.
    fn skip(&mut self, at: usize) -> usize {
        let resumed = self.resume(at);
        let mut hole = self.hole(at, resumed.unwrap_or(self.bytes.len()));
        hole.next = match resumed.and_then(|place| frame::decode(&self.bytes[place..])) {
            Some(frame) => frame.seq,
            None => hole.first.max(self.following.unwrap_or(self.view_next)),
        };
        let whole = torn::was_whole(self.bytes, at, resumed.unwrap_or(self.bytes.len())) || self.changed_header(at);
        let synced = hole.first < self.view_next || resumed.is_some_and(|at| self.reopens(at));
        let acknowledged = !self.newest || synced || whole;
        if acknowledged {
            self.scanned.next = hole.next;
            let until = hole.until;
            self.scanned.damage.push(hole);
            return until as usize;
        }
        hole.until = self.bytes.len() as u64;
        self.scanned.torn = Some(hole);
        self.bytes.len()
    }

    /// The segment's own header is all there, but is not what was written.
    fn changed_header(&self, at: usize) -> bool {
        let header = self.bytes.get(..segment::HEADER).unwrap_or_default();
        at == 0 && header.iter().any(|byte| *byte != 0)
    }

    /// The next place where a frame with a later sequence stands.
    fn resume(&self, from: usize) -> Option<usize> {
        let later = |at: &usize| frame::decode(&self.bytes[*at..]).is_some_and(|f| f.seq >= self.scanned.next);
        (from..self.bytes.len()).find(later)
    }

    /// Whether a later group commit stands behind `at`: then everything before was synchronised.
    fn reopens(&self, mut at: usize) -> bool {
        while let Some(frame) = self.bytes.get(at..).and_then(frame::decode) {
            if frame.opens {
                return true;
            }
            at += frame.len();
        }
        false
    }

    fn hole(&self, from: usize, until: usize) -> Hole {
        Hole {
            file: self.path.to_owned(),
            segment: self.first,
            from: from as u64,
            until: until as u64,
            first: self.scanned.next,
            next: self.scanned.next,
        }
    }
}
