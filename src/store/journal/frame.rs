//! One frame: `length u32 LE, CRC32C u32 LE, sequence u64 LE, count u16 LE, schema u8, flags u8, payload`.
//!
//! The checksum covers all but itself. `count` is the number of sequences the frame takes, so that a scan sees a
//! missing frame without reading payloads. The flag `opens` marks the first frame of a group commit: whatever stands
//! before such a frame was synchronised, so damage before it is damage, while damage after the last one may be torn.

/// Version of the payload's form.
pub(crate) const SCHEMA: u8 = 1;
pub(crate) const HEADER: usize = 20;
/// More is refused before it is written.
pub(crate) const LARGEST: usize = 32 * 1024 * 1024;

const OPENS: u8 = 1;

/// A whole and undamaged frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) seq: u64,
    pub(crate) count: u16,
    pub(crate) opens: bool,
    pub(crate) payload: &'a [u8],
}

impl Frame<'_> {
    /// Bytes it takes in the file.
    pub(crate) fn len(&self) -> usize {
        HEADER + self.payload.len()
    }

    /// The sequence after it.
    pub(crate) fn next(&self) -> u64 {
        self.seq.saturating_add(u64::from(self.count))
    }

    /// The sequence after a frame and the bytes it takes, from its first bytes alone: unchecked.
    pub(crate) fn extent(header: &[u8; HEADER]) -> (u64, usize) {
        let next = number(&header[8..16]).saturating_add(number(&header[16..18]));
        (next, HEADER + payload_len(header).min(LARGEST))
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&(self.payload.len() as u32).to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.seq.to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&[SCHEMA, if self.opens { OPENS } else { 0 }]);
        out.extend_from_slice(self.payload);
        let crc = checksum(&out[start..]);
        out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
    }
}

/// The payload's length, from the first bytes of a frame.
pub(crate) fn payload_len(header: &[u8; HEADER]) -> usize {
    number(&header[..4]) as usize
}

/// The frame at the beginning of `bytes`, if it is whole, undamaged and of a known schema.
pub(crate) fn decode(bytes: &[u8]) -> Option<Frame<'_>> {
    let header: &[u8; HEADER] = bytes.first_chunk()?;
    let (schema, flags) = (header[18], header[19]);
    if schema != SCHEMA || flags > OPENS {
        return None;
    }
    let len = payload_len(header);
    if len > LARGEST {
        return None;
    }
    let whole = bytes.get(..HEADER + len)?;
    if checksum(whole) != number(&header[4..8]) as u32 {
        return None;
    }
    let count = u16::try_from(number(&header[16..18])).ok().filter(|count| *count > 0)?;
    Some(Frame { seq: number(&header[8..16]), count, opens: flags == OPENS, payload: &whole[HEADER..] })
}

fn checksum(frame: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&frame[..4]), &frame[8..])
}

/// Little endian, up to eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes() -> Vec<u8> {
        let mut out = Vec::new();
        Frame { seq: 7, count: 3, opens: true, payload: b"{\"a\":1}" }.encode(&mut out);
        out
    }

    #[test]
    fn round_trip() {
        let bytes = bytes();
        let frame = decode(&bytes).unwrap();
        assert_eq!((frame.seq, frame.count, frame.opens, frame.payload), (7, 3, true, &b"{\"a\":1}"[..]));
        assert_eq!((frame.len(), frame.next()), (bytes.len(), 10));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen() {
        let whole = bytes();
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&flipped), None, "bit {bit}");
        }
        for len in 0..whole.len() {
            assert_eq!(decode(&whole[..len]), None, "length {len}");
        }
    }
}
