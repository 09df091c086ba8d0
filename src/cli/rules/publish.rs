//! `paidan rules publish DIR`, `paidan rules export DIR`: between a folder and a running service.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::client::{Refused, Service};
use crate::cli::output;
use crate::packs::Source;

#[derive(Args)]
pub(in crate::cli) struct Publish {
    /// 含 rules/、dictionaries/ 的目录 · the folder that holds rules/ and dictionaries/
    dir: PathBuf,
    /// 辖区 · jurisdiction
    #[arg(long, short)]
    jurisdiction: String,
    /// 这次改了什么、为什么 · what changed and why
    #[arg(long, short)]
    message: String,
    /// 目录是从哪个版本改起的（export 时记下的）；与生效版本不同就拒绝 · the release the folder was exported from
    #[arg(long, value_name = "RELEASE")]
    parent: Option<String>,
    /// 用例不过也发布：须有权限，记录在案 · though cases fail; needs the right, and is recorded
    #[arg(long)]
    force: bool,
    /// 只建草稿并检查，不发布 · only write a draft and check it
    #[arg(long)]
    draft: bool,
    #[command(flatten)]
    service: Service,
}

impl Publish {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let pack = Source::choose(Some(self.dir.clone()))?.read()?;
        let unreadable: Vec<String> =
            pack.unreadable_of(&self.jurisdiction).map(|(path, why)| format!("{path}：{why}")).collect();
        if !unreadable.is_empty() {
            bail!("有文件读不了，没有发布：\n{}", unreadable.join("\n"));
        }
        let files = pack.release_files(&self.jurisdiction);
        if !files.keys().any(|path| path.starts_with(&format!("rules/{}/", self.jurisdiction))) {
            bail!("{} 里没有 rules/{}/", self.dir.display(), self.jurisdiction);
        }
        self.check_parent()?;
        let base = format!("/v1/drafts/{}", self.jurisdiction);
        let draft = self.service.post(&base, &json!({ "message": self.message, "files": files, "whole": true }))?;
        let id = draft["id"].as_str().context("服务没有给出草稿编号")?.to_owned();
        let changed: Vec<&str> = draft["paths"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        output::line(format!("草稿 {id}：改动 {} 个文件", changed.len()))?;
        changed.iter().try_for_each(|path| output::line(format!("    {path}")))?;
        if self.draft {
            return self.show_check(&base, &id);
        }
        let wish = json!({ "version": draft["version"], "force": self.force });
        let record = match self.service.post(&format!("{base}/{id}/publish"), &wish) {
            Err(error) if needs_approval(&error) => return self.submit(&base, &id, &draft["version"]),
            record => record?,
        };
        let short: String = record["digest"].as_str().unwrap_or("").chars().take(12).collect();
        output::line(format!("已生效：第 {} 版 {short}", record["number"]))?;
        Ok(ExitCode::SUCCESS)
    }

    /// To the second person.
    fn submit(&self, base: &str, id: &str, version: &Value) -> anyhow::Result<ExitCode> {
        let submitted =
            self.service.post(&format!("{base}/{id}/acts"), &json!({ "act": "submit", "version": version }))?;
        output::line(format!("草稿 {id} 第 {} 版已提交，等另一个人批准：", submitted["version"]))?;
        output::line(format!("    paidan rules approve {id} -j {} --person …", self.jurisdiction))?;
        Ok(ExitCode::SUCCESS)
    }

    /// What was exported must be what is live still.
    fn check_parent(&self) -> anyhow::Result<()> {
        let Some(parent) = &self.parent else { return Ok(()) };
        let page = self.service.get(&format!("/v1/releases/{}?limit=1", self.jurisdiction))?;
        let live = &page["releases"][0];
        let digest = live["digest"].as_str().unwrap_or("");
        if parent.len() < 6 || !digest.starts_with(parent.as_str()) {
            let (number, author) = (&live["number"], live["author"].as_str().unwrap_or(""));
            bail!(
                "目录改自版本 {parent}，现在生效的是第 {number} 版 {}（{author}：{}）；请重新 export，合并后再发布",
                digest.get(..12).unwrap_or(digest),
                live["message"].as_str().unwrap_or(""),
            );
        }
        Ok(())
    }

    fn show_check(&self, base: &str, id: &str) -> anyhow::Result<ExitCode> {
        let checked = self.service.post(&format!("{base}/{id}/check"), &json!({}))?;
        for problem in checked["diagnostics"].as_array().into_iter().flatten() {
            let problem: crate::diagnostic::Diagnostic = serde_json::from_value(problem.clone())?;
            output::line(problem.render())?;
        }
        for case in checked["failed_cases"].as_array().into_iter().flatten() {
            output::line(format!("没有通过 {}:{} {}", case["file"], case["line"], case["name"]))?;
        }
        let sound = checked["sound"] == true;
        output::line(if sound { "检查和用例都通过，可以发布" } else { "还不能发布" })?;
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn needs_approval(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| refused.code == "not_approved")
}

#[derive(Args)]
pub(in crate::cli) struct Export {
    /// 写到哪个目录 · where to
    dir: PathBuf,
    /// 辖区 · jurisdiction
    #[arg(long, short)]
    jurisdiction: String,
    /// 版本号前六位以上或序号；缺省为生效版本 · a release; what is live when absent
    #[arg(long)]
    release: Option<String>,
    /// 覆盖目录里已有的文件 · overwrite what is there
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    service: Service,
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let which = self.release.as_ref().map(|release| format!("?release={release}")).unwrap_or_default();
        let answer = self.service.get(&format!("/v1/releases/{}/files{which}", self.jurisdiction))?;
        let files: BTreeMap<String, String> = serde_json::from_value(answer["files"].clone())?;
        let there: Vec<&String> = files.keys().filter(|path| self.dir.join(path).exists()).collect();
        if let (Some(first), false) = (there.first(), self.overwrite) {
            bail!("{} 里已有 {first} 等 {} 个文件；换一个空目录，或加 --overwrite", self.dir.display(), there.len());
        }
        for (path, text) in &files {
            if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
                bail!("服务给出的路径不对：{path}");
            }
            let file = self.dir.join(path);
            file.parent().map(fs::create_dir_all).transpose()?;
            fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        }
        let release = answer["release"].as_str().unwrap_or("");
        output::line(format!("{} 个文件，版本 {release}", files.len()))?;
        output::line(format!(
            "改好后：paidan rules publish {} -j {} --parent {} -m \"…\"",
            self.dir.display(),
            self.jurisdiction,
            release.get(..12).unwrap_or(release)
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
