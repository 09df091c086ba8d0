//! SM3 digests (GB/T 32905): the one content address used for releases, knowledge and request bodies; and the one small
//! hash.

use std::fmt;

use serde::{Deserialize, Serialize};
use sm3::{Digest as _, Sm3};

/// A content address: 64 lower-case hex digits of SM3.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(String);

impl Digest {
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.part(bytes);
        hasher.finish()
    }

    /// A digest that was made before and kept as text.
    pub(crate) fn known(hex: String) -> Self {
        Self(hex)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits: enough to tell releases apart in a log line.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Plain SM3 of some bytes as 64 lower-case hex digits: what other programs get, unlike a [`Digest`].
pub fn sm3_hex(bytes: &[u8]) -> String {
    hex(Sm3::new_with_prefix(bytes))
}

/// What a hasher that was fed elsewhere came to.
pub(crate) fn hex(hasher: Sm3) -> String {
    use fmt::Write as _;
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// FNV-1a in 64 bits: names for words and texts where nobody means harm. What it gives is stored, so it may never change.
pub fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Hashes a sequence of parts; each part is preceded by its length, so that parts cannot flow together.
#[derive(Default)]
pub struct Hasher(Sm3);

impl Hasher {
    pub fn part(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub fn finish(self) -> Digest {
        Digest(hex(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv_gives_what_it_always_gave() {
        assert_eq!(fnv([]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv("foobar".bytes()), 0x8594_4171_f739_67e8);
    }

    /// GB/T 32905, example 1.
    #[test]
    fn the_plain_digest_is_that_of_the_standard() {
        assert_eq!(sm3_hex(b"abc"), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    }

    #[test]
    fn parts_do_not_flow_together() {
        let digest = |parts: &[&str]| {
            let mut hasher = Hasher::default();
            for part in parts {
                hasher.part(part.as_bytes());
            }
            hasher.finish()
        };
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_eq!(digest(&["ab", "c"]).as_str().len(), 64);
    }
}
