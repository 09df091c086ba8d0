//! What happened, in one Chinese line: for timelines, conflicts and people who ask.

use super::Ticket;
use super::event::{By, Event};
use super::parts::{Evidence, Officer};
use crate::calendar::{Length, deadline, moment};
use crate::regulation::Reviewer;
use crate::triage::{Special, Warning};

/// One line without personal data of the requester; `ticket` names its clocks.
pub fn words(event: &Event, ticket: &Ticket) -> String {
    let name = |id: &str| ticket.life.clocks.iter().find(|it| it.id == id).map_or(id, |it| it.name.as_str()).to_owned();
    match event {
        Event::Received { .. } => "收到诉求".into(),
        Event::Triaged { decision } => format!("研判：{}", decision.outcome.in_words()),
        Event::Shadowed { shadowed } => {
            let lead = if shadowed.lead.is_empty() { "" } else { &shadowed.lead };
            format!("试运行的规则另有结果：{}{lead}", shadowed.outcome.in_words())
        }
        Event::Answered { by, answer } => format!("{}答复{}", machine(*by), quoted(&answer.entry)),
        Event::Dispatched { by, lead, assists, .. } => format!("{}派单至{lead}{}", machine(*by), with(assists)),
        Event::Queued { .. } => "转人工派单".into(),
        Event::Claimed { .. } => "派单员领取".into(),
        Event::ClaimExpired { .. } => "领取超时".into(),
        Event::Renewed { .. } => "延长领取".into(),
        Event::Released { .. } => "放回队列".into(),
        Event::Skipped { reason, .. } => format!("跳过：{reason}"),
        Event::Refused { article, reason, .. } => format!("不予受理（{article}）：{reason}"),
        Event::Signed { unit } => format!("{unit}签收"),
        Event::ReturnRequested { unit, reason, evidence, late, .. } => {
            let late = if *late { "（超期）" } else { "" };
            format!("{unit}申请退件{late}：{reason}{}", files(evidence))
        }
        Event::ReturnDecided { granted: true, reason } => format!("同意退件：{reason}"),
        Event::ReturnDecided { reason, .. } => format!("不同意退件：{reason}"),
        Event::Contacted { reached: true, channel, .. } => format!("已联系来件人{}", quoted(channel)),
        Event::Contacted { channel, .. } => format!("未联系上来件人{}", quoted(channel)),
        Event::Replied { text, .. } => format!("阶段性回复：{}", short(text)),
        Event::Informed { text, .. } => format!("告知来件人结果：{}", short(text)),
        Event::Registered { what, note, .. } => format!("登记“{what}”：{}", short(note)),
        Event::Progressed { note } => format!("进展：{}", short(note)),
        Event::ExtensionRequested { length, ground, reason, .. } => {
            format!("申请延期{}：{ground} {}", span(length), short(reason))
        }
        Event::ExtensionDecided { granted: true, length, .. } => format!("同意延期{}", span(length)),
        Event::ExtensionDecided { reason, .. } => format!("不同意延期：{reason}"),
        Event::AssistAdded { unit, task, .. } => format!("加入配合单位{unit} {}", short(task)),
        Event::AssistConfirmed { unit } => format!("确认配合单位{unit}"),
        Event::AssistDone { unit, note, .. } => format!("{unit}完成配合：{}", short(note)),
        Event::LinkageFailed { reason } => format!("联动困难：{}", short(reason)),
        Event::Flagged { flag, up, reason } => {
            format!("{}标记“{}”：{}", if *up { "打上" } else { "去掉" }, flag_name(flag), short(reason))
        }
        Event::Graded { urgency, impact, .. } => format!("紧急程度{urgency}，影响{impact}"),
        Event::SpecialSet { special, .. } => special_words(*special).into(),
        Event::ConfidentialSet { confidential: true, .. } => "列为保密".into(),
        Event::ConfidentialSet { .. } => "解除保密".into(),
        Event::Completed { reply } => format!("{}提交办结：{}", reply.unit, short(&reply.text)),
        Event::Reviewed { step, passed, reason, .. } => {
            let who = match step {
                Reviewer::Deputy => "初审",
                Reviewer::Center => "复审",
                Reviewer::Nobody => "审核",
            };
            format!("{who}{} {reason}", if *passed { "通过" } else { "退回" })
        }
        Event::FedBack { .. } => "反馈来件人".into(),
        Event::FollowedUp { reached: true, automatic, .. } => {
            format!("{}回访", if *automatic { "自动" } else { "人工" })
        }
        Event::FollowedUp { .. } => "回访未接通".into(),
        Event::Rated { score } => format!("评价：{}", score.rating.title()),
        Event::Supervised { reason, by, .. } => format!("{}督办：{}", machine(*by), short(reason)),
        Event::SupervisionProposed { ground, .. } => format!("建议督办：{ground}"),
        Event::Stated { text } => format!("书面说明：{}", short(text)),
        Event::HardCase { reason } => format!("列为疑难复杂：{reason}"),
        Event::DeemedLate { reason } => format!("认定为未按时：{reason}"),
        Event::Terminated { ground, opinion, .. } => format!("终结（{ground}）：{}", short(opinion)),
        Event::Closed { by, code, reason } => format!("{}结案（{code}）{reason}", machine(*by)),
        Event::Archived { by } => format!("{}归档", machine(*by)),
        Event::Reopened { reason } => format!("重新开启：{}", short(reason)),
        Event::Erased { reason } => format!("个人信息已销毁：{}", short(reason)),
        Event::Linked { ticket, relation, .. } => format!("关联工单{ticket}（{relation}）"),
        Event::Noticed { notice } => {
            let quiet = notice.not_before.map(|at| format!("，{}后送达", moment(at))).unwrap_or_default();
            format!("通知{}：{}{quiet}", notice.to.join("、"), notice.text)
        }
        Event::Delivered { notice, channel } => format!("通知{notice}已由{channel}送达"),
        Event::Acknowledged {} => "来件人确认受理告知书".into(),
        Event::Confirmed { clock, note } => format!("确认任务“{}” {}", name(clock), short(note)),
        Event::Noted { text } => format!("备注：{}", short(text)),
        Event::Overridden { article, reason, .. } => format!("超出一般规定（{article}）：{reason}"),
        Event::FollowerAdded { follower } => format!("{follower}跟踪"),
        Event::OfficersNamed { officers } => {
            let names: Vec<String> = officers.iter().map(Officer::called).collect();
            format!("企业的服务人员：{}", names.join("、"))
        }
        Event::EntryDrafted { owner, .. } => format!("生成知识草稿，责任单位{owner}"),
        Event::ClockStarted { clock } => {
            let again = if clock.round > 1 { "重新" } else { "" };
            format!("“{}”{again}计时，到{}{}", clock.name, deadline(clock.due), provisional(clock.provisional))
        }
        Event::ClockMet { clock, .. } => format!("“{}”完成", name(clock)),
        Event::ClockStopped { clock, why, .. } => format!("“{}”停止：{why}", name(clock)),
        Event::ClockResumed { clock, .. } => format!("“{}”继续计时", name(clock)),
        Event::ClockMoved { clock, why } => {
            format!("“{}”改到{}：{why}{}", clock.name, deadline(clock.due), provisional(clock.provisional))
        }
        Event::MarkReached { clock, mark, late, .. } => {
            format!("“{}”到{}{}", name(clock), mark_name(mark), lateness(*late))
        }
        Event::MarkMissed { clock, mark, .. } => format!("“{}”的{}已错过，不再补发", name(clock), mark_name(mark)),
        Event::ClockPassed { clock, late, .. } => format!("“{}”期满{}", name(clock), lateness(*late)),
        Event::ClockExcused { clock, why, .. } => format!("“{}”免除逾期：{why}", name(clock)),
        Event::Warned { level, causes, .. } => {
            let why: Vec<&str> = causes.iter().filter(|it| it.level == *level).map(|it| it.why.as_str()).collect();
            format!("预警{}：{}", colour(*level), why.join("；"))
        }
        Event::Urged { urge } => format!("{}{}：{}", urge.action.title(), urge.to.join("、"), cause_words(&urge.cause)),
    }
}

