//! Who may do what: callers known by a token, and one table of roles and operations. Persons, passwords and sessions are
//! the platform's; it names the person behind a request in a header.

mod caller;
mod desk;
mod file;
mod jwt;
mod lockout;
mod token;

pub use self::caller::{Caller, Claims, Part, Unknown};
pub use self::desk::Access;
pub use self::file::TokenFile;
pub use self::jwt::{Jwt, JwtSettings, Rejected};
pub use self::lockout::Lockout;
pub(crate) use self::lockout::household;
pub use self::token::{State, Token, check};

use crate::ticket::Role;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Decide a text without recording anything.
    Triage,
    /// Post tickets.
    Intake,
    /// Lists, tickets, events, the queue; personal data covered.
    ReadTickets,
    /// The same with names, telephone numbers and the text as it was sent.
    ReadPersonal,
    /// Claim, renew, release, skip, decide.
    WorkQueue,
    /// Give commands to tickets; which ones, the ticket decides by role and post.
    ActOnTickets,
    ReadEntries,
    /// File a 提前报备.
    FileNotice,
    /// Keep hit tests and regression questions, see the gaps, switch campaigns.
    TendKnowledge,
    /// Write drafts of entries, submit, confirm and withdraw; a unit only its own.
    EditEntries,
    /// Approve or send back entries that somebody else wrote.
    ReviewEntries,
    /// The rules that decide, how they stand, the units.
    ReadRules,
    /// See through them: drafts, files with their cases, models, backtests. Texts of tickets stand there, covered.
    StudyRules,
    /// Write drafts, publish, roll back, try releases.
    EditRules,
    /// Approve what somebody else wrote.
    ApproveRules,
    /// Let a release go live though cases fail.
    ForceRules,
    /// Write the records of enterprises and their officers (一企一档).
    ManageEnterprises,
    /// Subscribe others to events, see and send again what could not be delivered.
    ManageSubscriptions,
    /// Destroy what is known of a requester.
    ErasePersonal,
    /// Read who did and read what (审计), and have it checked.
    ReadAudit,
    /// Verify the store.
    Maintain,
}

impl Operation {
    /// Every operation in the order in which it is written here, with its name and what it is for people.
    pub const ALL: [(Self, &str, &str); 21] = [
        (Self::Triage, "triage", "研判，不留记录"),
        (Self::Intake, "intake", "提交工单"),
        (Self::ReadTickets, "read_tickets", "查看工单、事件、队列、预警、企业档案"),
        (Self::ReadPersonal, "read_personal", "查看个人信息和原文"),
        (Self::WorkQueue, "work_queue", "领取、派单、答复、不予受理"),
        (Self::ActOnTickets, "act_on_tickets", "对工单操作（哪些操作见下）"),
        (Self::ReadEntries, "read_entries", "查看、检索知识"),
        (Self::FileNotice, "file_notice", "提前报备"),
        (Self::TendKnowledge, "tend_knowledge", "回归问题、未命中、专题"),
        (Self::EditEntries, "edit_entries", "编写知识条目；单位只限本单位的"),
        (Self::ReviewEntries, "review_entries", "审核他人写的条目"),
        (Self::ReadRules, "read_rules", "查看规则、单位、版本记录"),
        (Self::StudyRules, "study_rules", "查看草稿、规则文件和用例、模型、回测、试运行；追问为什么"),
        (Self::EditRules, "edit_rules", "编写、发布规则，训练模型，试运行"),
        (Self::ApproveRules, "approve_rules", "批准他人写的规则，启用模型"),
        (Self::ForceRules, "force_rules", "用例不过也发布"),
        (Self::ManageEnterprises, "manage_enterprises", "写企业档案"),
        (Self::ManageSubscriptions, "manage_subscriptions", "管理订阅"),
        (Self::ErasePersonal, "erase_personal", "销毁来件人的个人信息"),
        (Self::ReadAudit, "read_audit", "查看审计日志"),
        (Self::Maintain, "maintain", "核对存储"),
    ];

    /// A stable name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(operation, ..)| *operation == self).map_or("", |(_, name, _)| name)
    }
}

impl Role {
    /// The one table. What is not named is not allowed, so that a new operation is nobody's until it is given.
    pub const fn may(self, operation: Operation) -> bool {
        use Operation as O;
        match self {
            Self::Platform => matches!(
                operation,
                O::Triage
                    | O::Intake
                    | O::ReadTickets
                    | O::ReadPersonal
                    | O::ActOnTickets
                    | O::ReadEntries
                    | O::FileNotice
                    | O::TendKnowledge
                    | O::EditEntries
                    | O::ManageEnterprises
                    | O::ManageSubscriptions
                    | O::ReadRules
                    | O::StudyRules
            ),
            Self::Dispatcher => matches!(
                operation,
                O::Triage
                    | O::ReadTickets
                    | O::ReadPersonal
                    | O::WorkQueue
                    | O::ActOnTickets
                    | O::ReadEntries
                    | O::ManageEnterprises
                    | O::ReadRules
                    | O::StudyRules
            ),
            Self::Center => matches!(
                operation,
                O::Triage
                    | O::ReadTickets
                    | O::ReadPersonal
                    | O::WorkQueue
                    | O::ActOnTickets
                    | O::ReadEntries
                    | O::FileNotice
                    | O::TendKnowledge
                    | O::EditEntries
                    | O::ReviewEntries
                    | O::ManageEnterprises
                    | O::ErasePersonal
                    | O::ReadRules
                    | O::StudyRules
                    | O::ApproveRules
                    | O::ForceRules
            ),
            Self::Unit => matches!(
                operation,
                O::ReadTickets
                    | O::ReadPersonal
                    | O::ActOnTickets
                    | O::ReadEntries
                    | O::FileNotice
                    | O::EditEntries
                    | O::ReadRules
            ),
            Self::Office => {
                matches!(operation, O::ReadTickets | O::ActOnTickets | O::ReadEntries | O::ReadRules | O::StudyRules)
            }
            // Whose tickets are whose is known to the platform alone: a requester reads through it.
            Self::Requester => matches!(operation, O::ActOnTickets),
            Self::KnowledgeMaintainer => {
                matches!(
                    operation,
                    O::Triage
                        | O::ReadEntries
                        | O::FileNotice
                        | O::TendKnowledge
                        | O::EditEntries
                        | O::ReviewEntries
                        | O::ReadRules
                        | O::StudyRules
                )
            }
            Self::RuleAuthor => {
                matches!(
                    operation,
                    O::Triage | O::ReadEntries | O::ReadRules | O::StudyRules | O::EditRules | O::ApproveRules
                )
            }
            Self::Auditor => {
                matches!(operation, O::ReadTickets | O::ReadEntries | O::ReadRules | O::StudyRules | O::ReadAudit)
            }
            Self::Admin => {
                matches!(
                    operation,
                    O::ReadTickets
                        | O::ReadEntries
                        | O::TendKnowledge
                        | O::ReadRules
                        | O::StudyRules
                        | O::EditRules
                        | O::ForceRules
                        | O::ManageEnterprises
                        | O::ManageSubscriptions
                        | O::ReadAudit
                        | O::Maintain
                )
            }
            // The engine calls nobody, so nobody calls in its name.
            Self::System => false,
        }
    }
}

#[cfg(test)]
mod tests;
