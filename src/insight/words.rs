//! What was seen, in Chinese: for terminals and for people in a hurry.

use std::fmt::Write as _;

use super::ballot::{Ballot, Question, Remarked};
use super::reason::{Reason, Standing};
use super::why::Why;
use super::why_not::WhyNot;
use crate::triage::Warning;

/// The closest miss in one sentence.
pub(super) fn sentence(rule: &str, reason: &Reason) -> String {
    match reason {
        Reason::Off { file, line, because } => format!("规则 {rule} 在 {file}:{line} 被停用：{because}"),
        Reason::Suspended {} => format!("规则 {rule} 因为反复出错或超过上限，已被请出服务；改好文件后恢复"),
        Reason::NotToday { from, until, today } => format!("只在 {from} 至 {until} 有效，来件是 {today}"),
        Reason::Facet { facet, wanted, found } => {
            let found =
                if found.is_empty() { "没有这一项".to_owned() } else { format!("是“{}”", found.join("、")) };
            format!("{facet} 要“{}”，来件{found}", wanted.join("”或“"))
        }
        Reason::Word { key, words, near } => match near.first() {
            Some(near) => format!("{key} 要“{}”，来件写的是“{}”", near.word, near.found),
            None if words.is_empty() => "词语没有命中".to_owned(),
            None => format!("{key} 的词一个也没有出现，例如“{}”", words[0]),
        },
        Reason::Apart { words } => {
            let places: Vec<String> = words.iter().map(|it| format!("“{}”在“{}”", it.word, it.sentence)).collect();
            format!("词都有，但不在同一句话里：{}", places.join("，"))
        }
        Reason::Exception { word, .. } => format!("出现了例外词“{word}”（unless）"),
        Reason::Guard { facts } if facts.is_empty() => "词语都命中了，when 不成立".to_owned(),
        Reason::Guard { facts } => {
            let facts: Vec<String> = facts.iter().map(|fact| format!("{} = {}", fact.name, fact.value)).collect();
            format!("词语都命中了，when 不成立：{}", facts.join("，"))
        }
        Reason::Nothing {} => "条件都成立，但 then 这次没有说出结果".to_owned(),
        Reason::Failed { message } => format!("函数出错，作废一票：{message}"),
        Reason::Fired { standing } => standing.in_words(),
    }
}

impl Standing {
    fn in_words(&self) -> String {
        match self {
            Self::Decided { value } => format!("命中了，而且算数：结果就是“{value}”"),
            Self::Outvoted { by } => format!("命中了，没有计入：同组的 {by} 更强"),
            Self::Lost { candidate, winner, weight: 0, ahead: 0 } => {
                format!("命中了，提出“{candidate}”，结果是更高的“{winner}”")
            }
            Self::Lost { candidate, winner, weight, ahead } => {
                let (weight, ahead) = (votes(*weight), votes(*ahead));
                format!("命中了，但“{candidate}”只有 {weight} 票，“{winner}”多 {ahead} 票")
            }
            Self::Open { candidate, because } if because.is_empty() => {
                format!("命中了，投给“{candidate}”，但没有定下来")
            }
            Self::Open { candidate, because } => format!("命中了，投给“{candidate}”，但没有定下来：{because}"),
            Self::Cancelled {} => "命中了，但来件紧急，不予受理的建议作废".to_owned(),
            Self::Heard { what } => format!("命中了，起了作用：{what}"),
        }
    }
}

impl WhyNot {
    /// For a terminal.
    pub fn render(&self) -> String {
        let mut out = format!("{}  {}:{}\n{}\n", self.rule, self.file, self.line, self.sentence);
        for part in &self.parts {
            let sign = if part.holds { "✓" } else { "✗" };
            let _ = writeln!(out, "  {sign} {:<8} {}", part.key, part.detail);
            for near in &part.near {
                let _ = writeln!(out, "             “{}” ≈ “{}”（像 {}%）", near.found, near.word, near.likeness);
            }
        }
        out
    }
}

