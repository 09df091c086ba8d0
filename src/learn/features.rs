//! Analysed texts → weighted features. Two blocks, words and characters, each of unit length, so that neither drowns the other.

use std::collections::HashMap;

use crate::digest::fnv;
use crate::text::{Analysis, Kind, pieces};

/// Features of one text, ascending, each with what it weighs.
pub(super) type Row = Vec<(u32, f32)>;

/// How often each piece stands in a text, by key.
pub(super) struct Bag {
    words: Vec<(u64, u16)>,
    characters: Vec<(u64, u16)>,
}

impl Bag {
    pub(super) fn of(analysis: &Analysis) -> Self {
        let mut bag = Self { words: Vec::new(), characters: Vec::new() };
        for piece in pieces(analysis) {
            let block = match piece.kind {
                Kind::Word | Kind::Related => &mut bag.words,
                Kind::Pair | Kind::Single => &mut bag.characters,
            };
            block.push((key(piece.kind, piece.text), 1));
        }
        [&mut bag.words, &mut bag.characters].into_iter().for_each(count);
        bag
    }

    /// Distinct keys.
    fn keys(&self) -> impl Iterator<Item = u64> {
        self.words.iter().chain(&self.characters).map(|(key, _)| *key)
    }
}

/// The name of a piece in a model, part of the format. Among a million pieces two meet once in 30 million.
pub(super) fn key(kind: Kind, text: &str) -> u64 {
    let kind = match kind {
        Kind::Word | Kind::Related => b'w',
        Kind::Pair | Kind::Single => b'c',
    };
    fnv(std::iter::once(kind).chain(text.bytes()))
}

/// Sorted, equal keys added up.
fn count(block: &mut Vec<(u64, u16)>) {
    block.sort_unstable();
    block.dedup_by(|again, kept| {
        let same = again.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(again.1);
        }
        same
    });
}

/// Which pieces count, and how telling each is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Vocabulary {
    /// Ascending; a feature's number is its place.
    pub(super) keys: Vec<u64>,
    /// Inverse document frequency: ln((1 + n) / (1 + df)) + 1.
    pub(super) worth: Vec<f32>,
}

/// Features of a model at most, and weights (features times labels): the ones that most texts have stay.
const MOST_FEATURES: usize = 400_000;
const MOST_WEIGHTS: usize = 8_000_000;

impl Vocabulary {
    pub(super) fn learn<'a>(bags: impl Iterator<Item = &'a Bag>, labels: usize) -> Self {
        let mut texts = 0_u32;
        let mut frequency: HashMap<u64, u32> = HashMap::new();
        for bag in bags {
            texts += 1;
            bag.keys().for_each(|key| *frequency.entry(key).or_default() += 1);
        }
        let mut frequency: Vec<(u64, u32)> = frequency.into_iter().collect();
        let most = MOST_FEATURES.min(MOST_WEIGHTS / labels.max(1));
        if frequency.len() > most {
            frequency.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
            frequency.truncate(most);
        }
        frequency.sort_unstable();
        let worth = |df: u32| (f64::from(1 + texts) / f64::from(1 + df)).ln() + 1.0;
        Self {
            keys: frequency.iter().map(|(key, _)| *key).collect(),
            worth: frequency.iter().map(|(_, df)| worth(*df) as f32).collect(),
        }
    }

    pub(super) fn number(&self, key: u64) -> Option<u32> {
        self.keys.binary_search(&key).ok().and_then(|place| u32::try_from(place).ok())
    }

    /// Known pieces only.
    pub(super) fn row(&self, bag: &Bag) -> Row {
        let mut row = self.block(&bag.words);
        row.extend(self.block(&bag.characters));
        row.sort_unstable_by_key(|(feature, _)| *feature);
        row
    }

    fn block(&self, pieces: &[(u64, u16)]) -> Row {
        let known = pieces.iter().filter_map(|(key, count)| Some((self.number(*key)?, *count)));
        let weigh =
            |(feature, count): (u32, u16)| (feature, (1.0 + f32::from(count).ln()) * self.worth[feature as usize]);
        let mut row: Row = known.map(weigh).collect();
        let length = row.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        row.iter_mut().for_each(|(_, weight)| *weight /= length.max(f32::MIN_POSITIVE));
        row
    }
}
