//! 录入完善 (LH-08): what a ticket says while it closes becomes a draft of its unit, without what tells who asked.

use crate::editorial;
use crate::knowledge::Entry;
use crate::store::Store;
use crate::text::remove_private;
use crate::ticket::{Actor, Event, Recorded, TicketId};

use super::{App, Error};

/// Events read at once.
const READ: usize = 200;
/// So many events may be read a second time after a crash.
const REMEMBER_EVERY: usize = 5_000;

impl App {
    /// Whether an event asks for a draft.
    pub fn asks_for_draft(event: &Recorded) -> bool {
        matches!(event.event, Event::EntryDrafted { .. })
    }

    /// Makes the drafts that tickets ask for since the last time. What is there already stays as it is, so that nothing is
    /// lost or done twice whenever it ends. How many were made. Blocks.
    pub fn draft_entries(&self) -> Result<usize, Error> {
        let store = &self.store;
        let known = store.drafted_until()?;
        let from = match known {
            Some(id) => store.committed_at(id)?.map(|_| id),
            None => None,
        };
        let mut feed = store.feed(from);
        let (mut made, mut passed) = (0, 0);
        loop {
            let events = feed.read(READ)?;
            let drafted = events.iter().filter(|it| Self::asks_for_draft(it));
            let before = made;
            for event in drafted {
                made += usize::from(self.draft_entry(store, event)?);
            }
            passed += events.len();
            let over = events.is_empty();
            if made > before || passed >= REMEMBER_EVERY || (over && passed > 0) {
                store.remember_drafted(feed.after(), (self.now)())?;
                passed = 0;
            }
            if over {
                return Ok(made);
            }
        }
    }

    fn draft_entry(&self, store: &Store, recorded: &Recorded) -> Result<bool, Error> {
        let Event::EntryDrafted { question, answer, owner } = &recorded.event else { return Ok(false) };
        let Some(ticket) = store.ticket(&recorded.ticket)? else { return Ok(false) };
        if ticket.confidential {
            return Ok(false);
        }
        let id = id_of(&recorded.ticket);
        let jurisdiction = &ticket.jurisdiction;
        if store.article(jurisdiction, &id)?.is_some() {
            return Ok(false);
        }
        let history = store.events(&recorded.ticket)?;
        let asked = history.iter().find_map(|it| asked(&it.event)).unwrap_or_else(|| question.clone());
        let entry = Entry {
            id: id.clone(),
            question: without_persons(&asked, Entry::MOST_QUESTION),
            answer: without_persons(answer, Entry::MOST_ANSWER),
            source: format!("工单 {}", recorded.ticket),
            owner: owner.clone(),
            category: ticket.category.clone(),
            topic: ticket.topic.clone(),
            ..Entry::default()
        };
        let wrong = entry.check();
        if !wrong.is_empty() {
            tracing::warn!(ticket = %recorded.ticket, wrong = wrong.join("；"), "no draft was made of a closed ticket");
            return Ok(false);
        }
        let message = format!("工单 {} 结案时生成，请核对后提交审核", recorded.ticket);
        let command = editorial::Command::Save { entry: Box::new(entry), message, restored: None };
        // In the name of the unit that answered: whoever closed the ticket may review what it said.
        let jurisdiction_of = recorded.actor.jurisdiction.clone();
        let actor = Actor { unit: owner.clone(), jurisdiction: jurisdiction_of, ..Actor::system() };
        self.decide_entry(jurisdiction, &id, 0, command, &actor, (self.now)())?;
        tracing::info!(ticket = %recorded.ticket, jurisdiction, owner, "a closed ticket became a draft");
        Ok(true)
    }
}

/// What an entry made of a ticket is called.
fn id_of(ticket: &TicketId) -> String {
    format!("ticket-{}", ticket.as_str().to_ascii_lowercase())
}

/// The title where there is one, else the text.
fn asked(event: &Event) -> Option<String> {
    let Event::Received { request, .. } = event else { return None };
    let title = request.title.trim();
    Some(if title.is_empty() { request.text.clone() } else { title.to_owned() })
}

fn without_persons(text: &str, most: usize) -> String {
    remove_private(text).trim().chars().take(most).collect()
}
