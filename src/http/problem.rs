//! Problem details (RFC 9457): one table of stable codes; details in Chinese that say what to do.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{Error, FieldError, Missing};
use crate::editorial::Refusal;
use crate::releases::NotNow;
use crate::store::AppendError;
use crate::ticket::Refused;

/// What went wrong; never renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Code {
    MalformedBody,
    NotUtf8,
    BadParameter,
    ActorFixed,
    Unauthorized,
    Forbidden,
    RoleMayNot,
    OtherJurisdiction,
    NotYourUnit,
    OwnWork,
    NotFound,
    UnknownTicket,
    UnknownEntry,
    UnknownQuestion,
    UnknownCampaign,
    UnknownEnterprise,
    UnknownSubscription,
    UnknownDeadLetter,
    UnknownJurisdiction,
    MethodNotAllowed,
    BodyTimeout,
    Conflict,
    StaleClaim,
    ReleaseMoved,
    DraftStage,
    EntryState,
    EntryMoved,
    NotApproved,
    EditedOnDisk,
    CasesFail,
    TrialRunning,
    TrainingRunning,
    UnknownRelease,
    UnknownDraft,
    UnknownTrial,
    UnknownRule,
    UnknownBacktest,
    UnknownModel,
    RulesBroken,
    NotQueued,
    NotClaimed,
    ClaimedByOther,
    WrongPhase,
    AlreadySigned,
    NothingThere,
    /// The regulation forbids it: `code` is the rule's own, `article` says which.
    RuleForbids,
    Gone,
    BodyTooLarge,
    TextTooLarge,
    BatchTooLong,
    UnsupportedMediaType,
    TooManyQuestions,
    TooOften,
    LockedOut,
    InvalidRequest,
    KeyReused,
    BadLease,
    NoLead,
    UnitTwice,
    NoReason,
    NoAnswer,
    NoArticle,
    TooLong,
    BadField,
    Internal,
    Busy,
    Timeout,
    DiskFull,
    Starting,
    StoreReadOnly,
    StoreFailed,
    AuditFailed,
    Stopping,
}

