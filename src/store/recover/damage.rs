//! Names everything that was acknowledged and is not there.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

use super::catch_up::Unfit;
use super::{Damage, OpenError, Opened};
use crate::store::journal::scan::{Hole, Scanned};
use crate::store::journal::segment;
use crate::store::project::{Progress, Row};
use crate::store::view::layer::parse;
use crate::store::view::{Direction, View, ViewError, keys};
use crate::ticket::TicketId;

/// Names everything that was acknowledged and is not there.
pub(super) fn report(
    view: &View,
    dir: &Path,
    scanned: &Scanned,
    progress: Progress,
    unfit: Vec<Unfit>,
    opened: &mut Opened,
) -> Result<(), OpenError> {
    let mut holes = scanned.damage.clone();
    if progress.next > scanned.next {
        let (segment, file, end) = scanned.last.clone().unwrap_or((1, dir.to_owned(), 0));
        let (first, next) = (scanned.next, progress.next);
        holes.push(Hole { file, segment, from: end, until: end, first, next });
    }
    for hole in holes {
        let tickets = tickets_of(view, hole.first, hole.next)?;
        opened.damage.push(Damage {
            offset: hole.from,
            bytes: hole.until - hole.from,
            sequences: (hole.first, hole.next),
            file: hole.file,
            tickets: tickets.into_iter().collect(),
        });
    }
    for Unfit { at, seq, ticket } in unfit {
        opened.damage.push(Damage {
            file: segment::present(dir, at.segment),
            offset: at.offset,
            bytes: 0,
            sequences: (seq, seq),
            tickets: ticket.into_iter().collect(),
        });
    }
    for damage in &opened.damage {
        let (file, tickets) = (damage.file.display(), damage.tickets.len());
        tracing::error!(%file, offset = damage.offset, tickets, "the journal is damaged: read-only");
    }
    Ok(())
}

/// Tickets whose history may reach into the missing sequences. Wider than exact: a ticket whose first event is
/// before and whose last is behind is named although none of its own may be missing.
fn tickets_of(view: &View, first: u64, next: u64) -> Result<BTreeSet<TicketId>, ViewError> {
    let mut found = BTreeSet::new();
    let prefix = keys::tickets();
    let mut failed = None;
    view.scan(&prefix, &keys::after(&prefix), Direction::Forward, &mut |key, value| {
        match parse::<Row>(key, value) {
            Ok(row) if first < next && row.ticket.first.seq < next && row.ticket.last.seq >= first => {
                found.insert(row.ticket.id);
            }
            Ok(_) => {}
            Err(error) => failed = Some(error),
        }
        if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    failed.map_or(Ok(found), Err)
}

/// Tickets named in the message; the report has them all.
const NAMED: usize = 20;

/// For the operator: where it is damaged, and whose history.
pub(super) fn reason(damage: &[Damage]) -> String {
    let places: Vec<String> =
        damage.iter().map(|damage| format!("{}（字节{}）", damage.file.display(), damage.offset)).collect();
    let tickets: BTreeSet<&str> = damage.iter().flat_map(|damage| &damage.tickets).map(TicketId::as_str).collect();
    let named: Vec<&str> = tickets.iter().take(NAMED).copied().collect();
    format!("日志损坏：{}；涉及工单{}件：{}", places.join("、"), tickets.len(), named.join("、"))
}
