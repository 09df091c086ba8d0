//! The ciphers, and how a ticket's key comes about.

use std::io;

use aes_gcm::aead::{Aead as _, KeyInit, Nonce, Payload};
use aes_gcm::aes::cipher::consts::U12;
use aes_gcm::{Aes256Gcm, AesGcm};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sm3::Sm3;
use sm4::Sm4;

use super::KeyId;

type Sm4Gcm = AesGcm<Sm4, U12>;

/// How envelopes are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
pub enum Algorithm {
    /// AES-256-GCM (NIST SP 800-38D).
    #[serde(rename = "aes-256-gcm")]
    #[value(name = "aes-256-gcm")]
    Aes256Gcm,
    /// SM4 (GB/T 32907) in GCM; the algorithm, not a certified module.
    #[serde(rename = "sm4-gcm")]
    #[value(name = "sm4-gcm")]
    Sm4Gcm,
}

impl Algorithm {
    /// The same as in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "aes-256-gcm",
            Self::Sm4Gcm => "sm4-gcm",
        }
    }

    pub(super) fn encrypt(self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], msg: &[u8]) -> io::Result<Vec<u8>> {
        let payload = Payload { msg, aad };
        let done = match self {
            Self::Aes256Gcm => Aes256Gcm::new(key.into()).encrypt(&Nonce::<Aes256Gcm>::from(*nonce), payload),
            Self::Sm4Gcm => Sm4Gcm::new(&half(key).into()).encrypt(&Nonce::<Sm4Gcm>::from(*nonce), payload),
        };
        done.map_err(|_| io::Error::other("too much for one envelope"))
    }

    pub(super) fn decrypt(self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], msg: &[u8]) -> io::Result<Vec<u8>> {
        let payload = Payload { msg, aad };
        let done = match self {
            Self::Aes256Gcm => Aes256Gcm::new(key.into()).decrypt(&Nonce::<Aes256Gcm>::from(*nonce), payload),
            Self::Sm4Gcm => Sm4Gcm::new(&half(key).into()).decrypt(&Nonce::<Sm4Gcm>::from(*nonce), payload),
        };
        done.map_err(|_| io::Error::other("not what was encrypted"))
    }
}

/// SM4 takes 128 bits.
fn half(key: &[u8; 32]) -> [u8; 16] {
    std::array::from_fn(|n| key[n])
}

/// The key of a ticket: HMAC-SM3 of the slot under the master key.
pub(super) fn derive(master: &[u8; 32], id: KeyId, slot: &[u8; 32]) -> [u8; 32] {
    // A key of any length is fine.
    let Ok(mut mac) = <Hmac<Sm3> as KeyInit>::new_from_slice(master) else { return [0; 32] };
    mac.update(b"paidan ticket key 1");
    mac.update(&id.slot.to_le_bytes());
    mac.update(slot);
    let out = mac.finalize().into_bytes();
    std::array::from_fn(|n| out[n])
}

/// Of the operating system.
pub(super) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}
