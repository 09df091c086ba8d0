//! Backups: files of a data folder copied while a service may be writing, and a manifest. Needs no lock: sealed segments
//! and blobs never change, of the segment that is written to the whole frames are taken, and blobs are copied after the
//! journal, so that every blob a frame names is there. Until the new manifest stands, the one before holds.

mod check;
mod manifest;
mod restore;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Deserialize;

pub use self::check::{Checked, check};
pub use self::manifest::{Kept, Manifest};
pub use self::restore::restore;
pub(super) use self::restore::{begin, is_empty};

use self::manifest::{Contents, digest_of, put};
use super::journal::frame::{self, Frame};
use super::journal::segment::{self, is_sealed};
use super::journal::stored::Loaded;
use super::payload;
use crate::digest::sm3_hex;

/// Names at the top of a data folder that are no part of a backup: derived, of this process alone, or kept apart.
const LEFT_OUT: [&str; 6] = ["lock", "view", "keys", "journal", "blobs", "manifest.json"];

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{path}：{cause}", path = .path.display())]
    Io { path: PathBuf, cause: io::Error },
    #[error("{dir}不是数据目录（没有 journal），请用 --data 指定", dir = .dir.display())]
    NotData { dir: PathBuf },
    #[error("{dir}不是备份（没有 manifest.json）", dir = .dir.display())]
    NotABackup { dir: PathBuf },
    #[error("{file}有误：{reason}", file = .file.display())]
    Wrong { file: PathBuf, reason: String },
    #[error("{file}在第{offset}字节处损坏，没有备份，原有的备份不变；请先恢复数据目录", file = .file.display())]
    Damaged { file: PathBuf, offset: usize },
    #[error("备份目录{dir}里是另一个数据目录的备份，或比它更新（{what}）；请换一个备份目录", dir = .dir.display())]
    Foreign { dir: PathBuf, what: String },
    #[error("{dir}不是空的，请换一个空目录", dir = .dir.display())]
    NotEmpty { dir: PathBuf },
}

impl BackupError {
    fn io(path: &Path, cause: io::Error) -> Self {
        Self::Io { path: path.to_owned(), cause }
    }
}

/// What a backup copied, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    pub copied: u64,
    pub copied_bytes: u64,
    /// Files that were there already.
    pub unchanged: u64,
    pub manifest: Manifest,
}

/// Brings a backup up to date, or begins one.
pub fn backup(data: &Path, to: &Path, now: DateTime<Utc>) -> Result<Backup, BackupError> {
    if !data.join("journal").is_dir() {
        return Err(BackupError::NotData { dir: data.to_owned() });
    }
    fs::create_dir_all(to).map_err(|cause| BackupError::io(to, cause))?;
    let before = Manifest::read(to)?;
    let mut copy = Copy { data, to, before: before.as_ref(), files: Vec::new(), copied: 0, copied_bytes: 0 };
    copy.journal()?;
    copy.blobs()?;
    copy.others("")?;
    let Copy { files, copied, copied_bytes, .. } = copy;
    let unchanged = files.len() as u64 - copied;
    let manifest = Manifest::of(files, now);
    if before.as_ref().is_some_and(|before| (before.epoch, before.next) > (manifest.epoch, manifest.next)) {
        return Err(BackupError::Foreign { dir: to.to_owned(), what: "序号倒退".into() });
    }
    manifest.write(to)?;
    if let Some(before) = before {
        forget(to, &before, &manifest)?;
    }
    Ok(Backup { copied, copied_bytes, unchanged, manifest })
}

/// Removes what only the manifest before named.
fn forget(to: &Path, before: &Manifest, now: &Manifest) -> Result<(), BackupError> {
    for file in before.files.iter().filter(|file| now.at(&file.at).is_none()) {
        let path = to.join(&file.at);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(BackupError::io(&path, cause)),
            _ => {}
        }
    }
    Ok(())
}

struct Copy<'a> {
    data: &'a Path,
    to: &'a Path,
    before: Option<&'a Manifest>,
    files: Vec<Kept>,
    copied: u64,
    copied_bytes: u64,
}

