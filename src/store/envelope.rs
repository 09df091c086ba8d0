//! Envelopes: what a ticket's events hold of a person, encrypted under a key of its own, so that one ticket can be made
//! unreadable without touching the journal.
//!
//! A ticket's key is made of a slot (32 random bytes in `slots`) and a master key (`master.toml`), both in a folder that is
//! backed up apart from the data: neither the data nor one of the two opens anything. Destroying the slot destroys the
//! key. The journal keeps the covered events beside the envelope, so states, counts and clocks need no key.
//!
//! AES-256-GCM, or SM4-GCM (GB/T 32907) with keys derived by HMAC-SM3; each envelope has a random nonce of 96 bits, which
//! is safe because a ticket's key encrypts a few dozen envelopes at most.

mod cipher;
mod keyring;
mod slots;

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

pub use self::cipher::Algorithm;
pub use self::keyring::{KeyLine, KeysError, MasterFile};

use self::keyring::Master;
use self::slots::Slots;
use super::journal::segment::sync_dir;

/// Which key: the master and the slot it is derived from. `<master>.<slot>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct KeyId {
    pub(crate) master: u32,
    pub(crate) slot: u64,
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.master, self.slot)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

impl FromStr for KeyId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('.').and_then(|(master, slot)| Some((master.parse().ok()?, slot.parse().ok()?)));
        parts.map(|(master, slot)| Self { master, slot }).ok_or_else(|| format!("not a key: {text}"))
    }
}

impl TryFrom<String> for KeyId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// An envelope; its key is named beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    /// 12 bytes, Base64.
    nonce: String,
    /// Ciphertext and tag, Base64.
    data: String,
}

/// What came out of an envelope.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Open(Vec<u8>),
    /// The key was destroyed.
    Destroyed,
}

/// The keys of a store.
pub(crate) struct Keys {
    masters: Vec<Master>,
    slots: Slots,
    view: (Algorithm, [u8; 32]),
    /// A file that says that the view has to be made anew.
    renew: PathBuf,
}

impl Keys {
    /// The keys in a folder; `None`: it holds no master key, and nothing is encrypted. A view that was made before somebody
    /// was erased is deleted, with its key: sled keeps old pages.
    pub(crate) fn open(dir: &Path, view: &Path) -> Result<Option<Self>, KeysError> {
        let masters = MasterFile::of(dir).masters()?;
        if masters.is_empty() {
            return Ok(None);
        }
        let io = |cause| KeysError::Io { path: dir.to_owned(), cause };
        let slots = Slots::open(dir).map_err(io)?;
        let mut keys = Self { masters, slots, view: (Algorithm::Aes256Gcm, [0; 32]), renew: dir.join("renew") };
        keys.view = keys.begin_view(&dir.join("view"), view).map_err(io)?;
        Ok(Some(keys))
    }

    /// The key of the view: the one it has, or a new one.
    fn begin_view(&self, named: &Path, view: &Path) -> io::Result<(Algorithm, [u8; 32])> {
        let old = match fs::read_to_string(named) {
            Ok(text) => text.trim().parse::<KeyId>().ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let renew = self.renew.try_exists()?;
        if renew {
            tracing::warn!("persons were erased: the view is made anew");
            remove(fs::remove_dir_all(view))?;
            old.map_or(Ok(()), |old| self.slots.destroy(old.slot).map(drop))?;
        }
        let known = old.filter(|_| !renew).map(|old| self.secret(old)).transpose()?.flatten();
        let key = match known {
            Some(key) => key,
            None => {
                let id = self.fresh()?;
                self.sync()?;
                write(named, &id.to_string())?;
                self.secret(id)?.ok_or_else(|| io::Error::other("a new key is gone"))?
            }
        };
        if renew {
            remove(fs::remove_file(&self.renew))?;
        }
        Ok(key)
    }

    /// A value of the view under its key: nonce, then ciphertext.
    pub(crate) fn hide(&self, key: &[u8], value: &[u8]) -> io::Result<Vec<u8>> {
        let (algorithm, secret) = &self.view;
        let nonce = cipher::random::<12>()?;
        let mut out = nonce.to_vec();
        out.extend(algorithm.encrypt(secret, &nonce, key, value)?);
        Ok(out)
    }

    pub(crate) fn show(&self, key: &[u8], value: &[u8]) -> io::Result<Vec<u8>> {
        let (algorithm, secret) = &self.view;
        let (nonce, data) = value.split_first_chunk().ok_or_else(|| io::Error::other("not encrypted"))?;
        algorithm.decrypt(secret, nonce, key, data)
    }

    /// A key that was never used, under the newest master. Durable only after [`Keys::sync`].
    pub(crate) fn fresh(&self) -> io::Result<KeyId> {
        let newest = self.masters.last().ok_or_else(|| io::Error::other("no master key"))?;
        Ok(KeyId { master: newest.id, slot: self.slots.fresh()? })
    }

    /// Keys that were handed out are on the disk: before the journal names them.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.slots.sync()
    }

    pub(crate) fn seal(&self, key: KeyId, content: &[u8]) -> io::Result<Sealed> {
        let (algorithm, secret) =
            self.secret(key)?.ok_or_else(|| io::Error::other(format!("key {key} is destroyed")))?;
        let nonce = cipher::random::<12>()?;
        let data = algorithm.encrypt(&secret, &nonce, key.to_string().as_bytes(), content)?;
        Ok(Sealed { nonce: STANDARD.encode(nonce), data: STANDARD.encode(data) })
    }

    pub(crate) fn unseal(&self, key: KeyId, sealed: &Sealed) -> io::Result<Content> {
        let Some((algorithm, secret)) = self.secret(key)? else { return Ok(Content::Destroyed) };
        let damaged = || io::Error::other(format!("the envelope under key {key} is damaged"));
        let nonce = STANDARD.decode(&sealed.nonce).ok().and_then(|nonce| nonce.try_into().ok()).ok_or_else(damaged)?;
        let data = STANDARD.decode(&sealed.data).map_err(|_| damaged())?;
        let content = algorithm.decrypt(&secret, &nonce, key.to_string().as_bytes(), &data);
        content.map(Content::Open).map_err(|_| damaged())
    }

    /// Nothing under this key can be read any more. Durable when it returns; again does no harm.
    pub(crate) fn destroy(&self, key: KeyId) -> io::Result<()> {
        if self.slots.destroy(key.slot)? { write(&self.renew, "") } else { Ok(()) }
    }

    /// `None`: destroyed.
    fn secret(&self, key: KeyId) -> io::Result<Option<(Algorithm, [u8; 32])>> {
        let master = self.masters.iter().find(|master| master.id == key.master);
        let master = master.ok_or_else(|| io::Error::other(format!("master key {} is missing", key.master)))?;
        let slot = self.slots.read(key.slot)?;
        Ok(slot.map(|slot| (master.algorithm, cipher::derive(&master.secret, key, &slot))))
    }
}

fn remove(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// A small file, whole and durable, of whoever the folder belongs to.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let (new, folder) = (path.with_extension("new"), path.parent().unwrap_or(Path::new(".")));
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    hand_over(&new, folder)?;
    fs::rename(&new, path)?;
    sync_dir(folder)
}

/// To whom the folder above belongs: the service must be able to use what root wrote.
fn hand_over(path: &Path, above: &Path) -> io::Result<()> {
    let (above, own) = (fs::metadata(above)?, fs::metadata(path)?);
    if above.uid() == own.uid() { Ok(()) } else { chown(path, Some(above.uid()), Some(above.gid())) }
}

#[cfg(test)]
mod tests;
