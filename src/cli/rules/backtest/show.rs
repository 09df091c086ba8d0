//! A backtest on the terminal: what became of what, the votes of one item.

use std::collections::BTreeSet;
use std::io;

use crate::backtest::{
    Agreement, Cell, Change, ChangedItem, Drill, Edit, Grade, Matrix, Mode, Report, RuleEffect, Score,
};
use crate::backtest::{Cast, Settled};
use crate::cli::output::line;
use crate::cli::rules::columns::aligned;
use crate::insight::votes;

/// Values up to which a whole matrix fits.
const WHOLE: usize = 7;
/// Changes listed for a field with more values.
const LISTED: usize = 20;

pub(super) fn report(report: &Report, limit: usize) -> io::Result<()> {
    for (title, side) in [("旧", &report.old), ("新", &report.new)] {
        line(format!("{title}  {}  {}", side.digest.get(..12).unwrap_or(""), side.name))?;
    }
    let mode = if report.mode == Mode::Facts { "存下来的事实" } else { "原文" };
    line(format!("按{mode}：{}", report.because.join("；")))?;
    let left_out = if report.left_out > 0 {
        format!("，另有 {} 件不属于本辖区", report.left_out)
    } else {
        String::new()
    };
    line(format!("{} 件，{} 件有变化{}{left_out}", report.items, report.changed, share(report.changed, report.items)))?;
    for it in &report.matrices {
        matrix(it)?;
    }
    agreement(&report.agreement)?;
    rules(&report.rules)?;
    if !report.changed_items.is_empty() && limit > 0 {
        line("\n有变化的办件（用 --show 编号 看全部的票）")?;
    }
    report.changed_items.iter().take(limit).try_for_each(item)?;
    let more = report.changed_items.len().saturating_sub(limit);
    if more > 0 { line(format!("    还有 {more} 件（--limit）")) } else { Ok(()) }
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 { String::new() } else { format!("（{:.2}%）", part as f64 * 100.0 / whole as f64) }
}

fn matrix(matrix: &Matrix) -> io::Result<()> {
    let changed: Vec<&Cell> = matrix.cells.iter().filter(|cell| cell.old != cell.new).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let count: u64 = changed.iter().map(|cell| cell.items).sum();
    line(format!("\n{}：{count} 件不同", matrix.title))?;
    let olds: BTreeSet<&str> = matrix.cells.iter().map(|cell| cell.old.as_str()).collect();
    let news: BTreeSet<&str> = matrix.cells.iter().map(|cell| cell.new.as_str()).collect();
    let fits = olds.len().max(news.len()) <= WHOLE;
    let rows = if fits { whole(matrix, &olds, &news) } else { listed(changed) };
    aligned(&rows).into_iter().try_for_each(|row| line(format!("    {row}")))
}

fn whole(matrix: &Matrix, olds: &BTreeSet<&str>, news: &BTreeSet<&str>) -> Vec<Vec<String>> {
    let count = |old: &str, new: &str| {
        let cell = matrix.cells.iter().find(|cell| cell.old == old && cell.new == new);
        cell.map_or_else(|| "·".to_owned(), |cell| cell.items.to_string())
    };
    let head = std::iter::once("旧＼新".to_owned()).chain(news.iter().map(|value| in_words(value)));
    let row = |old: &&str| -> Vec<String> {
        std::iter::once(in_words(old)).chain(news.iter().map(|new| count(old, new))).collect()
    };
    std::iter::once(head.collect()).chain(olds.iter().map(row)).collect()
}

fn listed(mut changed: Vec<&Cell>) -> Vec<Vec<String>> {
    changed.sort_by(|a, b| (b.items, &a.old, &a.new).cmp(&(a.items, &b.old, &b.new)));
    let row = |cell: &&Cell| vec![format!("{} → {}", in_words(&cell.old), in_words(&cell.new)), cell.items.to_string()];
    let mut rows: Vec<Vec<String>> = changed.iter().take(LISTED).map(row).collect();
    if changed.len() > LISTED {
        rows.push(vec![format!("还有 {} 种", changed.len() - LISTED)]);
    }
    rows
}

fn in_words(value: &str) -> String {
    match value {
        "" => "（未定）",
        "answered" => "自动答复",
        "dispatched" => "自动派单",
        "queued" => "人工派单",
        "refusal_proposed" => "建议不受理",
        "none" => "无",
        "blue" => "蓝",
        "yellow" => "黄",
        "red" => "红",
        "special" => "特殊",
        "special_urgent" => "特殊紧急",
        other => other,
    }
    .to_owned()
}

