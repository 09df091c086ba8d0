//! The closed sets that lifecycle data is written in: moments, actions, recipients, needs, conditions.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::diagnostic::nearest;
use crate::ticket::{Post, Role};
use crate::triage::Special;

/// Declares a closed set of names with what they are called in data and what people read.
macro_rules! names {
    ($(#[$doc:meta])* $type:ident: $what:literal { $($(#[$item_doc:meta])* $item:ident = $name:literal, $title:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(rename_all = "snake_case")]
        pub enum $type { $($(#[$item_doc])* $item,)* }

        impl $type {
            pub const ALL: &[Self] = &[$(Self::$item),*];

            /// As data and JSON have it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$item => $name,)* }
            }

            /// For people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$item => $title,)* }
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().copied().find(|it| it.name() == text);
                found.ok_or_else(|| format!(concat!($what, "没有“{}”；{}"), text, nearest(text, Self::ALL.iter().map(|it| it.name()))))
            }
        }

        impl TryFrom<String> for $type {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.name().to_owned()
            }
        }
    };
}

names! {
    /// Something that happened, as clocks, counts and notices refer to it.
    Moment: "事件时点" {
        Received = "received", "收到诉求";
        Queued = "queued", "转人工派单";
        Answered = "answered", "直接答复";
        Dispatched = "dispatched", "派单";
        /// Dispatched again after the first time, to whatever unit.
        Redispatched = "redispatched", "重新派单";
        Signed = "signed", "签收";
        ReturnRequested = "return_requested", "申请退件";
        ReturnGranted = "return_granted", "同意退件";
        ReturnRefused = "return_refused", "不同意退件";
        Contacted = "contacted", "联系来件人";
        Replied = "replied", "首次回复";
        Informed = "informed", "告知来件人结果";
        Recorded = "recorded", "登记";
        Progressed = "progressed", "报告进展";
        ExtensionRequested = "extension_requested", "申请延期";
        Extended = "extended", "同意延期";
        ExtensionRefused = "extension_refused", "不同意延期";
        AssistAdded = "assist_added", "加入配合单位";
        AssistDone = "assist_done", "配合完成";
        LinkageFailed = "linkage_failed", "联动困难";
        Blocked = "blocked", "流程受阻";
        BeyondCapacity = "beyond_capacity", "超出处置能力";
        /// A reply was submitted as the completion.
        Completed = "completed", "提交办结";
        /// The last review passed.
        Reviewed = "reviewed", "审核通过";
        Rework = "rework", "审核退回";
        /// Sent back because prescribed content is missing (HN-23).
        ReworkContent = "rework_content", "因内容缺失退回";
        FedBack = "fed_back", "反馈来件人";
        FollowedUp = "followed_up", "回访";
        /// An automatic follow-up went out.
        FollowUpSent = "follow_up_sent", "发出自动回访";
        /// A person called and nobody answered.
        FollowUpMissed = "follow_up_missed", "回访未接通";
        /// An automatic follow-up could not be sent.
        FollowUpFailed = "follow_up_failed", "自动回访未发出";
        Rated = "rated", "评价";
        Satisfied = "satisfied", "评价满意或基本满意";
        Dissatisfied = "dissatisfied", "评价不满意";
        Supervised = "supervised", "督办";
        Stated = "stated", "书面说明";
        Terminated = "terminated", "终结";
        Refused = "refused", "不予受理";
        Closed = "closed", "结案";
        Archived = "archived", "归档";
        Reopened = "reopened", "重新开启";
        /// Declared special or special-urgent, at intake or later.
        Special = "special", "列为特殊事项";
        Noticed = "noticed", "发出通知";
        Delivered = "delivered", "通知送达";
        Acknowledged = "acknowledged", "来件人确认告知书";
        Confirmed = "confirmed", "任务确认";
        Urged = "urged", "催办";
        Warned = "warned", "预警变化";
        TurnedBlue = "turned_blue", "转为蓝色预警";
        TurnedYellow = "turned_yellow", "转为黄色预警";
        TurnedRed = "turned_red", "转为红色预警";
        Graded = "graded", "调整紧急程度";
        HardCase = "hard_case", "列为疑难复杂";
    }
}

names! {
    /// What a mark, a passed limit or a count causes.
    Action: "动作" {
        Urge = "urge", "催办";
        Supervise = "supervise", "督办";
        /// A person decides on it.
        ProposeSupervise = "propose_supervise", "建议督办";
        SpecialHandling = "special_handling", "专办";
        Notify = "notify", "提醒";
        Alarm = "alarm", "警示";
        /// No rating came: 视为基本满意.
        DeemSatisfied = "deem_satisfied", "视为基本满意";
        /// Counts as not answered in time (HN-23).
        DeemLate = "deem_late", "认定为未按时回复";
        HardCase = "hard_case", "列为疑难复杂";
        /// Back to the center's queue.
        Queue = "queue", "转人工派单";
        Block = "block", "标记流程受阻";
        Archive = "archive", "归档";
        Close = "close", "结案";
        /// A draft of a knowledge entry out of the reply (LH-08).
        DraftEntry = "draft_entry", "生成知识草稿";
        /// 微管家 and other followers join.
        Follow = "follow", "加入跟踪人";
    }
}

/// Who is told. Posts are those of the lead unit; anything else is an office of the jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Recipient {
    Requester,
    Liaison,
    Handler,
    Deputy,
    Head,
    Center,
    Assists,
    Followers,
    /// 服务专员、项目管家 of the enterprise, where it has any for the topic (RC-08).
    Officers,
    /// `[offices]` of the jurisdiction: city leaders, the duty office.
    Office(String),
}

