//! What a ticket is held to: the regulation it was opened under, the calendar as published, and the rules in force.

use std::sync::Arc;

use crate::calendar::{Calendar, WorkTime};
use crate::regulation::{ClockRule, Regulation};
use crate::ticket::Ticket;
use crate::triage::{Facts, Release};

/// Everything that decides what follows.
#[derive(Clone, Copy)]
pub struct Law<'a> {
    pub regulation: &'a Regulation,
    pub calendar: &'a Calendar,
    /// The `warn` rules and the facts of the ticket; without them only the regulation's floors colour it.
    pub rules: Option<(&'a Release, &'a Arc<Facts>)>,
}

impl<'a> Law<'a> {
    /// The rule of a clock on a ticket: the first of its id that fits, else the first.
    pub fn rule(&self, id: &str, ticket: &Ticket) -> Option<&'a ClockRule> {
        let of_id = || self.regulation.life.clock.iter().filter(|rule| rule.id == id);
        of_id().find(|rule| rule.when.fits(ticket)).or_else(|| of_id().next())
    }

    pub fn work(&self) -> WorkTime<'a> {
        WorkTime { calendar: self.calendar, hours: &self.regulation.life.hours, rest: self.regulation.life.rest }
    }
}
