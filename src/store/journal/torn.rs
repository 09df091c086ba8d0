//! Torn or damaged: what a write that never finished can leave behind, and what it cannot.
//!
//! A killed process leaves less than it wrote. A power cut leaves less, or blocks that were never written, which read as
//! zeros. Other bytes than were written come from neither: whoever finds them has lost something that was whole.

use super::frame;

/// What a disk writes or does not write as one.
const BLOCK: usize = 512;

/// Whether `bytes[from..until]`, which is no sound frame, was once written to its end and has changed since.
pub(crate) fn was_whole(bytes: &[u8], from: usize, until: usize) -> bool {
    let Some(tail) = bytes.get(from..until) else { return false };
    !has_gap(bytes, from) && (ends_inside(tail) || sound_if_it_ends_here(tail))
}

/// Whether a block, or what there is of it, consists of zeros.
fn has_gap(bytes: &[u8], from: usize) -> bool {
    let starts = (from / BLOCK * BLOCK..bytes.len()).step_by(BLOCK).map(|start| start.max(from));
    starts.into_iter().any(|start| {
        let end = bytes.len().min((start / BLOCK + 1) * BLOCK);
        bytes[start..end].iter().all(|byte| *byte == 0)
    })
}

/// The frame is as long as it says, so it was not cut off.
fn ends_inside(tail: &[u8]) -> bool {
    tail.first_chunk().is_some_and(|header| frame::HEADER + frame::payload_len(header) <= tail.len())
}

/// Only its length is wrong.
fn sound_if_it_ends_here(tail: &[u8]) -> bool {
    let len = tail.len().checked_sub(frame::HEADER).and_then(|len| u32::try_from(len).ok());
    let Some(len) = len else { return false };
    let mut mended = tail.to_vec();
    mended[..4].copy_from_slice(&len.to_le_bytes());
    frame::decode(&mended).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::frame::Frame;
    use super::*;

    /// Two frames of one commit, the second long enough to reach over several blocks.
    fn written() -> (Vec<u8>, usize) {
        let mut bytes = Vec::new();
        Frame { seq: 7, count: 1, opens: true, payload: b"{\"first\":1}" }.encode(&mut bytes);
        let second = bytes.len();
        let payload = format!("{{\"long\":\"{}\"}}", "x".repeat(3 * BLOCK));
        Frame { seq: 8, count: 1, opens: false, payload: payload.as_bytes() }.encode(&mut bytes);
        (bytes, second)
    }

    #[test]
    fn a_flipped_bit_is_damage_wherever_it_is() {
        let (whole, second) = written();
        for bit in second * 8..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(was_whole(&flipped, second, flipped.len()), "bit {bit}");
        }
    }

    #[test]
    fn what_was_cut_off_or_never_written_is_torn() {
        let (whole, second) = written();
        for len in second..whole.len() {
            assert!(!was_whole(&whole[..len], second, len), "length {len}");
        }
        for block in second / BLOCK..=(whole.len() - 1) / BLOCK {
            let mut gap = whole.clone();
            let end = gap.len().min((block + 1) * BLOCK);
            gap[(block * BLOCK).max(second)..end].fill(0);
            assert!(!was_whole(&gap, second, gap.len()), "block {block}");
        }
        assert!(!was_whole(&[0; 4096], 0, 4096));
    }
}