fn agreement(agreement: &Agreement) -> io::Result<()> {
    if agreement.items == 0 {
        return Ok(());
    }
    line(format!("\n与人的决定相比（{} 件）", agreement.items))?;
    let row = |title: &str, score: &Score| {
        let numbers = [score.right, score.wrong, score.queued, score.queued_right].map(|number| number.to_string());
        std::iter::once(title.to_owned()).chain(numbers).collect::<Vec<_>>()
    };
    let head = ["", "对", "错", "转人工", "其中首选对"].map(str::to_owned).to_vec();
    let rows = [head, row("旧", &agreement.old), row("新", &agreement.new)];
    aligned(&rows).into_iter().try_for_each(|row| line(format!("    {row}")))?;
    line(format!("    变好 {} 件，变差 {} 件", agreement.better, agreement.worse))
}

fn rules(rules: &[RuleEffect]) -> io::Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    line("\n规则（件数）")?;
    let head = ["", "", "新命中", "不再命中", "票变了"].map(str::to_owned).to_vec();
    let row = |it: &RuleEffect| {
        let edit = it.edit.as_ref().map_or("", |edit| match edit.how {
            Edit::Added => "新增",
            Edit::Removed => "删去",
            Edit::Edited => "改过",
        });
        let numbers = [it.appeared, it.disappeared, it.changed].map(|number| number.to_string());
        [it.rule.clone(), edit.to_owned()].into_iter().chain(numbers).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rules.iter().take(LISTED).map(row)).collect();
    aligned(&rows).into_iter().try_for_each(|row| line(format!("    {row}")))?;
    let more = rules.len().saturating_sub(LISTED);
    if more > 0 { line(format!("    还有 {more} 条")) } else { Ok(()) }
}

fn item(item: &ChangedItem) -> io::Result<()> {
    let changes: Vec<String> = item.changes.iter().map(change).collect();
    line(format!("    {}  {}", item.id, item.summary))?;
    line(format!("        {}{}", changes.join("；"), judged(&item.settled, item.old_grade, item.new_grade)))
}

fn change(change: &Change) -> String {
    let title = match change.field {
        "outcome" => "结果",
        "lead" => "主责",
        "first" => "首选",
        "nature" => "性质",
        "category" => "类别",
        "topic" => "主题",
        "urgency" => "紧急",
        "impact" => "影响",
        "warning" => "预警",
        "special" => "特殊",
        "assists" => "配合",
        "followers" => "跟进",
        "skill" => "坐席",
        "refusals" => "不予受理",
        _ => "答复条目",
    };
    format!("{title} {} → {}", in_words(&change.old), in_words(&change.new))
}

fn judged(settled: &Option<Settled>, old: Option<Grade>, new: Option<Grade>) -> String {
    let (Some(settled), Some(old), Some(new)) = (settled, old, new) else { return String::new() };
    let grade = |grade| match grade {
        Grade::Right => "对",
        Grade::Wrong => "错",
        Grade::Queued => "转人工",
        Grade::QueuedRight => "转人工，首选对",
    };
    let settled = match settled {
        Settled::Lead { lead } => lead.clone(),
        Settled::Refused { code } => format!("不予受理（第 {code} 类）"),
        Settled::Answered {} => "直接答复".to_owned(),
        Settled::Nature { nature } => nature.clone(),
        Settled::Outcome { outcome } => outcome.in_words().to_owned(),
    };
    format!("（人定的是“{settled}”：{} → {}）", grade(old), grade(new))
}

pub(super) fn one(drill: &Drill) -> io::Result<()> {
    line(format!("{}{}", drill.id, judged(&drill.settled, drill.old_grade, drill.new_grade)))?;
    match drill.changes.is_empty() {
        true => line("没有变化")?,
        false => drill.changes.iter().try_for_each(|it| line(format!("    {}", change(it))))?,
    }
    if !drill.votes.is_empty() {
        line("票的变化")?;
    }
    for it in &drill.votes {
        let how = match (&it.old, &it.new) {
            (None, Some(new)) => format!("新命中 {}", cast(new)),
            (Some(old), None) => format!("不再命中 {}", cast(old)),
            (Some(old), Some(new)) => format!("{} → {}", cast(old), cast(new)),
            (None, None) => String::new(),
        };
        line(format!("    {} {} → {}  {how}", it.question, it.rule, it.candidate))?;
    }
    line(format!("\n━━ 旧\n{}", drill.old.render().trim_end()))?;
    line(format!("\n━━ 新\n{}", drill.new.render().trim_end()))
}

fn cast(cast: &Cast) -> String {
    let weight = if cast.veto { "否决".to_owned() } else { votes(cast.weight) };
    if cast.counted { weight } else { format!("{weight}（没有计入）") }
}
