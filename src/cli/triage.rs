//! `paidan triage TEXT|-|FILE`: decides without recording anything.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Deserialize;

use super::{Packs, input, output};
use crate::app::World;
use crate::calendar::local_date;
use crate::clock;
use crate::ticket::Request;
use crate::triage::{Decision, History, Probe, Warning, triage};

#[derive(Args)]
pub(super) struct Triage {
    /// 文字；`-` 为标准输入；或文件（.jsonl 每行一件：{"title","text"}）· a text, `-`, or a file
    #[arg(value_name = "TEXT|-|FILE")]
    input: String,
    /// 辖区 · jurisdiction
    #[arg(long, short, default_value = "longhua")]
    jurisdiction: String,
    /// 渠道 · channel
    #[arg(long, default_value = "")]
    channel: String,
    /// 来件人类别 · kind of requester
    #[arg(long, default_value = "")]
    requester: String,
    /// 每件输出一行 JSON · one line of JSON per request
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    packs: Packs,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
}

impl Triage {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let world = World::load(&self.packs.source()?, local_date(clock::now()))?;
        if !world.snapshot.releases.contains_key(&self.jurisdiction) {
            let known: Vec<&str> = world.snapshot.releases.keys().map(String::as_str).collect();
            bail!("no jurisdiction `{}`; there are: {}", self.jurisdiction, known.join(", "));
        }
        let report = &world.reports[&self.jurisdiction];
        if !report.current {
            bail!("{} has no release: see `paidan rules check` and `paidan rules test`", self.jurisdiction);
        }
        for line in self.lines()? {
            let mut request = Request {
                jurisdiction: self.jurisdiction.clone(),
                title: line.title,
                text: line.text,
                channel: self.channel.clone(),
                ..Request::default()
            };
            request.requester.kind.clone_from(&self.requester);
            let (decision, _, _) = triage(&world.snapshot, &request, &History::default(), clock::now(), Probe::Off);
            if self.json { output::json(&decision)? } else { show(&decision)? }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn lines(&self) -> anyhow::Result<Vec<Line>> {
        let content = input::read(&self.input)?;
        if self.input.ends_with(".jsonl") || content.starts_with('{') {
            let parse = |(idx, line): (usize, &str)| {
                serde_json::from_str(line).with_context(|| format!("line {} is not {{\"title\", \"text\"}}", idx + 1))
            };
            return content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(parse).collect();
        }
        Ok(vec![Line { title: String::new(), text: content }])
    }
}

fn show(decision: &Decision) -> std::io::Result<()> {
    output::line(format!("结果  {}", decision.outcome.in_words()))?;
    for (name, value) in headline(decision).into_iter().filter(|(_, value)| !value.is_empty()) {
        output::line(format!("{name}  {value}"))?;
    }
    for candidate in decision.lead.ranking.iter().take(4) {
        output::line(format!("    {:>7.3} 票  {}", f64::from(candidate.weight) / 1_000.0, candidate.name))?;
    }
    for vote in decision.lead.votes.iter().filter(|vote| vote.counted) {
        let words: Vec<&str> = vote.hits.iter().map(|hit| hit.word.as_str()).collect();
        let weight = if vote.veto { "否决".to_owned() } else { format!("{:+.1}", f64::from(vote.weight) / 1_000.0) };
        let place = format!("{}:{}", vote.file, vote.line);
        output::line(format!("    {} → {} {weight}  {}  {place}", vote.rule, vote.candidate, words.join("、")))?;
    }
    for obstacle in &decision.obstacles {
        output::line(format!("缘由  {}", obstacle.in_words()))?;
    }
    for remark in decision.specials.iter().chain(decision.refusals.iter().flat_map(|it| &it.said_by)) {
        output::line(format!("    {}：{}（{}）", remark.rule, remark.why, remark.basis))?;
    }
    for tell in &decision.tell {
        output::line(format!("告知  {tell}"))?;
    }
    for it in decision.matches.iter().take(3) {
        output::line(format!("知识  {:.3} {} {}", f64::from(it.confidence) / 1_000.0, it.entry, it.question))?;
    }
    if let Some(answer) = &decision.answer {
        output::line(format!("答复  {}\n      —— {} {}", answer.text.trim(), answer.owner, answer.basis))?;
    }
    output::line("")
}

fn headline(decision: &Decision) -> [(&'static str, String); 11] {
    let warning = if decision.warning == Warning::None { "" } else { decision.warning.in_words() };
    [
        ("特殊", decision.special.in_words().to_owned()),
        ("预警", warning.to_owned()),
        ("性质", decision.axis("nature").to_owned()),
        ("类别", decision.axis("category").to_owned()),
        ("主题", decision.axis("topic").to_owned()),
        ("紧急", decision.axis("urgency").to_owned()),
        ("影响", decision.axis("impact").to_owned()),
        ("坐席", decision.axis("skill").to_owned()),
        ("主责", decision.lead.value.clone()),
        ("配合", decision.assists.join("、")),
        ("跟进", decision.followers.join("、")),
    ]
}
