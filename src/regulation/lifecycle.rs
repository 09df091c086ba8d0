//! The life of a ticket as one jurisdiction sets it: clocks, counts, guards, notices, warnings. All of it is data; what
//! the words mean is in `ticket`. Sections of `regulation.toml` by these names, over the defaults of
//! `rules/common/regulation.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::clock::ClockRule;
use super::words::{Action, Moment, Need, Recipient, When};
use crate::calendar::{Hours, Length, Rest};
use crate::ticket::{RatedBy, Role};
use crate::triage::Warning;

/// Everything that happens after the triage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lifecycle {
    pub hours: Hours,
    /// What a holiday is (A-LH-19).
    pub rest: Rest,
    /// Names of special levels, offices and records that are the jurisdiction's own, for people.
    pub offices: BTreeMap<String, String>,
    pub clock: Vec<ClockRule>,
    pub count: Vec<CountRule>,
    pub guard: Vec<GuardRule>,
    pub notify: Vec<NoticeRule>,
    pub extension: Vec<ExtensionRule>,
    pub floor: Vec<Floor>,
    pub strategy: Vec<Strategy>,
    pub reading: Vec<Reading>,
    pub close_code: Vec<CloseCode>,
    /// Grounds of a supervision (督办).
    pub supervise_ground: Vec<Ground>,
    pub review: Review,
    pub closing: Closing,
    pub contact: ContactPolicy,
    /// How long a knowledge entry answers without being looked at again.
    pub knowledge: ReviewTerms,
    /// Who has the last word on 配合单位 that the machine or a dispatcher names.
    pub assists: AssistPolicy,
    /// Which ratings decide what follows; empty: all (A-RC-9).
    pub rating_by: Vec<RatedBy>,
}

/// 计数: what follows when something has happened so often; `cap` forbids the next one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountRule {
    pub id: String,
    /// What people read as the cause; the id if empty.
    #[serde(default)]
    pub name: String,
    pub of: Moment,
    #[serde(default)]
    pub per: Per,
    /// From this number on, at each one if `then` can be repeated. 1: whenever it happens.
    #[serde(default = "one")]
    pub at: u32,
    #[serde(default)]
    pub then: Vec<Action>,
    /// After so many the command that would cause another one is refused with `code`.
    #[serde(default)]
    pub cap: Option<u32>,
    #[serde(default)]
    pub code: String,
    /// A center may go beyond the cap with a reason.
    #[serde(default)]
    pub may_override: bool,
    #[serde(default)]
    pub when: When,
    #[serde(default)]
    pub to: Vec<Recipient>,
    pub article: String,
    #[serde(default)]
    pub ours: bool,
    #[serde(default)]
    pub off: bool,
}

fn one() -> u32 {
    1
}

/// What a count counts within.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    #[default]
    Ticket,
    /// The unit that leads.
    Unit,
    /// Since the last dispatch.
    Dispatch,
}

/// 条件: what a command needs in this jurisdiction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardRule {
    pub id: String,
    pub command: String,
    #[serde(default)]
    pub when: When,
    /// Things that must be on record since the last dispatch.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Fields of the command that must be filled.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Field → the values it may have.
    #[serde(default)]
    pub choices: BTreeMap<String, Vec<String>>,
    /// The clock that must still run; with `late = "flag"` a late command is taken and the ticket is marked overdue.
    #[serde(default)]
    pub within: String,
    #[serde(default)]
    pub late: Late,
    /// Only these roles may; empty: whoever may anyway.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// The command is forbidden outright.
    #[serde(default)]
    pub never: bool,
    pub code: String,
    /// Said to the person, in Chinese; the article is added.
    pub message: String,
    #[serde(default)]
    pub may_override: bool,
    pub article: String,
    #[serde(default)]
    pub ours: bool,
    #[serde(default)]
    pub off: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Late {
    #[default]
    Refuse,
    Flag,
}

/// 通知: who is told of what, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRule {
    pub id: String,
    pub on: Moment,
    #[serde(default)]
    pub when: When,
    pub to: Vec<Recipient>,
    /// How it has to be delivered; each delivery is recorded (HN-29).
    #[serde(default = "message")]
    pub channels: Vec<String>,
    pub text: String,
    #[serde(default)]
    pub article: String,
    #[serde(default)]
    pub ours: bool,
    #[serde(default)]
    pub off: bool,
}

fn message() -> Vec<String> {
    vec!["message".to_owned()]
}

