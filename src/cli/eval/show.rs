//! Figures for people.

use super::times::Times;
use crate::cli::output::line;
use crate::measure::{Abstention, Choices, Reliability};

/// `thresholds`: whether some were fixed beforehand.
pub(super) fn choices(it: &Choices, thresholds: bool) -> std::io::Result<()> {
    line(format!("考题 {} 条", it.texts))?;
    line(format!("准确率 {:.4}  宏平均 F1 {:.4}", it.accuracy, it.macro_f1))?;
    line(format!("前三 {:.4}  前五 {:.4}  平均倒数排名 {:.4}", it.top_3, it.top_5, it.reciprocal_rank))?;
    line("把握大的先走，准到这个程度能走多少：")?;
    for at in &it.at_precision {
        let confidence = f64::from(at.confidence) / 1_000.0;
        line(format!("  准确率 {:.2}：{:>5.1}%（把握 {confidence:.3} 以上）", at.precision, at.coverage * 100.0))?;
    }
    if thresholds {
        let (share, precision) = (it.sure * 100.0, it.sure_precision);
        line(format!("按事先定好的门槛：走 {share:.1}%，其中对 {precision:.4}"))?;
    }
    reliability(&it.reliability)?;
    if !it.confusions.is_empty() {
        line("最常弄混的：")?;
    }
    for confusion in &it.confusions {
        let chosen = if confusion.chosen.is_empty() { "（没有判）" } else { &confusion.chosen };
        line(format!("  {:>4}  {} 判成 {chosen}", confusion.count, confusion.truth))?;
    }
    line("各标签：条数、判对占所判、判对占应判、F1")?;
    for label in &it.labels {
        let figures = format!("{:.3}  {:.3}  {:.3}", label.precision, label.recall, label.f1);
        line(format!("  {:>5}  {figures}  {}", label.texts, label.label))?;
    }
    Ok(())
}

pub(super) fn abstention(what: &str, it: &Abstention) -> std::io::Result<()> {
    line(format!("{what}：AUROC {:.4}（有答案 {} 条，没有 {} 条）", it.auroc, it.answerable, it.unanswerable))?;
    let (answered, wrongly) = (it.answered * 100.0, it.answered_wrongly * 100.0);
    line(format!("  过门槛的：有答案的 {answered:.1}%，没有答案的 {wrongly:.1}%"))
}

pub(super) fn reliability(rows: &[Reliability]) -> std::io::Result<()> {
    line("说的把握与实际：档、条数、平均把握、实际对的")?;
    for row in rows {
        line(format!("  {:.1}  {:>6}  {:.3}  {:.3}", f64::from(row.from) / 1_000.0, row.count, row.said, row.was))?;
    }
    Ok(())
}

pub(super) fn times(times: Option<&Times>) -> std::io::Result<()> {
    let Some(times) = times else { return Ok(()) };
    line(format!("每条耗时 p50 {} 微秒，p99 {} 微秒；最慢的：", times.p50, times.p99))?;
    for slow in &times.slowest {
        line(format!("  {:>7} 微秒  {} 字  {}", slow.microseconds, slow.characters, slow.text))?;
    }
    Ok(())
}
