//! `tokens.toml` in the data folder: read as a whole, written as a whole. Whoever reads it sees the old list or the new
//! one, and two who change it at once do so one after the other.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::token::Token;

const HEAD: &str = "# 访问令牌（只存 SM3）。请用 paidan token new、list、revoke 管理；手工改动即时生效。\n\
                    # Written by `paidan token`; a running service takes every change.\n\n";
/// Nobody but the owner needs to know who may call.
const MODE: u32 = 0o600;

/// Where the tokens made by `paidan token new` are kept.
#[derive(Clone, Debug)]
pub struct TokenFile {
    folder: PathBuf,
}

/// Tells one state of the file from another: every write makes a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// `None`: there is no file.
    pub(super) fn of(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::metadata(path) {
            Ok(it) => Ok(Some(Self { inode: it.ino(), bytes: it.len(), modified: (it.mtime(), it.mtime_nsec()) })),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(err) => Err(err),
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default, rename = "token")]
    tokens: Vec<Token>,
}

impl TokenFile {
    /// The file in the data folder `folder`.
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.join("tokens.toml")
    }

    /// All tokens; none when there is no file.
    pub fn read(&self) -> anyhow::Result<Vec<Token>> {
        let text = self.text().with_context(|| format!("读取 {} 失败，请检查权限", self.path().display()))?;
        self.parse(&text)
    }

    /// Changes the list, or leaves the file as it is when `change` fails.
    pub fn edit<T>(&self, change: impl FnOnce(&mut Vec<Token>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("建立数据目录 {} 失败", self.folder.display()))?;
        // Of its own, because a rename puts another file in the list's place. Given up when it is closed.
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(MODE)
            .open(self.folder.join("tokens.lock"))
            .and_then(|file| self.hand_over(&file).and_then(|()| file.lock()).map(|()| file));
        let _lock = lock.with_context(|| format!("锁定 {} 失败，请检查权限", self.path().display()))?;
        let mut tokens = self.read()?;
        let done = change(&mut tokens)?;
        self.write(tokens).with_context(|| format!("写入 {} 失败，请检查权限和空间", self.path().display()))?;
        Ok(done)
    }

    /// `None`: there is no file.
    pub(super) fn stamp(&self) -> io::Result<Option<Stamp>> {
        Stamp::of(&self.path())
    }

    pub(super) fn text(&self) -> io::Result<String> {
        match std::fs::read_to_string(self.path()) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            other => other,
        }
    }

    pub(super) fn parse(&self, text: &str) -> anyhow::Result<Vec<Token>> {
        let content: Content =
            toml::from_str(text).with_context(|| format!("{} 有误，请改正", self.path().display()))?;
        Ok(content.tokens)
    }

    fn write(&self, tokens: Vec<Token>) -> anyhow::Result<()> {
        let text = format!("{HEAD}{}", toml::to_string(&Content { tokens })?);
        let new = self.folder.join("tokens.toml.new");
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(MODE).open(&new)?;
        file.set_permissions(Permissions::from_mode(MODE))?;
        self.hand_over(&file)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, self.path())?;
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    /// A file belongs to whom the folder belongs: the service must be able to use what root wrote.
    fn hand_over(&self, file: &File) -> io::Result<()> {
        let (folder, own) = (std::fs::metadata(&self.folder)?, file.metadata()?);
        if folder.uid() == own.uid() {
            return Ok(());
        }
        fchown(file, Some(folder.uid()), Some(folder.gid()))
    }
}
