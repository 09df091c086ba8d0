//! `paidan rules fmt`

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::output;
use crate::rules::format;

#[derive(Args)]
pub(in crate::cli) struct Fmt {
    /// 目录或 .rhai 文件；缺省为当前目录的 rules/ · folders or files; rules/ of the working directory if none is given
    paths: Vec<PathBuf>,
    /// 只检查，不改文件；有文件需要排版时退出码为 1 · change nothing, exit with 1 if something would change
    #[arg(long)]
    check: bool,
    /// 结果写到标准输出，不改文件 · print the result, change nothing
    #[arg(long, conflicts_with = "check")]
    stdout: bool,
}

/// What became of the files.
#[derive(Default)]
struct Counts {
    seen: usize,
    changed: usize,
    broken: usize,
}

impl Fmt {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut files = Vec::new();
        let given = if self.paths.is_empty() { vec![PathBuf::from("rules")] } else { self.paths.clone() };
        for path in &given {
            collect(path, &mut files)?;
        }
        let mut counts = Counts::default();
        for file in &files {
            self.one(file, &mut counts)?;
        }
        if !self.stdout {
            let Counts { seen, changed, broken } = counts;
            let done = if self.check { "需要排版" } else { "已排版" };
            output::line(format!("{seen} 个文件，{changed} 个{done}，{broken} 个有错误没有动"))?;
        }
        let clean = counts.broken == 0 && !(self.check && counts.changed > 0);
        Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    fn one(&self, file: &Path, counts: &mut Counts) -> anyhow::Result<()> {
        let name = file.display().to_string();
        counts.seen += 1;
        let source = match String::from_utf8(fs::read(file).with_context(|| format!("reading {name}"))?) {
            Ok(source) => source,
            Err(_) => {
                counts.broken += 1;
                return Ok(output::line(format!("没有动 {name}：不是 UTF-8 编码，请用 UTF-8 另存"))?);
            }
        };
        let formatted = match format(&name, &source) {
            Ok(formatted) => formatted,
            Err(wrong) => {
                counts.broken += 1;
                for problem in wrong {
                    output::line(problem.render())?;
                }
                return Ok(());
            }
        };
        if self.stdout {
            return Ok(output::text(&formatted)?);
        }
        if formatted == source {
            return Ok(());
        }
        counts.changed += 1;
        if self.check {
            return Ok(output::line(format!("需要排版 {name}"))?);
        }
        replace(file, &formatted).with_context(|| format!("writing {name}"))?;
        Ok(output::line(format!("已排版 {name}"))?)
    }
}

/// A service that watches the folder must never see half a file.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("rules.rhai");
    let beside = file.with_file_name(format!(".{name}.fmt"));
    fs::write(&beside, text)?;
    fs::rename(&beside, file)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !path.is_dir() {
        if !path.exists() {
            bail!("没有 {} 这个文件或目录", path.display());
        }
        files.push(path.to_owned());
        return Ok(());
    }
    let mut inside: Vec<PathBuf> = fs::read_dir(path)
        .with_context(|| format!("reading {}", path.display()))?
        .map(|it| it.map(|it| it.path()))
        .collect::<Result<_, _>>()?;
    inside.sort();
    for path in inside {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let script = path.extension().is_some_and(|it| it == "rhai");
        if !hidden && (path.is_dir() || script) {
            collect(&path, files)?;
        }
    }
    Ok(())
}
