//! A ticket's history → the lesson that stands.

use chrono::{DateTime, Utc};

use super::{Lesson, Return, Teacher};
use crate::matter::Signature;
use crate::ticket::{By, Event, Recorded, Request, TicketId};
use crate::triage::Decision;

/// A dispatch that nobody took back.
struct Stands {
    unit: String,
    by: By,
    person: String,
    at: DateTime<Utc>,
    /// The unit's reply was approved.
    finished: Option<DateTime<Utc>>,
}

#[derive(Default)]
struct Reading<'a> {
    request: Option<&'a Request>,
    masked: &'a str,
    decision: Option<&'a Decision>,
    signature: Signature,
    stands: Option<Stands>,
    returns: Vec<Return>,
}

/// What the history of one ticket teaches; `None`: nothing, or nothing yet.
pub fn lesson(events: &[Recorded]) -> Option<Lesson> {
    let ticket = events.first()?.ticket.clone();
    let mut reading = Reading::default();
    events.iter().for_each(|recorded| reading.hear(recorded));
    reading.taught(ticket)
}

impl<'a> Reading<'a> {
    fn hear(&mut self, recorded: &'a Recorded) {
        match &recorded.event {
            Event::Received { request, masked_text, .. } => {
                self.request = Some(request);
                self.masked = masked_text;
            }
            Event::Triaged { decision } => {
                if !decision.trace.signature.is_empty() {
                    self.signature = decision.trace.signature.clone();
                }
                self.decision = Some(decision);
            }
            Event::Dispatched { by, lead, .. } => {
                let (unit, person, at) = (lead.clone(), recorded.actor.person.clone(), recorded.at);
                self.stands = Some(Stands { unit, by: *by, person, at, finished: None });
            }
            Event::ReturnDecided { granted: true, .. } => {
                let returned = self.stands.take();
                let granted_by = recorded.actor.person.clone();
                self.returns.extend(returned.map(|it| Return { unit: it.unit, granted_by }));
            }
            Event::Answered { .. } | Event::Refused { .. } => self.stands = None,
            Event::Reviewed { passed: true, last: true, .. } => {
                if let Some(stands) = &mut self.stands {
                    stands.finished = Some(recorded.at);
                }
            }
            _ => {}
        }
    }

    fn taught(self, ticket: TicketId) -> Option<Lesson> {
        let Self { request, masked, decision, signature, stands, mut returns } = self;
        let (request, stands) = request.zip(stands)?;
        let (teacher, decided_at) = match (stands.by, stands.finished) {
            (By::Person, _) => (Teacher::Person(stands.person), stands.at),
            (By::Machine, Some(at)) => (Teacher::Unit(stands.unit.clone()), at),
            (By::Machine, None) => return None,
        };
        // Whoever was sent it again after a return keeps it: the last word counts.
        returns.retain(|it| it.unit != stands.unit);
        let axis = |name| decision.map(|decision| decision.axis(name).to_owned()).unwrap_or_default();
        Some(Lesson {
            ticket,
            text: request.whole_text(),
            masked: masked.to_owned(),
            unit: stands.unit,
            nature: axis("nature"),
            category: axis("category"),
            topic: axis("topic"),
            decided_at,
            teacher,
            returns,
            signature,
        })
    }
}