impl Code {
    /// The one table: status and title.
    pub(super) const fn row(self) -> (u16, &'static str) {
        match self {
            Self::MalformedBody => (400, "请求体无法解析"),
            Self::NotUtf8 => (400, "请求体不是 UTF-8 编码"),
            Self::BadParameter => (400, "参数无法解析"),
            Self::ActorFixed => (400, "身份由令牌决定"),
            Self::Unauthorized => (401, "需要有效的令牌"),
            Self::Forbidden => (403, "此令牌不能做这件事"),
            Self::RoleMayNot => (403, "当前角色不能办理"),
            Self::OtherJurisdiction => (403, "属于其他辖区"),
            Self::NotYourUnit => (403, "不归本单位"),
            Self::OwnWork => (403, "不能审核自己的工作"),
            Self::NotFound => (404, "没有这个地址"),
            Self::UnknownTicket => (404, "没有这件工单"),
            Self::UnknownRelease => (404, "没有这个规则版本"),
            Self::UnknownDraft => (404, "没有这份草稿"),
            Self::UnknownTrial => (404, "没有在试运行的版本"),
            Self::UnknownRule => (404, "没有这条规则"),
            Self::UnknownBacktest => (404, "没有这次回测"),
            Self::UnknownModel => (404, "没有这个模型"),
            Self::UnknownEntry => (404, "没有这条知识"),
            Self::UnknownCampaign => (404, "没有这个专题"),
            Self::UnknownQuestion => (404, "没有这个回归问题"),
            Self::UnknownEnterprise => (404, "没有这家企业的档案"),
            Self::UnknownSubscription => (404, "没有这个订阅"),
            Self::UnknownDeadLetter => (404, "没有这个未送达的事件"),
            Self::UnknownJurisdiction => (404, "没有这个辖区"),
            Self::MethodNotAllowed => (405, "不支持这种请求方法"),
            Self::BodyTimeout => (408, "请求体没有及时到达"),
            Self::Conflict => (409, "已被他人更新"),
            Self::StaleClaim => (409, "领取已失效"),
            Self::ReleaseMoved => (409, "规则已由他人发布新版本"),
            Self::DraftStage => (409, "草稿现在不能这样做"),
            Self::EntryState => (409, "条目现在不能这样做"),
            Self::EntryMoved => (409, "现行版本已经换过"),
            Self::NotApproved => (409, "尚未由第二个人批准"),
            Self::EditedOnDisk => (409, "本辖区的规则在磁盘上编辑"),
            Self::CasesFail => (409, "有用例没有通过"),
            Self::TrialRunning => (409, "已有一个版本在试运行"),
            Self::TrainingRunning => (409, "正在训练"),
            Self::NotQueued => (409, "工单不在队列中"),
            Self::NotClaimed => (409, "工单尚未领取"),
            Self::ClaimedByOther => (409, "工单已由他人领取"),
            Self::WrongPhase => (409, "当前状态不能办理"),
            Self::AlreadySigned => (409, "已经签收"),
            Self::NothingThere => (409, "没有可办理的内容"),
            Self::RuleForbids => (409, "规定不允许"),
            Self::Gone => (410, "事件已不能续传"),
            Self::BodyTooLarge => (413, "请求体过大"),
            Self::TextTooLarge => (413, "诉求文字过长"),
            Self::BatchTooLong => (413, "一批的行数过多"),
            Self::TooManyQuestions => (429, "提问太频繁"),
            Self::TooOften => (429, "请求太频繁"),
            Self::LockedOut => (429, "多次使用无效令牌"),
            Self::UnsupportedMediaType => (415, "不支持的内容类型"),
            Self::RulesBroken => (422, "规则有错误"),
            Self::InvalidRequest => (422, "请求内容有误"),
            Self::KeyReused => (422, "幂等键已用于别的内容"),
            Self::BadLease => (422, "领取时限有误"),
            Self::NoLead => (422, "没有主责单位"),
            Self::UnitTwice => (422, "单位重复"),
            Self::NoReason => (422, "没有理由"),
            Self::NoAnswer => (422, "没有答复内容"),
            Self::NoArticle => (422, "没有依据条款"),
            Self::TooLong => (422, "内容过长"),
            Self::BadField => (422, "字段有误"),
            Self::Internal => (500, "处理时出错"),
            Self::Busy => (503, "系统繁忙"),
            Self::Timeout => (503, "处理超时"),
            Self::DiskFull => (503, "磁盘空间不足"),
            Self::Starting => (503, "正在启动"),
            Self::StoreReadOnly => (503, "存储只读"),
            Self::StoreFailed => (503, "存储故障"),
            Self::AuditFailed => (503, "审计日志不可用"),
            Self::Stopping => (503, "正在停止"),
        }
    }
}

/// An answer that is no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Problem {
    /// `urn:paidan:problem:<code>`.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    pub(super) code: String,
    /// What is wrong and what to do.
    pub(super) detail: String,
    /// On the heap: a problem stands in many results.
    #[serde(flatten)]
    more: Box<More>,
}

