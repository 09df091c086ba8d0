//! Does what is stored still add up?

use std::collections::{BTreeMap, HashMap};
use std::process::ExitCode;

use serde::Serialize;

use super::Stored;
use crate::cli::output;
use crate::digest::Digest;
use crate::replay::{Difference, Skip, redecided, refolded};
use crate::store::Store;
use crate::ticket::{Event, Recorded, Ticket, TicketId};
use crate::triage::{Cache, Decision, Release};

/// What was checked, and what is otherwise.
#[derive(Default, Serialize)]
struct Checked {
    tickets: usize,
    events: usize,
    /// Decisions made again.
    decisions: usize,
    /// Why others were not → how many.
    skipped: BTreeMap<&'static str, usize>,
    differing: Vec<Differing>,
}

#[derive(Serialize)]
struct Differing {
    ticket: TicketId,
    /// `state` or `decision`.
    what: &'static str,
    differences: Vec<Difference>,
}

pub(super) fn run(stored: &Stored<'_>, json: bool) -> anyhow::Result<ExitCode> {
    let mut releases = Releases { store: stored.store, cache: Cache::default(), known: HashMap::new() };
    let mut checked = Checked::default();
    for ticket in stored.each() {
        let (ticket, events) = ticket?;
        checked.add(&ticket, &events, &mut releases)?;
    }
    match json {
        true => output::json(&checked)?,
        false => checked.show()?,
    }
    Ok(if checked.differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

impl Checked {
    fn add(&mut self, ticket: &Ticket, events: &[Recorded], releases: &mut Releases<'_>) -> anyhow::Result<()> {
        self.tickets += 1;
        self.events += events.len();
        self.note(&ticket.id, "state", refolded(ticket, events));
        for recorded in events {
            let Event::Triaged { decision } = &recorded.event else { continue };
            if ticket.erased {
                *self.skipped.entry(Skip::Erased.name()).or_default() += 1;
                continue;
            }
            match releases.of(decision)? {
                Err(skip) => *self.skipped.entry(skip.name()).or_default() += 1,
                Ok(release) => {
                    self.decisions += 1;
                    self.note(&ticket.id, "decision", redecided(decision, release));
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, ticket: &TicketId, what: &'static str, differences: Vec<Difference>) {
        if !differences.is_empty() {
            self.differing.push(Differing { ticket: ticket.clone(), what, differences });
        }
    }

    fn show(&self) -> std::io::Result<()> {
        for Differing { ticket, what, differences } in &self.differing {
            let what = if *what == "state" { "状态与事件不符" } else { "重新研判的结果不同" };
            output::line(format!("✗ {ticket} {what}"))?;
            for it in differences {
                output::line(format!("    {}：存储 {}，重放 {}", it.place, it.stored, it.again))?;
            }
        }
        let (tickets, events, decisions) = (self.tickets, self.events, self.decisions);
        output::line(format!("工单 {tickets} 件，事件 {events} 个，重新研判 {decisions} 次"))?;
        for skip in Skip::ALL {
            if let Some(count) = self.skipped.get(skip.name()) {
                output::line(format!("未重新研判 {count} 次：{}", skip.title()))?;
            }
        }
        match self.differing.len() {
            0 => output::line("全部一致"),
            count => output::line(format!("不一致 {count} 处")),
        }
    }
}

/// Releases out of the store, each compiled once.
struct Releases<'a> {
    store: &'a Store,
    cache: Cache,
    known: HashMap<Digest, Result<Release, Skip>>,
}

impl Releases<'_> {
    fn of(&mut self, decision: &Decision) -> anyhow::Result<Result<&Release, Skip>> {
        if let Some(skip) = Skip::of(decision) {
            return Ok(Err(skip));
        }
        let digest = &decision.made_with.release;
        if !self.known.contains_key(digest) {
            let release = match self.store.release(digest)? {
                None => Err(Skip::ReleaseGone),
                Some(files) => {
                    Release::compile(&decision.jurisdiction, &files, &mut self.cache).0.ok_or(Skip::ReleaseUnfit)
                }
            };
            self.known.insert(digest.clone(), release);
        }
        let known = self.known.get(digest);
        Ok(known.map_or(Err(Skip::ReleaseGone), |release| release.as_ref().map_err(|skip| *skip)))
    }
}
