//! `paidan backup`, `restore`, `rebuild`, `export`, `import`: the data folder as a whole.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::output;
use super::token::Place;
use crate::clock;
use crate::store::{self, Opening, Options, Store};

#[derive(Args)]
pub(super) struct Backup {
    #[command(flatten)]
    place: Place,
    /// 备份目录；已有的备份只补上新的 · folder of the backup; one that is there is brought up to date
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let done = store::backup(&self.place.settings()?.data, &self.to, clock::now())?;
        let manifest = &done.manifest;
        if self.json {
            output::json(&json!({
                "copied": done.copied, "copied_bytes": done.copied_bytes, "unchanged": done.unchanged,
                "epoch": manifest.epoch, "next": manifest.next, "commits": manifest.commits, "tickets": manifest.tickets,
            }))?;
        } else {
            output::line(format!(
                "已备份到 {}：工单 {} 件，提交 {} 次，至 {}-{}；复制 {} 个文件（{} 字节），{} 个未变。密钥（keys/）不在其中，请另行保管",
                self.to.display(),
                manifest.tickets,
                manifest.commits,
                manifest.epoch,
                manifest.next - 1,
                done.copied,
                done.copied_bytes,
                done.unchanged
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(super) struct Restore {
    /// 备份目录 · folder of the backup
    backup: PathBuf,
    #[command(flatten)]
    place: Place,
    /// 新的纪元；同一份备份恢复过一次以上时，给一个没有用过的 · the new epoch, where one backup is restored more than once
    #[arg(long, value_name = "N")]
    epoch: Option<u64>,
}

impl Restore {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let data = self.place.settings()?.data;
        let manifest = store::restore(&self.backup, &data, self.epoch)?;
        output::line(format!(
            "已恢复到 {}：工单 {} 件，提交 {} 次（备份于 {}）。请把密钥（keys/）放回数据目录，再启动服务",
            data.display(),
            manifest.tickets,
            manifest.commits,
            manifest.made_at.to_rfc3339()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(super) struct Rebuild {
    #[command(flatten)]
    place: Place,
}

impl Rebuild {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings()?;
        let options = Options { rebuild: true, keys: Some(settings.keys_dir()), ..Options::default() };
        let store = open(&settings.data, options)?;
        let opened = store.opened().clone();
        store.close();
        let aside =
            opened.view_replaced.map_or_else(String::new, |(_, aside)| format!("，原视图在 {}", aside.display()));
        output::line(format!("视图已由日志重建：提交 {} 次{aside}", opened.caught_up))?;
        for damage in &opened.damage {
            output::line(format!("日志 {} 在第 {} 字节处损坏", damage.file.display(), damage.offset))?;
        }
        Ok(ExitCode::from(u8::from(!opened.damage.is_empty())))
    }
}

#[derive(Args)]
pub(super) struct Export {
    #[command(flatten)]
    place: Place,
    /// 写到这个文件，不写则写到标准输出 · file to write; standard output if absent
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// 含个人信息；不写则隐去，这样的文件不能再导入 · with personal data; without, it cannot be imported
    #[arg(long)]
    personal: bool,
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings()?;
        let store = open(&settings.data, Options { keys: Some(settings.keys_dir()), ..Options::default() })?;
        let out: Box<dyn Write> = match &self.to {
            Some(path) => {
                let file = File::create_new(path).with_context(|| format!("写 {}", path.display()))?;
                Box::new(BufWriter::new(file))
            }
            None => Box::new(BufWriter::new(io::stdout().lock())),
        };
        let done = self.write(&store, out);
        store.close();
        done?;
        Ok(ExitCode::SUCCESS)
    }

    fn write(&self, store: &Store, mut out: Box<dyn Write>) -> anyhow::Result<()> {
        let bar = bar("导出 · exporting");
        let commits = store.export(&mut *out, self.personal, clock::now(), &mut |seq, all| {
            bar.set_position(seq * 100 / all.max(1));
        })?;
        drop(out);
        bar.finish_and_clear();
        if let Some(path) = &self.to {
            File::open(path).and_then(|file| file.sync_all()).with_context(|| format!("写 {}", path.display()))?;
            let covered = if self.personal {
                "含个人信息，请妥善保管"
            } else {
                "已隐去个人信息，不能再导入"
            };
            output::line(format!("已导出 {commits} 次提交到 {}，{covered}", path.display()))?;
        }
        Ok(())
    }
}

#[derive(Args)]
pub(super) struct Import {
    /// paidan export --personal 写的文件 · file of an export
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Import {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings()?;
        let (data, keys) = (settings.data.clone(), settings.keys_dir());
        let file = File::open(&self.file).with_context(|| format!("读 {}", self.file.display()))?;
        let commits = store::import(&mut BufReader::new(file), &data, Some(&keys))?;
        let store = open(&data, Options { keys: Some(keys), ..Options::default() })?;
        let (damage, health) = (store.opened().damage.len(), store.health());
        store.close();
        if damage > 0 {
            bail!("导入的历史前后不接，不能使用：{health:?}");
        }
        output::line(format!("已导入 {commits} 次提交到 {}", data.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A stopped store, opened under a progress bar.
pub(super) fn open(data: &Path, options: Options) -> anyhow::Result<Store> {
    if !data.join("journal").is_dir() && !data.join("journal.part").is_dir() {
        bail!("{} 不是数据目录（没有 journal），请用 --data 指定", data.display());
    }
    // Paths in messages are whole.
    let data = fs::canonicalize(data).with_context(|| data.display().to_string())?;
    let opening = Arc::clone(&options.opening);
    watched(&opening, "读取日志 · reading the journal", || Ok(Store::open(data, &options)?))
}

/// Shows how far something is while it is done.
pub(super) fn watched<T>(
    opening: &Arc<Opening>,
    what: &'static str,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let (bar, opening) = (bar(what), Arc::clone(opening));
    let (done, ended) = mpsc::channel::<()>();
    let showing = std::thread::spawn(move || {
        while ended.recv_timeout(Duration::from_millis(200)) == Err(RecvTimeoutError::Timeout) {
            bar.set_position(opening.percent());
        }
        bar.finish_and_clear();
    });
    let worked = work();
    drop(done);
    // A panic there shows nothing, and nothing else.
    let _ = showing.join();
    worked
}

fn bar(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {percent}%").ok();
    let bar = ProgressBar::new(100).with_message(what);
    style.into_iter().fold(bar, ProgressBar::with_style)
}