/// What not every problem has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
struct More {
    /// The article that forbids it, where one does.
    #[serde(skip_serializing_if = "String::is_empty")]
    article: String,
    /// `urn:paidan:request:<id>`: quote it when asking for help.
    #[serde(skip_serializing_if = "String::is_empty")]
    instance: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// Seconds to wait, in the header `Retry-After`.
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        let (status, title) = code.row();
        // A unit variant always becomes a string.
        let name =
            serde_json::to_value(code).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
        let kind = format!("urn:paidan:problem:{name}");
        Self { kind, title, status, code: name, detail: detail.into(), more: Box::default() }
    }

    pub(super) fn field(field: &str, message: impl Into<String>) -> Self {
        let errors = vec![FieldError { field: field.to_owned(), message: message.into() }];
        Self::new(Code::InvalidRequest, "请求中有1处不能受理，请按 errors 改正后重新提交").with(errors)
    }

    fn with(mut self, errors: Vec<FieldError>) -> Self {
        self.more.errors = errors;
        self
    }

    /// Worth trying again after so many seconds.
    pub(super) fn again_in(mut self, seconds: u64) -> Self {
        self.more.retry_after = Some(seconds);
        self
    }

    /// A refusal of the state machine. What an article forbids keeps the rule's own code.
    fn refused(refused: &Refused) -> Self {
        let mut problem = Self::new(code_of_refusal(refused), refused.to_string());
        if let Refused::Rule { code, article, .. } = refused {
            problem.kind = format!("urn:paidan:problem:{code}");
            problem.code.clone_from(code);
            problem.more.article.clone_from(article);
        }
        problem
    }

    /// Its stable name.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// For answers that the framework made.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            404 => Self::new(Code::NotFound, "没有这个地址，请对照 /docs 核对路径"),
            405 => Self::new(Code::MethodNotAllowed, "这个地址不支持所用的请求方法，请对照 /docs 核对（见 Allow 头）"),
            408 => Self::new(Code::BodyTimeout, "请求体没有及时到达，请检查网络后重试"),
            413 => Self::new(Code::BodyTooLarge, "请求体过大，请精简或分批提交"),
            415 => Self::new(Code::UnsupportedMediaType, "请以 application/json 提交"),
            400..=499 => Self::new(Code::BadParameter, "请求无法解析，请对照 /docs 核对"),
            _ => Self::new(Code::Internal, "处理时出错，已记录，请凭 instance 联系运维人员"),
        }
    }

    /// The full answer, with the id of the request it belongs to.
    pub(super) fn render(mut self, request_id: &str) -> Response {
        self.more.instance = format!("urn:paidan:request:{request_id}");
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        let headers = response.headers_mut();
        let wait = self.more.retry_after.or((self.status == 503).then_some(1));
        if let Some(seconds) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The outermost layer renders it, because only that one knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Invalid(errors) => Self::new(Code::InvalidRequest, detail).with(errors),
            Error::TextTooLarge { .. } => Self::new(Code::TextTooLarge, detail),
            Error::Missing { what: Missing::Ticket, .. } => Self::new(Code::UnknownTicket, detail),
            Error::Missing { what: Missing::Entry, .. } => Self::new(Code::UnknownEntry, detail),
            Error::Missing { what: Missing::Campaign, .. } => Self::new(Code::UnknownCampaign, detail),
            Error::Missing { what: Missing::Question, .. } => Self::new(Code::UnknownQuestion, detail),
            Error::Missing { what: Missing::Enterprise, .. } => Self::new(Code::UnknownEnterprise, detail),
            Error::Missing { what: Missing::Jurisdiction, .. } => Self::new(Code::UnknownJurisdiction, detail),
            Error::Missing { what: Missing::Subscription, .. } => Self::new(Code::UnknownSubscription, detail),
            Error::Missing { what: Missing::Release, .. } => Self::new(Code::UnknownRelease, detail),
            Error::Missing { what: Missing::Draft, .. } => Self::new(Code::UnknownDraft, detail),
            Error::Missing { what: Missing::Trial, .. } => Self::new(Code::UnknownTrial, detail),
            Error::Missing { what: Missing::Rule, .. } => Self::new(Code::UnknownRule, detail),
            Error::Missing { what: Missing::Backtest, .. } => Self::new(Code::UnknownBacktest, detail),
            Error::Missing { what: Missing::Model, .. } => Self::new(Code::UnknownModel, detail),
            Error::Missing { what: Missing::DeadLetter, .. } => Self::new(Code::UnknownDeadLetter, detail),
            Error::Gone { .. } => Self::new(Code::Gone, detail),
            Error::OtherJurisdiction { .. } => Self::new(Code::OtherJurisdiction, detail),
            Error::Stale { happened, .. } => {
                let errors = happened.into_iter().map(|message| FieldError { field: "version".to_owned(), message });
                Self::new(Code::Conflict, detail).with(errors.collect())
            }
            Error::Draft(NotNow::Stage { .. }) => Self::new(Code::DraftStage, detail),
            Error::Draft(NotNow::OwnWork) => Self::new(Code::OwnWork, detail),
            Error::Draft(NotNow::NotApproved) => Self::new(Code::NotApproved, detail),
            Error::EditedOnDisk { .. } => Self::new(Code::EditedOnDisk, detail),
            Error::EntryMoved { happened, .. } => Self::new(Code::Conflict, detail).with(happened),
            Error::ReleaseMoved { happened, .. } => Self::new(Code::ReleaseMoved, detail).with(happened),
            Error::CasesFail { failed } => {
                let errors = failed.iter().map(|it| FieldError {
                    field: format!("{}:{}", it.file, it.line),
                    message: format!("{}：{}", it.name, it.differences.join("；")),
                });
                Self::new(Code::CasesFail, detail).with(errors.collect())
            }
            Error::RulesBroken { diagnostics } => {
                let errors = diagnostics.iter().filter(|it| it.is_error()).map(|it| FieldError {
                    field: format!("{}:{}:{}", it.file, it.line, it.column),
                    message: format!("{}；{}", it.message, it.help),
                });
                Self::new(Code::RulesBroken, detail).with(errors.collect())
            }
            Error::TrialRunning { .. } => Self::new(Code::TrialRunning, detail),
            Error::TrainingRunning { .. } => Self::new(Code::TrainingRunning, detail),
            Error::NoRegulation => Self::new(Code::NothingThere, detail),
            Error::Overloaded | Error::Stuck { .. } => Self::new(Code::Busy, detail),
            Error::Panicked => Self::new(Code::Internal, detail),
            Error::Read(cause) => {
                tracing::error!(%cause, "reading the store failed");
                Self::new(Code::Internal, detail)
            }
            Error::Append(AppendError::Refused(refused)) => Self::refused(&refused),
            Error::Append(error) => Self::new(code_of(&error), detail),
        }
    }
}