/// 延期 of one clock; the first one that fits holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRule {
    pub id: String,
    /// The clock that is extended.
    pub clock: String,
    #[serde(default)]
    pub when: When,
    /// Applications, submitted or granted as `count` says; 0: any number.
    #[serde(default)]
    pub max_times: u32,
    #[serde(default)]
    pub count: Counted,
    /// The most that one application may ask for.
    #[serde(default)]
    pub max_each: Option<Length>,
    /// The most that all together may add.
    #[serde(default)]
    pub max_total: Option<Length>,
    /// Applications come no later than this before the due instant (wall clock); absent: before it is due.
    #[serde(default)]
    pub latest_before: Option<Length>,
    /// Who must have agreed, in the words of the application.
    #[serde(default)]
    pub consents: Vec<String>,
    /// Fields that must be filled.
    #[serde(default)]
    pub fields: Vec<String>,
    #[serde(default)]
    pub grounds: Vec<String>,
    /// `max_each` and `max_total` hold 一般 / 原则上: a center may go beyond with a reason.
    #[serde(default)]
    pub may_override: bool,
    pub article: String,
    #[serde(default)]
    pub ours: bool,
    #[serde(default)]
    pub off: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    #[default]
    Submitted,
    Granted,
}

/// The lowest colour under a condition, whatever rules say (A-CB-3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    pub id: String,
    pub level: Warning,
    /// A mark that the main clock has reached (later marks include earlier ones).
    #[serde(default)]
    pub mark: String,
    /// Flags that are all up.
    #[serde(default)]
    pub flags: Vec<String>,
    #[serde(default)]
    pub when: When,
    pub why: String,
    pub article: String,
    #[serde(default)]
    pub ours: bool,
    #[serde(default)]
    pub off: bool,
}

/// 处置策略: what a colour causes, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strategy {
    pub id: String,
    pub level: Warning,
    pub action: Action,
    pub to: Vec<Recipient>,
    pub article: String,
    #[serde(default)]
    pub ours: bool,
    #[serde(default)]
    pub off: bool,
}

/// 读法: how an unclear article is read, by name, so that an explanation can say so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    pub id: String,
    pub value: String,
    #[serde(default)]
    pub why: String,
    #[serde(default)]
    pub off: bool,
}

/// How a ticket may be closed by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseCode {
    pub id: String,
    pub name: String,
    pub article: String,
    #[serde(default)]
    pub off: bool,
}

/// 督办情形.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    pub id: String,
    pub name: String,
    pub article: String,
    #[serde(default)]
    pub off: bool,
}

/// 审核: who looks at a reply before it counts, in order; nobody: it counts at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Review {
    pub steps: Vec<Reviewer>,
    /// Marks that each reviewer sets (LH-48).
    pub checks: Vec<String>,
    /// What a reply that fails after it was due causes besides the rework (LH-49).
    pub failed_late: Vec<Action>,
    pub article: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reviewer {
    /// 分管领导 of the unit: 初审.
    Deputy,
    /// 联动中心 / 管理部门: 复审.
    Center,
    /// The jurisdiction has no review.
    Nobody,
}

/// 结案: after which moment a ticket closes by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Closing {
    pub after: Moment,
    pub article: String,
}

impl Default for Closing {
    fn default() -> Self {
        Self { after: Moment::Reviewed, article: String::new() }
    }
}

/// 配合单位 at a dispatch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssistPolicy {
    /// They work from the dispatch on (赤壁 第三（三）: 并行派单).
    #[default]
    Parallel,
    /// They are proposed until the lead or the center confirms them (LH-20).
    Confirmed,
}

/// When and how often a requester is contacted by the machine (HN-11).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContactPolicy {
    /// `["21:00", "08:00"]`: from, until; empty: none.
    pub quiet: Vec<String>,
    /// Contacts a day; 0: any number.
    pub per_day: u32,
    pub article: String,
}

/// Days after which a knowledge entry has to be reviewed again, where it names none itself (LH-60).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReviewTerms {
    pub review_days: u32,
    /// Of entries that tell a policy: those change oftener.
    pub policy_review_days: u32,
}

/// Where no file says anything else.
impl Default for ReviewTerms {
    fn default() -> Self {
        Self { review_days: 180, policy_review_days: 30 }
    }
}

impl Lifecycle {
    /// The clock rule that holds for an id: the first that `fits`.
    pub fn clocks_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a ClockRule> {
        self.clock.iter().filter(move |rule| rule.id == id)
    }

    pub fn office<'a>(&'a self, id: &'a str) -> &'a str {
        self.offices.get(id).map_or(id, String::as_str)
    }
}
