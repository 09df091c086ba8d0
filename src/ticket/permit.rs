//! Who may give which command, and when: one table each.

use super::command::Command;
use super::refused::Refused;
use super::state::{Phase, Ticket};
use super::{Actor, Post, Role};
use crate::regulation::{Regulation, Reviewer};

/// A kind of person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// 主责单位, whoever there handles it.
    Lead,
    /// 主责单位的分管领导或主要负责人.
    LeadDeputy,
    Assist,
    Center,
    Dispatcher,
    Office,
    Requester,
    Platform,
}

impl Who {
    fn title(self) -> &'static str {
        match self {
            Self::Lead => "主责单位",
            Self::LeadDeputy => "主责单位分管领导",
            Self::Assist => "配合单位",
            Self::Center => "联动中心（平台管理）",
            Self::Dispatcher => "派单员",
            Self::Office => "领导小组办公室",
            Self::Requester => "来件人",
            Self::Platform => "平台",
        }
    }

    fn is(self, ticket: &Ticket, actor: &Actor) -> bool {
        let of_lead = actor.role == Role::Unit && !ticket.lead.is_empty() && actor.unit == ticket.lead;
        match self {
            Self::Lead => of_lead,
            Self::LeadDeputy => of_lead && matches!(actor.post, Post::Deputy | Post::Head),
            Self::Assist => {
                actor.role == Role::Unit && ticket.life.assists.iter().any(|assist| assist.unit == actor.unit)
            }
            Self::Center => actor.role == Role::Center,
            Self::Dispatcher => actor.role == Role::Dispatcher,
            Self::Office => actor.role == Role::Office,
            Self::Requester => actor.role == Role::Requester,
            Self::Platform => actor.role == Role::Platform,
        }
    }
}

/// The table of roles.
fn who(command: &Command, ticket: &Ticket, regulation: &Regulation) -> &'static [Who] {
    use Command as C;
    use Who as W;
    match command {
        C::Sign {}
        | C::Return { .. }
        | C::Reply { .. }
        | C::Progress { .. }
        | C::RequestExtension { .. }
        | C::Complete { .. }
        | C::LinkageFailed { .. }
        | C::Statement { .. } => &[W::Lead],
        C::Contact { .. } | C::Inform { .. } => &[W::Lead, W::Center, W::Dispatcher],
        C::AddAssist { .. } | C::ConfirmAssist { .. } => &[W::Lead, W::Center, W::Dispatcher],
        C::AssistDone { .. } => &[W::Assist, W::Center],
        C::Flag { .. } | C::Register { .. } | C::Link { .. } => &[W::Lead, W::Assist, W::Center, W::Dispatcher],
        C::Grade { .. } | C::Special { .. } => &[W::Center, W::Dispatcher],
        C::Confidential { .. } => &[W::Platform, W::Center, W::Dispatcher],
        C::HardCase { .. }
        | C::DecideReturn { .. }
        | C::DecideExtension { .. }
        | C::Terminate { .. }
        | C::Close { .. } => &[W::Center],
        C::Review { .. } => match regulation.life.review.steps.get(ticket.life.reviews_passed) {
            Some(Reviewer::Deputy) => &[W::LeadDeputy],
            _ => &[W::Center],
        },
        C::Feedback { .. } | C::Redispatch { .. } | C::Dispatch { .. } | C::Answer { .. } | C::Refuse { .. } => {
            &[W::Center, W::Dispatcher]
        }
        C::FollowUp { .. } => &[W::Center, W::Dispatcher, W::Platform],
        C::Rate { .. } => &[W::Requester, W::Platform, W::Center, W::Dispatcher],
        C::Supervise { .. } => &[W::Center, W::Office],
        C::Archive {} | C::Reopen { .. } => &[W::Center, W::Dispatcher],
        C::Deliver { .. } => &[W::Platform, W::Lead, W::Assist, W::Center, W::Dispatcher, W::Office],
        C::Acknowledge {} => &[W::Requester, W::Platform],
        C::Confirm { .. } => &[W::Lead, W::Assist, W::Center, W::Dispatcher, W::Office],
        C::Note { .. } => &[W::Lead, W::Assist, W::Center, W::Dispatcher, W::Office, W::Platform],
    }
}

