//! Why a command is not carried out, and what the person can do instead.

use super::Phase;

/// A refusal, not a fault: the message (Chinese, for the person) says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("工单不在人工派单队列中（当前状态：{}），请刷新后再操作", .phase.title())]
    NotQueued { phase: Phase },
    #[error("工单尚未领取，请先从队列领取再操作")]
    NotClaimed,
    #[error("工单已由其他人员领取，请改领下一件")]
    ClaimedByOther,
    #[error("领取已失效（超时或已被他人接手），请重新领取后再操作")]
    StaleClaim,
    #[error("当前角色不能办理此操作，请由派单员或联动中心办理")]
    RoleMayNot,
    #[error("当前角色或岗位不能“{command}”，应由{may}办理")]
    MayNot { command: &'static str, may: String },
    #[error("工单的主责单位是{lead}，请由该单位办理")]
    NotYourUnit { lead: String },
    #[error("工单属于其他辖区（{jurisdiction}），请转由该辖区人员办理")]
    OtherJurisdiction { jurisdiction: String },
    #[error("当前状态（{}）不能“{command}”，须在：{allowed}", .phase.title())]
    WrongPhase { command: &'static str, phase: Phase, allowed: String },
    #[error("工单已经签收，不必再签")]
    AlreadySigned,
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
    #[error("{field}：{message}")]
    BadField { field: &'static str, message: String },
    /// What the ticket does not have: a pending application, a task, a notice.
    #[error("{what}，请刷新后再操作")]
    Nothing { what: String },
    #[error("不能审核自己提交的内容，请由他人审核")]
    OwnWork,
    /// An article forbids it; `code` is the regulation's own, stable name of the rule.
    #[error("{message}（{article}）")]
    Rule { code: String, message: String, article: String },
}

/// What kind of refusal it is, for protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The person may not.
    Person,
    /// The ticket does not stand so.
    State,
    /// The command lacks something.
    Content,
}

impl Refused {
    /// Stable, for machines.
    pub fn code(&self) -> &str {
        match self {
            Self::NotQueued { .. } => "not_queued",
            Self::NotClaimed => "not_claimed",
            Self::ClaimedByOther => "claimed_by_other",
            Self::StaleClaim => "stale_claim",
            Self::RoleMayNot | Self::MayNot { .. } => "role_may_not",
            Self::NotYourUnit { .. } => "not_your_unit",
            Self::OtherJurisdiction { .. } => "other_jurisdiction",
            Self::WrongPhase { .. } => "wrong_phase",
            Self::AlreadySigned => "already_signed",
            Self::BadLease { .. } => "bad_lease",
            Self::NoLead => "no_lead",
            Self::UnitTwice { .. } => "unit_twice",
            Self::NoReason => "no_reason",
            Self::NoAnswer => "no_answer",
            Self::NoArticle => "no_article",
            Self::TooLong { .. } => "too_long",
            Self::BadField { .. } => "bad_field",
            Self::Nothing { .. } => "nothing_there",
            Self::OwnWork => "own_work",
            Self::Rule { code, .. } => code,
        }
    }

    /// The article that forbids it; empty where it is our own order of things.
    pub fn article(&self) -> &str {
        match self {
            Self::Rule { article, .. } => article,
            _ => "",
        }
    }

    pub fn kind(&self) -> RefusalKind {
        match self {
            Self::RoleMayNot
            | Self::MayNot { .. }
            | Self::NotYourUnit { .. }
            | Self::OtherJurisdiction { .. }
            | Self::OwnWork => RefusalKind::Person,
            Self::NotQueued { .. }
            | Self::NotClaimed
            | Self::ClaimedByOther
            | Self::StaleClaim
            | Self::WrongPhase { .. }
            | Self::AlreadySigned
            | Self::Nothing { .. }
            | Self::Rule { .. } => RefusalKind::State,
            Self::BadLease { .. }
            | Self::NoLead
            | Self::UnitTwice { .. }
            | Self::NoReason
            | Self::NoAnswer
            | Self::NoArticle
            | Self::TooLong { .. }
            | Self::BadField { .. } => RefusalKind::Content,
        }
    }
}
