//! Who may do what: callers known by a token, and one table of roles and operations. Persons, passwords and sessions are
//! the platform's; it names the person behind a request in a header.

mod caller;
mod desk;
mod file;
mod token;

pub use self::caller::{Caller, Claims, Part, Unknown};
pub use self::desk::Access;
pub use self::file::TokenFile;
pub use self::token::{State, Token, check, sm3_hex};

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
    ReadRules,
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
    /// Verify the store.
    Maintain,
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
                    | O::ReadRules
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
                matches!(operation, O::ReadTickets | O::ActOnTickets | O::ReadEntries | O::ReadRules)
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
                )
            }
            Self::RuleAuthor => {
                matches!(operation, O::Triage | O::ReadEntries | O::ReadRules | O::EditRules | O::ApproveRules)
            }
            Self::Auditor => matches!(operation, O::ReadTickets | O::ReadEntries | O::ReadRules),
            Self::Admin => {
                matches!(
                    operation,
                    O::ReadTickets
                        | O::ReadEntries
                        | O::TendKnowledge
                        | O::ReadRules
                        | O::EditRules
                        | O::ForceRules
                        | O::ManageEnterprises
                        | O::ManageSubscriptions
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
