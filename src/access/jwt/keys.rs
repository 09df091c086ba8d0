//! The public keys of a login: a JWKS file, read again when it changes, or when somebody comes with a key that is not in it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

use super::super::file::Stamp;

/// Signatures that count.
pub(super) const ALGORITHMS: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];
/// How long a change may go unnoticed.
const LOOK: TimeDelta = TimeDelta::seconds(1);
/// Pause between two readings for the sake of unknown keys.
const BREATH: TimeDelta = TimeDelta::seconds(5);
/// Keys of one file.
const MOST: usize = 100;

/// One key.
pub(super) struct Key {
    id: String,
    /// What it may be used with.
    algorithms: Vec<Algorithm>,
    pub(super) decoding: DecodingKey,
}

impl Key {
    pub(super) fn signs(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// All keys as they stand now.
#[derive(Debug)]
pub(super) struct Keys {
    path: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    keys: Vec<Arc<Key>>,
    stamp: Option<Stamp>,
    looked: DateTime<Utc>,
    /// When it was last read because of an unknown key.
    sought: DateTime<Utc>,
}

impl Keys {
    pub(super) fn open(path: &Path, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let stamp = Stamp::of(path).with_context(|| format!("reading jwt.keys {}", path.display()))?;
        let keys = read(path)?;
        let known = Known { keys, stamp, looked: now, sought: DateTime::UNIX_EPOCH };
        Ok(Self { path: path.to_owned(), known: Mutex::new(known) })
    }

    /// The key of this id; without an id, the only one.
    pub(super) fn find(&self, id: Option<&str>, now: DateTime<Utc>) -> Option<Arc<Key>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if (now - known.looked).abs() >= LOOK {
            known.looked = now;
            let stamp = Stamp::of(&self.path).ok().flatten();
            if stamp.is_some() && stamp != known.stamp {
                self.take(&mut known, stamp);
            }
        }
        let found = known.named(id);
        if found.is_some() || (now - known.sought).abs() < BREATH {
            return found;
        }
        known.sought = now;
        let stamp = Stamp::of(&self.path).ok().flatten();
        self.take(&mut known, stamp);
        known.named(id)
    }

    /// A file that cannot be read changes nothing.
    fn take(&self, known: &mut Known, stamp: Option<Stamp>) {
        match read(&self.path) {
            Ok(keys) => {
                if stamp != known.stamp {
                    tracing::info!(keys = keys.len(), "jwt.keys changed");
                }
                (known.keys, known.stamp) = (keys, stamp);
            }
            Err(error) => tracing::error!("jwt.keys 有误，沿用此前的公钥：{error:#}"),
        }
    }
}

impl Known {
    fn named(&self, id: Option<&str>) -> Option<Arc<Key>> {
        match id {
            Some(id) => self.keys.iter().find(|key| key.id == id).cloned(),
            None => Some(&self.keys[..]).filter(|keys| keys.len() == 1).and_then(|keys| keys.first().cloned()),
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<Arc<Key>>> {
    let named = || format!("jwt.keys {}", path.display());
    let text = std::fs::read_to_string(path).with_context(named)?;
    let set: JwkSet = serde_json::from_str(&text).with_context(named)?;
    ensure!(set.keys.len() <= MOST, "{}: at most {MOST} keys", named());
    let keys: Vec<Arc<Key>> = set.keys.iter().filter_map(key).map(Arc::new).collect();
    ensure!(!keys.is_empty(), "{}: no key that signs (RSA, P-256 or Ed25519)", named());
    Ok(keys)
}

/// `None`: it is for something else. A shared secret (`oct`) never counts.
fn key(jwk: &Jwk) -> Option<Key> {
    let signs = jwk.common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
    let family: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[Algorithm::RS256, Algorithm::PS256],
        AlgorithmParameters::EllipticCurve(it) if it.curve == EllipticCurve::P256 => &[Algorithm::ES256],
        AlgorithmParameters::OctetKeyPair(it) if it.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
        _ => return None,
    };
    let named = jwk.common.key_algorithm.map(|it| it.to_string());
    let fits = |it: &&Algorithm| named.as_ref().is_none_or(|named| *named == format!("{it:?}"));
    let algorithms: Vec<Algorithm> = family.iter().filter(fits).copied().collect();
    let decoding = DecodingKey::from_jwk(jwk).ok().filter(|_| signs && !algorithms.is_empty())?;
    Some(Key { id: jwk.common.key_id.clone().unwrap_or_default(), algorithms, decoding })
}
