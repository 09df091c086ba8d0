//! What follows from events: each one is applied to a copy of the ticket and asked what it causes, until nothing more
//! follows.

use chrono::{DateTime, Utc};

use super::law::Law;
use super::start;
use super::{act, level, notice, recheck};
use crate::regulation::{AssistPolicy, ClockRole, ClockRule, Holder, Moment, Start};
use crate::ticket::{
    Actor, AssistState, By, Cause, Clock, Event, EventId, Phase, Recorded, Run, Ticket, apply, moments, times,
};
use crate::triage::Warning;

/// A regulation whose rules cause each other for ever is cut here.
const MOST: usize = 400;

/// `primary` with everything that follows from it, in order.
pub fn follow(ticket: &Ticket, primary: Vec<Event>, actor: &Actor, law: &Law<'_>, now: DateTime<Utc>) -> Vec<Event> {
    let mut flow = Flow::new(ticket, actor, law, now);
    for event in primary {
        flow.push(event);
    }
    flow.finish()
}

pub(super) struct Flow<'a> {
    pub(super) ticket: Ticket,
    pub(super) law: &'a Law<'a>,
    pub(super) now: DateTime<Utc>,
    actor: Actor,
    out: Vec<Event>,
    /// Colours that the triage gave: told once the ticket is where it goes.
    intake: Option<Vec<Cause>>,
    /// Units with enough votes of their own, of the triage in hand.
    voted: Vec<String>,
    /// Something changed that colours stand on.
    pub(super) repaint: bool,
}

impl<'a> Flow<'a> {
    pub(super) fn new(ticket: &Ticket, actor: &Actor, law: &'a Law<'a>, now: DateTime<Utc>) -> Self {
        let (ticket, actor) = (ticket.clone(), actor.clone());
        Self { ticket, law, now, actor, out: Vec::new(), intake: None, voted: Vec::new(), repaint: false }
    }

    /// What follows from one more mark might not fit any more.
    pub(super) fn is_long(&self) -> bool {
        self.out.len() >= MOST / 2
    }

    /// Colours last: they stand on everything else.
    pub(super) fn finish(mut self) -> Vec<Event> {
        if let Some(causes) = self.intake.take()
            && !causes.is_empty()
            && !self.ticket.ended()
        {
            let level = causes.iter().map(|cause| cause.level).max().unwrap_or_default();
            self.push(Event::Warned { level, before: Warning::None, causes });
        }
        if self.repaint && !self.ticket.ended() {
            level::repaint(&mut self);
        }
        self.out
    }

    /// Takes an event and what follows from it.
    pub(super) fn push(&mut self, event: Event) {
        if self.out.len() >= MOST {
            return;
        }
        let moments = moments(&event, &self.ticket);
        let led = self.ticket.lead.clone();
        self.apply(&event);
        self.out.push(event.clone());
        self.propose_assists(&event);
        for moment in &moments {
            self.run_clocks(*moment, &event);
        }
        self.own_consequences(&event, &led);
        for moment in &moments {
            notice::send(self, *moment);
            self.count(*moment);
        }
        if moments.contains(&self.law.regulation.life.closing.after) && self.ticket.phase == Phase::Approved {
            let by = By::Machine;
            self.push(Event::Closed { by, code: "completed".to_owned(), reason: String::new() });
        }
    }

    fn apply(&mut self, event: &Event) {
        let version = self.ticket.version + 1;
        let (id, ticket) = (EventId::default(), self.ticket.id.clone());
        let recorded = Recorded { id, ticket, version, at: self.now, actor: self.actor.clone(), event: event.clone() };
        apply(&mut self.ticket, &recorded);
    }

