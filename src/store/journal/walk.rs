//! Walking along the journal from a sequence on: for whoever follows what happens.

use std::io;
use std::sync::PoisonError;

use super::frame::{self, Frame};
use super::{Journal, Location, segment};

/// The place of a frame, and what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) at: Location,
    pub(crate) epoch: u64,
    /// The first sequence of the frame there.
    pub(crate) seq: u64,
}

/// What a frame's first bytes say.
struct Step {
    next: u64,
    len: u64,
}

impl Journal {
    /// Where the frame that holds a sequence begins. Only for sequences that the view has seen: those are on the disk.
    pub(crate) fn seek(&self, seq: u64) -> io::Result<Spot> {
        let mut spot = self.segment_of(seq)?;
        loop {
            let step = self.step(spot.at)?.ok_or_else(|| missing(seq))?;
            if step.next > seq {
                return Ok(spot);
            }
            spot.at.offset += step.len;
            spot.seq = step.next;
        }
    }

    /// Like [`Journal::seek`], going on from a spot at or before the sequence.
    pub(crate) fn follow(&self, spot: Spot, seq: u64) -> io::Result<Spot> {
        let mut spot = spot;
        loop {
            match self.step(spot.at)? {
                Some(step) if step.next > seq => return Ok(spot),
                Some(step) => {
                    spot.at.offset += step.len;
                    spot.seq = step.next;
                }
                // The segment is full. An empty one that follows would be the same again.
                None => {
                    let next = self.segment_of(spot.seq)?;
                    if next.at.segment == spot.at.segment {
                        return Err(missing(seq));
                    }
                    spot = next;
                }
            }
        }
    }

    /// The payload at a spot, the spot after it.
    pub(crate) fn take(&self, spot: Spot) -> io::Result<(Vec<u8>, Spot)> {
        let mut spot = spot;
        let step = match self.step(spot.at)? {
            Some(step) => step,
            // The segment is full: the next one is named after the sequence we look for.
            None => {
                spot = self.segment_of(spot.seq)?;
                self.step(spot.at)?.ok_or_else(|| missing(spot.seq))?
            }
        };
        let (seq, payload) = self.read(spot.at)?;
        if seq != spot.seq {
            return Err(missing(spot.seq));
        }
        let at = Location { offset: spot.at.offset + step.len, ..spot.at };
        Ok((payload, Spot { at, seq: step.next, ..spot }))
    }

    /// The first frame of the segment in which a sequence stands.
    fn segment_of(&self, seq: u64) -> io::Result<Spot> {
        let home = self.home(seq).ok_or_else(|| missing(seq))?;
        let (first, offset) = match self {
            Self::Files { .. } => (home.first, segment::HEADER as u64),
            Self::Memory(_) => (0, 0),
        };
        Ok(Spot { at: Location { segment: first, offset }, epoch: home.epoch, seq: home.first })
    }

    /// `None`: the segment ends here.
    fn step(&self, at: Location) -> io::Result<Option<Step>> {
        let mut header = [0; frame::HEADER];
        match self {
            Self::Files { .. } => match self.segment(at.segment)?.read_exact_at(&mut header, at.offset) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                read => read?,
            },
            Self::Memory(bytes) => {
                let bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                let start = usize::try_from(at.offset).map_err(io::Error::other)?;
                let Some(found) = bytes.get(start..).and_then(<[u8]>::first_chunk) else { return Ok(None) };
                header = *found;
            }
        }
        let (next, len) = Frame::extent(&header);
        Ok(Some(Step { next, len: len as u64 }))
    }
}

fn missing(seq: u64) -> io::Error {
    io::Error::other(format!("sequence {seq} is not in the journal"))
}
