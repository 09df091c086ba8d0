//! Why a command is not carried out, and what the person can do instead.

use super::Phase;

/// A refusal, not a fault: the message (Chinese, for dispatchers) says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("工单不在人工派单队列中（当前状态：{}），请刷新后再操作", phase_name(*.phase))]
    NotQueued { phase: Phase },
    #[error("工单尚未领取，请先从队列领取再操作")]
    NotClaimed,
    #[error("工单已由其他人员领取，请改领下一件")]
    ClaimedByOther,
    #[error("领取已失效（超时或已被他人接手），请重新领取后再操作")]
    StaleClaim,
    #[error("当前角色不能办理此操作，请由派单员或联动中心办理")]
    RoleMayNot,
    #[error("工单属于其他辖区（{jurisdiction}），请转由该辖区人员办理")]
    OtherJurisdiction { jurisdiction: String },
    #[error("领取时限应在1秒至{longest_s}秒之间，请重新填写")]
    BadLease { longest_s: u32 },
    #[error("派单须指定主责单位，请选择主责单位")]
    NoLead,
    #[error("单位“{unit}”重复填写，主责与配合单位不得重复，请删去一个")]
    UnitTwice { unit: String },
    #[error("请填写理由")]
    NoReason,
    #[error("答复内容为空，请填写答复")]
    NoAnswer,
    #[error("不予受理须注明依据条款，请选择不予受理情形")]
    NoArticle,
    #[error("{field}过长（最多{most}字），请精简")]
    TooLong { field: &'static str, most: usize },
}

impl Refused {
    /// Stable, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotQueued { .. } => "not_queued",
            Self::NotClaimed => "not_claimed",
            Self::ClaimedByOther => "claimed_by_other",
            Self::StaleClaim => "stale_claim",
            Self::RoleMayNot => "role_may_not",
            Self::OtherJurisdiction { .. } => "other_jurisdiction",
            Self::BadLease { .. } => "bad_lease",
            Self::NoLead => "no_lead",
            Self::UnitTwice { .. } => "unit_twice",
            Self::NoReason => "no_reason",
            Self::NoAnswer => "no_answer",
            Self::NoArticle => "no_article",
            Self::TooLong { .. } => "too_long",
        }
    }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Received => "已接收",
        Phase::Queued => "待人工派单",
        Phase::Answered => "已答复",
        Phase::Dispatched => "已派单",
        Phase::Refused => "不予受理",
    }
}
