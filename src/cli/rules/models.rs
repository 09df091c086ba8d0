//! `paidan rules train`, `paidan rules model …`: models out of decided tickets, on a running service or on a stopped store.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::corpus;
use crate::app::{self, Lab, ModelList, TrainWish, in_use};
use crate::cli::client::Service;
use crate::cli::{input, output};
use crate::clock;
use crate::course::{InUse, Target, Trained};
use crate::lesson::Given;
use crate::store::Store;
use crate::ticket::{Actor, Role};

/// How often a running training is asked about.
const LOOK: Duration = Duration::from_millis(500);
/// Labels shown of a report.
const SHOWN: usize = 40;

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Taught {
    /// 承办单位
    Unit,
    /// 来件性质
    Nature,
}

impl From<Taught> for Target {
    fn from(taught: Taught) -> Self {
        match taught {
            Taught::Unit => Self::Unit,
            Taught::Nature => Self::Nature,
        }
    }
}

/// Where the models are.
#[derive(Args)]
struct Place {
    /// 数据目录，服务须已停止；不写则问运行中的服务 · folder of a stopped store; a running service when absent
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    service: Service,
}

#[derive(Args)]
pub(in crate::cli) struct Train {
    /// 辖区 · jurisdiction
    jurisdiction: String,
    /// 学什么 · what is learnt
    #[arg(long, value_enum, default_value = "unit")]
    target: Taught,
    /// 历史文件，每行一件 {"text","label"}；不写则学存储里人定过的工单 · labelled texts; the decided tickets when absent
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Whoever sits at a stopped store.
fn operator() -> Actor {
    Actor { person: "cli".into(), role: Role::Admin, ..Actor::default() }
}

impl Train {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let lines = self.file.as_deref().map(input::labelled).transpose()?;
        let trained = match &self.place.data {
            Some(data) => {
                let store = corpus::open(data)?;
                let release = Lab::new(&self.jurisdiction).kept(&store, "live")?;
                let wish = TrainWish { target: self.target.into(), lines };
                let trained = app::train(&store, &release, wish, operator(), clock::now());
                store.close();
                serde_json::to_value(trained?)?
            }
            None => self.ask(lines)?,
        };
        match self.json {
            true => output::json(&trained)?,
            false => show(&serde_json::from_value(trained)?)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn ask(&self, lines: Option<Vec<Given>>) -> anyhow::Result<Value> {
        let path = format!("/v1/rules/{}/models", self.jurisdiction);
        let line = |it: &Given| json!({ "title": it.title, "text": it.text, "label": it.label });
        let lines: Option<Vec<Value>> = lines.map(|lines| lines.iter().map(line).collect());
        let target = Target::from(self.target);
        self.place.service.post(&path, &json!({ "target": target, "lines": lines }))?;
        loop {
            let list = self.place.service.get_after(LOOK, &path)?;
            let training = &list["training"];
            if training["running"] == true {
                continue;
            }
            if let Some(error) = training["error"].as_str() {
                bail!("{error}");
            }
            let models = list["models"].as_array().into_iter().flatten();
            let mut made = models.filter(|model| model["number"] == training["number"]);
            return made.next().cloned().context("服务没有给出训练的结果");
        }
    }
}

fn percent(thousandths: i32) -> String {
    format!("{:.1}%", f64::from(thousandths) / 10.0)
}

fn show(trained: &Trained) -> anyhow::Result<()> {
    let Trained { number, target, examples, contradicted, report, unknown, .. } = trained;
    output::line(format!(
        "第 {number} 个模型（{}），{examples} 个例子，摘要 {}",
        target.title(),
        trained.digest.short()
    ))?;
    output::line(format!(
        "交叉验证：准确率 {}，宏 F1 {}；要求 {} 时，{} 的来件有把握，其中 {} 对",
        percent(report.accuracy),
        percent(report.macro_f1),
        percent(report.wanted),
        percent(report.reach),
        percent(report.precision),
    ))?;
    if *contradicted > 0 {
        output::line(format!("{contradicted} 件与多数人的决定相反，没有采用："))?;
        for dropped in trained.dropped.iter().take(10) {
            let said = format!("{}（{} 人）", dropped.instead, dropped.voices_instead);
            output::line(format!(
                "    {} 派给{}（{} 人），别人派给{said}",
                dropped.ticket, dropped.unit, dropped.voices
            ))?;
        }
    }
    for (label, count) in unknown {
        output::line(format!("    “{label}”不是本辖区的名称，{count} 件没有采用"))?;
    }
    for row in report.labels.iter().take(SHOWN) {
        let threshold =
            row.threshold.map_or_else(|| "从不".to_owned(), |threshold| format!("{} 起", percent(threshold)));
        output::line(format!(
            "    {}：{} 件，判为它 {} 件、对 {} 件，自动派单 {threshold}",
            row.label, row.examples, row.chosen, row.right
        ))?;
    }
    output::line(format!("还没有启用。启用：paidan rules model use {number} -j {}", trained.jurisdiction))?;
    Ok(())
}

#[derive(Subcommand)]
pub(in crate::cli) enum Model {
    /// 列出模型和正在使用的 · list models and which decide
    List(List),
    /// 启用一个模型；用早先的就是回退 · put a model into use; an older one is a rollback
    Use(Use),
    /// 停用，只凭规则 · use none
    Off(Off),
    /// 作废一个模型 · mark a model that nobody wants
    Drop(Discard),
}

#[derive(Args)]
pub(in crate::cli) struct List {
    /// 辖区 · jurisdiction
    #[arg(long, short)]
    jurisdiction: String,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(in crate::cli) struct Use {
    /// 模型序号 · its number
    number: u64,
    /// 辖区 · jurisdiction
    #[arg(long, short)]
    jurisdiction: String,
    /// 学的是什么 · what it tells
    #[arg(long, value_enum, default_value = "unit")]
    target: Taught,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(in crate::cli) struct Off {
    /// 辖区 · jurisdiction
    #[arg(long, short)]
    jurisdiction: String,
    /// 学的是什么 · what it tells
    #[arg(long, value_enum, default_value = "unit")]
    target: Taught,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(in crate::cli) struct Discard {
    /// 模型序号 · its number
    number: u64,
    /// 辖区 · jurisdiction
    #[arg(long, short)]
    jurisdiction: String,
    #[command(flatten)]
    place: Place,
}

impl Model {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(list) => list.run()?,
            Self::Use(Use { number, jurisdiction, target, place }) => {
                put_to_use(&place, &jurisdiction, target.into(), Some(number))?;
            }
            Self::Off(Off { jurisdiction, target, place }) => put_to_use(&place, &jurisdiction, target.into(), None)?,
            Self::Drop(discard) => discard.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Works on a stopped store.
fn in_store<T>(data: &Path, work: impl FnOnce(&Store) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let store = corpus::open(data)?;
    let done = work(&store);
    store.close();
    done
}

/// What is wrong, not where in a request that nobody sent.
fn in_words(error: app::Error) -> anyhow::Error {
    match error {
        app::Error::Invalid(errors) => {
            let messages: Vec<String> = errors.into_iter().map(|error| error.message).collect();
            anyhow::anyhow!("{}", messages.join("；"))
        }
        other => other.into(),
    }
}

fn put_to_use(place: &Place, jurisdiction: &str, target: Target, number: Option<u64>) -> anyhow::Result<()> {
    match &place.data {
        Some(data) => {
            let choose = |store: &Store| {
                app::choose(store, jurisdiction, target, number, operator(), clock::now()).map_err(in_words)
            };
            in_store(data, choose).map(drop)?;
        }
        None => {
            let path = format!("/v1/rules/{jurisdiction}/models/use");
            place.service.post(&path, &json!({ "target": target, "number": number }))?;
        }
    }
    output::line(match number {
        Some(number) => format!("{}：第 {number} 个模型已启用", target.title()),
        None => format!("{}：已停用，只凭规则", target.title()),
    })?;
    Ok(())
}

impl List {
    fn run(self) -> anyhow::Result<()> {
        let Self { jurisdiction, json, place } = self;
        let list = match &place.data {
            Some(data) => in_store(data, |store| {
                let (in_use, models) = (in_use(store, &jurisdiction)?, store.models(&jurisdiction)?);
                Ok(serde_json::to_value(ModelList { jurisdiction, in_use, training: None, models })?)
            })?,
            None => place.service.get(&format!("/v1/rules/{jurisdiction}/models"))?,
        };
        if json {
            return Ok(output::json(&list)?);
        }
        let used: Vec<InUse> = serde_json::from_value(list["in_use"].clone())?;
        let models: Vec<Trained> = serde_json::from_value(list["models"].clone())?;
        if models.is_empty() {
            return Ok(output::line("还没有模型；训练：paidan rules train 辖区")?);
        }
        for model in &models {
            let live = used.iter().any(|it| it.number == Some(model.number));
            let stands = match (live, &model.discarded) {
                (true, _) => "使用中",
                (false, Some(_)) => "已作废",
                (false, None) => "",
            };
            let at = model.trained_at.format("%Y-%m-%d %H:%M UTC");
            let report = &model.report;
            output::line(format!(
                "{:>4}  {at}  {}  {} 例  准确率 {}  有把握 {}  {}  {stands}",
                model.number,
                model.target.title(),
                model.examples,
                percent(report.accuracy),
                percent(report.reach),
                model.trained_by,
            ))?;
        }
        Ok(())
    }
}

impl Discard {
    fn run(self) -> anyhow::Result<()> {
        let Self { number, jurisdiction, place } = self;
        match &place.data {
            Some(data) => {
                let discard = |store: &Store| {
                    app::discard(store, &jurisdiction, number, operator(), clock::now()).map_err(in_words)
                };
                in_store(data, discard).map(drop)?;
            }
            None => place.service.delete(&format!("/v1/rules/{jurisdiction}/models/{number}")).map(drop)?,
        }
        output::line(format!("第 {number} 个模型已作废"))?;
        Ok(())
    }
}
