//! What people do with a ticket, as they send it. Who may give a command, when, and what it needs is in `permit`,
//! `decide` and the regulation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::TicketId;
use super::parts::{Evidence, RatedBy, Rating};
use crate::regulation::Units;
use crate::triage::Special;

/// One wish about one ticket: `{"command": "sign"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// 签收.
    Sign {},
    /// 申请退件.
    Return {
        #[serde(default)]
        reason: String,
        #[serde(default)]
        basis: String,
        #[serde(default)]
        evidence: Vec<Evidence>,
        #[serde(default)]
        override_reason: String,
    },
    /// 退件审核: granted with a new lead, granted back to the queue, or refused.
    DecideReturn {
        granted: bool,
        #[serde(default)]
        reason: String,
        #[serde(default)]
        lead: String,
        #[serde(default)]
        assists: Vec<String>,
    },
    /// 联系来件人.
    Contact {
        #[serde(default)]
        channel: String,
        #[serde(default = "yes")]
        reached: bool,
        #[serde(default)]
        note: String,
    },
    /// 首次或阶段性回复.
    Reply {
        #[serde(default)]
        text: String,
        #[serde(default)]
        evidence: Vec<Evidence>,
    },
    /// 告知来件人结果.
    Inform {
        #[serde(default)]
        channel: String,
        #[serde(default)]
        text: String,
    },
    /// 登记一项 that the regulation asks for by name.
    Register {
        what: String,
        #[serde(default)]
        note: String,
        #[serde(default)]
        evidence: Vec<Evidence>,
    },
    /// 报告进展.
    Progress {
        #[serde(default)]
        note: String,
    },
    /// 申请延期.
    RequestExtension {
        /// The main clock if empty.
        #[serde(default)]
        clock: String,
        /// `3d`, `24h`.
        length: String,
        #[serde(default)]
        ground: String,
        #[serde(default)]
        reason: String,
        /// Who agreed.
        #[serde(default)]
        consents: Vec<String>,
        #[serde(default)]
        fields: BTreeMap<String, String>,
        #[serde(default)]
        override_reason: String,
    },
    /// 审批延期; a shorter length may be granted.
    DecideExtension {
        granted: bool,
        #[serde(default)]
        length: String,
        #[serde(default)]
        reason: String,
        /// Needed to grant more than what holds 一般 or 原则上.
        #[serde(default)]
        override_reason: String,
    },
    AddAssist {
        unit: String,
        #[serde(default)]
        task: String,
    },
    ConfirmAssist {
        unit: String,
    },
    /// By the assisting unit; a center names the unit.
    AssistDone {
        #[serde(default)]
        unit: String,
        #[serde(default)]
        note: String,
        #[serde(default)]
        evidence: Vec<Evidence>,
    },
    /// 联动困难, 职责不明确.
    LinkageFailed {
        #[serde(default)]
        reason: String,
    },
    /// `blocked` 现有流程无法执行, `beyond_capacity` 超出处置能力, or the jurisdiction's own.
    Flag {
        flag: String,
        #[serde(default = "yes")]
        up: bool,
        #[serde(default)]
        reason: String,
    },
    /// 紧急程度、影响: what is empty stays.
    Grade {
        #[serde(default)]
        urgency: String,
        #[serde(default)]
        impact: String,
        #[serde(default)]
        reason: String,
    },
    /// 列为特殊（紧急）事项.
    Special {
        special: Special,
        #[serde(default)]
        reason: String,
    },
    /// 列为保密, or lift it.
    Confidential {
        #[serde(default = "yes")]
        confidential: bool,
        #[serde(default)]
        reason: String,
    },
    /// 提交办结.
    Complete {
        #[serde(default)]
        text: String,
        #[serde(default)]
        basis: String,
        #[serde(default)]
        evidence: Vec<Evidence>,
        #[serde(default)]
        fields: BTreeMap<String, String>,
    },
    /// 初审、复审.
    Review {
        passed: bool,
        #[serde(default)]
        reason: String,
        #[serde(default)]
        checks: Vec<String>,
        #[serde(default)]
        missing_content: bool,
    },
    /// 反馈来件人.
    Feedback {
        #[serde(default)]
        channel: String,
        #[serde(default)]
        text: String,
    },
    /// 回访.
    FollowUp {
        #[serde(default)]
        automatic: bool,
        #[serde(default)]
        channel: String,
        #[serde(default = "yes")]
        reached: bool,
        #[serde(default)]
        note: String,
    },
    /// 评价.
    Rate {
        rating: Rating,
        #[serde(default)]
        process: Option<Rating>,
        #[serde(default)]
        time: Option<Rating>,
        #[serde(default)]
        result: Option<Rating>,
        #[serde(default)]
        source: RatedBy,
        #[serde(default)]
        note: String,
    },
    /// 重新派件.
    Redispatch {
        lead: String,
        #[serde(default)]
        assists: Vec<String>,
        #[serde(default)]
        ground: String,
        #[serde(default)]
        reason: String,
    },
    /// 督办.
    Supervise {
        #[serde(default)]
        ground: String,
        #[serde(default)]
        reason: String,
        #[serde(default)]
        measure: String,
    },
    /// 列为疑难复杂: the center names a lead, and nobody may return it.
    HardCase {
        #[serde(default)]
        reason: String,
    },
    /// 书面说明.
    Statement {
        #[serde(default)]
        text: String,
    },
    /// 终结.
    Terminate {
        #[serde(default)]
        ground: String,
        #[serde(default)]
        opinion: String,
        #[serde(default)]
        evidence: Vec<Evidence>,
    },
    /// 结案.
    Close {
        #[serde(default)]
        code: String,
        #[serde(default)]
        reason: String,
        #[serde(default)]
        override_reason: String,
    },
    /// 归档.
    Archive {},
    Reopen {
        #[serde(default)]
        reason: String,
    },
    Link {
        #[schema(value_type = String)]
        ticket: TicketId,
        relation: String,
        #[serde(default)]
        note: String,
    },
    /// A notice arrived by a channel.
    Deliver {
        notice: String,
        channel: String,
    },
    /// 来件人确认受理告知书.
    Acknowledge {},
    /// A task is done.
    Confirm {
        task: String,
        #[serde(default)]
        note: String,
    },
    Note {
        #[serde(default)]
        text: String,
    },
    /// 派单, out of the queue.
    Dispatch {
        lead: String,
        #[serde(default)]
        assists: Vec<String>,
        #[serde(default)]
        followers: Vec<String>,
        #[serde(default)]
        reason: String,
        /// Number of the claim.
        #[serde(default)]
        fence: Option<u64>,
    },
    /// 直接答复, out of the queue.
    Answer {
        #[serde(default)]
        entry: String,
        #[serde(default)]
        text: String,
        #[serde(default)]
        basis: String,
        #[serde(default)]
        fence: Option<u64>,
    },
    /// 不予受理, out of the queue.
    Refuse {
        code: u16,
        #[serde(default)]
        reason: String,
        #[serde(default)]
        fence: Option<u64>,
    },
}