impl Copy<'_> {
    fn journal(&mut self) -> Result<(), BackupError> {
        let dir = self.data.join("journal");
        let io = |cause| BackupError::io(&dir, cause);
        let mut firsts: Vec<u64> = segment::list(&dir).map_err(io)?.into_iter().map(|(first, _)| first).collect();
        firsts.dedup();
        let newest = firsts.last().copied();
        for first in firsts {
            loop {
                // Between two looks a plain file may have become a sealed one.
                let path = segment::present(&dir, first);
                match self.segment(&path, first, Some(first) == newest) {
                    Err(BackupError::Io { cause, .. })
                        if cause.kind() == io::ErrorKind::NotFound && !is_sealed(&path) => {}
                    done => break done?,
                }
            }
        }
        Ok(())
    }

    fn segment(&mut self, path: &Path, first: u64, newest: bool) -> Result<(), BackupError> {
        let (io, name) = (|cause| BackupError::io(path, cause), name_of(path, "journal/"));
        let known = self.before.and_then(|before| before.at(&name)).filter(|_| is_sealed(path)).cloned();
        if let Some(known) = known {
            return if digest_of(path).map_err(io)? == (known.bytes, known.sm3.clone()) {
                self.there(known)
            } else {
                Err(BackupError::Foreign { dir: self.to.to_owned(), what: format!("{name}不同") })
            };
        }
        let loaded = Loaded::read(path).map_err(io)?;
        let damaged = |offset| Err(BackupError::Damaged { file: path.to_owned(), offset });
        let Some(plain) = loaded.plain() else { return damaged(0) };
        let (contents, good) = contents(plain, first);
        let growing = newest && !is_sealed(path);
        if growing && plain.len() < segment::HEADER {
            return Ok(());
        }
        if contents.epoch == 0 || good < plain.len() && (!growing || goes_on(&plain[good..])) {
            return damaged(good);
        }
        let (bytes, at) = match is_sealed(path) {
            true => (loaded.file(), name.clone()),
            false => (&plain[..good], changing(&name, &plain[..good])),
        };
        self.keep(name, at, bytes, Some(contents))
    }

    fn blobs(&mut self) -> Result<(), BackupError> {
        let dir = self.data.join("blobs");
        for folder in children(&dir)?.into_iter().filter(|path| path.is_dir()) {
            for path in children(&folder)? {
                // What is being written.
                if path.extension().is_some() {
                    continue;
                }
                let name = name_of(&path, &format!("{}/", name_of(&folder, "blobs/")));
                let len = fs::metadata(&path).map_err(|cause| BackupError::io(&path, cause))?.len();
                // Its name says what it holds: what is there already was compared with that when it was copied.
                match self.before.and_then(|before| before.at(&name)).filter(|known| known.bytes == len).cloned() {
                    Some(known) => self.there(known)?,
                    None => {
                        let bytes = fs::read(&path).map_err(|cause| BackupError::io(&path, cause))?;
                        self.keep(name.clone(), name, &bytes, None)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Tokens, the audit log, and what else lies in the folder.
    fn others(&mut self, below: &str) -> Result<(), BackupError> {
        for path in children(&self.data.join(below))? {
            let name = name_of(&path, below);
            let derived = name.starts_with("view.") || name.starts_with("keys.") || name.ends_with(".part");
            if below.is_empty() && (LEFT_OUT.contains(&name.as_str()) || derived) {
                continue;
            }
            if path.is_dir() {
                self.others(&format!("{name}/"))?;
            } else if path.is_file() {
                let bytes = fs::read(&path).map_err(|cause| BackupError::io(&path, cause))?;
                let at = changing(&name, &bytes);
                self.keep(name, at, &bytes, None)?;
            }
        }
        Ok(())
    }

    /// Copies what is not there yet.
    fn keep(&mut self, path: String, at: String, bytes: &[u8], segment: Option<Contents>) -> Result<(), BackupError> {
        let kept = Kept { path, at, bytes: bytes.len() as u64, sm3: sm3_hex(bytes), segment };
        let there = self.before.and_then(|before| before.at(&kept.at));
        if there.is_some_and(|there| (there.bytes, &there.sm3) == (kept.bytes, &kept.sm3)) {
            return self.there(kept);
        }
        let target = self.to.join(&kept.at);
        let write = || {
            target.parent().map_or(Ok(()), fs::create_dir_all)?;
            put(&target, bytes)
        };
        write().map_err(|cause| BackupError::io(&target, cause))?;
        self.copied += 1;
        self.copied_bytes += kept.bytes;
        self.files.push(kept);
        Ok(())
    }

    /// What a backup before holds, if it still does.
    fn there(&mut self, kept: Kept) -> Result<(), BackupError> {
        let path = self.to.join(&kept.at);
        let len = fs::metadata(&path).map_err(|cause| BackupError::io(&path, cause))?.len();
        if len != kept.bytes {
            return Err(BackupError::Wrong {
                file: path, reason: format!("长{len}字节，清单写的是{}", kept.bytes)
            });
        }
        self.files.push(kept);
        Ok(())
    }
}

/// What the frames of a segment hold, and how many bytes of it are good. Epoch 0: not even the header.
fn contents(plain: &[u8], first: u64) -> (Contents, usize) {
    let mut contents = Contents { epoch: 0, first, next: first, commits: 0, tickets: 0 };
    let Some(header) = segment::Header::decode(plain).filter(|header| header.first == first) else {
        return (contents, 0);
    };
    contents.epoch = header.epoch;
    let good = segment::frames(plain, first, &mut |frame: &Frame<'_>| {
        contents.next = frame.next();
        contents.commits += 1;
        contents.tickets += u64::from(begins_ticket(frame.payload));
    });
    (contents, good)
}

/// Whether a later write stands behind something bad: then that was not just being written.
fn goes_on(rest: &[u8]) -> bool {
    (1..rest.len()).any(|at| frame::decode(&rest[at..]).is_some_and(|frame| frame.opens))
}

/// Whether a ticket begins with a commit.
fn begins_ticket(payload: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Commit {
        ticket: Ticket,
    }
    #[derive(Deserialize)]
    struct Ticket {
        head: Head,
    }
    #[derive(Deserialize)]
    struct Head {
        version: u32,
    }
    let first = |payload| serde_json::from_slice::<Commit>(payload).is_ok_and(|it| it.ticket.head.version == 1);
    payload::is_ticket(payload) && first(payload)
}

/// Where a file that may still change is kept.
fn changing(name: &str, bytes: &[u8]) -> String {
    let digest = sm3_hex(bytes);
    format!("{name}.{}", &digest[..16])
}

fn children(dir: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let list = || fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    let mut found = match list() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        listed => listed.map_err(|cause| BackupError::io(dir, cause))?,
    };
    found.sort();
    Ok(found)
}

fn name_of(path: &Path, below: &str) -> String {
    format!("{below}{}", path.file_name().unwrap_or_default().to_string_lossy())
}