pub(super) fn role(ticket: &Ticket, command: &Command, actor: &Actor, regulation: &Regulation) -> Result<(), Refused> {
    if !actor.serves(&ticket.jurisdiction) {
        return Err(Refused::OtherJurisdiction { jurisdiction: ticket.jurisdiction.clone() });
    }
    let table = who(command, ticket, regulation);
    if actor.role == Role::System || table.iter().any(|who| who.is(ticket, actor)) {
        return Ok(());
    }
    let lead = ticket.lead.clone();
    if actor.role == Role::Unit && !lead.is_empty() && actor.unit != lead && table.contains(&Who::Lead) {
        return Err(Refused::NotYourUnit { lead });
    }
    let may: Vec<&str> = table.iter().map(|who| who.title()).collect();
    Err(Refused::MayNot { command: command.title(), may: may.join("、") })
}

/// The table of phases; none: any.
fn phases(command: &Command) -> &'static [Phase] {
    use Command as C;
    use Phase as P;
    const HELD: &[P] = &[P::Dispatched, P::Handling];
    const WITH_UNIT: &[P] = &[P::Dispatched, P::Handling, P::Returning, P::Reviewing, P::Approved];
    const OPEN: &[P] = &[P::Received, P::Queued, P::Dispatched, P::Handling, P::Returning, P::Reviewing, P::Approved];
    const REPLIED: &[P] = &[P::Approved, P::Closed, P::Answered];
    match command {
        C::Sign {} => &[P::Dispatched],
        C::Return { .. } | C::Reply { .. } | C::Complete { .. } | C::LinkageFailed { .. } => HELD,
        C::DecideReturn { .. } => &[P::Returning],
        C::HardCase { .. } => &[P::Dispatched, P::Handling, P::Returning],
        C::RequestExtension { .. } | C::DecideExtension { .. } => &[P::Dispatched, P::Handling, P::Closed],
        C::Contact { .. } => OPEN,
        C::Inform { .. } | C::Progress { .. } => WITH_UNIT,
        C::AddAssist { .. } | C::ConfirmAssist { .. } | C::AssistDone { .. } => WITH_UNIT,
        C::Flag { .. } | C::Grade { .. } | C::Special { .. } => OPEN,
        C::Review { .. } => &[P::Reviewing],
        C::Feedback { .. } => &[P::Approved, P::Closed],
        C::FollowUp { .. } | C::Rate { .. } => REPLIED,
        C::Redispatch { .. } => &[P::Dispatched, P::Handling, P::Approved, P::Closed, P::Answered],
        C::Terminate { .. } => {
            &[P::Queued, P::Dispatched, P::Handling, P::Returning, P::Reviewing, P::Approved, P::Closed]
        }
        C::Close { .. } => &[P::Queued, P::Dispatched, P::Handling, P::Reviewing, P::Approved, P::Answered, P::Closed],
        C::Archive {} => &[P::Closed, P::Answered, P::Refused, P::Terminated],
        C::Reopen { .. } => &[P::Closed, P::Answered, P::Archived, P::Terminated],
        C::Dispatch { .. } | C::Answer { .. } | C::Refuse { .. } => &[P::Queued],
        C::Supervise { .. }
        | C::Confidential { .. }
        | C::Statement { .. }
        | C::Register { .. }
        | C::Link { .. }
        | C::Deliver { .. }
        | C::Acknowledge {}
        | C::Confirm { .. }
        | C::Note { .. } => &[],
    }
}

pub(super) fn phase(ticket: &Ticket, command: &Command) -> Result<(), Refused> {
    let allowed = phases(command);
    if allowed.is_empty() || allowed.contains(&ticket.phase) {
        return Ok(());
    }
    match command {
        Command::Sign {} if ticket.phase == Phase::Handling => Err(Refused::AlreadySigned),
        Command::Dispatch { .. } | Command::Answer { .. } | Command::Refuse { .. } => {
            Err(Refused::NotQueued { phase: ticket.phase })
        }
        _ => {
            let allowed: Vec<&str> = allowed.iter().map(|phase| phase.title()).collect();
            Err(Refused::WrongPhase { command: command.title(), phase: ticket.phase, allowed: allowed.join("、") })
        }
    }
}

#[cfg(test)]
mod tests;