fn yes() -> bool {
    true
}

/// Every command by its name in JSON.
pub const COMMANDS: [&str; 39] = [
    "sign",
    "return",
    "decide_return",
    "contact",
    "reply",
    "inform",
    "register",
    "progress",
    "request_extension",
    "decide_extension",
    "add_assist",
    "confirm_assist",
    "assist_done",
    "linkage_failed",
    "flag",
    "grade",
    "special",
    "confidential",
    "complete",
    "review",
    "feedback",
    "follow_up",
    "rate",
    "redispatch",
    "supervise",
    "hard_case",
    "statement",
    "terminate",
    "close",
    "archive",
    "reopen",
    "link",
    "deliver",
    "acknowledge",
    "confirm",
    "note",
    "dispatch",
    "answer",
    "refuse",
];

impl Command {
    /// As JSON has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sign {} => "sign",
            Self::Return { .. } => "return",
            Self::DecideReturn { .. } => "decide_return",
            Self::Contact { .. } => "contact",
            Self::Reply { .. } => "reply",
            Self::Inform { .. } => "inform",
            Self::Register { .. } => "register",
            Self::Progress { .. } => "progress",
            Self::RequestExtension { .. } => "request_extension",
            Self::DecideExtension { .. } => "decide_extension",
            Self::AddAssist { .. } => "add_assist",
            Self::ConfirmAssist { .. } => "confirm_assist",
            Self::AssistDone { .. } => "assist_done",
            Self::LinkageFailed { .. } => "linkage_failed",
            Self::Flag { .. } => "flag",
            Self::Grade { .. } => "grade",
            Self::Special { .. } => "special",
            Self::Confidential { .. } => "confidential",
            Self::Complete { .. } => "complete",
            Self::Review { .. } => "review",
            Self::Feedback { .. } => "feedback",
            Self::FollowUp { .. } => "follow_up",
            Self::Rate { .. } => "rate",
            Self::Redispatch { .. } => "redispatch",
            Self::Supervise { .. } => "supervise",
            Self::HardCase { .. } => "hard_case",
            Self::Statement { .. } => "statement",
            Self::Terminate { .. } => "terminate",
            Self::Close { .. } => "close",
            Self::Archive {} => "archive",
            Self::Reopen { .. } => "reopen",
            Self::Link { .. } => "link",
            Self::Deliver { .. } => "deliver",
            Self::Acknowledge {} => "acknowledge",
            Self::Confirm { .. } => "confirm",
            Self::Note { .. } => "note",
            Self::Dispatch { .. } => "dispatch",
            Self::Answer { .. } => "answer",
            Self::Refuse { .. } => "refuse",
        }
    }

    /// For people.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Sign {} => "签收",
            Self::Return { .. } => "申请退件",
            Self::DecideReturn { .. } => "退件审核",
            Self::Contact { .. } => "联系来件人",
            Self::Reply { .. } => "回复",
            Self::Inform { .. } => "告知结果",
            Self::Register { .. } => "登记",
            Self::Progress { .. } => "报告进展",
            Self::RequestExtension { .. } => "申请延期",
            Self::DecideExtension { .. } => "审批延期",
            Self::AddAssist { .. } => "增加配合单位",
            Self::ConfirmAssist { .. } => "确认配合单位",
            Self::AssistDone { .. } => "配合完成",
            Self::LinkageFailed { .. } => "反映联动困难",
            Self::Flag { .. } => "标记",
            Self::Grade { .. } => "调整紧急程度",
            Self::Special { .. } => "列为特殊事项",
            Self::Confidential { .. } => "列为保密",
            Self::Complete { .. } => "提交办结",
            Self::Review { .. } => "审核",
            Self::Feedback { .. } => "反馈来件人",
            Self::FollowUp { .. } => "回访",
            Self::Rate { .. } => "评价",
            Self::Redispatch { .. } => "重新派件",
            Self::Supervise { .. } => "督办",
            Self::HardCase { .. } => "列为疑难复杂",
            Self::Statement { .. } => "书面说明",
            Self::Terminate { .. } => "终结",
            Self::Close { .. } => "结案",
            Self::Archive {} => "归档",
            Self::Reopen { .. } => "重新开启",
            Self::Link { .. } => "关联工单",
            Self::Deliver { .. } => "登记送达",
            Self::Acknowledge {} => "确认告知书",
            Self::Confirm { .. } => "确认任务",
            Self::Note { .. } => "备注",
            Self::Dispatch { .. } => "派单",
            Self::Answer { .. } => "直接答复",
            Self::Refuse { .. } => "不予受理",
        }
    }

    /// Replaces every name of a unit by the one that rules use; the error says which is unknown.
    pub fn name_units(&mut self, units: &Units) -> Result<(), String> {
        let one = |name: &mut String| {
            // An empty one is for `decide` to refuse, in its own words.
            *name = if name.trim().is_empty() { String::new() } else { units.named(name)? };
            Ok(())
        };
        match self {
            Self::DecideReturn { lead, assists, .. } | Self::Redispatch { lead, assists, .. } => {
                one(lead)?;
                assists.iter_mut().try_for_each(one)
            }
            Self::Dispatch { lead, assists, followers: _, .. } => {
                one(lead)?;
                assists.iter_mut().try_for_each(one)
            }
            Self::AddAssist { unit, .. } | Self::ConfirmAssist { unit } | Self::AssistDone { unit, .. } => one(unit),
            _ => Ok(()),
        }
    }

    /// The reason to go beyond what holds 一般 or 原则上.
    pub(super) fn override_reason(&self) -> &str {
        match self {
            Self::Return { override_reason, .. }
            | Self::RequestExtension { override_reason, .. }
            | Self::DecideExtension { override_reason, .. }
            | Self::Close { override_reason, .. } => override_reason.trim(),
            _ => "",
        }
    }
}
