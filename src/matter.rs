//! Who came and about what, without names and words: what earlier tickets are found by. It decides nothing and knows no
//! store.
//!
//! A [`Signature`] is a sample of the telling words of a text. The share of words that two samples have in common (Jaccard,
//! thousandths) says how alike two matters are. Measured on 4,326 citizens' messages of one city (`cargo bench --bench
//! matter -- FILE`), all 9.3 million pairs of them and edited copies:
//!
//! | pairs at or above | 200 | 300 | 400 | 450 | 500 |
//! |---|---|---|---|---|---|
//! | of different messages, in a million | 289 | 96 | 67 | 60 | 56 |
//!
//! | a copy | lowest 1 % | lowest 5 % | median |
//! |---|---|---|---|
//! | with greetings around it | 909 | 944 | 982 |
//! | without its title | 789 | 880 | 984 |
//! | with twelve words swapped for others | 764 | 828 | 953 |
//! | without every third sentence | 272 | 452 | 796 |
//! | without every second sentence | 83 | 151 | 531 |
//!
//! Different messages include true repeats: of the pairs read by hand, at 500 and above 11 of 12 are one matter told again,
//! from 400 to 500 9 of 12, from 300 to 350 half, the rest another case of the same kind (noise of another building site).
//! One requester seldom has two such cases, so [`SAME_REQUESTER`] is low; strangers often do, so [`ANYBODY`] is higher.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::digest::{Digest, Hasher, fnv};
use crate::text::{Analysis, normalise_word};

/// One requester tells the same matter again, in thousandths.
pub const SAME_REQUESTER: u16 = 300;
/// Somebody else tells the same matter, in thousandths.
pub const ANYBODY: u16 = 450;
/// Words that both texts need at least: two of one requester, several of strangers, who may share 小区路灯不亮.
const LEAST_OF_ONE: usize = 2;
const LEAST_OF_TWO: usize = 6;
/// Words of a signature; a longer text is sampled.
const SAMPLE: usize = 64;
/// Lesser words than these tell too little: see `Term::weight`.
const TELLING: u16 = 500;
/// Two matters of likeness `s` share a band with probability 1 − (1 − s³)⁸: 0.53 at 0.45, 0.86 at 0.6, 0.98 at 0.75, 0.0002
/// at 0.03, which is the likeness of two messages taken at random. Each band is a key that every intake writes.
const BANDS: usize = 8;
const ROWS: usize = 3;

/// A sample of the telling words of a text: hashes, rising. Words cannot be read back; personal data never goes in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Signature(Vec<u32>);

/// What a ticket is found by later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Trace {
    /// Digest of the requester's id, else of the telephone number; absent when neither is known. It hides a number from
    /// readers, not from somebody who tries all numbers, so it is covered like personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub requester: Option<Digest>,
    #[serde(default)]
    pub signature: Signature,
}

impl Trace {
    pub fn new(id: &str, phone: &str, analysis: &Analysis) -> Self {
        Self { requester: requester(id, phone), signature: Signature::of(analysis) }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether both come from one requester; two unknown ones are not the same.
    pub fn same_requester(&self, other: &Self) -> bool {
        self.requester.is_some() && self.requester == other.requester
    }

    /// How alike the matters are in thousandths, where they are alike enough to be one.
    pub fn same_matter(&self, other: &Self) -> Option<u16> {
        let (least, threshold) =
            if self.same_requester(other) { (LEAST_OF_ONE, SAME_REQUESTER) } else { (LEAST_OF_TWO, ANYBODY) };
        let enough = self.signature.0.len().min(other.signature.0.len()) >= least;
        Some(self.signature.likeness(&other.signature)).filter(|likeness| enough && *likeness >= threshold)
    }
}

impl Signature {
    pub fn of(analysis: &Analysis) -> Self {
        let telling = analysis.terms.iter().filter(|term| term.weight >= TELLING);
        let mut words: Vec<u32> = telling.map(|term| hash(&term.text)).collect();
        words.sort_unstable();
        words.dedup();
        // The lowest hashes are a fair sample: the same words of two texts are in it or out of it together.
        words.truncate(SAMPLE);
        Self(words)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Hashes of the words in the sample, rising.
    pub fn words(&self) -> &[u32] {
        &self.0
    }

    /// Jaccard in thousandths, estimated over the lowest hashes of both together.
    pub fn likeness(&self, other: &Self) -> u16 {
        let (mut ours, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let (mut shared, mut seen) = (0_usize, 0_usize);
        while seen < SAMPLE
            && let Some(next) = [ours.peek(), theirs.peek()].into_iter().flatten().min().copied()
        {
            let both = [ours.next_if_eq(&next), theirs.next_if_eq(&next)];
            shared += usize::from(both.iter().all(Option::is_some));
            seen += 1;
        }
        // At most 1000.
        (shared * 1000).checked_div(seen).unwrap_or(0) as u16
    }

    /// Keys under which alike signatures meet (min-hashing); none for a text of too few words to be looked for.
    pub fn bands(&self) -> Vec<u64> {
        if self.0.len() < LEAST_OF_TWO {
            return Vec::new();
        }
        let lowest = |seed: u64| self.0.iter().map(|word| mix(u64::from(*word) ^ (seed << 32))).min().unwrap_or(0);
        let band = |band: usize| (1..=ROWS).fold(0, |all, row| mix(all ^ lowest((band * ROWS + row) as u64)));
        (0..BANDS).map(band).collect()
    }
}

/// FNV-1a, mixed: it is stored, so it may never change.
fn hash(word: &str) -> u32 {
    (mix(fnv(word.bytes())) >> 32) as u32
}

/// The finaliser of splitmix64.
fn mix(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// However an id or a number is spaced and prefixed, it is the same requester; `None`: it is nobody's.
pub fn requester(id: &str, phone: &str) -> Option<Digest> {
    let id: String = normalise_word(id).chars().filter(|c| c.is_alphanumeric()).collect();
    let digits: String = normalise_word(phone).chars().filter(char::is_ascii_digit).collect();
    let phone = ["0086", "86"].iter().find_map(|code| digits.strip_prefix(code).filter(|it| it.len() == 11));
    let (kind, value) = match (id.as_str(), phone.unwrap_or(&digits)) {
        (id, _) if tells(id, 5) => ("id", id),
        (_, phone) if tells(phone, 7) => ("phone", phone),
        _ => return None,
    };
    let mut hasher = Hasher::default();
    hasher.part(b"requester").part(kind.as_bytes()).part(value.as_bytes());
    Some(hasher.finish())
}

/// 无, 匿名 and 00000000 are no identity.
fn tells(value: &str, least: usize) -> bool {
    let first = value.chars().next();
    value.chars().count() >= least && value.chars().any(|c| Some(c) != first)
}

#[cfg(test)]
mod tests;