fn code_of(error: &AppendError) -> Code {
    match error {
        AppendError::Conflict { .. } => Code::Conflict,
        AppendError::UnknownTicket { .. } => Code::UnknownTicket,
        AppendError::KeyReused { .. } => Code::KeyReused,
        AppendError::StaleClaim { .. } => Code::StaleClaim,
        AppendError::Refused(_) => Code::RuleForbids,
        AppendError::Entry(refusal) => code_of_entry(refusal),
        AppendError::TooLarge { .. } => Code::TextTooLarge,
        AppendError::Moved { .. } => Code::Conflict,
        AppendError::ReleaseMoved { .. } => Code::ReleaseMoved,
        AppendError::BadCode(_) | AppendError::NoEvents => Code::Internal,
        AppendError::Busy => Code::Busy,
        AppendError::DiskFull { .. } => Code::DiskFull,
        AppendError::ReadOnly { .. } => Code::StoreReadOnly,
        AppendError::Failed { .. } => Code::StoreFailed,
        AppendError::Closed => Code::Stopping,
    }
}

fn code_of_entry(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::Unknown { .. } => Code::UnknownEntry,
        Refusal::Moved { .. } => Code::Conflict,
        Refusal::State { .. } => Code::EntryState,
        Refusal::OwnWork => Code::OwnWork,
        Refusal::NotYourUnit { .. } => Code::NotYourUnit,
        Refusal::Outdated { .. } => Code::EntryMoved,
        Refusal::NoReason { .. } => Code::NoReason,
        Refusal::TooLong { .. } => Code::TooLong,
    }
}

fn code_of_refusal(refused: &Refused) -> Code {
    match refused {
        Refused::NotQueued { .. } => Code::NotQueued,
        Refused::NotClaimed => Code::NotClaimed,
        Refused::ClaimedByOther => Code::ClaimedByOther,
        Refused::StaleClaim => Code::StaleClaim,
        Refused::RoleMayNot | Refused::MayNot { .. } => Code::RoleMayNot,
        Refused::NotYourUnit { .. } => Code::NotYourUnit,
        Refused::WrongPhase { .. } => Code::WrongPhase,
        Refused::AlreadySigned => Code::AlreadySigned,
        Refused::BadField { .. } => Code::BadField,
        Refused::Nothing { .. } => Code::NothingThere,
        Refused::OwnWork => Code::OwnWork,
        Refused::Rule { .. } => Code::RuleForbids,
        Refused::OtherJurisdiction { .. } => Code::OtherJurisdiction,
        Refused::BadLease { .. } => Code::BadLease,
        Refused::NoLead => Code::NoLead,
        Refused::UnitTwice { .. } => Code::UnitTwice,
        Refused::NoReason => Code::NoReason,
        Refused::NoAnswer => Code::NoAnswer,
        Refused::NoArticle => Code::NoArticle,
        Refused::TooLong { .. } => Code::TooLong,
    }
}
