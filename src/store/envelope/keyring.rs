//! `master.toml`: the master keys, oldest first; new envelopes use the newest, old ones keep theirs.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::cipher::{Algorithm, random};
use super::{hand_over, write};
use crate::store::journal::segment::sync_dir;

const HEAD: &str = "# 主密钥：与数据分开备份，丢失则已加密的内容无法恢复。由 paidan keys new 生成，请勿手工改动。\n\n";

/// The keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("无法读写密钥目录{path}：{cause}", path = .path.display())]
    Io { path: PathBuf, cause: io::Error },
    #[error("密钥文件{path}有误：{cause}；请用备份的密钥文件替换", path = .path.display())]
    Damaged { path: PathBuf, cause: String },
    #[error("配置要求加密（encryption = true），但{path}中没有主密钥；请恢复密钥备份，首次启用时运行 paidan keys new", path = .path.display())]
    Missing { path: PathBuf },
}

pub(super) struct Master {
    pub(super) id: u32,
    pub(super) algorithm: Algorithm,
    pub(super) secret: [u8; 32],
}

/// Where the master keys are.
#[derive(Clone, Debug)]
pub struct MasterFile {
    dir: PathBuf,
}

/// One `[[key]]`; the secret is 64 hex digits.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    id: u32,
    algorithm: Algorithm,
    created: DateTime<Utc>,
    secret: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default, rename = "key")]
    keys: Vec<Kept>,
}

/// What may be shown of a master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLine {
    pub id: u32,
    pub algorithm: Algorithm,
    pub created: DateTime<Utc>,
}

impl MasterFile {
    pub fn of(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.join("master.toml")
    }

    /// Oldest first, without the secrets.
    pub fn list(&self) -> Result<Vec<KeyLine>, KeysError> {
        let line = |kept: &Kept| KeyLine { id: kept.id, algorithm: kept.algorithm, created: kept.created };
        Ok(self.read()?.keys.iter().map(line).collect())
    }

    /// Adds a master key; from the next start on new envelopes use it. Durable when it returns.
    pub fn add(&self, algorithm: Algorithm, now: DateTime<Utc>) -> Result<KeyLine, KeysError> {
        let mut content = self.read()?;
        let id = content.keys.last().map_or(1, |last| last.id + 1);
        let secret = random::<32>().map_err(|cause| self.io(cause))?.iter().map(|byte| format!("{byte:02x}")).collect();
        content.keys.push(Kept { id, algorithm, created: now, secret });
        self.write(&content).map_err(|cause| self.io(cause))?;
        Ok(KeyLine { id, algorithm, created: now })
    }

    pub(super) fn masters(&self) -> Result<Vec<Master>, KeysError> {
        let damaged = || KeysError::Damaged { path: self.path(), cause: "secret 应为64位十六进制数".into() };
        let master = |kept: Kept| {
            let secret = unhex(&kept.secret).ok_or_else(damaged)?;
            Ok(Master { id: kept.id, algorithm: kept.algorithm, secret })
        };
        self.read()?.keys.into_iter().map(master).collect()
    }

    fn read(&self) -> Result<Content, KeysError> {
        match fs::read_to_string(self.path()) {
            Ok(text) => toml::from_str(&text)
                .map_err(|err| KeysError::Damaged { path: self.path(), cause: err.message().to_owned() }),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(Content::default()),
            Err(cause) => Err(self.io(cause)),
        }
    }

    fn write(&self, content: &Content) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        let above = self.dir.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        hand_over(&self.dir, above)?;
        let text = format!("{HEAD}{}", toml::to_string(content).map_err(io::Error::other)?);
        write(&self.path(), &text)?;
        // The name of the folder itself.
        sync_dir(above)
    }

    fn io(&self, cause: io::Error) -> KeysError {
        KeysError::Io { path: self.dir.clone(), cause }
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, n) in out.iter_mut().zip(0..) {
        *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(out)
}
