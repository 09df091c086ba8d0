//! One segment of a journal, looked at without a store: what is whole in it, and what is not. For tools and fuzzing.

use super::journal::frame;
use super::journal::segment::{self, Header};
use super::payload::Payload;

/// What the bytes of a segment hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inspected {
    /// Whole frames, in their sequence.
    pub frames: usize,
    /// Of them: those with a meaning that this version knows.
    pub known: usize,
    /// Bytes of the header and of whole frames.
    pub good: usize,
    /// Bytes of anything else.
    pub bad: usize,
}

/// Looks through a segment. Never fails, whatever the bytes are; linear where they are whole.
pub fn inspect(bytes: &[u8]) -> Inspected {
    let mut found = Inspected::default();
    let (mut at, mut next) = match Header::decode(bytes) {
        Some(header) => (segment::HEADER, header.first),
        None => (0, 0),
    };
    found.good = at;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        match frame::decode(rest).filter(|frame| frame.seq >= next) {
            Some(frame) => {
                found.frames += 1;
                found.known += usize::from(serde_json::from_slice::<Payload>(frame.payload).is_ok());
                found.good += frame.len();
                next = frame.seq.saturating_add(u64::from(frame.count));
                at += frame.len();
            }
            None => {
                found.bad += 1;
                at += 1;
            }
        }
    }
    found
}
