//! What somebody sees of a ticket. One pure function decides it; every way out asks here and shows no more.

use super::parts::AssistState;
use super::state::{Phase, Ticket};
use super::{Actor, Role};

/// How much of a ticket somebody sees; each level holds what the ones before it hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// Not even that there is one.
    Nothing,
    /// Of a confidential one: that it is there, its category, its colour, its limits. No text of anybody.
    Shell,
    /// Everything, personal data covered.
    Covered,
    All,
}

/// Somebody who looks at tickets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    /// `None`: nobody needs a token here, and this one says no role that would bind it.
    pub role: Option<Role>,
    /// Empty: any.
    pub jurisdiction: String,
    pub unit: String,
    pub person: String,
    /// Whatever it might see, nothing personal.
    pub covered: bool,
}

/// What a unit is to a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// 主责: it has the ticket now.
    Lead,
    /// 配合 or 跟踪. A unit that the machine merely proposes is asked once somebody has confirmed it.
    Asked,
    /// It led or assisted, and does not any more.
    Former,
    Stranger,
}

impl From<&Actor> for Viewer {
    fn from(actor: &Actor) -> Self {
        let Actor { person, role, jurisdiction, unit, .. } = actor.clone();
        Self { role: Some(role), jurisdiction, unit, person, covered: false }
    }
}

impl Viewer {
    /// How much it sees of a ticket.
    pub fn sight(&self, ticket: &Ticket) -> Sight {
        let sight = self.uncovered(ticket);
        if self.covered { sight.min(Sight::Covered) } else { sight }
    }

    fn uncovered(&self, ticket: &Ticket) -> Sight {
        if !self.jurisdiction.is_empty() && self.jurisdiction != ticket.jurisdiction {
            return Sight::Nothing;
        }
        let handles = match self.role {
            None | Some(Role::Center) => true,
            Some(Role::Platform) => self.posted(ticket),
            Some(Role::Dispatcher) => ticket.claim.as_ref().is_some_and(|claim| claim.person == self.person),
            Some(Role::Unit) => return self.of_unit(ticket),
            Some(Role::Requester | Role::Office | Role::Auditor | Role::Admin) => {
                return if ticket.confidential { Sight::Shell } else { Sight::Covered };
            }
            Some(Role::RuleAuthor | Role::KnowledgeMaintainer | Role::System) => return Sight::Nothing,
        };
        if ticket.confidential && !handles { Sight::Shell } else { Sight::All }
    }

    /// Whether it sees anything.
    pub fn sees(&self, ticket: &Ticket) -> bool {
        self.sight(ticket) > Sight::Nothing
    }

    /// The same in a list: covered for everybody, because whose data were read is written down ticket by ticket; of a
    /// confidential one no text at all.
    pub fn glimpse(&self, ticket: &Ticket) -> Sight {
        self.sight(ticket).min(if ticket.confidential { Sight::Shell } else { Sight::Covered })
    }

    /// A unit: what other tickets there are is none of its business.
    pub fn is_unit(&self) -> bool {
        self.role == Some(Role::Unit)
    }

    fn of_unit(&self, ticket: &Ticket) -> Sight {
        match standing(&self.unit, ticket) {
            Standing::Lead => Sight::All,
            Standing::Asked | Standing::Former if ticket.confidential => Sight::Shell,
            Standing::Asked | Standing::Former => Sight::Covered,
            Standing::Stranger => Sight::Nothing,
        }
    }

    /// Whether this platform posted it. Who posted a ticket of an earlier version is not known: any platform of the
    /// jurisdiction may have.
    fn posted(&self, ticket: &Ticket) -> bool {
        let posted_by = &ticket.life.posted_by;
        posted_by.is_empty() || posted_by == origin(&self.person)
    }
}

/// The system that a person comes through: what stands before the `/` of `token/person`.
pub(super) fn origin(person: &str) -> &str {
    person.split_once('/').map_or(person, |(system, _)| system)
}

fn standing(unit: &str, ticket: &Ticket) -> Standing {
    if unit.is_empty() {
        return Standing::Stranger;
    }
    let is = |name: &String| name == unit;
    let life = &ticket.life;
    // What is back in the queue is nobody's.
    let held = !matches!(ticket.phase, Phase::Received | Phase::Queued);
    if held && ticket.lead == unit {
        return Standing::Lead;
    }
    let works = life.assists.iter().any(|it| it.unit == unit && it.state != AssistState::Proposed);
    let asked = works || ticket.assists.iter().any(is) || ticket.followers.iter().any(is);
    if asked {
        return Standing::Asked;
    }
    let led = ticket.lead == unit || life.units.iter().any(is);
    if led || life.helped.contains(unit) { Standing::Former } else { Standing::Stranger }
}

#[cfg(test)]
mod tests;