impl Why {
    /// For a terminal.
    pub fn render(&self) -> String {
        let mut out = format!("{}\n\n结果  {}\n", self.marked, self.outcome.in_words());
        for (name, value) in [
            ("特殊", self.special.in_words().to_owned()),
            ("预警", if self.warning == Warning::None { String::new() } else { self.warning.in_words().to_owned() }),
            ("配合", self.assists.join("、")),
            ("跟进", self.followers.join("、")),
        ] {
            if !value.is_empty() {
                let _ = writeln!(out, "{name}  {value}");
            }
        }
        for obstacle in &self.obstacles {
            let _ = writeln!(out, "缘由  {}", obstacle.words);
        }
        self.remarks.iter().for_each(|remarked| remark(&mut out, remarked));
        let (least, margin) = (votes(self.thresholds.least_weight), votes(self.thresholds.least_margin));
        question(&mut out, &self.lead, &format!("（要 {least} 票，领先 {margin} 票）"));
        let asked = |axis: &&Question| !axis.votes.is_empty() || !axis.value.is_empty();
        self.axes.iter().filter(asked).for_each(|axis| question(&mut out, axis, ""));
        self.warnings.iter().for_each(|vote| ballot(&mut out, vote));
        for failed in &self.failed {
            let _ = writeln!(out, "出错  {}：{}", failed.rule, failed.message);
        }
        if !self.silent.is_empty() {
            out.push_str("看过而没有命中的规则\n");
        }
        for it in &self.silent {
            let _ = writeln!(out, "    {} {}  {}  {}:{}", it.verb, it.rule, it.reason, it.file, it.line);
        }
        if self.more_silent > 0 {
            let _ = writeln!(out, "    还有 {} 条", self.more_silent);
        }
        out
    }
}

fn question(out: &mut String, question: &Question, needed: &str) {
    let value = if question.value.is_empty() { "（未定）" } else { &question.value };
    let note = if question.by_default { "（没有规则投票，按缺省）" } else { needed };
    let _ = writeln!(out, "{}  {value}{note}", question.title);
    for candidate in &question.ranking {
        let vetoed = if candidate.vetoed { "  被否决" } else { "" };
        let _ = writeln!(out, "    {:>6} 票  {}{vetoed}", votes(candidate.weight), candidate.name);
    }
    question.votes.iter().for_each(|vote| ballot(out, vote));
}

fn ballot(out: &mut String, ballot: &Ballot) {
    let vote = &ballot.vote;
    let sign = if vote.counted { "✓" } else { "✗" };
    let weight = match (vote.veto, vote.weight) {
        (true, _) => " 否决".to_owned(),
        (false, 0) => String::new(),
        (false, weight) => format!(" {}{}", if weight > 0 { "+" } else { "" }, votes(weight)),
    };
    let _ = writeln!(out, "    {sign} {} → {}{weight}{}", vote.rule, vote.candidate, quoted(&vote.hits));
    if let Some(by) = &ballot.outvoted_by {
        let _ = writeln!(out, "        没有计入：同组 {} 的 {by} 更强", ballot.group);
    }
    place(out, &vote.file, vote.line, &vote.why, &vote.basis);
}

fn remark(out: &mut String, remarked: &Remarked) {
    let it = &remarked.remark;
    let sign = if remarked.effective { "✓" } else { "✗" };
    let cancelled = if remarked.effective { "" } else { "（来件紧急，作废）" };
    let _ = writeln!(out, "    {sign} {} → {}{cancelled}{}", it.rule, remarked.what, quoted(&it.hits));
    place(out, &it.file, it.line, &it.why, &it.basis);
}

fn place(out: &mut String, file: &str, line: u32, why: &str, basis: &str) {
    let at = if file.is_empty() { String::new() } else { format!("{file}:{line}") };
    let parts: Vec<&str> = [at.as_str(), why, basis].into_iter().filter(|part| !part.is_empty()).collect();
    let _ = writeln!(out, "        {}", parts.join("  "));
}

fn quoted(hits: &[crate::triage::Hit]) -> String {
    let mut words: Vec<&str> = hits.iter().map(|hit| hit.word.as_str()).collect();
    words.dedup();
    if words.is_empty() { String::new() } else { format!("  “{}”", words.join("”“")) }
}

/// Thousandths as votes.
pub(crate) fn votes(thousandths: i32) -> String {
    let text = format!("{:.3}", f64::from(thousandths) / 1_000.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
