//! 知识缺口, out of the newest tickets and the questions from the open.

use chrono::{DateTime, TimeDelta, Utc};

use super::asking;
use crate::access::Caller;
use crate::app::{App, Error, Lane};
use crate::calendar::local_date;
use crate::knowledge::gaps::{Asked, Gap, Lack, group};
use crate::regulation::CONSULT;
use crate::store::{Filter, ReadError, Store};
use crate::text::analyse;
use crate::ticket::{Event, Phase, Rating, Recorded, Ticket, Viewer};
use crate::triage::{Outcome, Thousandths};

/// Which gaps are wanted.
pub struct GapsWish {
    pub jurisdiction: String,
    /// Of this unit only; empty: all.
    pub unit: String,
    pub limit: usize,
    /// Those too that the knowledge of now answers.
    pub closed: bool,
}

/// The gaps of a jurisdiction.
pub struct Gaps {
    /// Tickets received before are not looked at.
    pub since: DateTime<Utc>,
    /// Questions that were found, before they were put together.
    pub asked: usize,
    /// More tickets than are looked at at once: older ones were left out.
    pub cut: bool,
    /// The most asked first, then the oldest.
    pub gaps: Vec<GapLine>,
}

/// A gap, and how its newest question comes out now.
pub struct GapLine {
    pub gap: Gap,
    pub now_entry: String,
    pub now_confidence: Thousandths,
    /// It is answered now.
    pub closed: bool,
}

/// So far back, and so many questions, are looked at: the list is made anew each time it is asked for.
const BACK: TimeDelta = TimeDelta::days(90);
const MOST_ASKED: usize = 2_000;
const MOST_TICKETS: usize = 20_000;
const PAGE: usize = 200;
/// Groups that are asked again.
const MOST_AGAIN: usize = 400;

impl App {
    pub async fn gaps(&self, caller: &Caller, wish: GapsWish) -> Result<Gaps, Error> {
        let GapsWish { jurisdiction, unit, limit, closed } = wish;
        let jurisdiction = self.jurisdiction(caller, &jurisdiction)?;
        let (snapshot, now) = (self.live.snapshot(), (self.now)());
        let since = now - BACK;
        let name = jurisdiction.clone();
        let viewer = caller.viewer();
        let (asked, cut) = self.read(move |store| collect(store, &name, since, viewer)).await??;
        let count = asked.len();
        let again = move || {
            let groups = group(asked).into_iter().filter(|gap| unit.is_empty() || gap.unit == unit);
            let today = local_date(now);
            let lines = asking(&snapshot, &jurisdiction, today, |knowledge, asking| {
                let line = |gap: Gap| {
                    let text = gap.texts.first().map(String::as_str).unwrap_or_default();
                    let analysis = analyse(asking.lexicon, asking.gazetteer, text);
                    let matches = knowledge.search(&analysis, &jurisdiction, today, 1);
                    let answered = knowledge.answered(asking, &matches).is_ok();
                    let best = matches.into_iter().next();
                    let (now_entry, now_confidence) =
                        best.map_or_else(Default::default, |it| (it.entry, it.confidence));
                    let closed = gap.lack == Lack::Unanswered && answered;
                    GapLine { gap, now_entry, now_confidence, closed }
                };
                groups.take(MOST_AGAIN).map(line).filter(|line| closed || !line.closed).take(limit).collect()
            });
            Gaps { since, asked: count, cut, gaps: lines }
        };
        self.pool.run(Lane::Desk, again).await
    }
}

fn collect(
    store: &Store,
    jurisdiction: &str,
    since: DateTime<Utc>,
    viewer: Viewer,
) -> Result<(Vec<Asked>, bool), ReadError> {
    // A unit is shown its own tickets; maintainers see what is asked, covered, and no ticket else.
    let viewer = Some(viewer).filter(Viewer::is_unit);
    let jurisdiction_of = Some(jurisdiction.to_owned());
    let filter = Filter { jurisdiction: jurisdiction_of, from: Some(since), viewer, ..Filter::default() };
    let (mut asked, mut seen, mut cursor) = (Vec::new(), 0, None);
    loop {
        let page = store.list(&filter, cursor, PAGE)?;
        seen += page.tickets.len();
        for ticket in page.tickets.iter().filter(|ticket| of_interest(ticket)) {
            asked.extend(of_ticket(ticket, &store.events(&ticket.id)?));
        }
        cursor = page.next;
        let enough = asked.len() >= MOST_ASKED || seen >= MOST_TICKETS;
        if cursor.is_none() || enough {
            let open = store.open_questions(jurisdiction, MOST_ASKED)?.into_iter();
            asked.extend(open.filter(|it| it.at >= since).map(|it| Asked {
                lack: Lack::Unanswered,
                text: it.text,
                at: it.at,
                ticket: String::new(),
                signature: it.signature,
                entry: it.entry,
                confidence: it.confidence,
                unit: it.unit,
                said: String::new(),
            }));
            return Ok((asked, cursor.is_some()));
        }
    }
}

/// A 咨询 that the machine did not answer, or any ticket that was answered.
fn of_interest(ticket: &Ticket) -> bool {
    if ticket.confidential {
        return false;
    }
    let proposed = ticket.proposal.as_ref();
    let answered = proposed.is_some_and(|it| it.outcome == Outcome::Answered) || !ticket.entry.is_empty();
    answered || proposed.map_or(&ticket.nature, |it| &it.nature) == CONSULT
}

/// What a ticket says about the knowledge base: at most one thing.
fn of_ticket(ticket: &Ticket, events: &[Recorded]) -> Option<Asked> {
    let decision = events.iter().find_map(|it| match &it.event {
        Event::Triaged { decision } => Some(decision),
        _ => None,
    })?;
    let answer = events.iter().enumerate().find_map(|(place, it)| match &it.event {
        Event::Answered { answer, .. } if !answer.entry.is_empty() => Some((place, answer)),
        _ => None,
    });
    let best = decision.matches.first();
    let mut asked = Asked {
        lack: Lack::Unanswered,
        text: ticket.summary.clone(),
        at: ticket.received_at,
        ticket: ticket.id.to_string(),
        signature: decision.trace.signature.clone(),
        entry: best.map(|it| it.entry.clone()).unwrap_or_default(),
        confidence: best.map_or(0, |it| it.confidence),
        unit: [&ticket.lead, &decision.lead.value, &decision.facts.duty_unit]
            .into_iter()
            .find(|unit| !unit.is_empty())
            .cloned()
            .unwrap_or_default(),
        said: String::new(),
    };
    let Some((place, answer)) = answer else {
        let refused = ticket.phase == Phase::Refused;
        return (decision.outcome != Outcome::Answered && !refused).then_some(asked);
    };
    let (at, said) = events.iter().skip(place + 1).find_map(|it| Some((it.at, called_wrong(&it.event)?)))?;
    asked.lack = Lack::Wrong;
    asked.at = at;
    asked.said = crate::text::mask_text(&said);
    asked.entry.clone_from(&answer.entry);
    if !answer.owner.is_empty() {
        asked.unit.clone_from(&answer.owner);
    }
    Some(asked)
}

/// The words of whoever does not take the answer: 不满意, or a ticket that is opened again or sent to a unit after all.
fn called_wrong(event: &Event) -> Option<String> {
    match event {
        Event::Rated { score } if score.rating == Rating::Dissatisfied => Some(score.note.clone()),
        Event::Reopened { reason } | Event::Dispatched { reason, .. } => Some(reason.clone()),
        _ => None,
    }
}