    pub(super) fn rule(&self, id: &str) -> Option<&'a ClockRule> {
        self.law.rule(id, &self.ticket)
    }

    /// 配合单位 that somebody has to confirm: those of the dispatch where the jurisdiction says so, and those that had
    /// enough votes of their own (LH-20).
    fn propose_assists(&mut self, event: &Event) {
        let Event::Dispatched { by: By::Machine, assists, .. } = event else { return };
        let confirmed = self.law.regulation.life.assists == AssistPolicy::Confirmed;
        let named: &[String] = if confirmed { assists } else { &[] };
        let voted = std::mem::take(&mut self.voted);
        for unit in named.iter().chain(&voted).cloned().collect::<Vec<_>>() {
            self.push(Event::AssistAdded { unit, task: String::new(), state: AssistState::Proposed });
        }
    }

    fn run_clocks(&mut self, moment: Moment, event: &Event) {
        for clock in self.ticket.life.clocks.clone() {
            let Some(rule) = self.rule(&clock.id) else { continue };
            if let Some(change) = self.change(&clock, rule, moment, event) {
                self.push(change);
            }
        }
        self.start_clocks(&Start::On(moment), self.now, moment.name(), event);
    }

    /// What a moment does to a clock that exists.
    fn change(&self, clock: &Clock, rule: &ClockRule, moment: Moment, event: &Event) -> Option<Event> {
        let (id, unit) = (clock.id.clone(), clock.unit.clone());
        let concerns = match event {
            Event::Confirmed { clock: task, .. } => *task == clock.id,
            Event::AssistDone { unit, .. } => clock.unit.is_empty() || *unit == clock.unit,
            _ => clock.role != ClockRole::Task || moment != Moment::Confirmed,
        };
        if !concerns {
            return None;
        }
        let met = rule.until.contains(&moment) || rule.role == ClockRole::Task && moment == Moment::Confirmed;
        match clock.state {
            Run::Running if met => Some(Event::ClockMet { clock: id, unit, at: self.now }),
            Run::Running if rule.void.contains(&moment) => {
                Some(Event::ClockStopped { clock: id, unit, why: moment.title().to_owned() })
            }
            Run::Running if rule.advance_on == Some(moment) && clock.start > self.now && self.meant(rule, event) => {
                let mut earlier = start::clock(&self.ticket, rule, self.law, &clock.unit, self.now, moment.name())?;
                let delay = rule.delay.map_or(0, crate::calendar::Length::minutes);
                // The delay was for the case that nobody confirms.
                let from = earlier.start - start::minutes(delay);
                let length = earlier.length.parse().ok()?;
                earlier.due = self.law.work().due(from, earlier.kind, length).at;
                earlier.start = from;
                earlier.round = clock.round;
                let clock = Box::new(start::moved(Some(rule), &earlier, self.law, self.now));
                Some(Event::ClockMoved { clock, why: format!("{}，从此起算", moment.title()) })
            }
            Run::Met { .. } if rule.resume.contains(&moment) => Some(Event::ClockResumed { clock: id, unit }),
            _ => None,
        }
    }

    /// Whether a delivery is that of the notice that the clock waits for.
    fn meant(&self, rule: &ClockRule, event: &Event) -> bool {
        let Event::Delivered { notice, .. } = event else { return true };
        let kind = |id: &str| self.ticket.life.notices.iter().find(|it| it.id == id).map(|it| it.kind.as_str());
        rule.advance_notice.is_empty() || kind(notice) == Some(rule.advance_notice.as_str())
    }

    /// Starts what begins with this moment; what runs already starts anew.
    pub(super) fn start_clocks(&mut self, start: &Start, at: DateTime<Utc>, by: &str, event: &Event) {
        let mut seen: Vec<&str> = Vec::new();
        let life = &self.law.regulation.life;
        for rule in &life.clock {
            let first = !seen.contains(&rule.id.as_str());
            if !first || !rule.when.fits(&self.ticket) {
                continue;
            }
            seen.push(&rule.id);
            if !rule.from.contains(start) || self.ticket.ended() && !rule.after_close || self.begun(rule) {
                continue;
            }
            // A unit owes nothing before there is one.
            if rule.holder == Holder::Unit && self.ticket.lead.is_empty() && *start == Start::On(Moment::Special) {
                continue;
            }
            for unit in self.units(rule, event) {
                let clock = start::clock(&self.ticket, rule, self.law, &unit, at, by);
                if let Some(clock) = clock {
                    self.push(Event::ClockStarted { clock: Box::new(clock) });
                }
            }
        }
    }

    /// Whether it ran before and may not start again: once for a ticket, or once for a dispatch where the due instant of
    /// another clock may have started it (A-LH-3).
    fn begun(&self, rule: &ClockRule) -> bool {
        let Some(clock) = self.ticket.life.clocks.iter().find(|clock| clock.id == rule.id) else { return false };
        let by_due = rule.from.iter().any(|from| matches!(from, Start::Due(other) if *other != rule.id));
        rule.once || by_due && self.ticket.life.dispatched_at().is_some_and(|at| clock.start >= at)
    }

    /// The units that get a clock of their own; one without a name for the ticket's.
    fn units(&self, rule: &ClockRule, event: &Event) -> Vec<String> {
        if !rule.per_assist {
            return vec![String::new()];
        }
        match event {
            Event::AssistAdded { unit, state: AssistState::Working, .. } | Event::AssistConfirmed { unit } => {
                vec![unit.clone()]
            }
            Event::AssistAdded { .. } => Vec::new(),
            _ => self.ticket.life.working_assists().map(|assist| assist.unit.clone()).collect(),
        }
    }

    fn own_consequences(&mut self, event: &Event, led: &str) {
        match event {
            Event::Triaged { decision } => {
                self.voted.clone_from(&decision.proposed_assists);
                self.intake = Some(level::of_triage(decision));
            }
            Event::ExtensionDecided { clock, granted: true, length, .. } => self.extend(clock, length),
            Event::ReturnDecided { granted: true, .. } => self.excuse_signing(),
            Event::Reviewed { passed: false, .. } => self.failed_late(),
            Event::SpecialSet { .. } => {
                self.retime();
                self.repaint = true;
            }
            Event::Flagged { .. } | Event::Graded { .. } | Event::ClockPassed { .. } => self.repaint = true,
            Event::ClockMet { clock, .. } if self.ticket.life.main().is_some_and(|main| main.id == *clock) => {
                self.repaint = true;
            }
            Event::ClockMoved { .. } => self.repaint = true,
            // While it stood still nobody asked whether its year has been published.
            Event::ClockResumed { clock, unit } => {
                let clock = self.ticket.life.clock(clock, unit);
                if let Some(moved) = clock.and_then(|it| recheck::moved(&self.ticket, it, self.law, self.now)) {
                    self.push(moved);
                }
            }
            Event::ClockStarted { clock } if clock.round > 1 => self.repaint = true,
            Event::MarkReached { .. } => self.repaint = true,
            // What began with the dispatch ends with it; a supervision or a promise to the requester goes on.
            Event::Queued { .. } if !led.is_empty() => {
                let begun = |id: &str| self.rule(id).is_some_and(|it| it.from.contains(&Start::On(Moment::Dispatched)));
                let ended: Vec<String> =
                    self.ticket.life.clocks.iter().filter(|it| begun(&it.id)).map(|it| it.id.clone()).collect();
                self.stop("退回派单队列", |clock| ended.contains(&clock.id));
            }
            Event::Dispatched { lead, .. } if !led.is_empty() && led != lead => {
                let assists: Vec<String> = self.ticket.assists.clone();
                self.stop("重新派单", |clock| !clock.unit.is_empty() && !assists.contains(&clock.unit));
            }
            Event::Warned { level, before, .. } if level > before => act::strategy(self, *level),
            _ => {}
        }
        let ends = matches!(
            event,
            Event::Closed { .. }
                | Event::Terminated { .. }
                | Event::Refused { .. }
                | Event::Answered { .. }
                | Event::Archived { .. }
        );
        if ends {
            let archived = self.ticket.phase == Phase::Archived;
            let outlives = |it: &&ClockRule| if archived { it.after_archive } else { it.after_close };
            let outlive: Vec<String> =
                self.law.regulation.life.clock.iter().filter(outlives).map(|it| it.id.clone()).collect();
            self.stop(self.ticket.phase.title(), move |clock| !outlive.contains(&clock.id));
        }
    }

    fn stop(&mut self, why: &str, which: impl Fn(&Clock) -> bool) {
        for clock in self.ticket.life.clocks.clone().into_iter().filter(|clock| clock.running() && which(clock)) {
            self.push(Event::ClockStopped { clock: clock.id, unit: clock.unit, why: why.to_owned() });
        }
    }

    /// A ticket that became special is held to other lengths, from the same start.
    fn retime(&mut self) {
        for clock in self.ticket.life.clocks.clone().into_iter().filter(|clock| clock.running()) {
            let Some(rule) = self.rule(&clock.id).filter(|rule| rule.when.fits(&self.ticket)) else { continue };
            let delay = start::minutes(rule.delay.map_or(0, crate::calendar::Length::minutes));
            let by = clock.started_by.clone();
            let timed = start::clock(&self.ticket, rule, self.law, &clock.unit, clock.start - delay, &by);
            let Some(mut timed) = timed.filter(|it| it.kind != clock.kind || it.length != clock.length) else {
                continue;
            };
            timed.round = clock.round;
            let moved = start::moved(Some(rule), &Clock { passed: clock.passed, ..timed }, self.law, self.now);
            self.push(Event::ClockMoved { clock: Box::new(moved), why: "按特殊事项计时".to_owned() });
        }
    }

    fn extend(&mut self, id: &str, length: &str) {
        let Some(clock) = self.ticket.life.clock(id, "").cloned() else { return };
        let Ok(length) = length.parse() else { return };
        let work = self.law.work();
        let due = work.extend(clock.due, clock.kind, length);
        let mut longer = clock.clone();
        longer.due = due.at;
        longer.provisional |= due.provisional;
        longer.skipped.extend(due.skipped);
        longer.skipped.dedup();
        for alt in &mut longer.alt {
            alt.due = work.extend(alt.due, alt.kind, length).at;
        }
        let clock = Box::new(start::moved(self.rule(id), &longer, self.law, self.now));
        self.push(Event::ClockMoved { clock, why: format!("同意延期{}", length.words(longer.kind)) });
    }

    /// A-HN-19: who was right to return it need not have signed for it.
    fn excuse_signing(&mut self) {
        let signing = |clock: &&Clock| clock.id == "sign" && clock.passed.is_some() && !clock.excused;
        let Some(clock) = self.ticket.life.clocks.iter().find(signing).cloned() else { return };
        let within = self.ticket.life.clock("return", "").is_none_or(|window| window.passed.is_none());
        if within {
            let why = "同意退件，不属本单位职责".to_owned();
            self.push(Event::ClockExcused { clock: clock.id, unit: clock.unit, why });
        }
    }

    /// LH-49: what a reply that failed after it was due causes.
    fn failed_late(&mut self) {
        let late = self.ticket.life.main().is_some_and(|main| main.passed.is_some() || self.now > main.due);
        if late {
            let review = &self.law.regulation.life.review;
            for action in review.failed_late.clone() {
                act::act(self, action, "审核不通过且已逾期", &[], &review.article, 0);
            }
        }
    }

    fn count(&mut self, moment: Moment) {
        let life = &self.law.regulation.life;
        for rule in life.count.iter().filter(|rule| rule.of == moment && !rule.then.is_empty()) {
            if rule.when.fits(&self.ticket) && times(&self.ticket, rule) >= rule.at {
                let cause = if rule.name.is_empty() { &rule.id } else { &rule.name };
                for action in &rule.then {
                    act::act(self, *action, cause, &rule.to, &rule.article, 0);
                }
            }
        }
    }
}
