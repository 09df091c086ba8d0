//! What is handed to the store, and what comes back.

use chrono::{DateTime, Utc};

use crate::digest::Digest;
use crate::editorial;
use crate::ticket::{Actor, BadId, Event, EventId, Refused, Ticket, TicketId};

/// Events to be stored together: all of them or none.
#[derive(Clone, Debug)]
pub struct Append {
    pub target: Target,
    pub at: DateTime<Utc>,
    pub actor: Actor,
    /// At least one; for a new ticket the first one is `Received`.
    pub events: Vec<Event>,
    pub key: Option<Key>,
}

#[derive(Clone, Debug)]
pub enum Target {
    /// A new ticket. `code` is the jurisdiction's prefix of ticket numbers (`LH`).
    New { code: String },
    /// A known one. `expected` is the version the events were decided on; `fence` the claim they rest on, needed for
    /// everything a person does with a queued ticket.
    Known { id: TicketId, expected: u32, fence: Option<u64> },
}

/// `Idempotency-Key`: for 30 days the same key of the same client means the same ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub client: String,
    pub key: String,
    /// Of the request's body: another body under the same key is refused.
    pub body: Digest,
}

/// Take the next ticket out of a jurisdiction's queue.
#[derive(Clone, Debug)]
pub struct ClaimNext {
    pub actor: Actor,
    pub jurisdiction: String,
    /// Only tickets for this seat (坐席); `None`: any.
    pub skill: Option<String>,
    /// This ticket and no other.
    pub ticket: Option<TicketId>,
    pub lease_s: u32,
    pub at: DateTime<Utc>,
    pub key: Option<Key>,
}

/// Durable: the journal is synchronised and the view knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Appended {
    /// The state after these events; for a repeated key the state now.
    pub ticket: Ticket,
    pub first: EventId,
    pub last: EventId,
    /// The number of the claim, where one was made.
    pub fence: Option<u64>,
    /// Nothing was stored: the key had been used for this before.
    pub replayed: bool,
}

/// Why nothing was stored. [`AppendError::Failed`] is the exception: whether it was stored shows after a restart,
/// where the same key finds it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AppendError {
    #[error("工单{ticket}已被他人更新（当前第{actual}版，您依据的是第{expected}版），请刷新后重试")]
    Conflict { ticket: TicketId, expected: u32, actual: u32 },
    #[error("没有编号为{ticket}的工单，请核对编号")]
    UnknownTicket { ticket: TicketId },
    #[error("幂等键“{key}”已用于内容不同的请求，请换一个键重新提交")]
    KeyReused { key: String },
    #[error("工单{ticket}的领取已失效（超时或已被他人接手），请重新领取后再操作")]
    StaleClaim { ticket: TicketId },
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Entry(#[from] editorial::Refusal),
    #[error("{what}过大（{bytes}字节，最多{most}字节），请精简后重试")]
    TooLarge { what: &'static str, bytes: usize, most: usize },
    #[error("工单编号前缀无效：{0}")]
    BadCode(#[from] BadId),
    #[error("{what}已被他人更新到第{actual}版（您依据的是第{seen}版），请重新打开后再改")]
    Moved { what: &'static str, seen: u32, actual: u32 },
    #[error("辖区“{jurisdiction}”的规则刚刚由他人发布了新版本，请取回后再发布")]
    ReleaseMoved { jurisdiction: String },
    #[error("没有可保存的事件")]
    NoEvents,
    #[error("系统繁忙，请稍后重试")]
    Busy,
    #[error(
        "数据目录所在磁盘只剩{free_mib}MiB（须留{reserve_mib}MiB），暂不受理新诉求和导入，已受理的照常办理；请腾出空间，腾出后自动恢复受理"
    )]
    DiskFull { free_mib: u64, reserve_mib: u64 },
    #[error("存储处于只读状态，暂不受理新操作，请联系运维人员：{reason}")]
    ReadOnly { reason: String },
    #[error("存储故障，已停止受理，请联系运维人员：{reason}")]
    Failed { reason: String },
    #[error("系统正在停止，请稍后重试")]
    Closed,
}

impl AppendError {
    /// Stable, for machines.
    pub fn code(&self) -> &str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::UnknownTicket { .. } => "unknown_ticket",
            Self::KeyReused { .. } => "key_reused",
            Self::StaleClaim { .. } => "stale_claim",
            Self::Refused(refused) => refused.code(),
            Self::Entry(refusal) => refusal.code(),
            Self::TooLarge { .. } => "too_large",
            Self::Moved { .. } => "conflict",
            Self::ReleaseMoved { .. } => "release_moved",
            Self::BadCode(_) => "bad_code",
            Self::NoEvents => "no_events",
            Self::Busy => "busy",
            Self::DiskFull { .. } => "disk_full",
            Self::ReadOnly { .. } => "store_read_only",
            Self::Failed { .. } => "store_failed",
            Self::Closed => "stopping",
        }
    }
}
