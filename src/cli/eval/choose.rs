//! Labels for texts: learnt from examples, or as the rules decide.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;

use super::rows::Row;
use super::times::{Times, Watch};
use super::{Ground, Setting, label, show};
use crate::cli::{input, output};
use crate::clock;
use crate::learn::{Example, Likely, Model};
use crate::measure::{Choice, Choices};
use crate::ticket::Request;
use crate::triage::{History, Probe, Thousandths, triage};

#[derive(Args)]
pub(in crate::cli) struct Route {
    /// 学的材料，每行 {"text","label"} · JSON lines to learn from
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// 自动派单想要的准确率 · wanted precision of automatic dispatch
    #[arg(long, value_name = "0..1", default_value_t = 0.95)]
    precision: f64,
    #[command(flatten)]
    setting: Setting,
}

#[derive(Args)]
pub(in crate::cli) struct Classify {
    /// 学的材料；不给就只用规则 · JSON lines to learn from; without them the rules judge
    #[arg(long, value_name = "FILE")]
    train: Option<PathBuf>,
    /// 自动分类想要的准确率 · wanted precision
    #[arg(long, value_name = "0..1", default_value_t = 0.95)]
    precision: f64,
    /// 对哪个方面：nature、topic、category … · which axis of the rules
    #[arg(long, default_value = "nature")]
    axis: String,
    /// 规则的叫法换成文件的叫法，可以给几次 · what the rules call it = what the file calls it
    #[arg(long, value_name = "OURS=THEIRS")]
    map: Vec<String>,
    #[command(flatten)]
    setting: Setting,
}

/// What a measurement of choices prints.
#[derive(Serialize)]
struct Measured {
    /// `model` or `rules`.
    by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    examples: Option<usize>,
    /// Identifies the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(flatten)]
    choices: Choices,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<Times>,
}

impl Route {
    pub(in crate::cli) fn run(self) -> anyhow::Result<ExitCode> {
        learnt(&self.train, self.precision, &self.setting)
    }
}

impl Classify {
    pub(in crate::cli) fn run(self) -> anyhow::Result<ExitCode> {
        match &self.train {
            Some(train) => learnt(train, self.precision, &self.setting),
            None => self.by_rules(),
        }
    }

    fn by_rules(&self) -> anyhow::Result<ExitCode> {
        let ground = self.setting.ground()?;
        let rows = self.setting.rows()?;
        let truths: Vec<String> = rows.iter().map(label).collect::<anyhow::Result<_>>()?;
        let pairs: Vec<(&str, &str)> = self.map.iter().map(|pair| pair_of(pair)).collect::<anyhow::Result<_>>()?;
        let mut watch = Watch::new(self.setting.times);
        let mut choices = Vec::with_capacity(rows.len());
        for (row, truth) in rows.iter().zip(&truths) {
            let ranking = watch.time(&row.whole(), || self.ranking(&ground, row))?;
            let named = ranking.into_iter().map(|(name, share)| (theirs(&pairs, name), share));
            // A label that the file never uses cannot be right there: the next best is asked.
            let known: Vec<(String, Thousandths)> = named.filter(|(name, _)| truths.contains(name)).collect();
            choices.push(Choice { truth: truth.clone(), ranking: known, sure: false });
        }
        let choices = Choices::new(&choices);
        let measured = Measured { by: "rules", examples: None, model: None, choices, times: watch.finish() };
        print(&measured, self.setting.json)
    }

    /// What the rules say, with the share of the votes that each has; the decided value first.
    fn ranking(&self, ground: &Ground, row: &Row) -> anyhow::Result<Vec<(String, Thousandths)>> {
        let request = Request {
            jurisdiction: self.setting.jurisdiction.clone(),
            title: row.title.clone(),
            text: row.text.clone(),
            ..Request::default()
        };
        let (decision, ..) = triage(&ground.snapshot, &request, &History::default(), clock::now(), Probe::Off);
        let ruling = decision.axes.get(&self.axis).with_context(|| {
            let known: Vec<&str> = decision.axes.keys().map(String::as_str).collect();
            format!("规则里没有“{}”这一方面；有：{}", self.axis, known.join("、"))
        })?;
        let total: Thousandths = ruling.ranking.iter().map(|it| it.weight.max(0)).sum();
        let share = |weight: Thousandths| weight.max(0) * 1_000 / total.max(1);
        let ranked = ruling.ranking.iter().map(|it| (it.name.clone(), share(it.weight)));
        let mut ranking: Vec<(String, Thousandths)> = ranked.collect();
        match ranking.iter().position(|(name, _)| *name == ruling.value) {
            Some(at) => ranking[..=at].rotate_right(1),
            None if ruling.value.is_empty() => {}
            None => ranking.insert(0, (ruling.value.clone(), 0)),
        }
        Ok(ranking)
    }
}

fn pair_of(pair: &str) -> anyhow::Result<(&str, &str)> {
    pair.split_once('=').with_context(|| format!("--map “{pair}” 应写成 规则的叫法=文件的叫法"))
}

fn theirs(pairs: &[(&str, &str)], name: String) -> String {
    pairs.iter().find(|(ours, _)| *ours == name).map_or(name, |(_, theirs)| (*theirs).to_owned())
}

fn learnt(train: &std::path::Path, precision: f64, setting: &Setting) -> anyhow::Result<ExitCode> {
    if !(0.5..1.0).contains(&precision) {
        bail!("--precision 应在 0.5 和 1 之间，给的是 {precision}");
    }
    let ground = setting.ground()?;
    let given = input::labelled(train)?.into_iter();
    let examples: Vec<Example> = given.map(|it| Example { text: it.whole_text(), label: it.label }).collect();
    let wanted = (precision * 1_000.0).round() as Thousandths;
    let model = Model::train(&examples, wanted, ground.lexicon())?;
    let rows = setting.rows()?;
    let mut watch = Watch::new(setting.times);
    let mut choices = Vec::with_capacity(rows.len());
    for row in &rows {
        let text = row.whole();
        let likely = watch.time(&text, || model.predict(&ground.read(&text)));
        choices.push(choice(label(row)?, likely));
    }
    let measured = Measured {
        by: "model",
        examples: Some(examples.len()),
        model: Some(model.digest().short().to_owned()),
        choices: Choices::new(&choices),
        times: watch.finish(),
    };
    print(&measured, setting.json)
}

fn choice(truth: String, likely: Vec<Likely>) -> Choice {
    let sure = likely.first().is_some_and(|it| it.sure);
    Choice { truth, ranking: likely.into_iter().map(|it| (it.label, it.confidence)).collect(), sure }
}

fn print(measured: &Measured, json: bool) -> anyhow::Result<ExitCode> {
    if json {
        output::json(measured)?;
    } else {
        match measured.examples {
            Some(examples) => {
                output::line(format!("学了 {examples} 条，模型 {}", measured.model.as_deref().unwrap_or("")))?
            }
            None => output::line("按规则判，什么也没有学")?,
        }
        show::choices(&measured.choices, measured.examples.is_some())?;
        show::times(measured.times.as_ref())?;
    }
    Ok(ExitCode::SUCCESS)
}
