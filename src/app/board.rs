//! The board of warnings: open tickets with a colour, the worst first, with the time they have left.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, Error, check, meant};
use crate::access::Caller;
use crate::calendar::deadline;
use crate::clocks::{Coming, explain};
use crate::ticket::{Cause, Phase, Ticket, TicketId, show_ticket};
use crate::triage::Warning;

/// One ticket on the board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BoardLine {
    #[schema(value_type = String)]
    pub ticket: TicketId,
    pub jurisdiction: String,
    pub level: Warning,
    /// Why it has this colour.
    pub causes: Vec<Cause>,
    pub phase: Phase,
    pub lead: String,
    pub category: String,
    /// The beginning of the masked text.
    pub summary: String,
    /// When the main limit is due; absent before a dispatch.
    pub due: Option<DateTime<Utc>>,
    /// The same as clerks read it.
    pub due_in_words: String,
    /// Seconds; negative once it passed.
    pub left_s: Option<i64>,
    pub overdue: bool,
    pub supervised: bool,
    /// A due date that may still move with the calendar.
    pub provisional: bool,
    /// What happens next to the ticket, and who is told.
    pub next: Option<Coming>,
}

impl App {
    /// The worst first, then what is due first.
    pub async fn board(
        &self,
        caller: &Caller,
        jurisdiction: &str,
        level: Option<Warning>,
        limit: usize,
    ) -> Result<Vec<BoardLine>, Error> {
        let jurisdiction = meant(caller, jurisdiction)?;
        let snapshot = self.live.snapshot();
        let jurisdictions: Vec<String> = match jurisdiction.as_str() {
            "" => snapshot.releases.keys().cloned().collect(),
            named => {
                check::known(&snapshot, named)?;
                vec![named.to_owned()]
            }
        };
        let (app, now, viewer) = (self.clone(), (self.now)(), caller.viewer());
        self.read(move |store| {
            let mut lines = Vec::new();
            for ticket in store.board(&jurisdictions, &viewer, limit)? {
                let held = app.held(store, &ticket, &[])?;
                let explained = held.map(|held| explain(&ticket, &held.law(), now)).unwrap_or_default();
                let next = explained.into_iter().flat_map(|it| it.next).min_by_key(|it| it.at);
                let sight = viewer.glimpse(&ticket);
                lines.push(line(show_ticket(ticket, &viewer, sight), next, now));
            }
            lines.retain(|line| level.is_none_or(|level| level == line.level));
            lines.sort_by(|a, b| {
                let due = |line: &BoardLine| line.due.unwrap_or(DateTime::<Utc>::MAX_UTC);
                b.level.cmp(&a.level).then(due(a).cmp(&due(b))).then(a.ticket.cmp(&b.ticket))
            });
            lines.truncate(limit);
            Ok(lines)
        })
        .await?
    }
}

fn line(ticket: Ticket, next: Option<Coming>, now: DateTime<Utc>) -> BoardLine {
    let main = ticket.life.main().filter(|main| main.running());
    let due = main.map(|main| main.due);
    BoardLine {
        level: ticket.warning,
        causes: ticket.life.causes.clone(),
        phase: ticket.phase,
        due,
        due_in_words: due.map(deadline).unwrap_or_default(),
        left_s: due.map(|due| (due - now).num_seconds()),
        overdue: ticket.overdue(),
        supervised: ticket.life.supervision.is_some(),
        provisional: main.is_some_and(|main| main.provisional),
        next,
        ticket: ticket.id,
        jurisdiction: ticket.jurisdiction,
        lead: ticket.lead,
        category: ticket.category,
        summary: ticket.summary,
    }
}
