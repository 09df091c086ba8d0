//! Which waiting ticket a person gets.
//!
//! In the order of risk, then of receipt; every fourth claim of a jurisdiction takes the longest-waiting ticket
//! instead, so that a flood of red ones starves nobody. What the person skipped comes back only when nothing else
//! is left for them.

use std::ops::ControlFlow;

use super::append::ClaimNext;
use super::lease::Leases;
use super::project::QueueItem;
use super::view::layer::{Layer, parse};
use super::view::{ViewError, keys};
use crate::ticket::TicketId;

/// Every so many claims the longest-waiting ticket is taken.
const OLDEST_EVERY: u64 = 4;

pub(crate) fn next(
    layer: &Layer<'_>,
    leases: &Leases,
    claim: &ClaimNext,
    now_ns: u64,
) -> Result<Option<TicketId>, ViewError> {
    let before: u64 = layer.get(&keys::claims(&claim.jurisdiction))?.unwrap_or_default();
    let oldest = (before + 1).is_multiple_of(OLDEST_EVERY);
    let queue = if oldest { keys::by_age(&claim.jurisdiction) } else { keys::by_risk(&claim.jurisdiction) };
    let (mut found, mut skipped, mut failed) = (None, None, None);
    layer.scan(&queue, &keys::after(&queue), &mut |key, value| {
        let item: QueueItem = match parse(key, value) {
            Ok(item) => item,
            Err(error) => {
                failed = Some(error);
                return ControlFlow::Break(());
            }
        };
        if !fits(&item, leases, claim, now_ns) {
            return ControlFlow::Continue(());
        }
        if item.skipped_by.contains(&claim.actor.person) {
            skipped.get_or_insert(item.id);
            return ControlFlow::Continue(());
        }
        found = Some(item.id);
        ControlFlow::Break(())
    })?;
    failed.map_or(Ok(found.or(skipped)), Err)
}

fn fits(item: &QueueItem, leases: &Leases, claim: &ClaimNext, now_ns: u64) -> bool {
    let seat = claim.skill.as_ref().is_none_or(|skill| item.skill.is_empty() || *skill == item.skill);
    seat && item.claim.as_ref().is_none_or(|held| !leases.holds(&item.id, held, now_ns))
}