/// The marks that every jurisdiction has; others by their id.
pub fn mark_name(mark: &str) -> &str {
    match mark {
        "two_thirds" => "已用三分之二",
        "imminent" => "即将到期",
        "alt" => "另一种读法的期限",
        other => other,
    }
}

/// What an urge was caused by.
pub fn cause_words(cause: &str) -> &str {
    match cause {
        "warning.blue" => "蓝色预警",
        "warning.yellow" => "黄色预警",
        "warning.red" => "红色预警",
        other => other,
    }
}

/// 蓝、黄、红.
pub fn colour(level: Warning) -> &'static str {
    match level {
        Warning::None => "解除",
        Warning::Blue => "蓝色",
        Warning::Yellow => "黄色",
        Warning::Red => "红色",
    }
}

fn special_words(special: Special) -> &'static str {
    match special {
        Special::None => "不再列为特殊事项",
        Special::Special => "列为特殊事项",
        Special::SpecialUrgent => "列为特殊紧急事项",
    }
}

fn flag_name(flag: &str) -> &str {
    match flag {
        super::BLOCKED => "流程受阻",
        super::BEYOND_CAPACITY => "超出处置能力",
        "slow" => "办理不畅",
        other => other,
    }
}

fn machine(by: By) -> &'static str {
    match by {
        By::Machine => "系统",
        By::Person => "",
    }
}

fn with(assists: &[String]) -> String {
    if assists.is_empty() { String::new() } else { format!("，{}配合", assists.join("、")) }
}

fn quoted(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("（{text}）") }
}

fn span(length: &str) -> String {
    length.parse::<Length>().map_or_else(|_| length.to_owned(), |it| it.words(crate::calendar::Kind::Elapsed))
}

fn files(evidence: &[Evidence]) -> String {
    if evidence.is_empty() { String::new() } else { format!("（证据{}份）", evidence.len()) }
}

fn provisional(provisional: bool) -> &'static str {
    if provisional { "（跨未公布年度，暂按周一至周五）" } else { "" }
}

fn lateness(late: bool) -> &'static str {
    if late { "（补记）" } else { "" }
}

fn short(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}