impl Recipient {
    pub fn name(&self) -> &str {
        match self {
            Self::Requester => "requester",
            Self::Liaison => "liaison",
            Self::Handler => "handler",
            Self::Deputy => "deputy",
            Self::Head => "head",
            Self::Center => "center",
            Self::Assists => "assists",
            Self::Followers => "followers",
            Self::Officers => "officers",
            Self::Office(name) => name,
        }
    }

    /// For people, where it is no office.
    pub fn title(&self) -> &str {
        match self {
            Self::Requester => "来件人",
            Self::Liaison => "联络员",
            Self::Handler => "经办人",
            Self::Deputy => "分管领导",
            Self::Head => "单位主要负责人",
            Self::Center => "平台管理",
            Self::Assists => "配合单位",
            Self::Followers => "跟踪人",
            Self::Officers => "服务专员",
            Self::Office(name) => name,
        }
    }
}

impl From<String> for Recipient {
    fn from(text: String) -> Self {
        match text.as_str() {
            "requester" => Self::Requester,
            "liaison" => Self::Liaison,
            "handler" => Self::Handler,
            "deputy" => Self::Deputy,
            "head" => Self::Head,
            "center" => Self::Center,
            "assists" => Self::Assists,
            "followers" => Self::Followers,
            "officers" => Self::Officers,
            _ => Self::Office(text),
        }
    }
}

impl From<Recipient> for String {
    fn from(recipient: Recipient) -> Self {
        recipient.name().to_owned()
    }
}

/// What must be on record before a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Need {
    /// It happened since the last dispatch.
    Moment(Moment),
    /// `record:visit` or `record:visit@center`: registered, by that role.
    Record { what: String, by: Option<Role> },
    /// `assists_done`: no assisting unit still works on it.
    AssistsDone,
}

impl TryFrom<String> for Need {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "assists_done" {
            return Ok(Self::AssistsDone);
        }
        let Some(record) = text.strip_prefix("record:") else { return text.parse().map(Self::Moment) };
        let (what, by) = record.split_once('@').map_or((record, None), |(what, by)| (what, Some(by)));
        let role = |by: &str| match by {
            "center" => Ok(Role::Center),
            "unit" => Ok(Role::Unit),
            "dispatcher" => Ok(Role::Dispatcher),
            _ => Err(format!("“{by}”不能作为登记人：写 center、unit 或 dispatcher")),
        };
        Ok(Self::Record { what: what.to_owned(), by: by.map(role).transpose()? })
    }
}

impl From<Need> for String {
    fn from(need: Need) -> Self {
        match need {
            Need::Moment(moment) => moment.name().to_owned(),
            Need::AssistsDone => "assists_done".to_owned(),
            Need::Record { what, by: None } => format!("record:{what}"),
            Need::Record { what, by: Some(Role::Center) } => format!("record:{what}@center"),
            Need::Record { what, by: Some(Role::Unit) } => format!("record:{what}@unit"),
            Need::Record { what, by: Some(_) } => format!("record:{what}@dispatcher"),
        }
    }
}

/// Which tickets something concerns: AND between fields, OR inside a list; empty: all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    pub category: Vec<String>,
    pub nature: Vec<String>,
    pub topic: Vec<String>,
    pub channel: Vec<String>,
    pub requester: Vec<String>,
    pub special: Vec<Special>,
    pub urgency: Vec<String>,
    pub impact: Vec<String>,
    pub supervised: Option<bool>,
    pub hard_case: Option<bool>,
    /// The last rating was 不满意.
    pub dissatisfied: Option<bool>,
    pub extended: Option<bool>,
    /// Dispatched by a person (true) or by the machine.
    pub manual: Option<bool>,
    /// The main clock has passed.
    pub overdue: Option<bool>,
    /// More than one unit works on it.
    pub linked: Option<bool>,
    /// Flags that are all up.
    pub flags: Vec<String>,
}

/// The recipient that stands for a post.
impl From<Post> for Recipient {
    fn from(post: Post) -> Self {
        match post {
            Post::Deputy => Self::Deputy,
            Post::Head => Self::Head,
            Post::Handler => Self::Handler,
            Post::None | Post::Liaison | Post::Reviewer => Self::Liaison,
        }
    }
}
