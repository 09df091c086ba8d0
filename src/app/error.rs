//! Why a use case ends without a result. Messages are Chinese and say what to do; causes go to the log, not to callers.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::diagnostic::Diagnostic;
use crate::releases::{FailedCase, NotNow};
use crate::store::{AppendError, ReadError};
use crate::ticket::{EventId, Refused};

/// One field of a request that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Path of the field, for example `requester.kind`.
    pub field: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// What was asked for by a name that means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    Ticket,
    Entry,
    Question,
    Campaign,
    Enterprise,
    Subscription,
    DeadLetter,
    Jurisdiction,
    Release,
    Draft,
    Trial,
    Rule,
    Backtest,
    Model,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("请求中有{}处不能受理，请按 errors 逐项改正后重新提交", .0.len())]
    Invalid(Vec<FieldError>),
    #[error("诉求文字有{bytes}字节，最多{most}字节（约2万字），请精简，或把附件另行上传")]
    TextTooLarge { bytes: usize, most: usize },
    #[error("没有“{name}”，{help}")]
    Missing { what: Missing, name: String, help: String },
    #[error("此令牌只用于辖区“{own}”，请去掉 jurisdiction 或改用该辖区的令牌")]
    OtherJurisdiction { own: String },
    #[error("工单已更新到版本{version}（您看到的是{seen}），其间：{}。请核对后重新操作", .happened.join("；"))]
    Stale { seen: u32, version: u32, happened: Vec<String> },
    #[error(
        "条目“{id}”已被他人更新（现在第{actual}次操作，您看到的是第{seen}次），其间的改动见 errors；请重新打开，核对后再改"
    )]
    EntryMoved { id: String, seen: u32, actual: u32, happened: Vec<FieldError> },
    #[error(transparent)]
    Draft(#[from] NotNow),
    #[error(
        "辖区“{jurisdiction}”的规则在磁盘上编辑（source = \"disk\"）：请改规则目录里的文件，存盘即检查并生效；要用接口发布，请把该辖区设为 source = \"api\""
    )]
    EditedOnDisk { jurisdiction: String },
    #[error("您编辑的是版本{parent}，现在生效的已是{live}；请以新版本为准重做修改，其间的发布见 errors")]
    ReleaseMoved { parent: String, live: String, happened: Vec<FieldError> },
    #[error("规则有{}处错误，没有发布，生效的版本不变；请按 errors 改好", .diagnostics.iter().filter(|it| it.is_error()).count())]
    RulesBroken { diagnostics: Vec<Diagnostic> },
    #[error("有{}个用例没有通过，没有发布，生效的版本不变；请改好，或由有权限的人强制发布（force，记录在案）", .failed.len())]
    CasesFail { failed: Vec<FailedCase> },
    #[error("“{id}”正在试运行，请先停止它")]
    TrialRunning { id: String },
    #[error("辖区“{jurisdiction}”正在训练，请等它结束，见 GET /v1/rules/{jurisdiction}/models")]
    TrainingRunning { jurisdiction: String },
    #[error("本辖区没有可用的规定，不能办理，请先恢复规则")]
    NoRegulation,
    #[error(
        "事件{event}已超过7天或不存在，请从 /v1/tickets?from={} 取回工单，再从现在开始接收",
        .from.to_rfc3339_opts(SecondsFormat::Secs, true)
    )]
    Gone { event: EventId, from: DateTime<Utc> },
    #[error("研判线程已满，请稍后用同一个 Idempotency-Key 重试")]
    Overloaded,
    #[error("规则“{rule}”一直没有算完，已停止等待，请稍后用同一个 Idempotency-Key 重试")]
    Stuck { rule: String },
    #[error("处理时出错，已记录，请凭 instance 联系运维人员")]
    Panicked,
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error("存储读取失败，已记录，请凭 instance 联系运维人员")]
    Read(#[from] ReadError),
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::Append(refused.into())
    }
}

impl Error {
    pub(super) fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    pub(super) fn missing(what: Missing, name: &str, help: impl Into<String>) -> Self {
        Self::Missing { what, name: name.chars().take(64).collect(), help: help.into() }
    }
}
