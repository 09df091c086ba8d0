//! How telling each piece is, counted over live entries only: integers, so that every machine agrees.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::digest::fnv;
use crate::text::{Kind, Piece};

/// Numbers of pieces, the same for all jurisdictions. Grows, never forgets; a rebuild starts anew.
#[derive(Clone, Default)]
pub(super) struct Vocabulary(HashMap<u64, u32, BuildHasherDefault<AsIs>>);

impl Vocabulary {
    pub(super) fn number(&self, piece: &Piece<'_>) -> Option<u32> {
        self.0.get(&key(piece)).copied()
    }

    pub(super) fn number_or_new(&mut self, piece: &Piece<'_>) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(key(piece)).or_insert(next)
    }
}

/// In how many live entries of one jurisdiction each piece stands, and what that makes it worth.
#[derive(Clone, Default)]
pub(super) struct Statistics {
    entries: u32,
    frequencies: Vec<u32>,
    worths: Vec<u16>,
}

/// Entries we pretend to have besides the real ones, so that a knowledge base of ten entries does not take
/// a word that stands in three of them for a common one.
const IMAGINED_ENTRIES: u64 = 30;

impl Statistics {
    pub(super) fn entries(&self) -> u32 {
        self.entries
    }

    /// Adds an entry with its distinct pieces.
    pub(super) fn add(&mut self, pieces: &[u32]) {
        self.entries += 1;
        for piece in pieces {
            let place = *piece as usize;
            if place >= self.frequencies.len() {
                self.frequencies.resize(place + 1, 0);
            }
            self.frequencies[place] += 1;
        }
    }

    /// Takes out an entry that `add` put in.
    pub(super) fn remove(&mut self, pieces: &[u32]) {
        self.entries = self.entries.saturating_sub(1);
        for piece in pieces {
            if let Some(frequency) = self.frequencies.get_mut(*piece as usize) {
                *frequency = frequency.saturating_sub(1);
            }
        }
    }

    /// Works out the worths again; to be called after the last `add` or `remove`.
    pub(super) fn settle(&mut self) {
        let entries = self.entries;
        self.worths = self.frequencies.iter().map(|frequency| worth_of(*frequency, entries)).collect();
    }

    pub(super) fn frequency(&self, piece: u32) -> u32 {
        self.frequencies.get(piece as usize).copied().unwrap_or(0)
    }

    /// Worth in thousandths of a bit: log2 of how many times rarer than "in every entry" the piece is; 0 for a
    /// number that no live entry ever had.
    pub(super) fn worth(&self, piece: u32) -> u16 {
        self.worths.get(piece as usize).copied().unwrap_or(0)
    }

    /// Worth of a piece that no entry has.
    pub(super) fn worth_unseen(&self) -> u16 {
        worth_of(0, self.entries)
    }
}

fn worth_of(frequency: u32, entries: u32) -> u16 {
    let all = 2 * (u64::from(entries) + IMAGINED_ENTRIES);
    let with = 2 * u64::from(frequency) + 1;
    let worth = log2_thousandths(all).saturating_sub(log2_thousandths(with));
    u16::try_from(worth).unwrap_or(u16::MAX)
}

/// log2 in thousandths, rounded down, exact in integers: squaring yields one binary digit at a time.
fn log2_thousandths(value: u64) -> u32 {
    const DIGITS: u32 = 16;
    let whole = value.max(1).ilog2();
    let mut rest = (u128::from(value.max(1)) << 32) >> whole;
    let mut fraction = 0_u32;
    for _ in 0..DIGITS {
        rest = (rest * rest) >> 32;
        fraction <<= 1;
        if rest >= 2 << 32 {
            rest >>= 1;
            fraction |= 1;
        }
    }
    whole * 1000 + ((fraction * 125) >> (DIGITS - 3))
}

/// A hash of kind and text, mixed once more.
fn key(piece: &Piece<'_>) -> u64 {
    let kind = match piece.kind {
        Kind::Word => 1_u8,
        Kind::Pair => 2,
        Kind::Single => 3,
        Kind::Related => 4,
    };
    let hash = fnv(std::iter::once(kind).chain(piece.text.bytes()));
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Keys are hashes already.
#[derive(Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log2_agrees_with_the_real_one() {
        for value in [1_u64, 2, 3, 7, 10, 100, 999, 65_536, 2_000_061] {
            #[expect(clippy::cast_precision_loss, reason = "small test values")]
            let real = (value as f64).log2() * 1000.0;
            let ours = f64::from(log2_thousandths(value));
            assert!((real - ours).abs() <= 1.0, "log2({value}): {real} against {ours}");
        }
    }

    #[test]
    fn rare_pieces_are_worth_more_and_removal_undoes_adding() {
        let mut statistics = Statistics::default();
        statistics.add(&[0, 1]);
        statistics.settle();
        let before = statistics.worth(0);
        statistics.add(&[0]);
        statistics.settle();
        assert!(statistics.worth(0) < statistics.worth(1));
        assert!(statistics.worth(1) < statistics.worth_unseen());
        statistics.remove(&[0]);
        statistics.settle();
        assert_eq!((statistics.worth(0), statistics.entries()), (before, 1));
    }
}
