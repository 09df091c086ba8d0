//! What a person does with a queued ticket, from the claim to the decision. Units and refusal classes are checked against the jurisdiction by the
//! caller; whether a lease still runs is known to the store, which checks the same fence once more when it commits.

use chrono::{DateTime, Utc};

use super::event::{By, Event};
use super::refused::Refused;
use super::{Actor, Phase, Role, Ticket};
use crate::triage::Answer;

/// A lease is at most a day: longer absences release the ticket.
pub const LONGEST_LEASE_S: u32 = 24 * 60 * 60;
/// Characters of a reason.
pub const LONGEST_REASON: usize = 500;
/// Characters of an answer.
const LONGEST_ANSWER: usize = 5_000;

/// A person's wish. `fence` is the number of the claim it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueCommand {
    /// Only the store gives this one, because only it knows the queue, the next `fence` and whether the lease of
    /// the present claim has `expired`.
    Claim {
        fence: u64,
        lease_s: u32,
        expired: bool,
    },
    Renew {
        fence: u64,
        lease_s: u32,
    },
    Release {
        fence: u64,
    },
    Skip {
        fence: u64,
        reason: String,
    },
    Dispatch {
        fence: u64,
        lead: String,
        assists: Vec<String>,
        followers: Vec<String>,
        reason: String,
    },
    Answer {
        fence: u64,
        answer: Answer,
    },
    Refuse {
        fence: u64,
        code: u16,
        article: String,
        reason: String,
    },
}

impl QueueCommand {
    /// The claim it rests on; for [`QueueCommand::Claim`] the one it makes.
    pub fn fence(&self) -> u64 {
        match self {
            Self::Claim { fence, .. }
            | Self::Renew { fence, .. }
            | Self::Release { fence }
            | Self::Skip { fence, .. }
            | Self::Dispatch { fence, .. }
            | Self::Answer { fence, .. }
            | Self::Refuse { fence, .. } => *fence,
        }
    }
}

/// The events a queue command causes, or why it causes none.
pub fn decide_queued(
    ticket: &Ticket,
    command: &QueueCommand,
    actor: &Actor,
    _now: DateTime<Utc>,
) -> Result<Vec<Event>, Refused> {
    may(ticket, actor)?;
    if ticket.phase != Phase::Queued {
        return Err(Refused::NotQueued { phase: ticket.phase });
    }
    if let QueueCommand::Claim { fence, lease_s, expired } = command {
        return claim(ticket, *fence, *lease_s, *expired);
    }
    holds(ticket, command.fence(), actor)?;
    held(command).map(|event| vec![event])
}

fn may(ticket: &Ticket, actor: &Actor) -> Result<(), Refused> {
    if !matches!(actor.role, Role::Dispatcher | Role::Center) {
        return Err(Refused::RoleMayNot);
    }
    if !actor.serves(&ticket.jurisdiction) {
        return Err(Refused::OtherJurisdiction { jurisdiction: ticket.jurisdiction.clone() });
    }
    Ok(())
}

fn claim(ticket: &Ticket, fence: u64, lease_s: u32, expired: bool) -> Result<Vec<Event>, Refused> {
    lease(lease_s)?;
    let claimed = Event::Claimed { fence, lease_s };
    match &ticket.claim {
        None => Ok(vec![claimed]),
        Some(old) if expired => Ok(vec![Event::ClaimExpired { fence: old.fence, person: old.person.clone() }, claimed]),
        Some(_) => Err(Refused::ClaimedByOther),
    }
}

fn holds(ticket: &Ticket, fence: u64, actor: &Actor) -> Result<(), Refused> {
    match &ticket.claim {
        None => Err(Refused::NotClaimed),
        Some(claim) if claim.fence != fence => Err(Refused::StaleClaim),
        Some(claim) if claim.person != actor.person => Err(Refused::ClaimedByOther),
        Some(_) => Ok(()),
    }
}

/// What the holder of a claim does.
fn held(command: &QueueCommand) -> Result<Event, Refused> {
    let by = By::Person;
    Ok(match command {
        QueueCommand::Claim { fence, lease_s, .. } => Event::Claimed { fence: *fence, lease_s: *lease_s },
        QueueCommand::Renew { fence, lease_s } => {
            lease(*lease_s)?;
            Event::Renewed { fence: *fence, lease_s: *lease_s }
        }
        QueueCommand::Release { fence } => Event::Released { fence: *fence },
        QueueCommand::Skip { fence, reason } => Event::Skipped {
            fence: *fence,
            reason: short(needed(reason, Refused::NoReason)?, "理由", LONGEST_REASON)?,
        },
        QueueCommand::Dispatch { lead, assists, followers, reason, .. } => {
            distinct(lead, assists)?;
            let reason = short(reason, "理由", LONGEST_REASON)?;
            Event::Dispatched { by, lead: lead.clone(), assists: assists.clone(), followers: followers.clone(), reason }
        }
        QueueCommand::Answer { answer, .. } => {
            short(needed(&answer.text, Refused::NoAnswer)?, "答复", LONGEST_ANSWER)?;
            Event::Answered { by, answer: answer.clone() }
        }
        QueueCommand::Refuse { code, article, reason, .. } => {
            needed(article, Refused::NoArticle)?;
            let reason = short(needed(reason, Refused::NoReason)?, "理由", LONGEST_REASON)?;
            Event::Refused { by, code: *code, article: article.clone(), reason }
        }
    })
}

fn lease(lease_s: u32) -> Result<(), Refused> {
    if (1..=LONGEST_LEASE_S).contains(&lease_s) {
        return Ok(());
    }
    Err(Refused::BadLease { longest_s: LONGEST_LEASE_S })
}

fn needed(text: &str, otherwise: Refused) -> Result<&str, Refused> {
    if text.trim().is_empty() { Err(otherwise) } else { Ok(text.trim()) }
}

fn short(text: &str, field: &'static str, most: usize) -> Result<String, Refused> {
    if text.chars().count() > most { Err(Refused::TooLong { field, most }) } else { Ok(text.to_owned()) }
}

pub(super) fn distinct(lead: &str, assists: &[String]) -> Result<(), Refused> {
    if lead.trim().is_empty() {
        return Err(Refused::NoLead);
    }
    let twice = |(at, unit): (usize, &String)| unit == lead || assists.iter().take(at).any(|other| other == unit);
    match assists.iter().enumerate().find(|pair| twice(*pair)) {
        Some((_, unit)) => Err(Refused::UnitTwice { unit: unit.clone() }),
        None => Ok(()),
    }
}
