//! Does stored history still add up? State is folded from its events again, decisions are made again from their facts.

use std::sync::Arc;

use super::differ::{Difference, differences};
use crate::ticket::{Recorded, Ticket, fold};
use crate::triage::{Decision, Given, Obstacle, Release, decide};

/// Why a decision cannot be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// Made without any rules.
    NoRelease,
    /// The store does not hold the release.
    ReleaseGone,
    /// The release is held, but this program no longer compiles it.
    ReleaseUnfit,
    /// Made by another version of the program.
    OtherProgram,
    /// The evaluation broke down; a person decided.
    BrokeDown,
    /// What it was decided on was destroyed.
    Erased,
}

impl Skip {
    pub const ALL: [Self; 6] =
        [Self::NoRelease, Self::ReleaseGone, Self::ReleaseUnfit, Self::OtherProgram, Self::BrokeDown, Self::Erased];

    /// A stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoRelease => "no_release",
            Self::ReleaseGone => "release_gone",
            Self::ReleaseUnfit => "release_unfit",
            Self::OtherProgram => "other_program",
            Self::BrokeDown => "broke_down",
            Self::Erased => "erased",
        }
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NoRelease => "当时没有可用的规则",
            Self::ReleaseGone => "当时的规则版本已不在存储中",
            Self::ReleaseUnfit => "当时的规则版本现在编译不通过",
            Self::OtherProgram => "由其他版本的程序研判",
            Self::BrokeDown => "当时研判出错，已转人工",
            Self::Erased => "个人信息已销毁",
        }
    }

    /// Whether the decision says so by itself, before its release is looked for.
    pub fn of(decision: &Decision) -> Option<Self> {
        let broke = |it: &Obstacle| matches!(it, Obstacle::RuleFailed { rule } if rule == "panic");
        if decision.made_with.program != env!("CARGO_PKG_VERSION") {
            Some(Self::OtherProgram)
        } else if decision.obstacles.contains(&Obstacle::NoRelease) || decision.made_with.release.as_str().is_empty() {
            Some(Self::NoRelease)
        } else if decision.obstacles.iter().any(broke) {
            Some(Self::BrokeDown)
        } else {
            None
        }
    }
}

/// Where the stored state is not what its events add up to.
pub fn refolded(stored: &Ticket, events: &[Recorded]) -> Vec<Difference> {
    match fold(events) {
        Some(again) if again == *stored => Vec::new(),
        again => differences(&Some(stored), &again.as_ref()),
    }
}

/// Where the stored decision is not what its facts and its release lead to.
pub fn redecided(stored: &Decision, release: &Release) -> Vec<Difference> {
    let again = again(stored, release);
    if again == *stored { Vec::new() } else { differences(stored, &again) }
}

/// The same facts under a release.
pub(super) fn again(stored: &Decision, release: &Release) -> Decision {
    let suspended = stored.made_with.suspended.iter();
    let release = suspended.fold(release.clone(), |release, rule| release.without_rule(rule));
    let given = Given {
        facts: Arc::new(stored.facts.clone()),
        matches: stored.matches.clone(),
        answer: stored.answer.clone(),
        now: stored.decided_at,
        made_with: stored.made_with.clone(),
        earlier: stored.earlier.clone(),
        precedents: stored.precedents.clone(),
        trace: stored.trace.clone(),
    };
    decide(&release, given)
}
