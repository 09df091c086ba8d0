//! Which moments an event is: the bridge between what happened and what a regulation's data speaks of.

use super::event::Event;
use super::parts::{AssistState, Rating};
use super::state::Ticket;
use crate::regulation::Moment;
use crate::triage::Warning;

/// The moments of an event, on the ticket as it was before.
pub fn moments(event: &Event, before: &Ticket) -> Vec<Moment> {
    use Moment as M;
    let one = match event {
        Event::Queued { .. } => M::Queued,
        Event::Answered { .. } => M::Answered,
        Event::Dispatched { .. } if before.life.dispatches > 0 => return vec![M::Dispatched, M::Redispatched],
        Event::Dispatched { .. } => M::Dispatched,
        Event::Refused { .. } => M::Refused,
        Event::Signed { .. } => M::Signed,
        Event::ReturnRequested { .. } => M::ReturnRequested,
        Event::ReturnDecided { granted: true, .. } => M::ReturnGranted,
        Event::ReturnDecided { .. } => M::ReturnRefused,
        Event::Contacted { reached: true, .. } => M::Contacted,
        Event::Replied { .. } => M::Replied,
        Event::Informed { .. } => M::Informed,
        Event::Registered { .. } => M::Recorded,
        Event::Progressed { .. } => M::Progressed,
        Event::ExtensionRequested { .. } => M::ExtensionRequested,
        Event::ExtensionDecided { granted: true, .. } => M::Extended,
        Event::ExtensionDecided { .. } => M::ExtensionRefused,
        Event::AssistAdded { state: AssistState::Working, .. } | Event::AssistConfirmed { .. } => M::AssistAdded,
        Event::AssistDone { .. } => M::AssistDone,
        Event::LinkageFailed { .. } => M::LinkageFailed,
        Event::Flagged { flag, up: true, .. } if flag == super::BLOCKED => M::Blocked,
        Event::Flagged { flag, up: true, .. } if flag == super::BEYOND_CAPACITY => M::BeyondCapacity,
        Event::Completed { .. } => M::Completed,
        Event::Reviewed { passed: true, last: true, .. } => M::Reviewed,
        Event::Reviewed { passed: false, missing_content: true, .. } => return vec![M::Rework, M::ReworkContent],
        Event::Reviewed { passed: false, .. } => M::Rework,
        Event::FedBack { .. } => M::FedBack,
        Event::FollowedUp { automatic: true, reached: true, .. } => return vec![M::FollowUpSent, M::FollowedUp],
        Event::FollowedUp { reached: true, .. } => M::FollowedUp,
        Event::FollowedUp { automatic: true, .. } => M::FollowUpFailed,
        Event::FollowedUp { .. } => M::FollowUpMissed,
        Event::Rated { score } if !score.governs => M::Rated,
        Event::Rated { score } => {
            let how = if score.rating == Rating::Dissatisfied { M::Dissatisfied } else { M::Satisfied };
            return vec![M::Rated, how];
        }
        Event::Supervised { .. } => M::Supervised,
        Event::Stated { .. } => M::Stated,
        Event::HardCase { .. } => M::HardCase,
        Event::Terminated { .. } => M::Terminated,
        Event::Closed { .. } => M::Closed,
        Event::Archived { .. } => M::Archived,
        Event::Reopened { .. } => M::Reopened,
        Event::SpecialSet { .. } => M::Special,
        // A ticket counts as received once it is known what it is: clocks go by category.
        Event::Triaged { decision } if before.proposal.is_none() => {
            let special = decision.special != crate::triage::Special::None;
            return [Some(M::Received), special.then_some(M::Special)].into_iter().flatten().collect();
        }
        Event::Noticed { .. } => M::Noticed,
        Event::Delivered { .. } => M::Delivered,
        Event::Acknowledged {} => M::Acknowledged,
        Event::Confirmed { .. } => M::Confirmed,
        Event::Urged { .. } => M::Urged,
        Event::Warned { level, before, .. } if level > before => {
            let turned = match level {
                Warning::Red => M::TurnedRed,
                Warning::Yellow => M::TurnedYellow,
                Warning::Blue | Warning::None => M::TurnedBlue,
            };
            return vec![M::Warned, turned];
        }
        Event::Warned { .. } => M::Warned,
        Event::Graded { .. } => M::Graded,
        _ => return Vec::new(),
    };
    vec![one]
}
