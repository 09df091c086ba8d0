//! Whether a backup is whole: every file as the manifest says, every frame good, no sequence missing, every blob there.

use std::collections::BTreeSet;
use std::path::Path;

use super::manifest::{Kept, Manifest, digest_of};
use super::{BackupError, contents};
use crate::store::journal::segment;
use crate::store::journal::stored::Loaded;
use crate::store::references;

/// What a look at a backup found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub manifest: Manifest,
    /// File (in the backup) and what is wrong with it (Chinese).
    pub problems: Vec<(String, String)>,
}

/// Reads a backup as a whole. An error: there is none, or its manifest cannot be read.
pub fn check(backup: &Path) -> Result<Checked, BackupError> {
    let none = || BackupError::NotABackup { dir: backup.to_owned() };
    let manifest = Manifest::read(backup)?.ok_or_else(none)?;
    let mut problems = Vec::new();
    for file in &manifest.files {
        if let Some(wrong) = differs(&backup.join(&file.at), file) {
            problems.push((file.at.clone(), wrong));
        }
    }
    if problems.is_empty() {
        segments(backup, &manifest, &mut problems);
    }
    Ok(Checked { manifest, problems })
}

fn differs(path: &Path, file: &Kept) -> Option<String> {
    let safe = |name: &str| !name.starts_with('/') && name.split('/').all(|part| !part.is_empty() && part != "..");
    if !safe(&file.path) || !safe(&file.at) {
        return Some("清单中的路径不合规".to_owned());
    }
    match digest_of(path) {
        Err(cause) => Some(format!("读不到：{cause}")),
        Ok((bytes, _)) if bytes != file.bytes => Some(format!("长{bytes}字节，清单写的是{}", file.bytes)),
        Ok((_, sm3)) if sm3 != file.sm3 => Some("内容与清单中的 SM3 不符".to_owned()),
        Ok(_) => None,
    }
}

fn segments(backup: &Path, manifest: &Manifest, problems: &mut Vec<(String, String)>) {
    let mut segments: Vec<&Kept> = manifest.files.iter().filter(|file| file.segment.is_some()).collect();
    segments.sort_by_key(|file| file.segment.map(|it| it.first));
    let known: BTreeSet<&str> = manifest.files.iter().filter_map(|file| file.path.rsplit('/').next()).collect();
    let mut next = 1;
    for file in segments {
        let Some(wanted) = file.segment else { continue };
        let path = backup.join(&file.at);
        let loaded = if segment::is_sealed(&path) { Loaded::read(&path) } else { Loaded::plain_file(&path) };
        let plain = match &loaded {
            Ok(loaded) => loaded.plain().unwrap_or_default(),
            Err(_) => &[],
        };
        let (found, good) = contents(plain, wanted.first);
        if found != wanted || good < plain.len() || wanted.first != next {
            let missing = format!("日志从第{}个序号起与清单不符（读到第{}个）", next, found.next);
            problems.push((file.at.clone(), missing));
        }
        next = wanted.next;
        let mut gone = BTreeSet::new();
        segment::frames(plain, wanted.first, &mut |frame| {
            gone.extend(references::of(frame.payload).into_iter().filter(|blob| !known.contains(blob.as_str())));
        });
        problems.extend(gone.into_iter().map(|blob| (format!("blobs/{blob}"), "日志引用了它，备份中没有".to_owned())));
    }
    if next != manifest.next {
        problems.push(("manifest.json".to_owned(), format!("日志到第{next}个序号，清单写的是{}", manifest.next)));
    }
}
