//! The folder and the jurisdictions that a command looks at.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::packs::{Pack, Source};

#[derive(Args)]
pub(super) struct Target {
    /// 含 rules/ 的目录，或 rules 目录本身 · the folder that holds rules/, or rules/ itself
    dir: Option<PathBuf>,
    /// 只看这个辖区 · only this jurisdiction
    #[arg(long)]
    jurisdiction: Option<String>,
}

impl Target {
    pub(super) fn read(&self) -> anyhow::Result<Pack> {
        read(self.dir.as_deref())
    }

    /// The jurisdictions that are meant. An unknown one is an error, not an empty result.
    pub(super) fn jurisdictions(&self, pack: &Pack) -> anyhow::Result<Vec<String>> {
        let all = pack.jurisdictions();
        match &self.jurisdiction {
            None => Ok(all),
            Some(wanted) if all.contains(wanted) => Ok(vec![wanted.clone()]),
            Some(wanted) => bail!("没有辖区“{wanted}”；{}", nearest(wanted, all.iter().map(String::as_str))),
        }
    }
}

/// The pack of a folder.
pub(super) fn read(dir: Option<&Path>) -> anyhow::Result<Pack> {
    // An author in a hurry types `rules check rules`.
    let dir = dir.map(|dir| match dir.file_name() {
        Some(name) if name == "rules" => dir.parent().map_or_else(|| ".".into(), PathBuf::from),
        _ => dir.to_owned(),
    });
    Source::choose(dir.map(|dir| if dir.as_os_str().is_empty() { ".".into() } else { dir }))?.read()
}

/// Files that could not be taken.
pub(super) fn unreadable(pack: &Pack, jurisdiction: &str) -> Vec<Diagnostic> {
    let problem = |(path, why): (&String, &String)| {
        Diagnostic::error(path, 1, why.clone()).code(Code::Unreadable).help("改好后保存，再检查一次")
    };
    pack.unreadable_of(jurisdiction).map(problem).collect()
}
