//! Reads `rules/`, `dictionaries/` and `kb-index/` into values: from a folder, or from what was compiled into the program.
//! Nothing else opens these files. A read is a snapshot of whole directories; what a half-written file means is for the
//! compilers to say.

mod decode;
mod entries;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context as _, bail};
use include_dir::{Dir, include_dir};

pub use self::decode::decode;
pub use self::entries::read_entries;
use crate::digest::Digest;
use crate::knowledge::regression;
use crate::triage::{Files, digest_of};

static RULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");
static DICTIONARIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/dictionaries");
static KB_INDEX: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/kb-index");

/// The three folders of a pack.
pub const FOLDERS: [&str; 3] = ["rules", "dictionaries", "kb-index"];

/// Folders under `rules/` that belong to no single jurisdiction.
const SHARED: [&str; 2] = ["common", "calendar"];

/// Largest file read, in bytes; a larger one is reported, never loaded.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// Where the packs come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Compiled into the program: not watched, never wrong.
    Embedded,
    /// A folder that holds `rules/`, `dictionaries/` and `kb-index/`.
    Folder(PathBuf),
}

/// All files, by path relative to the pack's root, as UTF-8 text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pack {
    pub files: Files,
    /// Files that could not be taken: path and why (Chinese).
    pub unreadable: BTreeMap<String, String>,
}

impl Source {
    /// `folder` if it holds rules, the embedded packs if none is given and the working directory has no `rules/`.
    pub fn choose(folder: Option<PathBuf>) -> anyhow::Result<Self> {
        match folder {
            Some(folder) if folder.join("rules").is_dir() => Ok(Self::Folder(folder)),
            Some(folder) => bail!("{} has no folder `rules`", folder.display()),
            None if Path::new("rules").is_dir() => Ok(Self::Folder(PathBuf::from("."))),
            None => Ok(Self::Embedded),
        }
    }

    /// Reads everything.
    pub fn read(&self) -> anyhow::Result<Pack> {
        match self {
            Self::Embedded => Ok(embedded()),
            Self::Folder(root) => {
                let mut pack = Pack::default();
                for folder in FOLDERS {
                    let path = root.join(folder);
                    if path.is_dir() {
                        read_folder(&path, folder, &mut pack).with_context(|| format!("reading {}", path.display()))?;
                    }
                }
                Ok(pack)
            }
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded packs"),
            Self::Folder(root) => write!(f, "{}", root.display()),
        }
    }
}

fn embedded() -> Pack {
    let mut pack = Pack::default();
    for (folder, dir) in FOLDERS.into_iter().zip([&RULES, &DICTIONARIES, &KB_INDEX]) {
        add_embedded(dir, folder, &mut pack.files);
    }
    pack
}

fn add_embedded(dir: &Dir<'_>, folder: &str, files: &mut Files) {
    for file in dir.files() {
        let path = format!("{folder}/{}", file.path().display());
        if !wanted(&path) {
            continue;
        }
        if let Ok(text) = decode(&path, file.contents().to_vec()) {
            files.insert(path, text);
        }
    }
    dir.dirs().for_each(|inner| add_embedded(inner, folder, files));
}

/// Editors' backups and half-made files begin with a dot or `~` or carry another ending.
fn wanted(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let endings: &[&str] =
        if path.starts_with("rules/") { &[".rhai", ".toml", ".txt", ".csv"] } else { &[".rhai", ".toml", ".txt"] };
    let known = endings.iter().any(|ending| name.ends_with(ending));
    known && !name.starts_with(['.', '~', '#'])
}

fn read_folder(folder: &Path, prefix: &str, pack: &mut Pack) -> io::Result<()> {
    for item in fs::read_dir(folder)? {
        let item = item?;
        let Some(name) = item.file_name().to_str().map(str::to_owned) else { continue };
        let path = format!("{prefix}/{name}");
        // A file may vanish between the listing and the read: then it is as if it had not been there.
        let Ok(meta) = fs::metadata(item.path()) else { continue };
        if meta.is_dir() && !name.starts_with('.') {
            read_folder(&item.path(), &path, pack)?;
        } else if meta.is_file() && wanted(&path) {
            read_file(&item.path(), meta.len(), path, pack);
        }
    }
    Ok(())
}

fn read_file(file: &Path, len: u64, path: String, pack: &mut Pack) {
    if len > MAX_FILE {
        pack.unreadable.insert(path, format!("文件有 {} MiB，超过 {} MiB", len >> 20, MAX_FILE >> 20));
        return;
    }
    match fs::read(file) {
        Ok(bytes) => match decode(&path, bytes) {
            Ok(text) => _ = pack.files.insert(path, text),
            Err(why) => _ = pack.unreadable.insert(path, why),
        },
        Err(err) if err.kind() == io::ErrorKind::NotFound => {}
        Err(err) => {
            pack.unreadable.insert(path, format!("读不了：{err}"));
        }
    }
}

impl Pack {
    /// The jurisdictions: folders under `rules/` with a `regulation.toml`, or with any script at all.
    pub fn jurisdictions(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .files
            .keys()
            .chain(self.unreadable.keys())
            .filter_map(|path| path.strip_prefix("rules/")?.split_once('/'))
            .map(|(name, _)| name.to_owned())
            .filter(|name| !SHARED.contains(&name.as_str()))
            .collect();
        names.dedup();
        names.sort();
        names.dedup();
        names
    }

    /// The files of one jurisdiction's release.
    pub fn release_files(&self, jurisdiction: &str) -> Files {
        self.select(|path| belongs(path, jurisdiction))
    }

    /// What could not be read and belongs to a jurisdiction's release.
    pub fn unreadable_of<'a>(&'a self, jurisdiction: &'a str) -> impl Iterator<Item = (&'a String, &'a String)> {
        self.unreadable.iter().filter(move |(path, _)| belongs(path, jurisdiction))
    }

    /// Knowledge entries of a jurisdiction.
    pub fn entries(&self, jurisdiction: &str) -> Files {
        let prefix = format!("kb-index/{jurisdiction}/");
        let questions = Self::questions_path(jurisdiction);
        self.select(|path| path.starts_with(&prefix) && path.ends_with(".toml") && path != questions)
    }

    /// The file of a jurisdiction's regression questions: path and text, if there is one.
    pub fn questions(&self, jurisdiction: &str) -> Option<(&String, &String)> {
        self.files.get_key_value(&Self::questions_path(jurisdiction))
    }

    fn questions_path(jurisdiction: &str) -> String {
        format!("kb-index/{jurisdiction}/{}", regression::FILE)
    }

    /// Content address of everything read.
    pub fn digest(&self) -> Digest {
        digest_of(&self.files)
    }

    fn select(&self, wanted: impl Fn(&str) -> bool) -> Files {
        let chosen = self.files.iter().filter(|(path, _)| wanted(path));
        chosen.map(|(path, text)| (path.clone(), text.clone())).collect()
    }
}

/// Whether a file is part of a jurisdiction's release: its rules and the shared ones, the word lists, its places.
pub fn belongs(path: &str, jurisdiction: &str) -> bool {
    let Some((top, rest)) = path.split_once('/') else { return false };
    match (top, rest.split_once('/')) {
        ("rules", Some((folder, _))) => folder == jurisdiction || SHARED.contains(&folder),
        ("dictionaries", None) => rest.ends_with(".txt"),
        ("dictionaries", Some(("places", name))) => name.strip_suffix(".toml") == Some(jurisdiction),
        _ => false,
    }
}
