//! `paidan rules table …`: rules out of scripts and tables into a spreadsheet, and back.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use crate::cli::{Packs, output};
use crate::diagnostic::Diagnostic;
use crate::packs;
use crate::rules::{LeftBehind, Table, compile_file};
use crate::triage::names_of;

#[derive(Subcommand)]
pub(in crate::cli) enum Tables {
    /// 规则文件导出成表格，供电子表格软件编辑 · a rule file as a table, for editing in a spreadsheet
    Export(Export),
    /// 表格导入成规则文件，逐行检查 · a table from a spreadsheet as a rule file, checked row by row
    Import(Import),
}

#[derive(Args)]
pub(in crate::cli) struct Export {
    /// 规则文件：.rhai 脚本、.csv 或 .xlsx 表格 · script or table
    file: PathBuf,
    /// 写到哪里：.xlsx 或 .csv · where to write
    out: PathBuf,
    /// 文件已经存在时覆盖 · overwrite an existing file
    #[arg(long)]
    force: bool,
}

#[derive(Args)]
pub(in crate::cli) struct Import {
    /// 表格：.xlsx 或 .csv · the table
    file: PathBuf,
    /// 写成哪个规则文件（.csv），已有的会被替换 · the rule file to write; an existing one is replaced
    out: PathBuf,
    /// 按这个辖区核对单位、类别等名称 · check names against this jurisdiction
    #[arg(long)]
    jurisdiction: Option<String>,
    #[command(flatten)]
    packs: Packs,
}

impl Tables {
    pub(in crate::cli) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Export(export) => export.run(),
            Self::Import(import) => import.run(),
        }
    }
}

impl Export {
    fn run(self) -> anyhow::Result<ExitCode> {
        if self.out.exists() && !self.force {
            bail!("{} 已经存在；要覆盖时加 --force", self.out.display());
        }
        let (table, left) = match read(&self.file)? {
            Ok(read) => read,
            Err(wrong) => return complain(&wrong),
        };
        if table.rules() == 0 {
            output::line(format!("{} 里没有能写成表格的规则，没有写文件", self.file.display()))?;
            show_left(&left)?;
            return Ok(ExitCode::from(1));
        }
        let name = self.file.display().to_string();
        let bytes = match ending(&self.out) {
            "xlsx" => table.to_xlsx(&name),
            "csv" => Ok(text(&table)),
            _ => bail!("只能导出成 .xlsx 或 .csv：{}", self.out.display()),
        };
        match bytes {
            Ok(bytes) => write(&self.out, &bytes)?,
            Err(wrong) => return complain(&wrong),
        }
        output::line(written(&self.out, &table))?;
        show_left(&left)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Import {
    fn run(self) -> anyhow::Result<ExitCode> {
        if !matches!(ending(&self.file), "xlsx" | "csv") {
            bail!("只能导入 .xlsx 或 .csv：{}", self.file.display());
        }
        if ending(&self.out) != "csv" {
            bail!("表格规则的文件名以 .csv 结尾：{}", self.out.display());
        }
        let table = match read(&self.file)? {
            Ok((table, _)) => table,
            Err(wrong) => return complain(&wrong),
        };
        let wrong = self.check(&table)?;
        if !wrong.is_empty() {
            return complain(&wrong);
        }
        write(&self.out, &text(&table))?;
        output::line(written(&self.out, &table))?;
        Ok(ExitCode::SUCCESS)
    }

    fn check(&self, table: &Table) -> anyhow::Result<Vec<Diagnostic>> {
        let name = self.file.display().to_string();
        let Some(jurisdiction) = &self.jurisdiction else { return Ok(table.check_form(&name)) };
        let pack = self.packs.source()?.read()?;
        if !pack.jurisdictions().contains(jurisdiction) {
            bail!("没有辖区 {jurisdiction}；有：{}", pack.jurisdictions().join("、"));
        }
        Ok(match names_of(jurisdiction, &pack.release_files(jurisdiction)) {
            Ok(names) => table.check(&name, &names),
            Err(wrong) => wrong,
        })
    }
}

type Read = Result<(Table, Vec<LeftBehind>), Vec<Diagnostic>>;

fn read(file: &Path) -> anyhow::Result<Read> {
    let bytes = fs::read(file).with_context(|| format!("读不了 {}", file.display()))?;
    let name = file.display().to_string();
    if ending(file) == "xlsx" {
        return Ok(Table::from_xlsx(&name, &bytes).map(|table| (table, Vec::new())));
    }
    let source = match packs::decode(&name, bytes) {
        Ok(source) => source,
        Err(why) => bail!("{name}：{why}"),
    };
    Ok(match ending(file) {
        "csv" => Table::from_csv(&name, &source).map(|table| (table, Vec::new())),
        "rhai" => {
            let script = compile_file(&name, &source);
            if script.problems().is_empty() { Ok(Table::of_script(&script)) } else { Err(script.problems().to_vec()) }
        }
        _ => bail!("只认得 .rhai、.csv 和 .xlsx：{name}"),
    })
}

fn ending(file: &Path) -> &str {
    file.extension().and_then(|it| it.to_str()).unwrap_or("")
}

/// With a byte-order mark: without it Excel takes the text for GBK.
fn text(table: &Table) -> Vec<u8> {
    format!("\u{feff}{}", table.to_csv()).into_bytes()
}

/// In one step: a running service never reads half a file.
fn write(out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = out.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = out.file_name().and_then(|it| it.to_str()).with_context(|| format!("{} 不是文件名", out.display()))?;
    // The reader of packs passes over names that begin with a dot.
    let beside = folder.join(format!(".{name}.new"));
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, out)).with_context(|| format!("写不了 {}", out.display()))
}

fn written(out: &Path, table: &Table) -> String {
    format!("写入 {}：{} 条规则，{} 行说明", out.display(), table.rules(), table.comments())
}

fn show_left(left: &[LeftBehind]) -> anyhow::Result<()> {
    if left.is_empty() {
        return Ok(());
    }
    output::line(format!("有 {} 条留在脚本里，没有导出：", left.len()))?;
    for one in left {
        output::line(format!("    第 {} 行 {}：{}", one.line, one.id, one.why))?;
    }
    output::line("导出的规则要从脚本里删去，同一个编号只能出现一次")?;
    Ok(())
}

fn complain(wrong: &[Diagnostic]) -> anyhow::Result<ExitCode> {
    for problem in wrong {
        output::line(problem.render())?;
    }
    output::line(format!("{} 处要改；没有写文件", wrong.len()))?;
    Ok(ExitCode::from(1))
}
